package dev.tulip.sync;

import dev.tulip.loop.Action;
import dev.tulip.loop.CancelledError;
import dev.tulip.loop.Coroutine;
import dev.tulip.loop.Suspends;
import dev.tulip.loop.Task;
import java.util.List;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A lock under which tasks wait until others tell them that something has changed. Not for other threads.
 *
 * <pre>{@code
 * condition.withLock(() -> {               condition.withLock(() -> {
 *     condition.awaitFor(() -> ready);         ready = true;
 *     use();                                   condition.notifyAllWaiters();
 * });                                      });
 * }</pre>
 *
 * <p>{@code Object} has methods {@code wait}, {@code notify} and {@code notifyAll} that cannot be replaced and are
 * about something else: they throw {@link IllegalMonitorStateException} here.
 *
 * @see <a href="https://docs.python.org/3.14/library/asyncio-sync.html#condition">asyncio: Condition</a>
 */
public final class Condition {
    /*
     * A waiter stands in two lines, one after the other: here until it is notified, then at the lock. A notification of
     * notifyWaiters(n) is a turn that must not get lost: if its task is cancelled before it has the lock again, another
     * waiter is notified instead.
     */
    private final Lock lock;
    private final LoopBinding binding = new LoopBinding();
    private final WaitQueue waiters = new WaitQueue(binding);

    /** A condition with a lock of its own. */
    public Condition() {
        this(new Lock());
    }

    /**
     * A condition with a lock that others use, too, such as another condition.
     *
     * @param lock the lock
     */
    public Condition(Lock lock) {
        this.lock = Objects.requireNonNull(lock, "lock");
    }

    // -- the lock -------------------------------------------------------------------------------------------------

    /**
     * Takes the lock. See {@link Lock#acquire}.
     *
     * @throws CancelledError if the task was cancelled while it waited; then it does not have the lock
     * @throws IllegalStateException as {@link Lock#acquire}
     */
    @Suspends
    public void acquire() {
        lock.acquire();
    }

    /**
     * Releases the lock. See {@link Lock#release}.
     *
     * @throws IllegalStateException as {@link Lock#release}
     */
    public void release() {
        lock.release();
    }

    /** {@return whether a task has the lock} */
    public boolean locked() {
        return lock.locked();
    }

    /**
     * Takes the lock, runs {@code body} and releases the lock, also if the body fails. See {@link
     * Lock#withLock(Coroutine)}.
     *
     * @param <T> what the body returns
     * @param <X> what it may throw
     * @return what the body returned
     * @throws X as the body does
     * @throws CancelledError if the task was cancelled
     */
    @Suspends
    public <T extends @Nullable Object, X extends Throwable> T withLock(Coroutine<? extends T, ? extends X> body)
            throws X {
        return lock.withLock(body);
    }

    /**
     * The same as {@link #withLock(Coroutine)} for a body without a result.
     *
     * @param <X> what it may throw
     * @throws X as the body does
     */
    @Suspends
    public <X extends Throwable> void withLock(Action<? extends X> body) throws X {
        lock.withLock(body);
    }

    // -- waiting --------------------------------------------------------------------------------------------------

    /**
     * Releases the lock, waits to be notified, and takes the lock again.
     *
     * <p>Whoever else is notified may have the lock first and change what this one waits for: look again, or use {@link
     * #awaitFor}.
     *
     * <p>A cancelled task, too, waits until it has the lock again, whatever else is cancelled meanwhile, and then gets
     * the last {@link CancelledError}. If it had been notified, another waiter is notified instead.
     *
     * @throws CancelledError if the task was cancelled; it has the lock
     * @throws IllegalStateException if the lock is not locked; if called outside a task, or on another loop than this
     *     condition's
     */
    @Suspends
    public void await() {
        Task<?> task = binding.task(this);
        checkLocked("wait");
        lock.release();
        boolean inTurn;
        try {
            inTurn = waiters.await(task) == WaitQueue.CALLED_IN_TURN;
        } catch (RuntimeException | Error e) {
            CancelledError later = acquireWhatever();
            if (later != null) {
                throw later;
            }
            throw e;
        }
        CancelledError cancelled = acquireWhatever();
        if (cancelled != null) {
            if (inTurn) {
                waiters.callMore(1);
            }
            throw cancelled;
        }
    }

    /**
     * Waits until {@code predicate} holds: {@link #await} in a loop. Does not suspend if it holds already.
     *
     * @param predicate is asked at first and whenever this task was notified, each time with the lock; must not suspend
     * @throws CancelledError if the task was cancelled; it has the lock
     * @throws IllegalStateException as {@link #await}, and only if it has to wait
     */
    @Suspends
    public void awaitFor(BooleanSupplier predicate) {
        while (!predicate.getAsBoolean()) {
            await();
        }
    }

    /** Takes the lock, though this task be cancelled. Returns the last cancellation that came meanwhile, or null. */
    private @Nullable CancelledError acquireWhatever() {
        CancelledError last = null;
        while (true) {
            try {
                lock.acquire();
                return last;
            } catch (CancelledError e) {
                if (lock.loopCloses()) {
                    throw e; // nobody asked for it, and every other attempt would end the same way
                }
                last = e;
            }
        }
    }

    // -- notifying ------------------------------------------------------------------------------------------------

    /**
     * Notifies the task that has waited longest, if one waits: {@code notify()} of Python.
     *
     * @throws IllegalStateException as {@link #notifyWaiters}
     */
    public void notifyWaiter() {
        notifyWaiters(1);
    }

    /**
     * Notifies the {@code n} tasks that have waited longest, or all if they are fewer. They go on, one after the other,
     * once the lock is released.
     *
     * @throws IllegalArgumentException if {@code n} is negative
     * @throws IllegalStateException if the lock is not locked, or on another loop than this condition's
     * @throws WrongThreadException if another thread calls this while the loop runs
     */
    public void notifyWaiters(int n) {
        if (n < 0) {
            throw new IllegalArgumentException("cannot notify " + n + " waiters");
        }
        binding.check(this);
        checkLocked("notify");
        waiters.callMore(n);
    }

    /**
     * Notifies all tasks that wait now: {@code notify_all()} of Python.
     *
     * @throws IllegalStateException as {@link #notifyWaiters}
     */
    public void notifyAllWaiters() {
        binding.check(this);
        checkLocked("notify");
        waiters.releaseAll();
    }

    private void checkLocked(String verb) {
        if (!lock.locked()) {
            throw new IllegalStateException(
                    "cannot " + verb + " on " + this + " without its lock; acquire it first, or use withLock");
        }
    }

    // -- asking ---------------------------------------------------------------------------------------------------

    /** {@return who waits to be notified, and how the lock stands} */
    public Statistics statistics() {
        return new Statistics(lock.statistics(), waiters.tasks());
    }

    /** {@return how many wait to be notified, and how the lock stands} */
    @Override
    public String toString() {
        return "Condition[" + lock + ", " + waiters.count() + " waiting]";
    }

    /**
     * A condition at one moment.
     *
     * @param lock its lock, for which those wait who were notified and have not got it yet
     * @param waiting the tasks that wait to be notified, in their order
     */
    public record Statistics(Lock.Statistics lock, List<Task<?>> waiting) {}
}
