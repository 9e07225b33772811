package dev.tulip.loop;

/** Gets the errors of a loop that nobody is waiting for. Runs on the loop; must not suspend. */
@FunctionalInterface
public interface ExceptionHandler {
    /**
     * An error that nobody is waiting for.
     *
     * @param loop where it happened
     * @param context what happened
     */
    void handle(EventLoop loop, ExceptionContext context);
}
