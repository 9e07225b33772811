package dev.tulip.sync;

/** A barrier was broken or reset while a task waited at it, or is broken: see {@link Barrier#abort}. */
public class BrokenBarrierException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    /**
     * Which one, and how it stands.
     *
     * @param message says so
     */
    public BrokenBarrierException(String message) {
        super(message);
    }
}
