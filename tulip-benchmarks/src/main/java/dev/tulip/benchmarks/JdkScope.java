package dev.tulip.benchmarks;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;

/**
 * {@code java.util.concurrent.StructuredTaskScope}, by method handles: it is a preview, and code that names it would run
 * on one version of the JDK only.
 */
final class JdkScope {
    private static final MethodHandle OPEN;
    private static final MethodHandle FORK;
    private static final MethodHandle JOIN;

    static {
        try {
            Class<?> type = Class.forName("java.util.concurrent.StructuredTaskScope");
            MethodHandles.Lookup lookup = MethodHandles.publicLookup();
            OPEN = lookup.unreflect(type.getMethod("open")).asType(MethodType.methodType(AutoCloseable.class));
            FORK = lookup.unreflect(type.getMethod("fork", Callable.class))
                    .asType(MethodType.methodType(Object.class, AutoCloseable.class, Callable.class));
            JOIN = lookup.unreflect(type.getMethod("join"))
                    .asType(MethodType.methodType(Object.class, AutoCloseable.class));
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private JdkScope() {}

    /** {@return the sum of what so many subtasks return, which is one each} */
    @SuppressWarnings("unchecked") // a subtask is a Supplier
    static long sumOf(int subtasks) throws Exception {
        List<Supplier<Integer>> forked = new ArrayList<>(subtasks);
        long sum = 0;
        try (AutoCloseable scope = (AutoCloseable) OPEN.invokeExact()) {
            Callable<Integer> body = () -> 1;
            for (int i = 0; i < subtasks; i++) {
                forked.add((Supplier<Integer>) (Object) FORK.invokeExact(scope, body));
            }
            Object joined = (Object) JOIN.invokeExact(scope);
            assert joined == null : joined;
            for (Supplier<Integer> subtask : forked) {
                sum += subtask.get();
            }
        } catch (Exception | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
        return sum;
    }
}
