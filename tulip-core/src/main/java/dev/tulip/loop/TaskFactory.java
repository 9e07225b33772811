package dev.tulip.loop;

import org.jspecify.annotations.Nullable;

/** Makes the tasks of a loop: a place to wrap coroutines, count tasks, or start all of them eagerly. */
@FunctionalInterface
public interface TaskFactory {
    /**
     * Makes a task, usually with {@link Task#create}.
     *
     * @param loop whose task it is
     * @param coroutine its body
     * @param options what the caller of {@code createTask} asked for
     * @return a task of {@code loop} whose result is what {@code coroutine} returns
     */
    Task<?> createTask(EventLoop loop, Coroutine<? extends @Nullable Object, ?> coroutine, TaskOptions options);

    /**
     * {@return a factory that starts every task eagerly, unless its options say otherwise} asyncio's
     * {@code eager_task_factory}.
     */
    static TaskFactory eager() {
        return (loop, coroutine, options) ->
                Task.create(loop, coroutine, options.eagerStart() == null ? options.withEagerStart(true) : options);
    }
}
