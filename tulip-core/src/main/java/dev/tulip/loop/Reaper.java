package dev.tulip.loop;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Runs what is left of coroutines whose loop was closed while they sat in a call of the JDK. Their scheduler must never
 * refuse them: whoever wakes them would get the exception, and they would never run again (P5).
 */
final class Reaper {
    // One thread for all: what belongs to one loop stays on one thread.
    private static final Executor EXECUTOR = executor();

    private Reaper() {}

    /** Lets {@code step} run to its next stop. Any thread. */
    static void finish(Step step) {
        EXECUTOR.execute(step::resumeWithoutLoop);
    }

    private static Executor executor() {
        ThreadPoolExecutor executor = new ThreadPoolExecutor(
                1,
                1,
                Defaults.EXECUTOR_KEEP_ALIVE_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                body -> Threads.unstartedDaemon("tulip-reaper", body));
        executor.allowCoreThreadTimeOut(true);
        return executor;
    }
}
