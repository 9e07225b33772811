package dev.tulip.loop;

import java.util.Objects;

/**
 * Makes the loops of a process: one place to give all of them another clock, network or debug mode.
 *
 * <p>asyncio's policies also keep a current loop for each thread. That half is left out, as asyncio is about to do: the
 * running loop is found by the code that runs on it, and every other loop is an object in somebody's hands.
 */
@FunctionalInterface
public interface EventLoopPolicy {
    /** {@return a new loop, not running} */
    EventLoop newEventLoop();

    /** {@return the policy of this process} Any thread. */
    static EventLoopPolicy current() {
        return Policies.current;
    }

    /**
     * Sets the policy of this process, for loops that are made from now on. Any thread.
     *
     * @param policy makes the loops
     */
    static void setCurrent(EventLoopPolicy policy) {
        Policies.current = Objects.requireNonNull(policy, "policy");
    }
}
