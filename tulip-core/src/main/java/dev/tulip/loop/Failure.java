package dev.tulip.loop;

import org.jspecify.annotations.Nullable;

/**
 * The exception of a future for which nobody has asked yet. When the future is garbage collected with this still in it,
 * nobody ever will, and the exception handler gets it.
 */
final class Failure extends Leftovers.Leftover {
    // set once
    private final BaseEventLoop loop;
    private final Throwable exception;
    private final String owner;
    private final Context context;

    // any thread
    private volatile boolean taken;

    private Failure(Future<?> future, Throwable exception) {
        super(future, future.loop.failures);
        this.loop = future.loop;
        this.exception = exception;
        this.owner = future instanceof Task<?> task ? task.getName() : "Future";
        this.context = Context.copyContext();
    }

    /** {@return what {@code future}, which fails with {@code exception}, holds until somebody asks for it} */
    static Failure watch(Future<?> future, Throwable exception) {
        Failure failure = new Failure(future, exception);
        if (future.loop.isClosed()) { // a coroutine that outlived its loop: nobody closes it again
            failure.takeOff();
            failure.abandoned();
        }
        return failure;
    }

    /** {@return the exception that a failed future holds, watched or not} */
    static Throwable exceptionOf(@Nullable Object value) {
        if (value instanceof Failure failure) {
            return failure.exception;
        }
        if (value instanceof Throwable exception) {
            return exception;
        }
        throw new AssertionError("unreachable: a failed future holds an exception, not " + value);
    }

    Throwable exception() {
        return exception;
    }

    boolean isTaken() {
        return taken;
    }

    /** {@return the exception, which the future holds from now on: somebody has asked} */
    Throwable retrieved() {
        takeOff();
        return exception;
    }

    /** Another thread has got the exception: nothing to report. */
    void takenByOtherThread() {
        taken = true;
    }

    @Override
    void abandoned() {
        if (!taken) {
            context.run(() -> loop.callExceptionHandler(
                    new ExceptionContext(owner + " exception was never retrieved", exception, "future", owner)));
        }
    }
}
