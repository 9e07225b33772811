package dev.tulip.loop;

/**
 * SIGTERM ended the program: thrown by {@code Tulip.run} on the main thread after servers were drained and the main task
 * was cancelled and has cleaned up. If the main thread lets it pass, the process exits with status 143, without a stack
 * trace.
 *
 * @see Runner
 */
public class Terminated extends Error {
    private static final long serialVersionUID = 1L;

    /** What a shell reports for a process that ended by SIGTERM: 128 + 15. */
    public static final int EXIT_STATUS = 143;

    /** SIGTERM. */
    public Terminated() {
        super("SIGTERM");
    }
}
