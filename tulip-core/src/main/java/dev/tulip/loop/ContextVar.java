package dev.tulip.loop;

import java.util.NoSuchElementException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A variable that has a value of its own in every {@link Context}: what a thread-local is for threads, for tasks and
 * callbacks. Usually a static constant.
 *
 * <pre>{@code
 * static final ContextVar<String> USER = new ContextVar<>("user");
 *
 * try (var token = USER.set("ada")) {
 *     handle(request);     // and every task that this starts
 * }
 * }</pre>
 *
 * <p>Getting costs O(n) in the variables that are set in the context, with a small factor. Any thread.
 *
 * @param <T> the value
 */
public final class ContextVar<T extends @Nullable Object> {
    private static final Object MISSING = new Object();

    // set once
    private final String name;
    private final @Nullable Object initial;

    /**
     * A variable without a value.
     *
     * @param name for messages
     */
    public ContextVar(String name) {
        this.name = Objects.requireNonNull(name, "name");
        this.initial = MISSING;
    }

    /**
     * A variable that has a value wherever none was set.
     *
     * @param name for messages
     * @param initial that value
     */
    public ContextVar(String name, T initial) {
        this.name = Objects.requireNonNull(name, "name");
        this.initial = initial;
    }

    /** {@return the name it was given} */
    public String name() {
        return name;
    }

    /**
     * {@return the value in the caller's context, or the initial one}
     *
     * @throws NoSuchElementException if there is neither
     */
    public T get() {
        Object value = valueOr(initial);
        if (value == MISSING) {
            throw new NoSuchElementException(
                    this + " has no value here; set it, or give it an initial value when you create it");
        }
        return cast(value);
    }

    /** {@return the value in the caller's context, or else the initial one, or else {@code fallback}} */
    public T getOrDefault(T fallback) {
        Object value = valueOr(initial == MISSING ? fallback : initial);
        return cast(value);
    }

    /**
     * Gives this a value in the caller's context.
     *
     * @return what {@link #reset} wants; or close it, in a try-with-resources statement
     */
    public Token<T> set(T value) {
        Context context = Context.current();
        int index = Context.indexOf(context.bindings(), this);
        Token<T> token = new Token<>(this, context, index < 0 ? MISSING : context.bindings()[index + 1]);
        context.put(this, value);
        return token;
    }

    /**
     * Gives this the value back that it had before the {@link #set} that returned {@code token}.
     *
     * @throws IllegalArgumentException if the token is another variable's, or comes from another context
     * @throws IllegalStateException if the token was used before
     */
    public void reset(Token<T> token) {
        if (token.variable != this) {
            throw new IllegalArgumentException(token + " was created by another variable than " + this);
        }
        Context context = Context.current();
        if (token.context != context) {
            throw new IllegalArgumentException(
                    token + " was created in another context; reset it in the task or callback that set it");
        }
        if (token.used) {
            throw new IllegalStateException(token + " has already been used once");
        }
        token.used = true;
        if (token.before == MISSING) {
            context.remove(this);
        } else {
            context.put(this, token.before);
        }
    }

    private @Nullable Object valueOr(@Nullable Object fallback) {
        @Nullable Object[] bindings = Context.bindingsOf(Context.raw());
        int index = Context.indexOf(bindings, this);
        return index < 0 ? fallback : bindings[index + 1];
    }

    @SuppressWarnings({"unchecked", "NullAway"}) // it came in as a T
    private T cast(@Nullable Object value) {
        return (T) value;
    }

    @Override
    public String toString() {
        return "ContextVar[" + name + "]";
    }

    /**
     * What a variable was before it was set. Closing it resets the variable.
     *
     * @param <T> the variable's value
     */
    public static final class Token<T extends @Nullable Object> implements AutoCloseable {
        private final ContextVar<T> variable;
        private final Context context;
        private final @Nullable Object before;

        // the thread of the context
        private boolean used;

        private Token(ContextVar<T> variable, Context context, @Nullable Object before) {
            this.variable = variable;
            this.context = context;
            this.before = before;
        }

        /** {@return the variable that was set} */
        public ContextVar<T> variable() {
            return variable;
        }

        /** Resets the variable: see {@link ContextVar#reset}. */
        @Override
        public void close() {
            variable.reset(this);
        }

        @Override
        public String toString() {
            return "Token[" + variable.name + (used ? ", used]" : "]");
        }
    }
}
