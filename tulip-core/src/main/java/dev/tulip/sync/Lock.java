package dev.tulip.sync;

import dev.tulip.loop.Action;
import dev.tulip.loop.Coroutine;
import dev.tulip.loop.Suspends;
import dev.tulip.loop.Task;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the tasks of one loop from being in the same place at once: for code that suspends in the middle of something.
 * Not for other threads.
 *
 * <p>Fair: tasks get it in the order in which they came. Not reentrant. Any task or callback of the loop may release
 * it, not only the task that has it.
 *
 * <pre>{@code
 * lock.withLock(() -> {
 *     connection.send(request);
 *     return connection.receive();
 * });
 * }</pre>
 *
 * @see <a href="https://docs.python.org/3.14/library/asyncio-sync.html#lock">asyncio: Lock</a>
 */
public final class Lock {
    /*
     * release() does not hand the lock over: it frees it and calls the first in line, who takes it when it runs. Until
     * then the lock is free, as in CPython, so that a second release() by mistake is refused instead of robbing the
     * next owner; but whoever comes meanwhile finds the line not empty, and joins it.
     */
    private final LoopBinding binding = new LoopBinding();
    private final WaitQueue waiters = new WaitQueue(binding);

    // loop thread only
    private @Nullable Task<?> owner;

    /** A lock that nobody has. */
    public Lock() {}

    /**
     * Waits until this is free and all who came before have had it, then takes it.
     *
     * <p>If this throws, the task does not have the lock.
     *
     * @throws dev.tulip.loop.CancelledError if the task was cancelled while it waited
     * @throws IllegalStateException if the task has the lock already and so would wait for itself; if called outside a
     *     task, or on another loop than this lock's
     */
    @Suspends
    public void acquire() {
        Task<?> task = binding.task(this);
        if (owner == task) {
            throw new IllegalStateException(task.getName() + " has " + this + " already and would wait for itself: a"
                    + " lock is not reentrant. If another task is to release it, use a Semaphore");
        }
        if (owner != null || !waiters.isEmpty()) {
            waiters.await(task);
        }
        assert owner == null : "only the first in line is called, and only when the lock is free";
        owner = task;
    }

    /**
     * Frees this. The task that has waited longest takes it in the next iteration; nobody gets in between.
     *
     * @throws IllegalStateException if nobody has it, or on another loop than this lock's
     * @throws WrongThreadException if another thread calls this while the loop runs
     */
    public void release() {
        binding.check(this);
        if (owner == null) {
            throw new IllegalStateException(this + " is not acquired and cannot be released; was it released twice?");
        }
        owner = null;
        waiters.call(1);
    }

    /**
     * Takes this lock, runs {@code body} and releases it, also if the body fails: {@code async with lock} of Python.
     *
     * @param <T> what the body returns
     * @param <X> what it may throw
     * @return what the body returned
     * @throws X as the body does
     * @throws dev.tulip.loop.CancelledError if the task was cancelled; if that was before the lock was free, the body
     *     has not run
     * @throws IllegalStateException as {@link #acquire}
     */
    @Suspends
    public <T extends @Nullable Object, X extends Throwable> T withLock(Coroutine<? extends T, ? extends X> body)
            throws X {
        acquire();
        try {
            return body.run();
        } finally {
            release();
        }
    }

    /**
     * The same as {@link #withLock(Coroutine)} for a body without a result.
     *
     * @param <X> what it may throw
     * @throws X as the body does
     */
    @Suspends
    public <X extends Throwable> void withLock(Action<? extends X> body) throws X {
        acquire();
        try {
            body.run();
        } finally {
            release();
        }
    }

    /**
     * {@return whether a task has this} Right after {@link #release} nobody has, even if a task waits: that one takes
     * it in the next iteration, before whoever comes now.
     */
    public boolean locked() {
        return owner != null;
    }

    /** {@return who has this and who waits for it} */
    public Statistics statistics() {
        return new Statistics(owner, waiters.tasks());
    }

    /** {@return whether the loop is being closed, so that waiting for this is over for good} */
    boolean loopCloses() {
        return waiters.loopCloses();
    }

    /** {@return who has this, and how many wait} */
    @Override
    public String toString() {
        Task<?> owner = this.owner;
        return "Lock[" + (owner == null ? "unlocked" : "locked by " + owner.getName() + (owner.done() ? " (done)" : ""))
                + ", " + waiters.count() + " waiting]";
    }

    /**
     * A lock at one moment.
     *
     * @param owner the task that has it, or null if it is free
     * @param waiting the tasks that wait for it, in their order
     */
    public record Statistics(@Nullable Task<?> owner, List<Task<?>> waiting) {}
}
