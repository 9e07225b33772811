package dev.tulip.loop;

import org.jspecify.annotations.Nullable;

/**
 * With this a task that was started by {@link TaskGroup#start} says that it is ready. For the loop's thread.
 *
 * @param <T> what it hands over
 */
public sealed interface Started<T extends @Nullable Object> permits Start {
    /**
     * Ends {@link TaskGroup#start}, which returns {@code value}. The task goes on as a child of its group.
     *
     * <p>If the task that called {@code start} was cancelled meanwhile, nobody waits for the value, and the task which
     * calls this is cancelled once more.
     *
     * @throws IllegalStateException if this was called before
     */
    void set(T value);
}
