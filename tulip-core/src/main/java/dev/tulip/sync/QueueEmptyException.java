package dev.tulip.sync;

/** There is nothing in a queue for a caller that does not want to wait: see {@link Queue#getNowait}. */
public class QueueEmptyException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    /**
     * Which one, and how it stands.
     *
     * @param message says so
     */
    public QueueEmptyException(String message) {
        super(message);
    }
}
