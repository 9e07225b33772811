package dev.tulip.loop;

/** A future was asked for what its state does not allow: its result before it is done, or a second result. */
public class InvalidStateException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    /**
     * What was asked of which future.
     *
     * @param message says so
     */
    public InvalidStateException(String message) {
        super(message);
    }
}
