package dev.tulip.loop;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Pending timers, earliest first; equal deadlines in the order in which they were added. Loop thread only.
 *
 * <p>Adding and removing cost O(log n), and little of it for the usual timeout: it is later than most and cancelled
 * before it is due, so it sits near the end of the heap.
 */
final class TimerHeap {
    /*
     * A 4-ary heap over two parallel arrays: the deadlines, which are compared, lie together; the handles, which are
     * only carried along, do not have to be touched. Each handle knows its place, so a cancelled timer leaves at once.
     *
     * Differs from CPython: there a cancelled timer stays until it reaches the top or half of the heap is dead, and equal
     * deadlines come in any order. Here memory is given back at cancel(), and the sequence number keeps the order.
     *
     * Invariant: handles[i].heapIndex == i for every i < size, and -1 for a handle that is not in here.
     */

    private static final int ARITY = 4;

    // loop thread only
    private long[] deadlines = new long[Defaults.TIMER_CAPACITY];
    private @Nullable TimerHandle[] handles = new @Nullable TimerHandle[Defaults.TIMER_CAPACITY];
    private int size;
    private long nextSequence;

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

    void add(TimerHandle handle) {
        if (size == handles.length) {
            deadlines = Arrays.copyOf(deadlines, 2 * size);
            handles = Arrays.copyOf(handles, 2 * size);
        }
        handle.sequence = nextSequence++;
        siftUp(size++, handle.deadlineNanos, handle);
    }

    /** Removes the earliest timer and returns it. */
    TimerHandle poll() {
        TimerHandle first = at(0);
        remove(first);
        return first;
    }

    /** Removes {@code handle}, if it is in here. */
    void remove(TimerHandle handle) {
        int hole = handle.heapIndex;
        if (hole < 0) {
            return;
        }
        handle.heapIndex = -1;
        size--;
        TimerHandle last = at(size);
        long deadline = deadlines[size];
        handles[size] = null;
        if (hole == size) {
            return;
        }
        siftDown(hole, deadline, last);
        if (last.heapIndex == hole) {
            siftUp(hole, deadline, last);
        }
    }

    void clear() {
        for (int i = 0; i < size; i++) {
            at(i).heapIndex = -1;
            handles[i] = null;
        }
        size = 0;
    }

    private TimerHandle at(int index) {
        TimerHandle handle = handles[index];
        assert handle != null : "no timer at " + index + " of " + size;
        return handle;
    }

    private void siftUp(int start, long deadline, TimerHandle handle) {
        int index = start;
        while (index > 0) {
            int parent = (index - 1) / ARITY;
            if (!before(deadline, handle, parent)) {
                break;
            }
            put(index, deadlines[parent], at(parent));
            index = parent;
        }
        put(index, deadline, handle);
    }

    private void siftDown(int start, long deadline, TimerHandle handle) {
        int index = start;
        while (true) {
            int child = ARITY * index + 1;
            if (child >= size) {
                break;
            }
            int least = child;
            int end = Math.min(child + ARITY, size);
            for (int other = child + 1; other < end; other++) {
                if (before(deadlines[other], at(other), least)) {
                    least = other;
                }
            }
            if (before(deadline, handle, least)) {
                break;
            }
            put(index, deadlines[least], at(least));
            index = least;
        }
        put(index, deadline, handle);
    }

    private boolean before(long deadline, TimerHandle handle, int index) {
        return deadline < deadlines[index] || (deadline == deadlines[index] && handle.sequence < at(index).sequence);
    }

    private void put(int index, long deadline, TimerHandle handle) {
        deadlines[index] = deadline;
        handles[index] = handle;
        handle.heapIndex = index;
    }
}
