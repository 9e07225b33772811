package dev.tulip.loop;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A result that comes later, on the thread of its loop. Not for other threads, except the methods of
 * {@link java.util.concurrent.Future} and {@link #toCompletableFuture}.
 *
 * <p>Whoever waits is resumed, and callbacks are called, in the order in which they came, in the iteration after the
 * result was set; never from within {@code setResult}.
 *
 * <p>If a future fails and nobody ever asks for its exception, the loop's exception handler gets it.
 *
 * @param <T> the result
 * @see EventLoop#createFuture
 */
public sealed class Future<T extends @Nullable Object> implements java.util.concurrent.Future<T>
        permits Task, RemoteTask, Job, Gathering, Shield, Start {
    /*
     * PENDING -> FINISHED     // setResult
     * PENDING -> FAILED       // setException
     * PENDING -> CANCELLED    // cancel
     *
     * settle() makes the transitions and refuses the others. Who waits is in one field: null, a single waiter, or a
     * list of them. A waiter is a Task (resumed without any object of its own), a DoneCallback (called in the next
     * iteration) or an Observer (told at once; it does for several futures what a waiting task does for one).
     */
    private static final byte PENDING = 0;

    private static final byte FINISHED = 1;
    private static final byte FAILED = 2;
    private static final byte CANCELLED = 3;

    private static final VarHandle STATE = VarHandles.of(MethodHandles.lookup(), "state", byte.class);

    // set once
    final BaseEventLoop loop;

    // written on the loop thread, last; other threads read it through STATE
    private byte state;

    // FINISHED: the result. FAILED: a Throwable somebody has asked for, or else a Failure.
    // CANCELLED: the CancelledError that ended the task, or the message, or null.
    private @Nullable Object value;

    // loop thread only
    private @Nullable Object waiters;
    private boolean reportsFailureAtOnce;

    Future(BaseEventLoop loop) {
        this.loop = loop;
    }

    // -- asking ---------------------------------------------------------------------------------------------------

    /** {@return the loop on whose thread this is used} */
    public final EventLoop getLoop() {
        return loop;
    }

    /** {@return whether there is a result, an exception, or a cancellation} */
    public final boolean done() {
        return state != PENDING;
    }

    /** {@return whether this was cancelled} */
    public final boolean cancelled() {
        return state == CANCELLED;
    }

    /**
     * {@return the result}
     *
     * @throws InvalidStateException if there is none yet
     * @throws CancelledError if this was cancelled; what else it failed with is thrown as it is, checked or not
     */
    public final T result() {
        if (state == FINISHED) {
            return resultOf(value);
        }
        throw Sneaky.rethrow(failure());
    }

    /**
     * {@return what this failed with, or null if it has a result}
     *
     * @throws InvalidStateException if it is not done
     * @throws CancelledError if it was cancelled
     */
    public final @Nullable Throwable exception() {
        if (state == FINISHED) {
            return null;
        }
        Throwable failure = failure();
        if (state == FAILED) {
            return failure;
        }
        throw Sneaky.rethrow(failure);
    }

    /**
     * Waits until this is done and returns the result. Does not suspend if it is done already.
     *
     * <p>Cancelling the waiting task cancels this future.
     *
     * @throws CancelledError if this or the waiting task was cancelled; what else it failed with is thrown as it is
     * @throws IllegalStateException if called outside a task, by the task that this is, or on another loop than this
     *     future's
     */
    @Suspends
    public final T await() {
        if (state == PENDING) {
            Task<?> task = waitingTask("Future.await");
            addWaiter(task);
            try {
                task.waitFor(this);
            } catch (Throwable e) {
                removeWaiter(task); // a no-op, unless the task could not be suspended
                throw e;
            }
        }
        return result();
    }

    /** See {@link Combinators#waitFor(Future, Duration)}. */
    @Suspends
    final T await(Duration timeout) throws TimeoutException {
        if (state != PENDING) {
            return result();
        }
        Task<?> task = waitingTask("waitFor");
        long nanos = Nanos.of(timeout);
        String reason = "not done after " + Nanos.describe(nanos);
        boolean inTime = nanos > 0;
        if (!inTime) {
            cancel(reason); // first of all: a task that has not started shall not start
            if (state == CANCELLED) {
                throw Timeout.exception(this + " was " + reason, failure());
            }
        }
        int requestsBefore = task.requestsDelivered();
        addWaiter(task);
        try {
            if (inTime) {
                task.waitFor(this, Nanos.plus(loop.time(), nanos));
                inTime = state != PENDING;
                if (!inTime) {
                    cancel(reason);
                }
            }
            if (state == PENDING) {
                task.waitFor(this); // until it has cleaned up
            }
        } catch (Throwable e) {
            removeWaiter(task); // a no-op, unless the task could not be suspended
            throw e;
        }
        if (!inTime && state == CANCELLED && task.cancelling() <= requestsBefore) {
            throw Timeout.exception(this + " was " + reason, failure());
        }
        return result();
    }

    /** {@return the calling task, if it may wait for this} */
    private Task<?> waitingTask(String method) {
        Task<?> task = Task.suspending(method);
        if (task.loop != loop) {
            throw new IllegalStateException(this + " belongs to " + loop.name + ", awaited on " + task.loop.name
                    + "; await it in a task there, and that task here: createTaskOn(loop, ...) starts it");
        }
        if (task == this) {
            throw new IllegalStateException(this + " cannot await itself");
        }
        return task;
    }

    // -- deciding -------------------------------------------------------------------------------------------------

    /**
     * Ends this with a result.
     *
     * @throws InvalidStateException if it is done already
     * @throws UnsupportedOperationException if this is a task: its coroutine gives the result
     */
    public void setResult(T result) {
        settle(FINISHED, result);
    }

    /**
     * Ends this with a failure.
     *
     * @throws InvalidStateException if it is done already
     * @throws UnsupportedOperationException if this is a task: its coroutine fails or does not
     */
    public void setException(Throwable exception) {
        Objects.requireNonNull(exception, "exception");
        settle(FAILED, exception);
    }

    /** Cancels this without a message. See {@link #cancel(String)}. */
    public final boolean cancel() {
        return cancel((String) null);
    }

    /**
     * Cancels this: whoever waits gets a {@link CancelledError}.
     *
     * @param message for that error, or null
     * @return false if this is done already, which changes nothing
     */
    public boolean cancel(@Nullable String message) {
        if (state != PENDING) {
            markRetrieved(); // as CPython: who cancels has lost interest in the outcome
            return false;
        }
        settle(CANCELLED, message);
        return true;
    }

    /** Ends a task. */
    final void settleResult(T result) {
        settle(FINISHED, result);
    }

    /** Ends a task. */
    final void settleException(Throwable exception) {
        settle(FAILED, exception);
    }

    /** Ends a task. */
    final void settleCancelled(@Nullable Object errorOrMessage) {
        settle(CANCELLED, errorOrMessage);
    }

    /** Ends this as {@code other} has ended. */
    final void settleAs(Future<? extends T> other) {
        settle(other.state, other.state == FAILED ? other.failure() : other.value);
    }

    private void settle(byte newState, @Nullable Object newValue) {
        loop.checkThread();
        if (state != PENDING) {
            throw new InvalidStateException(this + " is done already and cannot be "
                    + (newState == FINISHED ? "given a result" : newState == FAILED ? "failed" : "cancelled"));
        }
        Object waiters = this.waiters;
        this.waiters = null;
        // A task that waits will ask; in every other case keep watch over it.
        value = newState == FAILED && !(waiters instanceof Task)
                ? Failure.watch(this, Failure.exceptionOf(newValue))
                : newValue;
        STATE.setRelease(this, newState);
        if (waiters instanceof List<?> list) {
            for (int i = 0; i < list.size(); i++) {
                schedule(list.get(i));
            }
        } else if (waiters != null) {
            schedule(waiters);
        }
        if (newState == FAILED && reportsFailureAtOnce) {
            Shield.reportFailure(this);
        }
    }

    // -- waiting --------------------------------------------------------------------------------------------------

    /**
     * Calls {@code callback} with this future once it is done: always from the loop, never from within this method,
     * even if this is done already. What it throws goes to the exception handler.
     */
    public final void addDoneCallback(Consumer<? super Future<T>> callback) {
        loop.checkThread();
        addDoneCallback(callback, loop.captureContext());
    }

    /** The same as {@link #addDoneCallback(Consumer)}, in a given context instead of a copy of the caller's. */
    public final void addDoneCallback(Context context, Consumer<? super Future<T>> callback) {
        loop.checkThread();
        addDoneCallback(callback, Objects.requireNonNull(context, "context"));
    }

    private void addDoneCallback(Consumer<? super Future<T>> callback, Object context) {
        DoneCallback<T> waiter = new DoneCallback<>(this, callback, context);
        if (state == PENDING) {
            addWaiter(waiter);
        } else {
            loop.ready.add(waiter);
        }
    }

    /**
     * Takes {@code callback} back, as often as it was added. Callbacks of a future that is done cannot be taken back.
     *
     * @return how often it was there
     */
    public final int removeDoneCallback(Consumer<? super Future<T>> callback) {
        Object waiters = this.waiters;
        if (waiters instanceof DoneCallback<?> single && single.calls(callback)) {
            this.waiters = null;
            return 1;
        }
        if (waiters instanceof List<?> list) {
            int before = list.size();
            list.removeIf(waiter -> waiter instanceof DoneCallback<?> other && other.calls(callback));
            return before - list.size();
        }
        return 0;
    }

    /**
     * Tells {@code observer} when this is done, unless it is done already, or the observer was the last one to come.
     *
     * @return whether it will be told
     */
    final boolean addObserver(Observer observer) {
        loop.checkThread();
        if (state != PENDING || lastWaiter() == observer) {
            return false;
        }
        addWaiter(observer);
        return true;
    }

    /** Forgets {@code observer}, which is over. O(1), amortised. */
    final void removeObserver(Observer observer) {
        if (waiters == observer) {
            waiters = null;
        } else if (waiters instanceof Waiters list) {
            list.oneIsOver();
        }
    }

    private @Nullable Object lastWaiter() {
        return waiters instanceof Waiters list ? list.isEmpty() ? null : list.getLast() : waiters;
    }

    private void addWaiter(Object waiter) {
        Object waiters = this.waiters;
        if (waiters == null) {
            this.waiters = waiter;
        } else if (waiters instanceof Waiters list) {
            list.add(waiter);
        } else {
            this.waiters = new Waiters(waiters, waiter);
        }
    }

    private void removeWaiter(Object waiter) {
        if (waiters == waiter) {
            waiters = null;
        } else if (waiters instanceof Waiters list) {
            list.remove(waiter);
        }
    }

    private void schedule(@Nullable Object waiter) {
        switch (waiter) {
            case Task<?> task -> task.wake();
            case Observer observer -> observer.futureDone(this);
            case Handle callback -> loop.ready.add(callback);
            case null, default -> throw new AssertionError("unreachable: not a waiter: " + waiter);
        }
    }

    /** Several waiters, in the order in which they came. */
    private static final class Waiters extends ArrayList<Object> {
        private static final long serialVersionUID = 1L;

        private int over;

        private Waiters(Object first, Object second) {
            super(4);
            add(first);
            add(second);
        }

        /** An observer is over. They are taken out together, once they are the half of all. */
        private void oneIsOver() {
            over++;
            if (2 * over > size()) {
                over = 0;
                removeIf(waiter -> waiter instanceof Observer observer && observer.isOver());
            }
        }
    }

    // -- results --------------------------------------------------------------------------------------------------

    /** What this did not end with a result for; marks it as taken. */
    final Throwable failure() {
        return switch (state) {
            case FAILED -> {
                markRetrieved();
                yield Failure.exceptionOf(value);
            }
            case CANCELLED -> value instanceof CancelledError error ? error : new CancelledError((String) value);
            default -> new InvalidStateException(this + " has no result yet; await it");
        };
    }

    /** Somebody has got the exception, if this has failed, or does not want it. */
    final void markRetrieved() {
        if (value instanceof Failure failure) {
            value = failure.retrieved();
        }
    }

    /** {@return the exception that nobody has got yet, which counts as got from now on, or null} */
    final @Nullable Throwable takeUnretrieved() {
        if (value instanceof Failure failure && !failure.isTaken()) {
            markRetrieved();
            return failure.exception();
        }
        return null;
    }

    /**
     * From now on a failure that nobody takes goes to the exception handler when it happens, not when it is too late.
     */
    final void reportFailureAtOnce() {
        reportsFailureAtOnce = true;
    }

    @SuppressWarnings({"unchecked", "NullAway"}) // it came in as a T
    private T resultOf(@Nullable Object value) {
        return (T) value;
    }

    // -- java.util.concurrent.Future, for any thread --------------------------------------------------------------

    /** {@return whether this is done} Any thread. */
    @Override
    public final boolean isDone() {
        return (byte) STATE.getAcquire(this) != PENDING;
    }

    /** {@return whether this was cancelled} Any thread. */
    @Override
    public final boolean isCancelled() {
        return (byte) STATE.getAcquire(this) == CANCELLED;
    }

    /** {@return the state} Any thread. */
    @Override
    public final State state() {
        return switch ((byte) STATE.getAcquire(this)) {
            case PENDING -> State.RUNNING;
            case FINISHED -> State.SUCCESS;
            case FAILED -> State.FAILED;
            default -> State.CANCELLED;
        };
    }

    /**
     * Cancels this. Any thread: a thread that is not the loop's asks the loop to do so, which it does when it runs.
     *
     * @param mayInterruptIfRunning false to leave alone a job of {@link EventLoop#runInExecutor} that has begun; else
     *     ignored
     * @return false if this is done already, or its loop is closed; true if it is cancelled now, or the loop was asked
     *     to
     */
    @Override
    public final boolean cancel(boolean mayInterruptIfRunning) {
        if (loop.isCurrent()) {
            return cancelNow(mayInterruptIfRunning);
        }
        if (isDone() || loop.isClosing()) {
            return false;
        }
        Interop.onLoop(loop, () -> cancelNow(mayInterruptIfRunning));
        return true;
    }

    /** On the loop's thread. */
    boolean cancelNow(boolean mayInterruptIfRunning) {
        return cancel();
    }

    /**
     * Waits for the result: awaits in a task of this loop, blocks any other thread. Unlike {@link #await}, cancelling a
     * task that waits here does not cancel this future.
     *
     * @throws ExecutionException if this failed; the failure is its cause
     * @throws CancellationException if this was cancelled
     * @throws InterruptedException if the blocked thread was interrupted
     * @throws IllegalStateException in a plain callback of this loop, where waiting would stop the loop for ever; or if
     *     the loop is closed, so that there will be no result
     */
    @Suspends
    @Override
    public final T get() throws InterruptedException, ExecutionException {
        if (!isDone()) {
            Interop.waitFor(this);
        }
        return outcome();
    }

    /**
     * Waits for the result, but not for ever. See {@link #get()}.
     *
     * @throws TimeoutException if it was not there in time; this future goes on
     */
    @Suspends
    @Override
    public final T get(long timeout, TimeUnit unit) throws InterruptedException, ExecutionException, TimeoutException {
        if (!isDone() && !Interop.waitFor(this, unit.toNanos(timeout))) {
            throw new TimeoutException(this + " is not done after " + timeout + " " + unit);
        }
        return outcome();
    }

    /** {@return the result} Any thread. */
    @Override
    public final T resultNow() {
        if (state() != State.SUCCESS) {
            throw new IllegalStateException(this + " has no result");
        }
        return resultOf(value);
    }

    /** {@return what this failed with} Any thread. */
    @Override
    public final Throwable exceptionNow() {
        if (state() != State.FAILED) {
            throw new IllegalStateException(this + " has not failed");
        }
        return taken();
    }

    /**
     * {@return a future of the JDK that ends as this one does} Any thread.
     *
     * <p>Cancelling it cancels this one; what else it is completed with by hand does not reach this one. What depends
     * on it runs on the loop, as a callback does. If the loop is closed before this future is done, it fails with an
     * {@link IllegalStateException}, on the thread that closes the loop. Its {@code get} and {@code join} await in a
     * task of this loop, as {@link #get()}.
     */
    public final CompletableFuture<T> toCompletableFuture() {
        return LoopStage.of(this);
    }

    private T outcome() throws ExecutionException {
        return switch (state()) {
            case SUCCESS -> resultOf(value);
            case CANCELLED -> throw new CancellationException(this + " was cancelled");
            default -> throw new ExecutionException(taken());
        };
    }

    /** {@return what this failed with; somebody has asked for it, on any thread} */
    private Throwable taken() {
        Throwable exception = Failure.exceptionOf(value);
        if (loop.isCurrent()) {
            markRetrieved();
        } else if (value instanceof Failure failure) {
            failure.takenByOtherThread();
        }
        return exception;
    }

    // -- toString -------------------------------------------------------------------------------------------------

    /** {@return what this is and how it stands, such as {@code Future[pending]}} */
    @Override
    public String toString() {
        return "Future[" + describeState() + "]";
    }

    final String describeState() {
        return switch (state()) {
            case RUNNING -> "pending";
            case SUCCESS -> "finished, result " + Describe.shortened(value);
            case FAILED -> "failed, " + Describe.shortened(Failure.exceptionOf(value));
            case CANCELLED -> "cancelled";
        };
    }
}
