package dev.tulip.loop;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Pending timers, earliest first; equal deadlines in the order in which they were added. Loop thread only.
 *
 * <p>Adding and removing cost O(log n), and little of it for the usual timeout: it is later than most and cancelled
 * before it is due, so it stands near the end of the heap. Allocates nothing once the arrays have their size.
 */
final class TimerHeap {
    /*
     * A 4-ary heap over three parallel arrays. The deadlines, which are compared, lie together; the entries, which
     * are only carried along, are touched when they move. Each entry knows its place, so a cancelled timer leaves
     * at once. The sequence numbers may wrap round: they only order equal deadlines, by their difference.
     *
     * Differs from CPython: there a cancelled timer stays until it reaches the top or half of the heap is dead, and
     * equal deadlines come in any order.
     *
     * Invariant: entries[i].heapIndex == i for every i < size, and -1 for an entry that is not in here.
     */

    private static final int ARITY = 4;

    // loop thread only
    private long[] deadlines = new long[Defaults.TIMER_CAPACITY];
    private int[] sequences = new int[Defaults.TIMER_CAPACITY];
    private @Nullable Entry[] entries = new @Nullable Entry[Defaults.TIMER_CAPACITY];
    private int size;
    private int nextSequence;

    int size() {
        return size;
    }

    boolean isEmpty() {
        return size == 0;
    }

    /** {@return the earliest deadline in nanoseconds of the loop's clock, {@link Long#MAX_VALUE} if there is none} */
    long nextDeadline() {
        return size == 0 ? Long.MAX_VALUE : deadlines[0];
    }

    void add(long deadline, Entry entry) {
        assert entry.heapIndex < 0 : entry + " has a timer already";
        if (size == entries.length) {
            deadlines = Arrays.copyOf(deadlines, 2 * size);
            sequences = Arrays.copyOf(sequences, 2 * size);
            entries = Arrays.copyOf(entries, 2 * size);
        }
        siftUp(size++, deadline, nextSequence++, entry);
    }

    /** Removes the earliest timer and returns its entry. */
    Entry poll() {
        Entry first = at(0);
        remove(first);
        return first;
    }

    /** Removes the timer of {@code entry}, if it has one. */
    void remove(Entry entry) {
        int hole = entry.heapIndex;
        if (hole < 0) {
            return;
        }
        entry.heapIndex = -1;
        size--;
        Entry last = at(size);
        entries[size] = null;
        if (hole < size) {
            // The last one fills the hole, then moves up or down from there.
            long deadline = deadlines[size];
            int sequence = sequences[size];
            siftDown(hole, deadline, sequence, last);
            if (last.heapIndex == hole) {
                siftUp(hole, deadline, sequence, last);
            }
        }
    }

    void clear() {
        for (int i = 0; i < size; i++) {
            at(i).heapIndex = -1;
            entries[i] = null;
        }
        size = 0;
    }

    private Entry at(int index) {
        Entry entry = entries[index];
        assert entry != null : "no timer at " + index + " of " + size;
        return entry;
    }

    private void siftUp(int start, long deadline, int sequence, Entry entry) {
        int index = start;
        while (index > 0) {
            int parent = (index - 1) / ARITY;
            if (!before(deadline, sequence, parent)) {
                break;
            }
            move(parent, index);
            index = parent;
        }
        put(index, deadline, sequence, entry);
    }

    private void siftDown(int start, long deadline, int sequence, Entry entry) {
        int index = start;
        while (true) {
            int first = ARITY * index + 1;
            if (first >= size) {
                break;
            }
            int least = first;
            int end = Math.min(first + ARITY, size);
            for (int child = first + 1; child < end; child++) {
                if (before(deadlines[child], sequences[child], least)) {
                    least = child;
                }
            }
            if (before(deadline, sequence, least)) {
                break;
            }
            move(least, index);
            index = least;
        }
        put(index, deadline, sequence, entry);
    }

    private boolean before(long deadline, int sequence, int index) {
        return deadline < deadlines[index] || (deadline == deadlines[index] && sequence - sequences[index] < 0);
    }

    private void move(int from, int to) {
        put(to, deadlines[from], sequences[from], at(from));
    }

    private void put(int index, long deadline, int sequence, Entry entry) {
        deadlines[index] = deadline;
        sequences[index] = sequence;
        entries[index] = entry;
        entry.heapIndex = index;
    }
}
