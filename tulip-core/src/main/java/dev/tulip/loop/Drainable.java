package dev.tulip.loop;

import java.util.List;

/**
 * What should finish its work before SIGTERM ends the program, as servers do: takes nothing new, and answers what it has.
 * The value of a {@link LoopLocal} that implements this is drained at SIGTERM, before the main task is cancelled.
 *
 * @see Runner
 */
@FunctionalInterface
public interface Drainable {
    /**
     * Takes no more work from now on, and waits until what is there is done, but no longer than {@code deadline}; then
     * ends the rest. All drainables of a loop do this at the same time, each in a task of its own.
     *
     * <p>Cancelling this leaves what is not done to itself. What this throws is reported to the exception handler.
     *
     * @param deadline in nanoseconds of the loop's clock
     */
    @Suspends
    void drain(long deadline);

    /**
     * Drains all that the running loop has, and waits for that: what SIGTERM does first. For those who have to have it done
     * on other loops, too.
     *
     * <p>Cancelling this cancels all.
     *
     * @param deadline in nanoseconds of the loop's clock
     * @throws IllegalStateException if called outside a task
     */
    @Suspends
    static void drainAll(long deadline) {
        BaseEventLoop loop = (BaseEventLoop) EventLoop.running();
        CoroutineConsumer<TaskGroup, RuntimeException> all = group -> {
            for (Object value : List.copyOf(loop.locals.values())) {
                if (value instanceof Drainable drainable) {
                    group.createTask(() -> {
                        try {
                            drainable.drain(deadline);
                        } catch (Exception e) {
                            loop.callExceptionHandler(new ExceptionContext(
                                    "Exception when SIGTERM ended the program", e, "drainable", drainable));
                        }
                    });
                }
            }
        };
        TaskGroup.run(all.asFunction());
    }
}
