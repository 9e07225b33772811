package dev.tulip.sync;

import java.util.Arrays;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/**
 * Items of which the smallest is taken first, and of equal ones the oldest. Loop thread only.
 *
 * <p>A binary heap: adding and taking cost O(log n) and allocate nothing once it has its size. It never shrinks.
 */
final class Heap<T extends @Nullable Object> extends Items<T> {
    /*
     * The comparator is the user's, so it may throw: every change first looks where things will go, and moves them only
     * then. java.util.PriorityQueue moves while it compares, and loses an item; and it has no order among equals.
     */
    private final Comparator<? super T> comparator;

    // loop thread only
    private @Nullable Object[] items = new @Nullable Object[Defaults.QUEUE_CAPACITY];
    private long[] numbers = new long[Defaults.QUEUE_CAPACITY]; // of each item: how many came before it
    private long added;

    Heap(Comparator<? super T> comparator) {
        this.comparator = comparator;
    }

    @Override
    @SuppressWarnings("CheckReturnValue")
    void add(T item) {
        if (size == 0) {
            comparator.compare(item, item); // one that cannot be compared is refused now, not when the next one comes
        }
        int place = size;
        while (place > 0 && isBefore(item, added, (place - 1) / 2)) {
            place = (place - 1) / 2;
        }
        if (size == items.length) {
            items = Arrays.copyOf(items, 2 * size);
            numbers = Arrays.copyOf(numbers, 2 * size);
        }
        for (int i = size; i != place; i = (i - 1) / 2) {
            set(i, items[(i - 1) / 2], numbers[(i - 1) / 2]);
        }
        set(place, item, added);
        added++;
        size++;
    }

    @Override
    T take() {
        assert size > 0;
        int last = size - 1;
        int place = placeFor(last);
        T taken = item(0);
        // From its new place upwards, each pushes out the one above it; the topmost is the one that is taken.
        Object moving = items[last];
        long number = numbers[last];
        for (int i = place; ; i = (i - 1) / 2) {
            Object above = items[i];
            long numberAbove = numbers[i];
            set(i, moving, number);
            moving = above;
            number = numberAbove;
            if (i == 0) {
                break;
            }
        }
        items[last] = null;
        size = last;
        return taken;
    }

    @Override
    void clear() {
        Arrays.fill(items, 0, size, null);
        size = 0;
    }

    /** {@return where the last item goes when the first one is gone} */
    private int placeFor(int last) {
        int place = 0;
        while (2 * place + 1 < last) {
            int child = 2 * place + 1;
            if (child + 1 < last && isBefore(item(child + 1), numbers[child + 1], child)) {
                child++;
            }
            if (!isBefore(item(child), numbers[child], last)) {
                break;
            }
            place = child;
        }
        return place;
    }

    private boolean isBefore(T item, long number, int other) {
        int order = comparator.compare(item, item(other));
        return order < 0 || (order == 0 && number < numbers[other]);
    }

    private void set(int index, @Nullable Object item, long number) {
        items[index] = item;
        numbers[index] = number;
    }

    @SuppressWarnings({"unchecked", "NullAway"}) // it came in as a T
    private T item(int index) {
        return (T) items[index];
    }
}
