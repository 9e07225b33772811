package dev.tulip.loop;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a task or callback knows of its surroundings: a value for each {@link ContextVar} that was set.
 *
 * <p>Every task and every callback has one of its own, a copy of the context in which it was created, so what it sets
 * nobody else sees; whoever it calls or awaits directly shares it. Threads outside every loop have one each, empty at
 * first. To see or share what a task or callback sets, give it a context: {@link TaskOptions#withContext}, {@link
 * EventLoop#callSoon(Context, Runnable)}.
 *
 * <p>Copying costs nothing until somebody sets a variable; setting costs O(n) in the variables that are set. Not for
 * several threads at a time.
 *
 * @see <a href="https://peps.python.org/pep-0567/">PEP 567: Context Variables</a>
 */
public final class Context {
    /*
     * The bindings are an array that never changes: variable, value, variable, value, ... So a copy is a reference, and
     * most tasks and callbacks hold just that: their "raw" context is such an array. It becomes a Context when
     * somebody sets a variable in it, or wants to have it in hands.
     */
    static final @Nullable Object[] NONE = {};

    private static final ThreadLocal<Context> OF_THREAD = ThreadLocal.withInitial(Context::new);

    // one thread at a time; the array is never written to
    private @Nullable Object[] bindings;

    /** A context in which nothing is set. */
    public Context() {
        this(NONE);
    }

    private Context(@Nullable Object[] bindings) {
        this.bindings = bindings;
    }

    /** {@return a copy of the caller's context} In O(1). Any thread. */
    public static Context copyContext() {
        return new Context(bindingsOf(raw()));
    }

    /** {@return a copy} In O(1). */
    public Context copy() {
        return new Context(bindings);
    }

    /**
     * Runs {@code body} in this context, on the caller's coroutine or thread: what it sets stays in here. It may
     * suspend.
     *
     * @param <T> what it returns
     * @param <X> what it may throw
     * @throws X as {@code body} does
     */
    @Suspends
    public <T extends @Nullable Object, X extends Throwable> T run(Coroutine<? extends T, ? extends X> body) throws X {
        Object before = raw();
        enter(this);
        try {
            return body.run();
        } finally {
            enter(before);
        }
    }

    /**
     * Runs {@code body} in this context. See {@link #run(Coroutine)}.
     *
     * @param <X> what it may throw
     * @throws X as {@code body} does
     */
    @Suspends
    public <X extends Throwable> void run(Action<? extends X> body) throws X {
        run(body.asCoroutine());
    }

    /** {@return whether {@code variable} is set in here} */
    public boolean contains(ContextVar<?> variable) {
        return indexOf(bindings, variable) >= 0;
    }

    /** {@return the variables that are set in here, the earliest first} A copy. */
    public List<ContextVar<?>> variables() {
        List<ContextVar<?>> variables = new ArrayList<>(bindings.length / 2);
        for (int i = 0; i < bindings.length; i += 2) {
            if (bindings[i] instanceof ContextVar<?> variable) {
                variables.add(variable);
            }
        }
        return variables;
    }

    /** {@return the variables and their values} */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("Context[");
        for (int i = 0; i < bindings.length; i += 2) {
            text.append(i == 0 ? "" : ", ")
                    .append(bindings[i] instanceof ContextVar<?> variable ? variable.name() : "?")
                    .append(" = ")
                    .append(Describe.shortened(bindings[i + 1]));
        }
        return text.append(']').toString();
    }

    // -- bindings -------------------------------------------------------------------------------------------------

    /** {@return where {@code variable} stands in {@code bindings}, -1 if it does not; its value is the next element} */
    static int indexOf(@Nullable Object[] bindings, ContextVar<?> variable) {
        for (int i = 0; i < bindings.length; i += 2) {
            if (bindings[i] == variable) {
                return i;
            }
        }
        return -1;
    }

    @Nullable
    Object[] bindings() {
        return bindings;
    }

    void put(ContextVar<?> variable, @Nullable Object value) {
        int index = indexOf(bindings, variable);
        int length = bindings.length;
        @Nullable Object[] changed = new @Nullable Object[index < 0 ? length + 2 : length];
        System.arraycopy(bindings, 0, changed, 0, length);
        int place = index < 0 ? length : index;
        changed[place] = variable;
        changed[place + 1] = value;
        bindings = changed;
    }

    void remove(ContextVar<?> variable) {
        int index = indexOf(bindings, variable);
        if (index >= 0) {
            @Nullable Object[] changed = new @Nullable Object[bindings.length - 2];
            System.arraycopy(bindings, 0, changed, 0, index);
            System.arraycopy(bindings, index + 2, changed, index, changed.length - index);
            bindings = changed;
        }
    }

    // -- raw contexts: an array of bindings, or a Context ---------------------------------------------------------

    static @Nullable Object[] bindingsOf(Object raw) {
        return raw instanceof Context context ? context.bindings : (@Nullable Object[]) raw;
    }

    /** {@return a context with the bindings of {@code raw}, or {@code raw} itself if it is one} */
    static Context of(Object raw) {
        return raw instanceof Context context ? context : new Context(bindingsOf(raw));
    }

    /** {@return the caller's} Any thread. */
    static Object raw() {
        Fiber fiber = Fiber.current();
        return fiber == null ? OF_THREAD.get() : fiber.context;
    }

    /** {@return the caller's, as a Context that it then has} Any thread. */
    static Context current() {
        Context context = of(raw());
        enter(context);
        return context;
    }

    static void enter(Object raw) {
        Fiber fiber = Fiber.current();
        if (fiber == null) {
            OF_THREAD.set(of(raw));
        } else {
            fiber.context = raw;
        }
    }
}
