package dev.tulip.loop;

import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** Code that remembers where it was scheduled. Debug mode wraps callbacks, coroutines and jobs in it. */
sealed interface Traced permits Traced.TracedCallback, Traced.TracedCoroutine, Traced.TracedAction, Traced.TracedJob {
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
        return new TracedCallback(callback, callers());
    }

    /** {@return the body of a task, a coroutine or an action, with the place of the caller} */
    static Object body(Object body) {
        return body instanceof Action<?> action
                ? new TracedAction<>(action, callers())
                : new TracedCoroutine<>((Coroutine<?, ?>) body, callers());
    }

    /** {@return {@code job} with the place of the caller} */
    static <T extends @Nullable Object> Callable<T> job(Callable<T> job) {
        return new TracedJob<>(job, callers());
    }

    /** {@return where {@code code} was scheduled, or null if it does not know} */
    static @Nullable List<StackTraceElement> createdOf(@Nullable Object code) {
        return code instanceof Traced traced ? traced.created() : null;
    }

    private static List<StackTraceElement> callers() {
        return StackWalker.getInstance()
                .walk(frames -> frames.map(StackWalker.StackFrame::toStackTraceElement)
                        .dropWhile(Describe::isOurs)
                        .limit(Defaults.TRACE_DEPTH)
                        .toList());
    }

    /** A callback. */
    record TracedCallback(Runnable code, List<StackTraceElement> created) implements Traced, Runnable {
        @Override
        public void run() {
            code.run();
        }
    }

    /** The body of a task, with a result. */
    record TracedCoroutine<T extends @Nullable Object, X extends Throwable>(
            Coroutine<T, X> code, List<StackTraceElement> created) implements Traced, Coroutine<T, X> {
        @Override
        public T run() throws X {
            return code.run();
        }
    }

    /** The body of a task, without a result. */
    record TracedAction<X extends Throwable>(Action<X> code, List<StackTraceElement> created)
            implements Traced, Action<X> {
        @Override
        public void run() throws X {
            code.run();
        }
    }

    /** A job for an executor. */
    record TracedJob<T extends @Nullable Object>(Callable<T> code, List<StackTraceElement> created)
            implements Traced, Callable<T> {
        @Override
        public T call() throws Exception {
            return code.call();
        }
    }
}
