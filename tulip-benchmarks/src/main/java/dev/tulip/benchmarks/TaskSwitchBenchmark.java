package dev.tulip.benchmarks;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.sleep;

import dev.tulip.loop.Task;
import java.io.IOException;
import java.nio.channels.Pipe;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * What does it cost a task to let the others go first: one that is alone, and a hundred that take turns?
 *
 * <p>Contenders: {@code sleep(Duration.ZERO)} of Tulip, on a loop without channels and on one that watches a channel,
 * which it asks the kernel about once an iteration; {@code yield()} of Kotlin in {@code runBlocking}, and on an
 * executor with one thread; {@code Thread.yield()} of the JDK's virtual threads on one carrier.
 */
public class TaskSwitchBenchmark extends Settings {
    private static final int SWITCHES = 100_000;

    /** Tasks that take turns. */
    @Param({"1", "100"})
    int tasks;

    /** Tulip: {@code sleep(Duration.ZERO)}. */
    @Benchmark
    @OperationsPerInvocation(SWITCHES)
    public long tulip(TulipLoop tulip) {
        return tulip.runner.run(() -> {
            List<Task<Integer>> all = new ArrayList<>();
            for (int i = 0; i < tasks; i++) {
                all.add(createTask(() -> takeTurns(SWITCHES / tasks)));
            }
            long switches = 0;
            for (Task<Integer> task : all) {
                switches += await(task);
            }
            return switches;
        });
    }

    /** Tulip: the same on a loop that watches an idle channel. */
    @Benchmark
    @OperationsPerInvocation(SWITCHES)
    public long tulipWithChannel(IdleChannel channel) {
        return tulip(channel.tulip);
    }

    /** Kotlin: {@code yield()} in {@code runBlocking}. */
    @Benchmark
    @OperationsPerInvocation(SWITCHES)
    public long kotlinYield() {
        return KotlinRivals.takeTurns(tasks, SWITCHES / tasks);
    }

    /** Kotlin: {@code yield()} on {@code Executors.newSingleThreadExecutor()}. */
    @Benchmark
    @OperationsPerInvocation(SWITCHES)
    public long kotlinYieldOnExecutor(SingleThread thread) {
        return KotlinRivals.takeTurns(tasks, SWITCHES / tasks, thread.executor);
    }

    /** The JDK: {@code Thread.yield()} in virtual threads. */
    @Benchmark
    @OperationsPerInvocation(SWITCHES)
    public long virtualThreads() throws Exception {
        return OnVirtualThread.run(() -> {
            int[] switches = new int[tasks];
            List<Thread> all = new ArrayList<>();
            for (int i = 0; i < tasks; i++) {
                int number = i;
                all.add(Thread.startVirtualThread(() -> switches[number] = yieldTurns(SWITCHES / tasks)));
            }
            long sum = 0;
            for (int i = 0; i < tasks; i++) {
                all.get(i).join();
                sum += switches[i];
            }
            return sum;
        });
    }

    private static int takeTurns(int switches) {
        int done = 0;
        for (int i = 0; i < switches; i++) {
            sleep(Duration.ZERO);
            done++;
        }
        return done;
    }

    private static int yieldTurns(int switches) {
        int done = 0;
        for (int i = 0; i < switches; i++) {
            Thread.yield();
            done++;
        }
        return done;
    }

    /** A pipe to which nobody writes, and the loop that watches it. */
    @State(Scope.Thread)
    public static class IdleChannel {
        private Pipe pipe;
        private TulipLoop tulip;

        /** Has the loop watch it. */
        @Setup
        public void watch(TulipLoop tulip) throws IOException {
            this.tulip = tulip;
            pipe = Pipe.open();
            pipe.source().configureBlocking(false);
            tulip.loop.addReader(pipe.source(), () -> {
                throw new AssertionError("nobody writes");
            });
        }

        /** Closes both ends. */
        @TearDown
        public void close() throws IOException {
            pipe.source().close();
            pipe.sink().close();
        }
    }
}
