package dev.tulip.sync;

import org.jspecify.annotations.Nullable;

/**
 * A {@link Queue} that gives the item first that came last: a stack. Not for other threads.
 *
 * @param <T> the items
 * @see <a href="https://docs.python.org/3.14/library/asyncio-queue.html#lifo-queue">asyncio: LifoQueue</a>
 */
public final class LifoQueue<T extends @Nullable Object> extends Queue<T> {
    /** A queue without limit. */
    public LifoQueue() {
        this(0);
    }

    /**
     * A queue.
     *
     * @param maxsize how many items it holds at most; zero or less for no limit
     */
    public LifoQueue(int maxsize) {
        super(maxsize, new Ring<>(/* lastFirst= */ true));
    }
}
