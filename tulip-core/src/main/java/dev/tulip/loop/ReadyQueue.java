package dev.tulip.loop;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The entries that are ready to run, first in first out. Loop thread only.
 *
 * <p>A growing ring: adding and taking cost O(1) and allocate nothing once the ring has its size. It never shrinks.
 */
final class ReadyQueue {
    // loop thread only
    private @Nullable Entry[] ring = new @Nullable Entry[Defaults.READY_QUEUE_CAPACITY];
    private int head;
    private int size;

    int size() {
        return size;
    }

    boolean isEmpty() {
        return size == 0;
    }

    void add(Entry entry) {
        if (size == ring.length) {
            grow();
        }
        ring[(head + size) & (ring.length - 1)] = entry;
        size++;
    }

    /** {@return the oldest entry, which stays, or null} */
    @Nullable
    Entry peek() {
        return size == 0 ? null : ring[head];
    }

    /** {@return the oldest entry, which leaves the queue, or null} */
    @Nullable
    Entry poll() {
        if (size == 0) {
            return null;
        }
        Entry entry = ring[head];
        ring[head] = null;
        head = (head + 1) & (ring.length - 1);
        size--;
        return entry;
    }

    private void grow() {
        @Nullable Entry[] larger = Arrays.copyOfRange(ring, head, head + 2 * ring.length);
        // The copy has what stood behind the head in front; what stood before it goes behind that.
        System.arraycopy(ring, 0, larger, ring.length - head, head);
        ring = larger;
        head = 0;
    }
}
