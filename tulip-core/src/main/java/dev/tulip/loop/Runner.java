package dev.tulip.loop;

import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One loop's whole life: made at the first use, runs one main coroutine after another, cancels and awaits what they
 * leave behind, and closes. {@code Tulip.run} is a runner used once. Not safe for several threads at a time.
 *
 * <p><b>Ctrl-C</b> (SIGINT) cancels the main task. If that ends the task with {@link CancelledError}, {@code run} throws
 * {@link KeyboardInterrupt}; a task that goes on, or ends otherwise, has the last word.
 *
 * <p><b>SIGTERM</b> first drains the servers of the loop, while the main task and what it has open are still there: they
 * stop accepting, and what they have accepted may finish, for {@link RunnerOptions#grace}; then it is aborted. {@link
 * Drainable Other things} may be drained, too. Then the main task is cancelled as above, and {@code run} throws {@link
 * Terminated}.
 *
 * <p>A second signal, whichever, ends the process at once, as without Tulip. All this is so on the process's main thread
 * only, unless {@link RunnerOptions#withSignals} says otherwise; and a signal that the program handles itself, by {@link
 * EventLoop#addSignalHandler} or through the JDK, is the program's.
 *
 * @see <a href="https://docs.python.org/3.14/library/asyncio-runner.html">asyncio: Runners</a>
 */
public final class Runner implements AutoCloseable {
    private final RunnerOptions options;

    // one thread at a time
    private @Nullable EventLoop loop;
    private @Nullable Context context;
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
     * <p>All main tasks of a runner share one {@link Context}: what one sets, the next sees.
     *
     * <p>The calling thread becomes the loop's; if it is a virtual thread, it waits while the loop has a platform
     * thread of its own.
     *
     * @param <T> what it returns
     * @param <X> what it may throw
     * @throws X as {@code main} does
     * @throws KeyboardInterrupt if Ctrl-C ended the main task
     * @throws Terminated if SIGTERM ended the main task
     * @throws IllegalStateException if this is closed, its loop is running, or the caller is itself run by a loop
     */
    public <T extends @Nullable Object, X extends Throwable> T run(Coroutine<? extends T, ? extends X> main) throws X {
        return run(context(), main);
    }

    /**
     * Runs {@code main} as the main task in {@code context}. See {@link #run(Coroutine)}.
     *
     * @param <T> what it returns
     * @param <X> what it may throw
     * @throws X as {@code main} does
     */
    public <T extends @Nullable Object, X extends Throwable> T run(
            Context context, Coroutine<? extends T, ? extends X> main) throws X {
        EventLoop outer = Fiber.currentLoop();
        if (outer != null) {
            throw new IllegalStateException("run cannot be called from a running event loop, here " + outer
                    + "; await the coroutine, or start it with createTask");
        }
        EventLoop loop = loop();
        Task<T> task = loop.createTask(main, TaskOptions.defaults().withContext(context));
        try (RunSignals signals = RunSignals.end(task, loop, options)) {
            try {
                return loop.runUntilComplete(task);
            } catch (CancelledError e) {
                Error ending = signals.ending(e);
                throw ending == null ? e : ending;
            } catch (Throwable e) {
                CallersFrames.append(e);
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

    /** {@return the context of the main tasks: a copy, made at the first use, of the one that the caller has} */
    private Context context() {
        Context context = this.context;
        if (context == null) {
            context = Context.copyContext();
            this.context = context;
        }
        return context;
    }

    /**
     * Cancels the tasks that are left and waits for them, closes generators that were left in the middle, waits for the
     * jobs of the default executor, and closes the loop. A task that ends with an exception is reported to the
     * exception handler. Closing twice is harmless.
     *
     * <p><b>Jobs.</b> One that nobody has cancelled has 30 seconds to end ({@link RunnerOptions#jobTimeout}), then it is
     * cancelled; one that was cancelled, now or before, has five seconds, and so has a task in {@link Task#toThread}.
     * What goes on even then is named in the log, with its stack, and left alone: it runs on a daemon thread, which does
     * not keep the process. Look-ups of host names are not waited for.
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
            if (!owner.tasks.isEmpty() || !owner.generators.isEmpty() || owner.executor.isUsed()) {
                loop.runUntilComplete(() -> shutDown(owner, options.jobTimeout()));
            }
        } finally {
            loop.close();
        }
    }

    /** What is left of the loop's life, as a coroutine of the loop. */
    @Suspends
    private static void shutDown(BaseEventLoop loop, Duration jobTimeout) {
        loop.setEnding();
        Set<Task<?>> left = loop.tasks.snapshot();
        left.remove(Task.currentOrNull());
        left.forEach(Task::cancel);
        Set<Task<?>> stuck = awaitAll(loop, left, LoopExecutor.grace(jobTimeout));
        left.removeAll(stuck);
        for (Task<?> task : left) {
            Throwable exception = task.takeUnretrieved();
            if (exception != null) {
                loop.callExceptionHandler(
                        new ExceptionContext("Unhandled exception during run() shutdown", exception, "task", task));
            }
        }
        loop.shutdownGenerators();
        loop.executor.end(jobTimeout, !stuck.isEmpty());
    }

    /**
     * Waits until all of {@code tasks} are done, however they end; says so if that takes long.
     *
     * @param grace how long to wait for those in {@code toThread}, which cannot end before the body there does
     * @return those that are still there then
     */
    @Suspends
    private static Set<Task<?>> awaitAll(BaseEventLoop loop, Set<Task<?>> tasks, Duration grace) {
        long reportAt = Nanos.plus(loop.time(), Defaults.SHUTDOWN_REPORT_DELAY.toNanos());
        Set<Task<?>> pending = tasks;
        while (!pending.isEmpty()) {
            pending = Combinators.wait(pending, ReturnWhen.ALL_COMPLETED, grace).pending();
            if (!pending.isEmpty() && pending.stream().allMatch(Task::isOnOtherThread)) {
                Log.warn(
                        loop,
                        "run ends without these tasks, which were cancelled and interrupted in toThread and go on"
                                + " after "
                                + grace + ": " + Describe.withStacks(pending, Task::getStack));
                break;
            }
            if (!pending.isEmpty() && loop.time() >= reportAt) {
                Log.warn(loop, "run waits for tasks that were cancelled and go on: " + pending);
                reportAt = Long.MAX_VALUE; // once
            }
        }
        return pending;
    }
}
