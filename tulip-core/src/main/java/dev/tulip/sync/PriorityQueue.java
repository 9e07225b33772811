package dev.tulip.sync;

import java.util.Comparator;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A {@link Queue} that gives the smallest item first, and of equal ones the one that came first. Not for other threads.
 *
 * <p>Putting and getting cost O(log n). If the comparator throws, so does what was called, and the queue is as before.
 *
 * @param <T> the items
 * @see <a href="https://docs.python.org/3.14/library/asyncio-queue.html#priority-queue">asyncio: PriorityQueue</a>
 */
public final class PriorityQueue<T extends @Nullable Object> extends Queue<T> {
    /** A queue without limit, for items that have a natural order: {@link Comparable}. */
    public PriorityQueue() {
        this(0);
    }

    /**
     * A queue for items that have a natural order: {@link Comparable}.
     *
     * @param maxsize how many items it holds at most; zero or less for no limit
     */
    public PriorityQueue(int maxsize) {
        this(maxsize, naturalOrder());
    }

    /**
     * A queue without limit.
     *
     * @param comparator says which item is smaller; must not suspend
     */
    public PriorityQueue(Comparator<? super T> comparator) {
        this(0, comparator);
    }

    /**
     * A queue.
     *
     * @param maxsize how many items it holds at most; zero or less for no limit
     * @param comparator says which item is smaller; must not suspend
     */
    public PriorityQueue(int maxsize, Comparator<? super T> comparator) {
        super(maxsize, new Heap<>(Objects.requireNonNull(comparator, "comparator")));
    }

    @SuppressWarnings("unchecked") // what cannot be compared fails when it is put, as in the JDK
    private static <T extends @Nullable Object> Comparator<T> naturalOrder() {
        return (Comparator<T>) (Comparator<?>) Comparator.naturalOrder();
    }
}
