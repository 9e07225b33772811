package dev.tulip.loop;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One loop's whole life: made at the first use, runs one main coroutine after another, cancels and awaits what they
 * leave behind, and closes. {@code Tulip.run} is a runner used once. Not safe for several threads at a time.
 *
 * <p><b>Ctrl-C.</b> On the process's main thread, and unless the program handles SIGINT itself, the first Ctrl-C
 * cancels the main task. If that ends the task with {@link CancelledError}, {@code run} throws {@link
 * KeyboardInterrupt}; a task that goes on, or ends otherwise, has the last word. A second Ctrl-C ends the process
 * as without Tulip.
 *
 * @see <a href="https://docs.python.org/3.14/library/asyncio-runner.html">asyncio: Runners</a>
 */
public final class Runner implements AutoCloseable {
    private final RunnerOptions options;

    // one thread at a time
    private @Nullable EventLoop loop;
    private boolean closed;

    /** A runner with the process's default loop. */
    public Runner() {
        this(RunnerOptions.defaults());
    }

    /**
     * A runner with a loop as the options say.
     *
     * @param options how the loop is made
     */
    public Runner(RunnerOptions options) {
        this.options = options;
    }

    /**
     * {@return the loop, which is made now if this is the first use}
     *
     * @throws IllegalStateException if this is closed
     */
    public EventLoop loop() {
        if (closed) {
            throw new IllegalStateException("Runner is closed");
        }
        EventLoop loop = this.loop;
        if (loop == null) {
            EventLoopPolicy policy = options.policy();
            loop = (policy == null ? EventLoopPolicy.current() : policy).newEventLoop();
            Boolean debug = options.debug();
            if (debug != null) {
                loop.setDebug(debug);
            }
            this.loop = loop;
        }
        return loop;
    }

    /**
     * Runs {@code main} as the main task and returns its result. The loop stays open, with whatever {@code main} leaves
     * running; {@link #close} ends that.
     *
     * <p>The calling thread becomes the loop's; if it is a virtual thread, it waits while the loop has a platform
     * thread of its own.
     *
     * @param <T> what it returns
     * @param <X> what it may throw
     * @throws X as {@code main} does
     * @throws KeyboardInterrupt if Ctrl-C ended the main task
     * @throws IllegalStateException if this is closed, its loop is running, or the caller is itself run by a loop
     */
    public <T extends @Nullable Object, X extends Throwable> T run(Coroutine<? extends T, ? extends X> main) throws X {
        EventLoop outer = Fiber.currentLoop();
        if (outer != null) {
            throw new IllegalStateException("run cannot be called from a running event loop, here " + outer
                    + "; await the coroutine, or start it with createTask");
        }
        EventLoop loop = loop();
        Task<T> task = loop.createTask(main);
        try (CtrlC ctrlC = CtrlC.cancels(loop, task)) {
            try {
                return loop.runUntilComplete(task);
            } catch (CancelledError e) {
                // As CPython: only if nobody else wanted to cancel it, too.
                if (ctrlC.wasPressed() && task.uncancel() == 0) {
                    throw ctrlC.interrupt(e);
                }
                throw e;
            }
        }
    }

    /**
     * Runs {@code main} as the main task. See {@link #run(Coroutine)}.
     *
     * @param <X> what it may throw
     * @throws X as {@code main} does
     */
    public <X extends Throwable> void run(Action<? extends X> main) throws X {
        run(main.asCoroutine());
    }

    /**
     * Cancels the tasks that are left and waits for them, then for the jobs of the default executor, and closes the
     * loop. A task that ends with an exception is reported to the exception handler. Closing twice is harmless.
     *
     * <p><b>Jobs.</b> One that nobody has cancelled has 30 seconds to end ({@link RunnerOptions#jobTimeout}), then it is
     * cancelled; one that was cancelled, now or before, has five seconds. What goes on even then is named in the
     * log, with its stack, and left alone: it runs on a daemon thread, which does not keep the process. Look-ups of
     * host names are not waited for.
     */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        EventLoop loop = this.loop;
        if (loop == null) {
            return;
        }
        try {
            BaseEventLoop owner = (BaseEventLoop) loop;
            if (!owner.tasks.isEmpty() || owner.executor.isUsed()) {
                loop.runUntilComplete(() -> shutDown(owner, options.jobTimeout()));
            }
        } finally {
            loop.close();
        }
    }

    /** What is left of the loop's life, as a coroutine of the loop. */
    private static void shutDown(BaseEventLoop loop, Duration jobTimeout) {
        Set<Task<?>> left = loop.tasks.snapshot();
        left.remove(Task.currentOrNull());
        left.forEach(Task::cancel);
        awaitAll(loop, left);
        for (Task<?> task : left) {
            Throwable exception = task.cancelled() ? null : task.exception();
            if (exception != null) {
                loop.callExceptionHandler(
                        new ExceptionContext("Unhandled exception during run() shutdown", exception, "task", task));
            }
        }
        loop.executor.end(jobTimeout);
    }

    /** Waits until all of {@code tasks} are done, however they end; says so if that takes long. */
    private static void awaitAll(BaseEventLoop loop, Set<Task<?>> tasks) {
        TimerHandle report = loop.callLater(Defaults.SHUTDOWN_REPORT_DELAY, () -> {
            List<Task<?>> pending = tasks.stream().filter(task -> !task.done()).toList();
            Log.warn(loop, "run waits for tasks that were cancelled and go on: " + pending);
        });
        for (Task<?> task : tasks) {
            Future<@Nullable Void> ended = loop.createFuture();
            task.addDoneCallback(done -> ended.setResult(null));
            ended.await();
        }
        report.cancel();
    }
}
