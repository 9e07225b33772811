package dev.tulip.sync;

/**
 * A {@link Semaphore} that refuses a permit too many: one was given back twice. Not for other threads.
 *
 * @see <a href="https://docs.python.org/3.14/library/asyncio-sync.html#boundedsemaphore">asyncio: BoundedSemaphore</a>
 */
public final class BoundedSemaphore extends Semaphore {
    private final int limit;

    /** A semaphore with one permit. */
    public BoundedSemaphore() {
        this(1);
    }

    /**
     * A semaphore.
     *
     * @param permits how many there are, at first and at most
     * @throws IllegalArgumentException if that is negative
     */
    public BoundedSemaphore(int permits) {
        super(permits);
        limit = permits;
    }

    /**
     * Gives a permit back. The task that has waited longest takes it in the next iteration.
     *
     * @throws IllegalStateException if all are there already, or on another loop than this semaphore's
     * @throws WrongThreadException if another thread calls this while the loop runs
     */
    @Override
    public void release() {
        super.release();
    }

    @Override
    int limit() {
        return limit;
    }
}
