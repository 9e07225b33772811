package dev.tulip.sync;

import dev.tulip.loop.Suspends;
import dev.tulip.loop.Task;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * Items that some tasks put and others get, first in first out. Not for other threads: they pass an item with {@code
 * loop.callSoonThreadsafe(() -> queue.putNowait(item))}.
 *
 * <pre>{@code
 * createTask(() -> {                                 for (Job job : jobs) {
 *     for (Job job : queue.untilShutdown()) {            queue.put(job);
 *         work(job);                                 }
 *         queue.taskDone();                          queue.join();
 *     }                                              queue.shutdown();
 * });
 * }</pre>
 *
 * <p>Fair: tasks that wait to get are served in the order in which they came, and so are tasks that wait to put. {@link
 * #getNowait} and {@link #putNowait} look only at what is there, as {@link #empty} and {@link #full} do: they may take
 * what a waiting task is about to get. That task keeps its place in line.
 *
 * <p>An item is in the queue until the moment at which a task has it, so the sizes are exact, and a task that is
 * cancelled while it waits has taken nothing. Items may be null.
 *
 * @param <T> the items
 * @see <a href="https://docs.python.org/3.14/library/asyncio-queue.html#queue">asyncio: Queue</a>
 */
public sealed class Queue<T extends @Nullable Object> permits PriorityQueue, LifoQueue {
    /*
     * The first in each line are called: as many getters as there are items, as many putters as there are free places.
     * settle() restores that after every change. An item or a place is taken by the task that was called, when it runs;
     * if getNowait() or putNowait() was quicker, the last one that was called is called back.
     *
     * Once the queue is shut down everybody is called: getters take what is left, and who finds nothing fails.
     */
    private final int maxsize;
    private final Items<T> items;
    private final LoopBinding binding = new LoopBinding();
    private final WaitQueue getters = new WaitQueue(binding);
    private final WaitQueue putters = new WaitQueue(binding);
    private final WaitQueue joiners = new WaitQueue(binding);

    // loop thread only
    private long unfinished; // a long: most programs never call taskDone()
    private boolean shutDown;

    /** A queue without limit. */
    public Queue() {
        this(0);
    }

    /**
     * A queue.
     *
     * @param maxsize how many items it holds at most; zero or less for no limit
     */
    public Queue(int maxsize) {
        this(maxsize, new Ring<>(/* lastFirst= */ false));
    }

    Queue(int maxsize, Items<T> items) {
        this.maxsize = maxsize;
        this.items = items;
    }

    // -- putting --------------------------------------------------------------------------------------------------

    /**
     * Waits until there is room and all who came before have put theirs, then puts {@code item}.
     *
     * <p>If this throws, the item was not put.
     *
     * @throws dev.tulip.loop.CancelledError if the task was cancelled while it waited
     * @throws QueueShutDownException if the queue is shut down, or was while the task waited
     * @throws IllegalStateException if called outside a task, or on another loop than this queue's
     */
    @Suspends
    public void put(T item) {
        Task<?> task = binding.task(this);
        if (!shutDown && (full() || !putters.isEmpty())) {
            putters.await(task);
        }
        add(item);
    }

    /**
     * Puts {@code item} at once.
     *
     * @throws QueueFullException if there is no room
     * @throws QueueShutDownException if the queue is shut down
     * @throws IllegalStateException on another loop than this queue's
     * @throws WrongThreadException if another thread calls this while the loop runs
     */
    public void putNowait(T item) {
        binding.check(this);
        if (!shutDown && full()) {
            throw new QueueFullException(this + " is full");
        }
        add(item);
    }

    private void add(T item) {
        try {
            if (shutDown) {
                throw new QueueShutDownException(this + " takes nothing more");
            }
            assert !full() : "only as many are called as there are free places";
            items.add(item);
            unfinished++;
        } finally {
            settle();
        }
    }

    // -- getting --------------------------------------------------------------------------------------------------

    /**
     * Waits until there is an item and all who came before have got theirs, then takes it.
     *
     * <p>If this throws, nothing was taken.
     *
     * @return the item
     * @throws dev.tulip.loop.CancelledError if the task was cancelled while it waited
     * @throws QueueShutDownException if the queue is shut down and there is none for this task
     * @throws IllegalStateException if called outside a task, or on another loop than this queue's
     */
    @Suspends
    public T get() {
        if (!awaitItem()) {
            throw nothingMore();
        }
        return take();
    }

    /**
     * Takes an item at once.
     *
     * @return the item
     * @throws QueueEmptyException if there is none
     * @throws QueueShutDownException if there is none, and the queue is shut down
     * @throws IllegalStateException on another loop than this queue's
     * @throws WrongThreadException if another thread calls this while the loop runs
     */
    public T getNowait() {
        binding.check(this);
        if (empty()) {
            throw shutDown ? nothingMore() : new QueueEmptyException(this + " is empty");
        }
        return take();
    }

    /**
     * {@return the items for a {@code for} loop, which waits for each and ends when the queue is shut down and empty}
     * Python has no such thing; it would be {@code async for item in queue}.
     *
     * <p>The loop gets each item as {@link #get} does, and throws what that throws, except {@link
     * QueueShutDownException}. Several tasks may loop over one queue: each item goes to one of them. If {@code next()}
     * is not called after {@code hasNext()}, as a {@code for} loop always does, an item may be lost.
     */
    public Iterable<T> untilShutdown() {
        return Drain::new;
    }

    /** Waits for an item that this task may take now. {@return false if none will come any more} */
    @Suspends
    private boolean awaitItem() {
        Task<?> task = binding.task(this);
        if (empty() ? !shutDown : !getters.isEmpty()) {
            getters.await(task);
        }
        assert shutDown || !empty() : "only as many are called as there are items";
        return !empty();
    }

    private T take() {
        try {
            return items.take();
        } finally {
            settle();
        }
    }

    private QueueShutDownException nothingMore() {
        return new QueueShutDownException(this + " has nothing more to give");
    }

    /** Calls those who can go on now, and no others. */
    private void settle() {
        getters.call(shutDown ? Integer.MAX_VALUE : items.size);
        putters.call(shutDown || maxsize <= 0 ? Integer.MAX_VALUE : maxsize - items.size);
    }

    /** One loop over the items. */
    private final class Drain implements Iterator<T> {
        private boolean found;
        private @Nullable T item;

        @Override
        public boolean hasNext() {
            if (!found && awaitItem()) {
                item = take();
                found = true;
            }
            return found;
        }

        @Override
        @SuppressWarnings("NullAway") // it came in as a T
        public T next() {
            if (!hasNext()) {
                throw new NoSuchElementException(Queue.this + " has nothing more to give");
            }
            T next = item;
            item = null;
            found = false;
            return next;
        }
    }

    // -- work that is done ----------------------------------------------------------------------------------------

    /**
     * Says that an item, which the caller has got, is dealt with: for {@link #join}.
     *
     * @throws IllegalStateException if that was said for every item already, or on another loop than this queue's
     * @throws WrongThreadException if another thread calls this while the loop runs
     */
    public void taskDone() {
        binding.check(this);
        if (unfinished == 0) {
            throw new IllegalStateException("taskDone() was called too often on " + this + ": once for each item");
        }
        unfinished--;
        releaseJoiners();
    }

    /**
     * Waits until {@link #taskDone} was called for every item that was put. Does not suspend if that is so.
     *
     * <p>Whoever waits goes on, even if more was put before it runs. Cancelling this leaves nothing behind.
     *
     * @throws dev.tulip.loop.CancelledError if the task was cancelled while it waited
     * @throws IllegalStateException if called outside a task, or on another loop than this queue's
     */
    @Suspends
    public void join() {
        Task<?> task = binding.task(this);
        if (unfinished > 0) {
            joiners.await(task);
        }
    }

    private void releaseJoiners() {
        if (unfinished == 0) {
            joiners.releaseAll();
        }
    }

    // -- the end --------------------------------------------------------------------------------------------------

    /** Takes nothing more, and lets what is there be got. See {@link #shutdown(boolean)}. */
    public void shutdown() {
        shutdown(false);
    }

    /**
     * Shuts this down: whoever puts, or waits to put, gets a {@link QueueShutDownException}; and so does whoever gets,
     * or waits to get, once there is nothing left. Doing so twice is harmless.
     *
     * @param immediate whether what is there is dropped. What is dropped need not be dealt with: it counts no more for
     *     {@link #join}
     * @throws IllegalStateException on another loop than this queue's
     * @throws WrongThreadException if another thread calls this while the loop runs
     */
    public void shutdown(boolean immediate) {
        binding.check(this);
        shutDown = true;
        if (immediate) {
            unfinished = Math.max(0, unfinished - items.size);
            items.clear();
            releaseJoiners();
        }
        settle();
    }

    // -- asking ---------------------------------------------------------------------------------------------------

    /** {@return how many items there are} */
    public int qsize() {
        return items.size;
    }

    /** {@return how many items there can be, as the constructor was told; zero or less if there is no limit} */
    public int maxsize() {
        return maxsize;
    }

    /** {@return whether there is no item} If there is one, {@link #getNowait} gets it. */
    public boolean empty() {
        return items.size == 0;
    }

    /** {@return whether there is no room} If there is, {@link #putNowait} puts. Never, if there is no limit. */
    public boolean full() {
        return maxsize > 0 && items.size >= maxsize;
    }

    /** {@return the sizes, and who waits for what} */
    public Statistics statistics() {
        return new Statistics(
                items.size, maxsize, unfinished, shutDown, getters.tasks(), putters.tasks(), joiners.tasks());
    }

    /** {@return the sizes, how many wait for what, and whether it is shut down} */
    @Override
    public String toString() {
        StringBuilder text =
                new StringBuilder(getClass().getSimpleName()).append("[size ").append(items.size);
        if (maxsize > 0) {
            text.append(" of ").append(maxsize);
        }
        text.append(", unfinished ").append(unfinished);
        append(text, getters, " waiting to get");
        append(text, putters, " waiting to put");
        append(text, joiners, " waiting to join");
        return text.append(shutDown ? ", shut down]" : "]").toString();
    }

    private static void append(StringBuilder text, WaitQueue line, String forWhat) {
        int count = line.count();
        if (count > 0) {
            text.append(", ").append(count).append(forWhat);
        }
    }

    /**
     * A queue at one moment.
     *
     * @param size how many items there are
     * @param maxsize how many there can be; zero or less for no limit
     * @param unfinished for how many of those that were put {@link #taskDone} is still to be called
     * @param shutDown whether it is shut down
     * @param getters the tasks that wait to get, in their order
     * @param putters the tasks that wait to put, in their order
     * @param joiners the tasks that wait in {@link #join}, in their order
     */
    public record Statistics(
            int size,
            int maxsize,
            long unfinished,
            boolean shutDown,
            List<Task<?>> getters,
            List<Task<?>> putters,
            List<Task<?>> joiners) {}
}
