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
 * @param grace how long, after SIGTERM, servers may finish what they have accepted; see {@link Runner}
 * @param signals whether Ctrl-C and SIGTERM end the main task; null for yes on the process's main thread, no elsewhere
 */
public record RunnerOptions(
        @Nullable EventLoopPolicy policy,
        @Nullable Boolean debug,
        Duration jobTimeout,
        Duration grace,
        @Nullable Boolean signals) {
    private static final RunnerOptions DEFAULTS =
            new RunnerOptions(null, null, Defaults.JOB_TIMEOUT, Defaults.TERMINATION_GRACE, null);

    /**
     * {@return a loop of the process's policy, in its debug mode; 30 seconds for jobs, 5 for servers; signals on the main
     * thread only}
     */
    public static RunnerOptions defaults() {
        return DEFAULTS;
    }

    /**
     * {@return these options with another policy}
     *
     * @param policy makes the loop
     */
    public RunnerOptions withPolicy(EventLoopPolicy policy) {
        return new RunnerOptions(policy, debug, jobTimeout, grace, signals);
    }

    /**
     * {@return these options with debug mode on or off}
     *
     * @param debug whether it is on
     */
    public RunnerOptions withDebug(boolean debug) {
        return new RunnerOptions(policy, debug, jobTimeout, grace, signals);
    }

    /**
     * {@return these options with another time for jobs}
     *
     * @param jobTimeout how long jobs of the default executor may take at the end; there is no upper limit
     */
    public RunnerOptions withJobTimeout(Duration jobTimeout) {
        return new RunnerOptions(policy, debug, jobTimeout, grace, signals);
    }

    /**
     * {@return these options with another time for servers}
     *
     * @param grace how long servers may finish what they have accepted after SIGTERM; zero aborts it at once
     */
    public RunnerOptions withGrace(Duration grace) {
        return new RunnerOptions(policy, debug, jobTimeout, grace, signals);
    }

    /**
     * {@return these options with signals on or off, whichever thread calls {@code run}}
     *
     * @param signals whether Ctrl-C and SIGTERM end the main task; a program that handles one itself keeps it
     */
    public RunnerOptions withSignals(boolean signals) {
        return new RunnerOptions(policy, debug, jobTimeout, grace, signals);
    }
}
