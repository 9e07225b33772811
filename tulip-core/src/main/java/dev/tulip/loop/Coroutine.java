package dev.tulip.loop;

import org.jspecify.annotations.Nullable;

/**
 * Code that may suspend: the body of a task, with a result. The version without a result is {@link Action}.
 *
 * @param <T> what it returns
 * @param <X> what it may throw
 */
@FunctionalInterface
public interface Coroutine<T extends @Nullable Object, X extends Throwable> {
    /**
     * Runs the body, on a coroutine of the loop.
     *
     * @return the result
     * @throws X if it fails
     */
    @Suspends
    T run() throws X;
}
