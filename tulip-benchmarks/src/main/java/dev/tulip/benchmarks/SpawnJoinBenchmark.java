package dev.tulip.benchmarks;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;

import dev.tulip.loop.Task;
import java.util.ArrayList;
import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;

/**
 * What does it cost to create a task, run it and wait for its result: one after another, and 1,000 at once?
 *
 * <p>Contenders: {@code createTask} and {@code await} of Tulip; {@code launch} and {@code join}, and {@code async} and
 * {@code await}, of Kotlin in {@code runBlocking}; {@code Thread.startVirtualThread} and {@code join} of the JDK, from
 * a virtual thread, on one carrier and on the default scheduler, which has one for each processor.
 */
public class SpawnJoinBenchmark extends Settings {
    private static final int TASKS = 100_000;

    /** Tasks that are created before the first is awaited. */
    @Param({"1", "1000"})
    int atOnce;

    /** Tulip: {@code await(createTask(body))}. */
    @Benchmark
    @OperationsPerInvocation(TASKS)
    public long tulip(TulipLoop tulip) {
        return tulip.runner.run(() -> {
            List<Task<Integer>> tasks = new ArrayList<>(atOnce);
            long sum = 0;
            for (int round = 0; round < TASKS / atOnce; round++) {
                for (int i = 0; i < atOnce; i++) {
                    tasks.add(createTask(() -> 1));
                }
                for (int i = 0; i < atOnce; i++) {
                    sum += await(tasks.get(i));
                }
                tasks.clear();
            }
            return sum;
        });
    }

    /** Kotlin: {@code launch { body }.join()}. */
    @Benchmark
    @OperationsPerInvocation(TASKS)
    public long kotlinLaunchJoin() {
        return KotlinRivals.launchAndJoin(atOnce, TASKS / atOnce);
    }

    /** Kotlin: {@code async { body }.await()}. */
    @Benchmark
    @OperationsPerInvocation(TASKS)
    public long kotlinAsyncAwait() {
        return KotlinRivals.asyncAndAwait(atOnce, TASKS / atOnce);
    }

    /** The JDK: {@code Thread.startVirtualThread(body).join()} on one carrier. */
    @Benchmark
    @OperationsPerInvocation(TASKS)
    public long virtualThreads() throws Exception {
        return OnVirtualThread.run(() -> {
            List<Thread> threads = new ArrayList<>(atOnce);
            int[] results = new int[atOnce];
            long sum = 0;
            for (int round = 0; round < TASKS / atOnce; round++) {
                for (int i = 0; i < atOnce; i++) {
                    int number = i;
                    threads.add(Thread.startVirtualThread(() -> results[number] = 1));
                }
                for (int i = 0; i < atOnce; i++) {
                    threads.get(i).join();
                    sum += results[i];
                }
                threads.clear();
            }
            return sum;
        });
    }

    /** The JDK: the same on the default scheduler, which has a carrier for each processor. */
    @Benchmark
    @OperationsPerInvocation(TASKS)
    @Fork(jvmArgsAppend = {Settings.HEAP, Settings.QUIET})
    public long virtualThreadsDefaultScheduler() throws Exception {
        return virtualThreads();
    }
}
