package dev.tulip.benchmarks;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * What does a callback cost that schedules the next one on the same thread: alone, and beside 99 others?
 *
 * <p>Alone, every callback is an iteration of the loop by itself. Of a hundred, one iteration runs them all.
 *
 * <p>Contenders: {@code callSoon} of Tulip; {@code execute} of a single-thread executor and of a {@link
 * ScheduledThreadPoolExecutor} with one thread; {@code dispatch} on the event loop of Kotlin's {@code runBlocking}.
 */
public class CallbackChainBenchmark extends Settings {
    private static final int CALLBACKS = 100_000;

    /** Chains in flight. */
    @Param({"1", "100"})
    int chains;

    /** Tulip: {@code loop.callSoon}. */
    @Benchmark
    @OperationsPerInvocation(CALLBACKS)
    public long tulip(TulipLoop tulip) {
        Chains all = new Chains(tulip.loop::callSoon, chains, CALLBACKS, tulip.loop::stop);
        all.start();
        tulip.loop.runForever();
        return all.calls();
    }

    /** The JDK: {@code Executors.newSingleThreadExecutor()}. */
    @Benchmark
    @OperationsPerInvocation(CALLBACKS)
    public long singleThreadExecutor(SingleThread thread) throws InterruptedException {
        return runOn(thread.executor);
    }

    /** The JDK: {@code ScheduledThreadPoolExecutor}, the one with timers. */
    @Benchmark
    @OperationsPerInvocation(CALLBACKS)
    public long scheduledThreadPoolExecutor(ScheduledThread thread) throws InterruptedException {
        return runOn(thread.executor);
    }

    /** Kotlin: the dispatcher of {@code runBlocking}. */
    @Benchmark
    @OperationsPerInvocation(CALLBACKS)
    public long kotlinDispatch() {
        Chains[] all = new Chains[1];
        KotlinRivals.dispatch((scheduler, whenDone) -> {
            all[0] = new Chains(scheduler, chains, CALLBACKS, whenDone);
            all[0].start();
        });
        return all[0].calls();
    }

    private long runOn(Executor executor) throws InterruptedException {
        CountDownLatch done = new CountDownLatch(1);
        Chains all = new Chains(executor, chains, CALLBACKS, done::countDown);
        executor.execute(all::start);
        done.await();
        return all.calls();
    }

    /** A pool of one thread with timers. */
    @State(Scope.Thread)
    public static class ScheduledThread {
        final ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(1);

        /** Ends the thread. */
        @TearDown
        public void close() {
            executor.shutdownNow();
        }
    }
}
