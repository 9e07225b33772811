package dev.tulip.loop;

import org.jspecify.annotations.Nullable;

/**
 * How a {@link Runner} makes its loop.
 *
 * @param policy makes the loop; null for the process's policy
 * @param debug whether its loop is in debug mode; null to leave that as the policy made it
 */
public record RunnerOptions(
        @Nullable EventLoopPolicy policy, @Nullable Boolean debug) {
    private static final RunnerOptions DEFAULTS = new RunnerOptions(null, null);

    /** {@return a loop of the process's policy, in its debug mode} */
    public static RunnerOptions defaults() {
        return DEFAULTS;
    }

    /**
     * {@return these options with another policy}
     *
     * @param policy makes the loop
     */
    public RunnerOptions withPolicy(EventLoopPolicy policy) {
        return new RunnerOptions(policy, debug);
    }

    /**
     * {@return these options with debug mode on or off}
     *
     * @param debug whether it is on
     */
    public RunnerOptions withDebug(boolean debug) {
        return new RunnerOptions(policy, debug);
    }
}
