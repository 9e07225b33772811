package dev.tulip.loop;

import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The tasks of a loop that are not done. Holds them strongly, so that no task is lost while it waits. Loop thread only.
 *
 * <p>A list through the tasks themselves, oldest first: adding and removing cost O(1) and no memory.
 */
final class TaskRegistry {
    // loop thread only
    private @Nullable Task<?> oldest;
    private @Nullable Task<?> newest;
    private int lastNumber;

    /** {@return the N of the next {@code Task-N}} */
    int nextNumber() {
        return ++lastNumber;
    }

    boolean isEmpty() {
        return oldest == null;
    }

    void add(Task<?> task) {
        Task<?> before = newest;
        task.previous = before;
        if (before == null) {
            oldest = task;
        } else {
            before.next = task;
        }
        newest = task;
    }

    void remove(Task<?> task) {
        Task<?> before = task.previous;
        Task<?> after = task.next;
        task.previous = null;
        task.next = null;
        if (before == null) {
            oldest = after;
        } else {
            before.next = after;
        }
        if (after == null) {
            newest = before;
        } else {
            after.previous = before;
        }
    }

    /** {@return a copy, oldest first} */
    Set<Task<?>> snapshot() {
        Set<Task<?>> tasks = new LinkedHashSet<>();
        for (Task<?> task = oldest; task != null; task = task.next) {
            tasks.add(task);
        }
        return tasks;
    }
}
