package dev.tulip.loop;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadPoolExecutor;
import org.jspecify.annotations.Nullable;

/** A job for an executor of this process. */
final class LocalJob<T extends @Nullable Object> extends Job<T> implements Runnable {
    /*
     * A door between the loop and the executor's thread:
     *
     *       QUEUED -> RUNNING         // the executor's thread begins
     *       QUEUED -> ENDED           // the loop drops it first: it never runs
     *      RUNNING -> ENDED           // the executor's thread is through
     *      RUNNING -> INTERRUPTING    // the loop is about to interrupt that thread
     * INTERRUPTING -> INTERRUPTED     // it has
     *  INTERRUPTED -> ENDED           // the executor's thread is through
     *
     * A compare-and-set decides what both want to change. A thread that is through while the loop is INTERRUPTING it
     * waits for the interrupt and takes it back: it was for this job, not for what the executor runs next.
     *
     * The result comes back through the loop's own door.
     */
    private static final int QUEUED = 0;

    private static final int RUNNING = 1;
    private static final int INTERRUPTING = 2;
    private static final int INTERRUPTED = 3;
    private static final int ENDED = 4;

    private static final VarHandle STAGE = VarHandles.of(MethodHandles.lookup(), "stage", int.class);

    // any thread
    private volatile int stage = QUEUED;
    private volatile @Nullable Thread thread; // set before RUNNING

    LocalJob(BaseEventLoop loop, Executor executor, Callable<T> callable) {
        super(loop, executor, loop.isDebug() ? Traced.job(callable) : callable);
    }

    @Override
    void submit() {
        executor.execute(this);
    }

    // -- on the loop's thread -------------------------------------------------------------------------------------

    @Override
    void drop() {
        if (tryDrop()) {
            if (executor instanceof ThreadPoolExecutor pool) {
                pool.remove(this);
            }
            ended();
        }
    }

    @Override
    void stop() {
        drop();
        Thread thread = this.thread;
        if (thread != null && tryInterrupt(thread)) {
            stage = INTERRUPTED;
        }
    }

    /** Keeps it from starting. {@return whether that was in time} */
    boolean tryDrop() {
        return STAGE.compareAndSet(this, QUEUED, ENDED);
    }

    private boolean tryInterrupt(Thread thread) {
        if (!STAGE.compareAndSet(this, RUNNING, INTERRUPTING)) {
            return false;
        }
        thread.interrupt();
        return true;
    }

    @Override
    List<StackTraceElement> stack() {
        Thread thread = this.thread;
        return thread == null ? List.of() : List.of(thread.getStackTrace());
    }

    @Override
    String place() {
        Thread thread = this.thread;
        return switch (stage) {
            case QUEUED -> "not started";
            case ENDED -> "ended";
            default -> thread == null ? "ending" : "running on " + thread.getName();
        };
    }

    // -- on the executor's thread ---------------------------------------------------------------------------------

    /** Makes the call. */
    @Override
    public void run() {
        thread = Thread.currentThread();
        if (!STAGE.compareAndSet(this, QUEUED, RUNNING)) {
            thread = null;
            return;
        }
        T result;
        try {
            result = callable.call();
        } catch (Throwable e) {
            end();
            leaveFailure(e);
            return;
        }
        end();
        leaveResult(result);
    }

    private void end() {
        thread = null;
        if (!STAGE.compareAndSet(this, RUNNING, ENDED)) {
            while (stage == INTERRUPTING) {
                Thread.yield();
            }
            Thread.interrupted(); // the interrupt was for this job alone
            stage = ENDED;
        }
    }
}
