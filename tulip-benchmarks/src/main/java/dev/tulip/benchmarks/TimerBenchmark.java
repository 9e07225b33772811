package dev.tulip.benchmarks;

import dev.tulip.loop.EventLoop;
import dev.tulip.loop.TimerHandle;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * What does it cost to set a timer and take it back, as every timeout that is not reached does, among 100,000 others?
 *
 * <p>All timers are due in one to two hours, in random order, the same for everybody.
 *
 * <p>Contenders: {@code callLater} and {@code cancel} of Tulip; {@code schedule} and {@code cancel} of a {@link
 * ScheduledThreadPoolExecutor} that removes what is cancelled; the timers of the event loop of Kotlin's {@code
 * runBlocking}, without the coroutine that {@code withTimeout} puts on top of them.
 */
public class TimerBenchmark extends Settings {
    private static final int PENDING = 100_000;
    private static final int TIMERS = 100_000;

    private static final Runnable NOTHING = () -> {};

    // Made before, so that nobody pays for the random numbers. The length is a power of two.
    private static final int[] DELAYS_MILLIS =
            new Random(1).ints(1 << 12, 3_600_000, 7_200_000).toArray();

    /** Tulip: {@code loop.callLater(delay, callback).cancel()}. */
    @Benchmark
    @OperationsPerInvocation(TIMERS)
    public long tulip(TulipTimers timers) {
        return timers.tulip.runner.run(() -> {
            EventLoop loop = timers.tulip.loop;
            Duration[] delays = timers.delays;
            long cancelled = 0;
            for (int i = 0; i < TIMERS; i++) {
                TimerHandle timer = loop.callLater(delays[i & (delays.length - 1)], NOTHING);
                timer.cancel();
                cancelled += timer.cancelled() ? 1 : 0;
            }
            return cancelled;
        });
    }

    /** The JDK: {@code executor.schedule(callback, delay, unit).cancel(false)}, while its thread waits. */
    @Benchmark
    @OperationsPerInvocation(TIMERS)
    public long scheduledThreadPoolExecutor(ScheduledTimers timers) {
        long cancelled = 0;
        for (int i = 0; i < TIMERS; i++) {
            cancelled += timers.schedule(i).cancel(false) ? 1 : 0;
        }
        return cancelled;
    }

    /** Kotlin: {@code invokeOnTimeout(delay, callback).dispose()}. */
    @Benchmark
    @OperationsPerInvocation(TIMERS)
    public long kotlinInvokeOnTimeout(KotlinTimers timers) {
        return timers.loop.setAndCancelTimers(DELAYS_MILLIS, NOTHING, TIMERS);
    }

    /** Tulip with its 100,000. */
    @State(Scope.Thread)
    public static class TulipTimers {
        final Duration[] delays =
                IntStream.of(DELAYS_MILLIS).mapToObj(Duration::ofMillis).toArray(Duration[]::new);
        private TulipLoop tulip;

        /** Sets them. */
        @Setup
        public void fill(TulipLoop tulip) {
            this.tulip = tulip;
            for (int i = 0; i < PENDING; i++) {
                tulip.loop.callLater(delays[i & (delays.length - 1)], NOTHING);
            }
        }
    }

    /** The JDK's executor with its 100,000. */
    @State(Scope.Thread)
    public static class ScheduledTimers {
        private final ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(1);

        /** Sets them. */
        @Setup
        public void fill() {
            executor.setRemoveOnCancelPolicy(true);
            for (int i = 0; i < PENDING; i++) {
                schedule(i);
            }
        }

        ScheduledFuture<?> schedule(int i) {
            return executor.schedule(NOTHING, DELAYS_MILLIS[i & (DELAYS_MILLIS.length - 1)], TimeUnit.MILLISECONDS);
        }

        /** Ends the thread. */
        @TearDown
        public void close() {
            executor.shutdownNow();
        }
    }

    /** Kotlin's event loop with its 100,000. */
    @State(Scope.Thread)
    public static class KotlinTimers {
        final KotlinEventLoop loop = new KotlinEventLoop();

        /** Sets them. */
        @Setup
        public void fill() {
            loop.setTimers(DELAYS_MILLIS, NOTHING, PENDING);
        }

        /** Ends the thread. */
        @TearDown
        public void close() {
            loop.close();
        }
    }
}
