package dev.tulip.loop;

import org.jspecify.annotations.Nullable;

/**
 * How many loops a {@link LoopGroup} has, and how they are made and end.
 *
 * @param loops how many
 * @param name the group's name; its loops, and their threads, are called NAME-1, NAME-2, ...; null for
 *     {@code LoopGroup-N}, with loops that are called {@code EventLoop-N} as others are
 * @param runner how each loop is made, and how it ends: what {@code Tulip.run} would do with it
 */
public record LoopGroupOptions(int loops, @Nullable String name, RunnerOptions runner) {
    /**
     * Checks the number.
     *
     * @throws IllegalArgumentException if there would be no loop
     */
    public LoopGroupOptions {
        if (loops <= 0) {
            throw new IllegalArgumentException("a group needs at least one loop, not " + loops);
        }
    }

    /** {@return a loop for each processor that this process may use, made by the process's policy} */
    public static LoopGroupOptions defaults() {
        return new LoopGroupOptions(Runtime.getRuntime().availableProcessors(), null, RunnerOptions.defaults());
    }

    /**
     * {@return these options with another number of loops}
     *
     * @param loops how many
     */
    public LoopGroupOptions withLoops(int loops) {
        return new LoopGroupOptions(loops, name, runner);
    }

    /**
     * {@return these options with a name}
     *
     * @param name the group's, and the beginning of its loops'
     */
    public LoopGroupOptions withName(String name) {
        return new LoopGroupOptions(loops, name, runner);
    }

    /**
     * {@return these options with loops that are made, or end, in another way}
     *
     * @param runner what makes and ends each
     */
    public LoopGroupOptions withRunner(RunnerOptions runner) {
        return new LoopGroupOptions(loops, name, runner);
    }
}
