package dev.tulip.loop;

import java.util.concurrent.Executor;

/**
 * Runs what is left of coroutines whose loop was closed while they sat in a call of the JDK. Their scheduler must never
 * refuse them: whoever wakes them would get the exception, and they would never run again (P5).
 */
final class Reaper {
    // One thread for all: what belongs to one loop stays on one thread.
    private static final Executor EXECUTOR = Threads.daemons("tulip-reaper", 1);

    private Reaper() {}

    /** Lets {@code step} run to its next stop. Any thread. */
    static void finish(Step step) {
        EXECUTOR.execute(step::resumeWithoutLoop);
    }
}
