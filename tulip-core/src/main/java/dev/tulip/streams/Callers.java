package dev.tulip.streams;

import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Task;

/** Checks who calls a method that may suspend. */
final class Callers {
    private Callers() {}

    /**
     * {@return the task that is calling}
     *
     * @param method the method that may suspend it
     * @throws IllegalStateException if no task is calling
     */
    static Task<?> task(String method) {
        Task<?> task = Task.current();
        if (task == null) {
            throw new IllegalStateException(method + " suspends, so it needs a task; this is a callback of "
                    + EventLoop.running() + ": start one with createTask");
        }
        return task;
    }
}
