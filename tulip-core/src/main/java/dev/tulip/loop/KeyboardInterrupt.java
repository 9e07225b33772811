package dev.tulip.loop;

/**
 * Ctrl-C ended the program: thrown by {@code Tulip.run} on the main thread after the main task was cancelled and has
 * cleaned up. If the main thread lets it pass, the process exits with status 130, without a stack trace.
 *
 * <p>A task or a callback that throws it itself ends the running loop with it, as in Python.
 */
public class KeyboardInterrupt extends Error {
    private static final long serialVersionUID = 1L;

    /** What a shell reports for a process that ended by Ctrl-C: 128 + SIGINT. */
    public static final int EXIT_STATUS = 130;

    /** Ctrl-C. */
    public KeyboardInterrupt() {
        super("Ctrl-C");
    }
}
