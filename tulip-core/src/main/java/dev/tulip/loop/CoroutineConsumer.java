package dev.tulip.loop;

import org.jspecify.annotations.Nullable;

/**
 * Code that may suspend, with an argument and without a result: the body of a task group, for instance. The version
 * with a result is {@link CoroutineFunction}.
 *
 * <p>Where both would do, the compiler takes a lambda that is an expression for a function: if that is a call of a
 * {@code void} method, write braces, {@code group -> { serve(group); }}, or a method reference.
 *
 * @param <A> the argument
 * @param <X> what it may throw
 */
@FunctionalInterface
public interface CoroutineConsumer<A extends @Nullable Object, X extends Throwable> {
    /**
     * Runs the body, on a coroutine of the loop.
     *
     * @param argument what it works with
     * @throws X if it fails
     */
    @Suspends
    void accept(A argument) throws X;

    /** {@return this as a function whose result is null} */
    default CoroutineFunction<A, @Nullable Void, X> asFunction() {
        return argument -> {
            accept(argument);
            return null;
        };
    }
}
