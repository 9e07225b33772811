package dev.tulip.loop;

import java.lang.ref.PhantomReference;
import org.jspecify.annotations.Nullable;

/**
 * The exception of a future for which nobody has asked yet. When the future is garbage collected with this still in it,
 * nobody ever will ({@link Failures}).
 */
final class Failure extends PhantomReference<Future<?>> {
    // set once
    final Throwable exception;
    final String owner;
    final Context context;

    // loop thread only
    @Nullable
    Failure previous;

    @Nullable
    Failure next;

    // any thread
    private volatile boolean taken;

    Failure(Future<?> future, Throwable exception, Context context, Failures failures) {
        super(future, failures.collected);
        this.exception = exception;
        this.owner = future instanceof Task<?> task ? task.getName() : "Future";
        this.context = context;
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

    /** Another thread has got the exception: nothing to report. */
    void takenByOtherThread() {
        taken = true;
    }

    boolean isTaken() {
        return taken;
    }
}
