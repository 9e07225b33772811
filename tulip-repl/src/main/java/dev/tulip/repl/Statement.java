package dev.tulip.repl;

import dev.tulip.Tulip;
import dev.tulip.loop.CancelledError;
import dev.tulip.loop.Context;
import dev.tulip.loop.Coroutine;
import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Task;
import java.lang.reflect.InvocationTargetException;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import jdk.jshell.spi.ExecutionControl.EngineTerminationException;
import jdk.jshell.spi.ExecutionControl.StoppedException;
import org.jspecify.annotations.Nullable;

/** One statement: a task of the loop, for which JShell's thread waits, and which a third thread may stop. */
final class Statement {
    /** What it does. */
    interface Body extends Coroutine<String, Throwable> {}

    /** How long a loop may take to hear of Ctrl-C before we think that some statement holds it. */
    private static final long PATIENCE_MILLIS = 300;

    // set once
    private final EventLoop loop;
    private final Context context;
    private final Body body;

    // any thread
    private volatile boolean stopped;

    // loop thread only; the failure is read when the task is done
    private @Nullable Task<?> task;
    private @Nullable Throwable failure;

    Statement(EventLoop loop, Context context, Body body) {
        this.loop = loop;
        this.context = context;
        this.body = body;
    }

    /**
     * Runs it on the loop, and waits for it on the calling thread.
     *
     * @return its value, as JShell shows it
     * @throws InvocationTargetException if it fails: with that as the cause
     * @throws StoppedException if it was stopped
     * @throws EngineTerminationException if the loop is gone: this statement or one before has ended it
     */
    String await() throws InvocationTargetException, StoppedException, EngineTerminationException {
        try {
            return loop.runCoroutineThreadsafe(this::run).get();
        } catch (ExecutionException | IllegalStateException e) { // that may be a CancellationException
            Throwable failure = this.failure;
            if (stopped) {
                throw new StoppedException();
            }
            if (failure == null) {
                throw new EngineTerminationException("the loop of the console has ended: " + e.getMessage());
            }
            throw new InvocationTargetException(failure);
        } catch (InterruptedException e) {
            stop();
            throw new StoppedException();
        }
    }

    private String run() throws Throwable {
        Task<?> task = Objects.requireNonNull(Tulip.currentTask());
        task.setName("statement");
        this.task = task;
        try {
            if (stopped) {
                throw new CancelledError("Ctrl-C");
            }
            return context.run(body);
        } catch (Throwable e) {
            failure = e; // as it is, whereas a cancelled task knows only that it was cancelled
            throw e;
        }
    }

    /** Cancels it. If the loop does not hear of that, because typed code holds it, ends that first. Any thread. */
    void stop() {
        stopped = true;
        CountDownLatch heard = new CountDownLatch(1);
        try {
            loop.callSoonThreadsafe(() -> {
                heard.countDown();
                StopChecks.disarm();
                if (task != null) {
                    task.cancel("Ctrl-C");
                }
            });
            if (!heard.await(PATIENCE_MILLIS, TimeUnit.MILLISECONDS)) {
                StopChecks.arm();
                if (heard.getCount() == 0) {
                    StopChecks.disarm(); // it has heard this very moment, and would not disarm again
                }
            }
        } catch (IllegalStateException e) {
            // the loop is closed: the statement has ended
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
