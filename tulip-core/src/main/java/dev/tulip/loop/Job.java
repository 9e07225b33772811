package dev.tulip.loop;

import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * A call that an executor makes for a loop, and the future of its result. Loop thread only, as any future. See
 * {@link EventLoop#runInExecutor}.
 *
 * @param <T> what the call returns
 */
abstract sealed class Job<T extends @Nullable Object> extends Future<T> permits LocalJob, SubmittedJob {
    // set once
    final Executor executor;
    final Callable<T> callable;

    // loop thread only
    private boolean calledOff;

    Job(BaseEventLoop loop, Executor executor, Callable<T> callable) {
        super(loop);
        this.executor = executor;
        this.callable = callable;
    }

    /** Hands this to its executor. */
    abstract void submit();

    /** Keeps the call from being made, or interrupts it. */
    abstract void stop();

    /** Keeps the call from being made; leaves it alone if it is being made. */
    abstract void drop();

    /** {@return the stack of the thread that makes the call, the nearest frame first; empty if nobody does here} */
    abstract List<StackTraceElement> stack();

    /** {@return who makes the call, for messages} */
    abstract String place();

    /** {@return whether it was told to stop; it may go on all the same} */
    final boolean isCalledOff() {
        return calledOff;
    }

    @Override
    public boolean cancel(@Nullable String message) {
        return cancel(message, true);
    }

    @Override
    final boolean cancelNow(boolean mayInterruptIfRunning) {
        return cancel(null, mayInterruptIfRunning);
    }

    private boolean cancel(@Nullable String message, boolean mayInterruptIfRunning) {
        boolean cancelled = super.cancel(message);
        if (mayInterruptIfRunning && !calledOff && (cancelled || cancelled())) {
            calledOff = true;
            stop();
        } else if (cancelled) {
            drop();
        }
        return cancelled;
    }

    /** The call was made, or never will be. Loop thread only. */
    final void ended() {
        loop.executor.ended(this);
    }

    /** The call was made: hands its result to the loop, which drops it if this is done already. Any thread. */
    final void leaveResult(T result) {
        leave(() -> settleResult(result));
    }

    /** The call was made and failed. Any thread. */
    final void leaveFailure(Throwable failure) {
        leave(failure instanceof CancelledError ? () -> settleCancelled(failure) : () -> settleException(failure));
    }

    /** Hands to the loop what the call came to. Any thread. */
    final void leave(Runnable settlement) {
        loop.leaveAtDoor(new Handle(() -> {
            ended();
            if (!done()) {
                settlement.run();
            }
        }));
    }

    /** {@return its state, the class of its callable, in debug mode where it was created, and who runs it} */
    @Override
    public String toString() {
        return "Job[" + describeState() + ", " + Describe.callback(callable) + ", " + place() + "]";
    }
}
