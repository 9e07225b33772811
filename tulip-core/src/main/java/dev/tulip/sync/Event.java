package dev.tulip.sync;

import dev.tulip.loop.Suspends;
import dev.tulip.loop.Task;
import java.util.List;

/**
 * Something that happens, and the tasks that wait for it. Not for other threads.
 *
 * <p>It is clear at first. {@link #set} lets all go who wait, and all who come later, until {@link #clear}.
 *
 * @see <a href="https://docs.python.org/3.14/library/asyncio-sync.html#event">asyncio: Event</a>
 */
public final class Event {
    private final LoopBinding binding = new LoopBinding();
    private final WaitQueue waiters = new WaitQueue(binding);

    // loop thread only
    private boolean set;

    /** An event that has not happened. */
    public Event() {}

    /**
     * Waits until this is set. Does not suspend if it is set already.
     *
     * <p>Returns also if it was cleared again meanwhile: {@code set(); clear();} lets go who waits now, and nobody
     * else. Cancelling this leaves nothing behind.
     *
     * @throws dev.tulip.loop.CancelledError if the task was cancelled while it waited
     * @throws IllegalStateException if called outside a task, or on another loop than this event's
     */
    @Suspends
    public void await() {
        Task<?> task = binding.task(this);
        if (!set) {
            waiters.await(task);
        }
    }

    /**
     * Sets this: all who wait go on in the next iteration, in the order in which they came. Setting it twice is
     * harmless.
     *
     * @throws IllegalStateException on another loop than this event's
     * @throws WrongThreadException if another thread calls this while the loop runs
     */
    public void set() {
        binding.check(this);
        set = true;
        waiters.releaseAll();
    }

    /**
     * Clears this: who comes from now on waits.
     *
     * @throws IllegalStateException on another loop than this event's
     * @throws WrongThreadException if another thread calls this while the loop runs
     */
    public void clear() {
        binding.check(this);
        set = false;
    }

    /** {@return whether this is set} */
    public boolean isSet() {
        return set;
    }

    /** {@return whether this is set, and who waits for it} */
    public Statistics statistics() {
        return new Statistics(set, waiters.tasks());
    }

    /** {@return whether this is set, and how many wait} */
    @Override
    public String toString() {
        return "Event[" + (set ? "set" : "clear") + ", " + waiters.count() + " waiting]";
    }

    /**
     * An event at one moment.
     *
     * @param set whether it is set
     * @param waiting the tasks that wait for it, in their order
     */
    public record Statistics(boolean set, List<Task<?>> waiting) {}
}
