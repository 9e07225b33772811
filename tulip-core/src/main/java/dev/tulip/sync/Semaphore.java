package dev.tulip.sync;

import dev.tulip.loop.Action;
import dev.tulip.loop.Coroutine;
import dev.tulip.loop.Suspends;
import dev.tulip.loop.Task;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A number of permits: lets that many tasks of one loop do something at once. Not for other threads.
 *
 * <p>Fair: tasks get permits in the order in which they came. Nobody owns a permit: any task or callback of the loop
 * may give one back, or add one. {@link BoundedSemaphore} refuses to have more than at first.
 *
 * <pre>{@code
 * semaphore.withPermit(() -> fetch(address));
 * }</pre>
 *
 * @see <a href="https://docs.python.org/3.14/library/asyncio-sync.html#semaphore">asyncio: Semaphore</a>
 */
public sealed class Semaphore permits BoundedSemaphore {
    private final LoopBinding binding = new LoopBinding();
    private final WaitQueue waiters = new WaitQueue(binding);

    // loop thread only
    private int permits;

    /** A semaphore with one permit. */
    public Semaphore() {
        this(1);
    }

    /**
     * A semaphore.
     *
     * @param permits how many there are at first
     * @throws IllegalArgumentException if that is negative
     */
    public Semaphore(int permits) {
        if (permits < 0) {
            throw new IllegalArgumentException("a semaphore cannot have " + permits + " permits");
        }
        this.permits = permits;
    }

    /**
     * Waits until there is a permit and all who came before have had theirs, then takes it.
     *
     * <p>If this throws, the task has no permit.
     *
     * @throws dev.tulip.loop.CancelledError if the task was cancelled while it waited
     * @throws IllegalStateException if called outside a task, or on another loop than this semaphore's
     */
    @Suspends
    public void acquire() {
        Task<?> task = binding.task(this);
        if (locked()) {
            waiters.await(task);
            assert permits > 0 : "only as many are called as there are permits";
            permits--;
            waiters.call(permits); // those who came while this one was called and had not run yet
        } else {
            permits--;
        }
    }

    /**
     * Gives a permit back, or adds one. The task that has waited longest takes it in the next iteration.
     *
     * @throws IllegalStateException if there are {@link Integer#MAX_VALUE} already, or on another loop than this
     *     semaphore's
     * @throws WrongThreadException if another thread calls this while the loop runs
     */
    public void release() {
        binding.check(this);
        if (permits >= limit()) {
            throw new IllegalStateException(this + " has all its permits already; was one released twice?");
        }
        permits++;
        waiters.call(permits);
    }

    /**
     * Takes a permit, runs {@code body} and gives the permit back, also if the body fails: {@code async with semaphore}
     * of Python.
     *
     * @param <T> what the body returns
     * @param <X> what it may throw
     * @return what the body returned
     * @throws X as the body does
     * @throws dev.tulip.loop.CancelledError if the task was cancelled; if that was before it had a permit, the body has
     *     not run
     * @throws IllegalStateException as {@link #acquire}
     */
    @Suspends
    public <T extends @Nullable Object, X extends Throwable> T withPermit(Coroutine<? extends T, ? extends X> body)
            throws X {
        acquire();
        try {
            return body.run();
        } finally {
            release();
        }
    }

    /**
     * The same as {@link #withPermit(Coroutine)} for a body without a result.
     *
     * @param <X> what it may throw
     * @throws X as the body does
     */
    @Suspends
    public <X extends Throwable> void withPermit(Action<? extends X> body) throws X {
        acquire();
        try {
            body.run();
        } finally {
            release();
        }
    }

    /** {@return whether {@link #acquire} would have to wait: there is no permit, or others wait for those there are} */
    public boolean locked() {
        return permits == 0 || !waiters.isEmpty();
    }

    /** {@return how many permits there are, and who waits for one} */
    public Statistics statistics() {
        return new Statistics(permits, waiters.tasks());
    }

    /** {@return the most permits there can be} */
    int limit() {
        return Integer.MAX_VALUE;
    }

    /** {@return how many permits there are, and how many tasks wait} */
    @Override
    public String toString() {
        String limit = limit() == Integer.MAX_VALUE ? "" : " of " + limit();
        return getClass().getSimpleName() + "[permits " + permits + limit + ", " + waiters.count() + " waiting]";
    }

    /**
     * A semaphore at one moment.
     *
     * @param permits how many permits nobody has, those included that tasks in {@code waiting} are about to take
     * @param waiting the tasks that wait for one, in their order
     */
    public record Statistics(int permits, List<Task<?>> waiting) {}
}
