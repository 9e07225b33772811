package dev.tulip.benchmarks.report;

/** The command line is wrong: the message says how. */
public final class UsageException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** With a message for the user. */
    public UsageException(String message) {
        super(message);
    }
}
