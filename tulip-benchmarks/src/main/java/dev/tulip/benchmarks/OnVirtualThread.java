package dev.tulip.benchmarks;

import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;

/** The JDK's counterpart to running a main coroutine: a virtual thread, and the caller waits for it. */
final class OnVirtualThread {
    private OnVirtualThread() {}

    static long run(Callable<Long> main) throws Exception {
        FutureTask<Long> task = new FutureTask<>(main);
        Thread.startVirtualThread(task);
        return task.get();
    }
}
