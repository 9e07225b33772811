package dev.tulip.loop;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Code that remembers where it was scheduled. Debug mode wraps callbacks and coroutines in it. */
sealed interface Traced permits Traced.Callback, Traced.Body {
    /** {@return the callback or coroutine} */
    Object code();

    /** {@return the frames that scheduled it, the nearest first, without those of this library} */
    List<StackTraceElement> created();

    /** {@return the nearest of those frames} */
    default String place() {
        return created().isEmpty() ? "an unknown place" : created().getFirst().toString();
    }

    /** {@return {@code callback} with the place of the caller} */
    static Runnable callback(Runnable callback) {
        return new Callback(callback, callers());
    }

    /** {@return {@code coroutine} with the place of the caller} */
    static <T extends @Nullable Object> Coroutine<T, ?> coroutine(Coroutine<T, ?> coroutine) {
        return new Body<>(coroutine, callers());
    }

    /** {@return where {@code code} was scheduled, or null if it does not know} */
    static @Nullable List<StackTraceElement> createdOf(@Nullable Object code) {
        return code instanceof Traced traced ? traced.created() : null;
    }

    private static List<StackTraceElement> callers() {
        return StackWalker.getInstance().walk(frames -> frames.map(StackWalker.StackFrame::toStackTraceElement)
                .dropWhile(Describe::isOurs)
                .limit(Defaults.TRACE_DEPTH)
                .toList());
    }

    /** A callback. */
    record Callback(Runnable code, List<StackTraceElement> created) implements Traced, Runnable {
        @Override
        public void run() {
            code.run();
        }
    }

    /** The body of a task. */
    record Body<T extends @Nullable Object, X extends Throwable>(
            Coroutine<T, X> code, List<StackTraceElement> created) implements Traced, Coroutine<T, X> {
        @Override
        public T run() throws X {
            return code.run();
        }
    }
}
