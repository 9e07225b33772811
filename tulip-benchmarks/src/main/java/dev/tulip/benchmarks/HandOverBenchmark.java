package dev.tulip.benchmarks;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.runningLoop;

import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Future;
import dev.tulip.sync.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.SynchronousQueue;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;

/**
 * What does it cost to hand a value to another task that waits for it, and to wait for its answer? Two switches.
 *
 * <p>Contenders: a {@link Future} for each value, and two {@link Queue}s, of Tulip; a {@code CompletableDeferred} for
 * each value, and two rendezvous {@code Channel}s, of Kotlin in {@code runBlocking}; a {@link CompletableFuture} for each
 * value, and two {@link SynchronousQueue}s, between two virtual threads of the JDK on one carrier.
 */
public class HandOverBenchmark extends Settings {
    private static final int ROUND_TRIPS = 50_000;

    /** Tulip: two tasks, a {@code Future} for each value. */
    @Benchmark
    @OperationsPerInvocation(ROUND_TRIPS)
    public long tulip(TulipLoop tulip) {
        return tulip.runner.run(() -> new FuturePair(runningLoop()).play());
    }

    /** Tulip: two tasks, two queues. */
    @Benchmark
    @OperationsPerInvocation(ROUND_TRIPS)
    public long tulipQueue(TulipLoop tulip) {
        return tulip.runner.run(() -> {
            Queue<Integer> there = new Queue<>();
            Queue<Integer> back = new Queue<>();
            createTask(() -> {
                for (int i = 0; i < ROUND_TRIPS; i++) {
                    back.put(there.get() + 1);
                }
            });
            long sum = 0;
            for (int i = 0; i < ROUND_TRIPS; i++) {
                there.put(i);
                sum += back.get();
            }
            return sum;
        });
    }

    /** Kotlin: two coroutines, a {@code CompletableDeferred} for each value. */
    @Benchmark
    @OperationsPerInvocation(ROUND_TRIPS)
    public long kotlinCompletableDeferred() {
        return KotlinRivals.handOverDeferred(ROUND_TRIPS);
    }

    /** Kotlin: two coroutines, two rendezvous channels. */
    @Benchmark
    @OperationsPerInvocation(ROUND_TRIPS)
    public long kotlinChannel() {
        return KotlinRivals.handOverChannel(ROUND_TRIPS);
    }

    /** The JDK: two virtual threads, a {@code CompletableFuture} for each value. */
    @Benchmark
    @OperationsPerInvocation(ROUND_TRIPS)
    public long virtualThreadsCompletableFuture() throws Exception {
        return OnVirtualThread.run(() -> new CompletableFuturePair().play());
    }

    /** The JDK: two virtual threads, two synchronous queues. */
    @Benchmark
    @OperationsPerInvocation(ROUND_TRIPS)
    public long virtualThreadsSynchronousQueue() throws Exception {
        return OnVirtualThread.run(() -> {
            SynchronousQueue<Integer> there = new SynchronousQueue<>();
            SynchronousQueue<Integer> back = new SynchronousQueue<>();
            Thread.startVirtualThread(() -> {
                try {
                    for (int i = 0; i < ROUND_TRIPS; i++) {
                        back.put(there.take() + 1);
                    }
                } catch (InterruptedException e) {
                    throw new AssertionError("nobody interrupts", e);
                }
            });
            long sum = 0;
            for (int i = 0; i < ROUND_TRIPS; i++) {
                there.put(i);
                sum += back.take();
            }
            return sum;
        });
    }

    /** The player that calls {@link #play}, and the task that answers. */
    private static final class FuturePair {
        private final EventLoop loop;
        private Future<Integer> there;
        private Future<Integer> back;

        private FuturePair(EventLoop loop) {
            this.loop = loop;
            this.there = loop.createFuture();
            this.back = loop.createFuture();
        }

        private long play() {
            createTask(this::answer);
            long sum = 0;
            for (int i = 0; i < ROUND_TRIPS; i++) {
                Future<Integer> answer = loop.createFuture();
                back = answer;
                there.setResult(i);
                sum += await(answer);
            }
            return sum;
        }

        private void answer() {
            for (int i = 0; i < ROUND_TRIPS; i++) {
                int value = await(there);
                there = loop.createFuture();
                back.setResult(value + 1);
            }
        }
    }

    /** The same for virtual threads. They run one at a time: what one writes before it hands over, the other sees. */
    private static final class CompletableFuturePair {
        private CompletableFuture<Integer> there = new CompletableFuture<>();
        private CompletableFuture<Integer> back = new CompletableFuture<>();

        private long play() {
            Thread.startVirtualThread(this::answer);
            long sum = 0;
            for (int i = 0; i < ROUND_TRIPS; i++) {
                CompletableFuture<Integer> answer = new CompletableFuture<>();
                back = answer;
                there.complete(i);
                sum += answer.join();
            }
            return sum;
        }

        private void answer() {
            for (int i = 0; i < ROUND_TRIPS; i++) {
                int value = there.join();
                there = new CompletableFuture<>();
                back.complete(value + 1);
            }
        }
    }
}
