package dev.tulip.benchmarks;

import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;

/**
 * How fast does another thread pass callbacks to a loop that is busy and need not be woken?
 *
 * <p>The loop is kept busy by one callback that schedules itself again and again. The other thread passes its callbacks
 * in one go, then waits until the last has run: the slower of the two threads sets the pace.
 *
 * <p>Contenders: {@code callSoonThreadsafe} of Tulip; {@code execute} of a single-thread executor; {@code dispatch} to
 * the event loop of Kotlin's {@code runBlocking}.
 */
public class ThreadsafeCallBenchmark extends Settings {
    private static final int CALLS = 100_000;

    /** Tulip: {@code loop.callSoonThreadsafe}; the busy callback uses {@code callSoon}. */
    @Benchmark
    @OperationsPerInvocation(CALLS)
    public long tulip(LoopThread tulip) throws Exception {
        return new Load(tulip.loop::callSoonThreadsafe, tulip.loop::callSoon).run();
    }

    /** The JDK: {@code Executors.newSingleThreadExecutor()}. */
    @Benchmark
    @OperationsPerInvocation(CALLS)
    public long singleThreadExecutor(SingleThread thread) throws Exception {
        return new Load(thread.executor, thread.executor).run();
    }

    /** Kotlin: the dispatcher of {@code runBlocking}. */
    @Benchmark
    @OperationsPerInvocation(CALLS)
    public long kotlinDispatch(KotlinThread kotlin) throws Exception {
        return new Load(kotlin.loop.getExecutor(), kotlin.loop.getExecutor()).run();
    }

    /** What is passed from outside, and what keeps the loop busy meanwhile. */
    private static final class Load {
        private final Executor fromOutside;
        private final Executor fromInside;

        // the loop's thread only
        private boolean ended;
        private long calls;

        private Load(Executor fromOutside, Executor fromInside) {
            this.fromOutside = fromOutside;
            this.fromInside = fromInside;
        }

        private long run() throws Exception {
            fromOutside.execute(this::keepBusy);
            for (int i = 0; i < CALLS; i++) {
                fromOutside.execute(() -> calls++);
            }
            FutureTask<Long> last = new FutureTask<>(() -> {
                ended = true;
                return calls;
            });
            fromOutside.execute(last);
            return last.get();
        }

        private void keepBusy() {
            if (!ended) {
                fromInside.execute(this::keepBusy);
            }
        }
    }
}
