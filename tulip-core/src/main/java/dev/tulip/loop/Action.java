package dev.tulip.loop;

import org.jspecify.annotations.Nullable;

/**
 * Code that may suspend: the body of a task, without a result. The version with a result is {@link Coroutine}.
 *
 * @param <X> what it may throw
 */
@FunctionalInterface
public interface Action<X extends Throwable> {
    /**
     * Runs the body, on a coroutine of the loop.
     *
     * @throws X if it fails
     */
    @Suspends
    void run() throws X;

    /** {@return this as a coroutine whose result is null} */
    default Coroutine<@Nullable Void, X> asCoroutine() {
        return new ActionCoroutine<>(this);
    }
}
