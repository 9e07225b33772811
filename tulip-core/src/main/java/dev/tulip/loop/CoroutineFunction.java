package dev.tulip.loop;

import org.jspecify.annotations.Nullable;

/**
 * Code that may suspend, with an argument and a result: a {@link Coroutine} that is given something. The version
 * without a result is {@link CoroutineConsumer}.
 *
 * @param <A> the argument
 * @param <T> what it returns
 * @param <X> what it may throw
 */
@FunctionalInterface
public interface CoroutineFunction<A extends @Nullable Object, T extends @Nullable Object, X extends Throwable>
        extends CoroutineConsumer<A, X> {
    /*
     * A function is a consumer, so that javac prefers it where a lambda could be either: `group -> { while (true) ...
     * }` and `group -> { throw ... }` would be ambiguous if the two had nothing to do with each other.
     */

    /**
     * Runs the body, on a coroutine of the loop.
     *
     * @param argument what it works with
     * @return the result
     * @throws X if it fails
     */
    @Suspends
    T apply(A argument) throws X;

    /** Runs the body and drops its result. */
    @Override
    default void accept(A argument) throws X {
        apply(argument);
    }
}
