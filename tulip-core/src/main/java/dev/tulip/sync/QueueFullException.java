package dev.tulip.sync;

/** There is no room in a queue for a caller that does not want to wait: see {@link Queue#putNowait}. */
public class QueueFullException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    /**
     * Which one, and how it stands.
     *
     * @param message says so
     */
    public QueueFullException(String message) {
        super(message);
    }
}
