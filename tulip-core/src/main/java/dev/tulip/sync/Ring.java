package dev.tulip.sync;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Items in the order in which they came, taken from either end. Loop thread only.
 *
 * <p>A growing ring: adding and taking cost O(1) and allocate nothing once the ring has its size. It never shrinks.
 */
final class Ring<T extends @Nullable Object> extends Items<T> {
    private final boolean lastFirst;

    // loop thread only
    private @Nullable Object[] ring = new @Nullable Object[Defaults.QUEUE_CAPACITY];
    private int head;

    /**
     * An empty ring.
     *
     * @param lastFirst whether the last one that came is taken first, or the first
     */
    Ring(boolean lastFirst) {
        this.lastFirst = lastFirst;
    }

    @Override
    void add(T item) {
        if (size == ring.length) {
            grow();
        }
        ring[index(size)] = item;
        size++;
    }

    @Override
    @SuppressWarnings({"unchecked", "NullAway"}) // it came in as a T
    T take() {
        assert size > 0;
        int index = lastFirst ? index(size - 1) : head;
        T item = (T) ring[index];
        ring[index] = null;
        size--;
        if (!lastFirst) {
            head = index(1);
        }
        return item;
    }

    @Override
    void clear() {
        Arrays.fill(ring, null);
        size = 0;
    }

    private int index(int place) {
        return (head + place) & (ring.length - 1);
    }

    private void grow() {
        @Nullable Object[] larger = Arrays.copyOfRange(ring, head, head + 2 * ring.length);
        // The copy has what stood behind the head in front; what stood before it goes behind that.
        System.arraycopy(ring, 0, larger, ring.length - head, head);
        ring = larger;
        head = 0;
    }
}
