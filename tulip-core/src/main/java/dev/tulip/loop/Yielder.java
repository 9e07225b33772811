package dev.tulip.loop;

import org.jspecify.annotations.Nullable;

/**
 * What a generator's body yields its values to.
 *
 * @param <Y> what it yields
 * @param <S> what is sent to it
 * @see Generator
 */
public sealed interface Yielder<Y extends @Nullable Object, S extends @Nullable Object> permits GeneratorBody {
    /**
     * Hands {@code value} to whoever iterates, and waits until they ask for the next.
     *
     * @return what they have sent, or null
     * @throws GeneratorExit if the generator is closed; whatever is thrown into it is thrown here; to catch a
     *     checked exception, catch {@code Exception}
     * @throws IllegalStateException if called by anybody but the body
     */
    @SuppressWarnings("NamedLikeContextualKeyword") // called with a receiver always, and it is the word
    @Nullable
    S yield(Y value);

    /**
     * Yields all values of {@code inner}. What is sent to this generator or thrown into it goes to the inner one, which
     * is closed if this one is. Each value costs a switch more a level.
     *
     * @param <R> what the inner one returns
     * @return the result of {@code inner}
     * @see <a href="https://peps.python.org/pep-0380/">PEP 380: Delegating to a Subgenerator</a>
     */
    <R extends @Nullable Object> R yieldFrom(Generator<? extends Y, ? super S, ? extends R> inner);

    /** Yields all of {@code values}. */
    void yieldFrom(Iterable<? extends Y> values);
}
