package dev.tulip.loop;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a {@link Runner} makes its loop, and how it ends.
 *
 * @param policy makes the loop; null for the process's policy
 * @param debug whether its loop is in debug mode; null to leave that as the policy made it
 * @param jobTimeout how long, at the end, jobs of the default executor may take that nobody has cancelled; see
 *     {@link Runner#close}
 */
public record RunnerOptions(
        @Nullable EventLoopPolicy policy, @Nullable Boolean debug, Duration jobTimeout) {
    private static final RunnerOptions DEFAULTS = new RunnerOptions(null, null, Defaults.JOB_TIMEOUT);

    /** {@return a loop of the process's policy, in its debug mode, and 30 seconds for jobs} */
    public static RunnerOptions defaults() {
        return DEFAULTS;
    }

    /**
     * {@return these options with another policy}
     *
     * @param policy makes the loop
     */
    public RunnerOptions withPolicy(EventLoopPolicy policy) {
        return new RunnerOptions(policy, debug, jobTimeout);
    }

    /**
     * {@return these options with debug mode on or off}
     *
     * @param debug whether it is on
     */
    public RunnerOptions withDebug(boolean debug) {
        return new RunnerOptions(policy, debug, jobTimeout);
    }

    /**
     * {@return these options with another time for jobs}
     *
     * @param jobTimeout how long jobs of the default executor may take at the end; there is no upper limit
     */
    public RunnerOptions withJobTimeout(Duration jobTimeout) {
        return new RunnerOptions(policy, debug, jobTimeout);
    }
}
