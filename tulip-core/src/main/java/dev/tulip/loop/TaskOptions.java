package dev.tulip.loop;

import org.jspecify.annotations.Nullable;

/**
 * How a task is started.
 *
 * @param name its name; null for {@code Task-N}
 * @param eagerStart true to run its first step inside {@code createTask}, false to run it in the next iteration,
 *     null to leave that to the loop's task factory
 * @param context the context it runs in, which it shares with whoever has it; null for a copy of its creator's
 */
public record TaskOptions(
        @Nullable String name,
        @Nullable Boolean eagerStart,
        @Nullable Context context) {
    private static final TaskOptions DEFAULTS = new TaskOptions(null, null, null);

    /** {@return a numbered name, and the task factory's way to start} */
    public static TaskOptions defaults() {
        return DEFAULTS;
    }

    /**
     * {@return the defaults with a name}
     *
     * @param name the task's name
     */
    public static TaskOptions named(String name) {
        return new TaskOptions(name, null, null);
    }

    /** {@return the defaults with an eager start} */
    public static TaskOptions eager() {
        return new TaskOptions(null, true, null);
    }

    /**
     * {@return these options with another name}
     *
     * @param name the task's name
     */
    public TaskOptions withName(String name) {
        return new TaskOptions(name, eagerStart, context);
    }

    /**
     * {@return these options with an eager start or without}
     *
     * @param eagerStart whether the first step runs inside {@code createTask}
     */
    public TaskOptions withEagerStart(boolean eagerStart) {
        return new TaskOptions(name, eagerStart, context);
    }

    /**
     * {@return these options with a context}
     *
     * @param context what the task runs in: this one, not a copy
     */
    public TaskOptions withContext(Context context) {
        return new TaskOptions(name, eagerStart, context);
    }
}
