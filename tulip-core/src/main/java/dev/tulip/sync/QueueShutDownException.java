package dev.tulip.sync;

/** A queue takes nothing more, or will never have anything more to give: see {@link Queue#shutdown()}. */
public class QueueShutDownException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    /**
     * Which one, and how it stands.
     *
     * @param message says so
     */
    public QueueShutDownException(String message) {
        super(message);
    }
}
