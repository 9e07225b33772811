package dev.tulip.process;

import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Task;

/** Checks who calls a method that may suspend. */
final class Callers {
    private Callers() {}

    /**
     * {@return the loop of the task that is calling}
     *
     * @param method the method that is about to suspend it
     * @throws IllegalStateException if no task is calling
     */
    static EventLoop loopOfTask(String method) {
        EventLoop loop = EventLoop.running();
        if (Task.current() == null) {
            throw new IllegalStateException(method + " suspends, so it needs a task; this is a callback of " + loop
                    + ": start one with createTask");
        }
        return loop;
    }
}
