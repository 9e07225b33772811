package dev.tulip.benchmarks;

import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.gather;
import static dev.tulip.Tulip.taskGroup;

import dev.tulip.loop.Task;
import java.util.ArrayList;
import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.OperationsPerInvocation;

/**
 * What does it cost to start 100 children, wait until all have ended, and take their results: the whole scope, not one
 * child?
 *
 * <p>Contenders: {@code gather} and {@code taskGroup} of Tulip; {@code coroutineScope} with {@code launch}, and with
 * {@code async} and {@code awaitAll}, of Kotlin in {@code runBlocking}; {@code StructuredTaskScope} of the JDK, a preview
 * there, on one carrier and on the default scheduler.
 */
public class FanOutBenchmark extends Settings {
    private static final int SCOPES = 1_000;
    private static final int CHILDREN = 100;

    /** Tulip: {@code gather} of 100 tasks. */
    @Benchmark
    @OperationsPerInvocation(SCOPES)
    public long tulipGather(TulipLoop tulip) {
        return tulip.runner.run(() -> {
            long sum = 0;
            for (int scope = 0; scope < SCOPES; scope++) {
                List<Task<Integer>> children = new ArrayList<>(CHILDREN);
                for (int i = 0; i < CHILDREN; i++) {
                    children.add(createTask(() -> 1));
                }
                for (int result : gather(children)) {
                    sum += result;
                }
            }
            return sum;
        });
    }

    /** Tulip: {@code taskGroup} with 100 children. */
    @Benchmark
    @OperationsPerInvocation(SCOPES)
    public long tulipTaskGroup(TulipLoop tulip) {
        return tulip.runner.run(() -> {
            long sum = 0;
            for (int scope = 0; scope < SCOPES; scope++) {
                List<Task<Integer>> children = new ArrayList<>(CHILDREN);
                taskGroup(group -> {
                    for (int i = 0; i < CHILDREN; i++) {
                        children.add(group.createTask(() -> 1));
                    }
                });
                for (Task<Integer> child : children) {
                    sum += child.result();
                }
            }
            return sum;
        });
    }

    /** Kotlin: {@code coroutineScope} with 100 times {@code launch}. */
    @Benchmark
    @OperationsPerInvocation(SCOPES)
    public long kotlinLaunch() {
        return KotlinRivals.scopesOfLaunch(SCOPES, CHILDREN);
    }

    /** Kotlin: {@code coroutineScope} with 100 times {@code async}, and {@code awaitAll}. */
    @Benchmark
    @OperationsPerInvocation(SCOPES)
    public long kotlinAwaitAll() {
        return KotlinRivals.scopesOfAsync(SCOPES, CHILDREN);
    }

    /** The JDK: {@code StructuredTaskScope} with 100 forks, on one carrier. */
    @Benchmark
    @OperationsPerInvocation(SCOPES)
    @Fork(
            jvmArgsPrepend = "--enable-preview",
            jvmArgsAppend = {
                Settings.HEAP,
                Settings.QUIET,
                "-Djdk.virtualThreadScheduler.parallelism=1",
                "-Djdk.virtualThreadScheduler.maxPoolSize=1"
            })
    public long structuredTaskScope() throws Exception {
        return OnVirtualThread.run(() -> {
            long sum = 0;
            for (int scope = 0; scope < SCOPES; scope++) {
                sum += JdkScope.sumOf(CHILDREN);
            }
            return sum;
        });
    }

    /** The JDK: the same on the default scheduler, which has a carrier for each processor. */
    @Benchmark
    @OperationsPerInvocation(SCOPES)
    @Fork(
            jvmArgsPrepend = "--enable-preview",
            jvmArgsAppend = {Settings.HEAP, Settings.QUIET})
    public long structuredTaskScopeDefaultScheduler() throws Exception {
        return structuredTaskScope();
    }
}
