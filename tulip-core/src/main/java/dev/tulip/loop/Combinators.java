package dev.tulip.loop;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Waiting for several futures, or not for ever, or without passing a cancellation on. Programs call these as static
 * methods of {@code Tulip}. For the loop's thread.
 *
 * <p>None of them suspends if what it waits for is there. Whoever waits is resumed as if it had awaited the one future
 * that decided, in the iteration after that was done. The futures must belong to the running loop and must not include
 * the calling task.
 *
 * @see <a href="https://docs.python.org/3.14/library/asyncio-task.html">asyncio: Coroutines and Tasks</a>
 */
public final class Combinators {
    private Combinators() {}

    // -- gather ---------------------------------------------------------------------------------------------------

    /**
     * Waits for all of {@code futures} and returns their results, in the order given; for none, an empty list. The same
     * future may stand there several times.
     *
     * <p>The first failure is thrown at once, and the other futures go on; what they fail with afterwards counts as
     * taken, as in asyncio. A task group cancels them and loses nothing. A future that is cancelled counts as failed
     * with {@link CancelledError}.
     *
     * <p>Cancelling the calling task cancels all the futures; this ends when the first of them has ended cancelled.
     *
     * @param <T> what they have in common
     * @return the results; it cannot be changed
     * @throws CancelledError if one of the futures or the calling task was cancelled; what else a future failed with is
     *     thrown as it is, checked or not
     * @throws IllegalArgumentException if a future belongs to another loop
     * @throws IllegalStateException if called outside a task, or one of the futures is the calling task
     */
    @Suspends
    @SuppressWarnings("unchecked") // all of them have ended with a T
    public static <T extends @Nullable Object> List<T> gather(Iterable<? extends Future<? extends T>> futures) {
        return (List<T>) gather(/* returnExceptions= */ false, futures);
    }

    /**
     * Waits for all of {@code futures}; failures are thrown, or are results like others. See {@link #gather(Iterable)}.
     *
     * <p>If they are results, cancelling the calling task cancels all the futures, and this ends with {@link
     * CancelledError} when all have ended.
     *
     * @param returnExceptions whether the list has, in the place of a future that failed or was cancelled, what it
     *     failed with
     * @return the results, or what took their places; it cannot be changed
     * @throws CancelledError if the calling task was cancelled, or a future was, unless that is a result
     * @throws IllegalArgumentException if a future belongs to another loop
     * @throws IllegalStateException if called outside a task, or one of the futures is the calling task
     */
    @Suspends
    public static List<@Nullable Object> gather(
            boolean returnExceptions, Iterable<? extends Future<? extends @Nullable Object>> futures) {
        List<Future<?>> list = listOf("gather", futures);
        return list.isEmpty() ? List.of() : new Gathering(list.getFirst().loop, list, returnExceptions).await();
    }

    // -- wait, asCompleted ----------------------------------------------------------------------------------------

    /**
     * Waits for {@code futures}, as long as {@code when} says. Throws nothing that they fail with, and never cancels
     * them. The same future given twice counts once.
     *
     * <p>Cancelling the calling task leaves the futures alone.
     *
     * @param <F> the futures' type
     * @return which are done and which are not
     * @throws IllegalArgumentException if there is no future, or one belongs to another loop
     * @throws IllegalStateException if called outside a task, or one of the futures is the calling task
     */
    @Suspends
    public static <F extends Future<?>> WaitResult<F> wait(Iterable<? extends F> futures, ReturnWhen when) {
        return wait(futures, when, Long.MAX_VALUE);
    }

    /**
     * Waits for {@code futures}, as long as {@code when} says, but for {@code timeout} at most. See {@link
     * #wait(Iterable, ReturnWhen)}. That the time is over is no error: the result tells what is done.
     *
     * @param timeout how long; zero or less lets everything that is ready run once
     * @param <F> the futures' type
     */
    @Suspends
    public static <F extends Future<?>> WaitResult<F> wait(
            Iterable<? extends F> futures, ReturnWhen when, Duration timeout) {
        return wait(futures, when, Nanos.of(timeout));
    }

    @Suspends
    static <F extends Future<?>> WaitResult<F> wait(Iterable<? extends F> futures, ReturnWhen when, long nanos) {
        Objects.requireNonNull(when, "when");
        Set<F> all = new LinkedHashSet<>(Combinators.<F>listOf("wait", futures));
        if (all.isEmpty()) {
            throw new IllegalArgumentException("wait needs at least one future: with none it would never return");
        }
        BaseEventLoop loop = all.iterator().next().loop;
        Waiting.run(all, when, nanos == Long.MAX_VALUE ? nanos : Nanos.plus(loop.time(), nanos));
        Set<F> done = new LinkedHashSet<>();
        Set<F> pending = new LinkedHashSet<>();
        for (F future : all) {
            (future.done() ? done : pending).add(future);
        }
        return new WaitResult<>(done, pending);
    }

    /**
     * {@return the futures as they are done} Each is handed out once; {@code next()} suspends until there is one that
     * is done. Those that are done already come first, in the order given. What they fail with stays with them.
     *
     * <p>There is one iterator, for one task at a time: a second loop goes on where the first was left. Cancelling a
     * task that waits in {@code next()} takes nothing, and leaves the futures alone.
     *
     * @param <F> the futures' type
     * @throws IllegalArgumentException if a future belongs to another loop
     * @throws IllegalStateException if one of the futures is the calling task; {@code next()} throws it if called
     *     outside a task, or while another task waits there
     */
    public static <F extends Future<?>> Iterable<F> asCompleted(Iterable<? extends F> futures) {
        Set<F> all = new LinkedHashSet<>(Combinators.<F>listOf("asCompleted", futures));
        return new Completions<>(all, 0, Long.MAX_VALUE);
    }

    /**
     * {@return the futures as they are done, within {@code timeout} from now} See {@link #asCompleted(Iterable)}.
     *
     * @param timeout how long, for all of them
     * @param <F> the futures' type
     * @throws TimeoutException by {@code next()}, an iterator being unable to declare it, if the time is over and no
     *     future is done that was not handed out: once for each that is missing. They go on
     * @throws IllegalStateException if no loop runs here
     */
    public static <F extends Future<?>> Iterable<F> asCompleted(Iterable<? extends F> futures, Duration timeout)
            throws TimeoutException {
        Set<F> all = new LinkedHashSet<>(Combinators.<F>listOf("asCompleted", futures));
        long now = EventLoop.running().time();
        return new Completions<>(all, now, Nanos.plus(now, Nanos.of(timeout)));
    }

    // -- waitFor, shield ------------------------------------------------------------------------------------------

    /**
     * Waits for {@code future}, but for {@code timeout} at most; then cancels it, waits until it has ended, and throws
     * {@link TimeoutException}.
     *
     * <p>A result that is there wins, also if the time is over in the same iteration. So does what the future ends with
     * although it was cancelled: another exception, or a result. To leave it alone, shield it. A task that has not
     * started when {@code timeout} is zero or less never starts.
     *
     * <p>Cancelling the calling task cancels the future.
     *
     * @param <T> the result
     * @return the result
     * @throws TimeoutException if the time was over; its cause is the error with which the future ended
     * @throws CancelledError if the calling task was cancelled, or others have cancelled the future; what else it
     *     failed with is thrown as it is, checked or not
     * @throws IllegalStateException if called outside a task, by the task that the future is, or on another loop than
     *     the future's
     */
    @Suspends
    public static <T extends @Nullable Object> T waitFor(Future<? extends T> future, Duration timeout)
            throws TimeoutException {
        return future.await(timeout);
    }

    /**
     * Runs {@code coroutine}, in the calling task, for {@code timeout} at most: {@link Timeout#after}, except that
     * nothing runs at all if {@code timeout} is zero or less.
     *
     * @param <T> what it returns
     * @param <X> what it may throw
     * @return what it returns
     * @throws X as {@code coroutine} does
     * @throws TimeoutException if the time was over
     * @throws CancelledError if the calling task was cancelled
     * @throws IllegalStateException if called outside a task
     */
    @Suspends
    public static <T extends @Nullable Object, X extends Throwable> T waitFor(
            Coroutine<? extends T, ? extends X> coroutine, Duration timeout) throws X, TimeoutException {
        Task.suspending("waitFor");
        if (!timeout.isPositive()) {
            throw new TimeoutException("not started: it was given " + Nanos.describe(Nanos.of(timeout)));
        }
        return Timeout.after(timeout, running -> coroutine.run());
    }

    /**
     * {@return a future that ends as {@code future} does, but does not pass a cancel on to it} A task that awaits it
     * can be cancelled, and what is behind it goes on. If {@code future} is done, it is returned itself.
     *
     * <p>If {@code future} fails after its shield was cancelled, and nobody else waits for it, the exception handler
     * gets the failure at once.
     *
     * @param <T> the result
     * @throws WrongThreadException if another thread calls this while the loop runs
     */
    public static <T extends @Nullable Object> Future<T> shield(Future<T> future) {
        return future.done() ? future : new Shield<>(future);
    }

    /** Copies {@code futures} and checks that {@code method} may wait for them. */
    private static <F extends Future<?>> List<F> listOf(String method, Iterable<? extends F> futures) {
        List<F> list = new ArrayList<>(futures instanceof Collection<?> collection ? collection.size() : 10);
        BaseEventLoop loop = Fiber.currentLoop();
        Task<?> caller = Task.currentOrNull();
        for (F future : futures) {
            if (loop == null) {
                loop = future.loop;
            }
            if (future.loop != loop) {
                throw new IllegalArgumentException(future + " belongs to " + future.loop.name + "; " + method
                        + " is for futures of " + loop.name + " here");
            }
            if (future == caller) {
                throw new IllegalStateException(
                        future + " cannot wait for itself; leave it out of what " + method + " is given");
            }
            list.add(future);
        }
        return list;
    }
}
