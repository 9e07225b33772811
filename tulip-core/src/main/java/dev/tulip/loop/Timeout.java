package dev.tulip.loop;

import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A deadline for a block of code: cancels the task that runs the block when its time is over, and turns that into a
 * {@link TimeoutException}. The body of {@code Tulip.timeout} may have it, to look at it and to move it. For the loop's
 * thread.
 *
 * @see <a href="https://docs.python.org/3.14/library/asyncio-task.html#timeouts">asyncio: Timeouts</a>
 */
public final class Timeout {
    /*
     *   ACTIVE -> FINISHED    // the body has ended in time
     *   ACTIVE -> EXPIRING    // the deadline came: the task was cancelled, once
     * EXPIRING -> EXPIRED     // the body has ended, and the request was taken back
     *
     * The task may be cancelled by others, too, before or after the deadline, and gets one CancelledError for both. So
     * the requests are counted, as in CPython: the error is ours only if no request is left that came in this block.
     * Differs from CPython: a request that was made before the block and is delivered in it is not ours either.
     *
     * Invariant: timer != null only if ACTIVE.
     */
    private enum State {
        ACTIVE,
        FINISHED,
        EXPIRING,
        EXPIRED
    }

    /** The deadline of a timeout that has none. */
    public static final long NEVER = Long.MAX_VALUE;

    // set once
    private final Task<?> task;
    private final long start;
    private final int requestsBefore;

    // loop thread only
    private State state = State.ACTIVE;
    private long when;
    private @Nullable Handle timer;

    private Timeout(Task<?> task, long start, long when) {
        this.task = task;
        this.start = start;
        this.requestsBefore = task.requestsDelivered();
        arm(when);
    }

    /**
     * Runs {@code body}, in the calling task, for {@code delay} at most. See {@code Tulip.timeout}.
     *
     * <p>When the time is over, the task is cancelled: what the body waits for throws {@link CancelledError}, or is
     * interrupted if it is a call of the JDK. The body may clean up, and this waits for it. If it then ends with that
     * error, this throws {@link TimeoutException}. If it ends with another exception, that one is thrown, and has the
     * timeout as a suppressed one. If it returns nevertheless, its result is returned: {@link #expired} tells. If
     * others have cancelled the task meanwhile, the {@code CancelledError} is theirs, and passes.
     *
     * <p>Zero or less is over at the first suspension. A body that does not suspend is never disturbed, and this then
     * does not suspend either.
     *
     * @param delay how long
     * @param body gets this timeout
     * @param <T> what it returns
     * @param <X> what it may throw
     * @return what the body returns
     * @throws X as {@code body} does
     * @throws TimeoutException if the time was over; its cause is the {@code CancelledError} that ended the body
     * @throws IllegalStateException if called outside a task
     */
    @Suspends
    public static <T extends @Nullable Object, X extends Throwable> T after(
            Duration delay, CoroutineFunction<Timeout, ? extends T, ? extends X> body) throws X, TimeoutException {
        Task<?> task = Task.suspending("timeout");
        long now = task.loop.time();
        return new Timeout(task, now, Nanos.plus(now, Nanos.of(delay))).run(body);
    }

    /**
     * Runs {@code body}, in the calling task, until the loop's clock has reached {@code when} at most. See {@link
     * #after}.
     *
     * @param when nanoseconds of {@link EventLoop#time}, or {@link #NEVER}
     * @param body gets this timeout
     * @param <T> what it returns
     * @param <X> what it may throw
     * @return what the body returns
     * @throws X as {@code body} does
     * @throws TimeoutException if the time was over
     * @throws IllegalStateException if called outside a task
     */
    @Suspends
    public static <T extends @Nullable Object, X extends Throwable> T at(
            long when, CoroutineFunction<Timeout, ? extends T, ? extends X> body) throws X, TimeoutException {
        Task<?> task = Task.suspending("timeoutAt");
        return new Timeout(task, task.loop.time(), when).run(body);
    }

    private <T extends @Nullable Object, X extends Throwable> T run(
            CoroutineFunction<Timeout, ? extends T, ? extends X> body) throws X {
        T result;
        try {
            result = body.apply(this);
        } catch (Throwable e) {
            throw Sneaky.rethrow(bodyFailed(e));
        }
        bodyEnded();
        return result;
    }

    /** {@return the deadline, in nanoseconds of {@link EventLoop#time}, or {@link #NEVER}} */
    public long when() {
        return when;
    }

    /** {@return whether the deadline has come while the body ran} */
    public boolean expired() {
        return state == State.EXPIRING || state == State.EXPIRED;
    }

    /**
     * Moves the deadline to {@code delay} from now.
     *
     * @throws IllegalStateException if it has come already, or the body has ended
     * @throws WrongThreadException if another thread calls this while the loop runs
     */
    public void reschedule(Duration delay) {
        reschedule(Nanos.plus(task.loop.time(), Nanos.of(delay)));
    }

    /**
     * Moves the deadline.
     *
     * @param when nanoseconds of {@link EventLoop#time}, or {@link #NEVER}; a time that is over ends the body at its
     *     next suspension
     * @throws IllegalStateException if it has come already, or the body has ended
     * @throws WrongThreadException if another thread calls this while the loop runs
     */
    public void reschedule(long when) {
        task.loop.checkThread();
        if (state != State.ACTIVE) {
            throw new IllegalStateException(
                    this + " cannot be rescheduled: " + (expired() ? "its time is over" : "its body has ended"));
        }
        disarm();
        arm(when);
    }

    private void arm(long when) {
        this.when = when;
        if (when == NEVER) {
            return;
        }
        BaseEventLoop loop = task.loop;
        // As CPython: what is over already comes before anything that the body may queue.
        timer = when <= loop.time() ? loop.callSoon(this::expire) : loop.callAt(when, this::expire);
    }

    private void disarm() {
        Handle timer = this.timer;
        if (timer != null) {
            timer.cancel();
            this.timer = null;
        }
    }

    private void expire() {
        assert state == State.ACTIVE : this;
        timer = null;
        state = State.EXPIRING;
        task.cancel();
    }

    private void bodyEnded() {
        disarm();
        if (state == State.EXPIRING) {
            state = State.EXPIRED;
            task.takeBackRequest(requestsBefore);
        } else {
            state = State.FINISHED;
        }
    }

    /** {@return what the block throws if its body has thrown {@code failure}} */
    private Throwable bodyFailed(Throwable failure) {
        if (state != State.EXPIRING) {
            bodyEnded();
            return failure;
        }
        state = State.EXPIRED;
        CancelledError cancellation = task.cancellationIn(failure);
        boolean othersCancelled = task.takeBackRequest(requestsBefore);
        if (cancellation == null) {
            if (!othersCancelled) {
                failure.addSuppressed(timeoutException(null)); // as CPython, which has it in the __context__
            }
            return failure;
        }
        return othersCancelled ? cancellation : timeoutException(cancellation);
    }

    private TimeoutException timeoutException(@Nullable Throwable cause) {
        return exception(task.getName() + " timed out after " + Nanos.describe(Math.max(0, when - start)), cause);
    }

    /** {@return an exception that says what was not done in time} */
    static TimeoutException exception(String message, @Nullable Throwable cause) {
        TimeoutException exception = new TimeoutException(message);
        exception.initCause(cause);
        return exception;
    }

    /** {@return the state, and how much time is left} */
    @Override
    public String toString() {
        String text = "Timeout[" + state.name().toLowerCase(Locale.ROOT);
        if (state == State.ACTIVE) {
            text += when == NEVER
                    ? ", no deadline"
                    : ", " + Nanos.describe(Math.max(0, when - task.loop.time())) + " left";
        }
        return text + "]";
    }
}
