package dev.tulip.sync;

import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Task;
import org.jspecify.annotations.Nullable;

/**
 * Which loop an object of this package belongs to: that of the first task that had to wait for it. Until then any loop
 * may use it, one after another, as in CPython ({@code mixins._LoopBoundMixin}).
 */
final class LoopBinding {
    // loop thread only; once set it stays
    private @Nullable EventLoop loop;

    /**
     * {@return the task that is calling, which may have to wait}
     *
     * @param owner what it would wait for
     * @throws IllegalStateException if no task is calling, or one of another loop
     */
    Task<?> task(Object owner) {
        Task<?> task = Task.current();
        if (task == null) {
            throw new IllegalStateException("waiting for " + owner + " suspends, so it needs a task; this is a"
                    + " callback, or a thread that a task started: start a task with createTask");
        }
        EventLoop loop = this.loop;
        if (loop != null && loop != task.getLoop()) {
            throw otherLoop(owner, loop, task.getLoop());
        }
        return task;
    }

    /**
     * Checks that the caller, which does not want to wait, may use {@code owner}.
     *
     * @throws IllegalStateException if another loop runs it
     * @throws WrongThreadException if no loop runs it, while the one that {@code owner} belongs to does run
     */
    void check(Object owner) {
        EventLoop loop = this.loop;
        if (loop != null && loop.isRunning()) {
            EventLoop running = runningOrRefuse(owner, loop);
            if (running != loop) {
                throw otherLoop(owner, loop, running);
            }
        }
    }

    /** Makes {@code task}, which has to wait, the one that decides. {@return its loop} */
    EventLoop bind(Task<?> task) {
        EventLoop loop = this.loop;
        if (loop == null) {
            loop = task.getLoop();
            this.loop = loop;
        }
        return loop;
    }

    private static EventLoop runningOrRefuse(Object owner, EventLoop loop) {
        try {
            return EventLoop.running();
        } catch (IllegalStateException e) {
            WrongThreadException refusal =
                    new WrongThreadException("Non-thread-safe operation on " + owner + ", which belongs to " + loop
                            + ", from thread " + Thread.currentThread() + "; hand it over with callSoonThreadsafe");
            refusal.initCause(e);
            throw refusal;
        }
    }

    private static IllegalStateException otherLoop(Object owner, EventLoop loop, EventLoop other) {
        return new IllegalStateException(
                owner + " belongs to " + loop + ", where a task has waited for it, and" + " cannot be used on " + other
                        + "; give each loop its own, or use it in a task there, which createTaskOn(loop, ...) starts");
    }
}
