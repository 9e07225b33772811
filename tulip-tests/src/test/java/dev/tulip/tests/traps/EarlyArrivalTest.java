package dev.tulip.tests.traps;

import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.toThread;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tulip.tests.support.Deadline;
import dev.tulip.tests.support.MountedOnly;
import dev.tulip.tests.support.Spawn;
import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/**
 * The trap of moving a coroutine to another thread: that thread may want to run it before it has left the one it is
 * on. The JDK then does nothing, and says nothing. Cure: the protocol of {@code Hop}.
 */
@MountedOnly
class EarlyArrivalTest {
    /** A loop whose coroutines hand themselves to another thread. */
    private static final class HoppingLoop extends NaiveLoop {
        private final AtomicReference<Runnable> continuation = new AtomicReference<>();

        @Override
        public void execute(Runnable continuation) {
            if (this.continuation.compareAndSet(null, continuation)) {
                super.execute(continuation);
            }
        }

        void hop() {
            Thread pool = Spawn.platform("pool", () -> continuation.get().run());
            Deadline.until("the pool's thread was there", () -> !pool.isAlive());
            LockSupport.park(); // it runs on over there, one hopes
        }
    }

    @Test
    void onANaiveLoopACoroutineThatIsRunTooEarlyIsLost() {
        HoppingLoop loop = new HoppingLoop();
        loop.start();
        AtomicReference<String> arrived = new AtomicReference<>();
        Thread coroutine = loop.go(() -> {
            loop.hop();
            arrived.set("there");
        });
        assertThat(Deadline.within(Deadline.NEVER, () -> arrived.get() != null)).isFalse();
        loop.stop();
        Deadline.until("the loop has ended", () -> !loop.thread.isAlive());
        LockSupport.unpark(coroutine);
        loop.continuation.get().run();
    }

    /** Starts every job at once, and returns only when that waits for something. */
    private static final class HastyExecutor extends AbstractExecutorService {
        private volatile boolean shutDown;

        @Override
        public void execute(Runnable job) {
            Thread thread = Spawn.platform("hasty", job::run);
            Deadline.until("the job to wait", () -> Spawn.waits(thread));
        }

        @Override
        public void shutdown() {
            shutDown = true;
        }

        @Override
        public List<Runnable> shutdownNow() {
            shutDown = true;
            return List.of();
        }

        @Override
        public boolean isShutdown() {
            return shutDown;
        }

        @Override
        public boolean isTerminated() {
            return shutDown;
        }

        @Override
        public boolean awaitTermination(long timeout, TimeUnit unit) {
            return shutDown;
        }
    }

    @Test
    void inTulipTheOtherThreadWaitsUntilTheCoroutineHasLeft() {
        run(() -> {
            runningLoop().setDefaultExecutor(new HastyExecutor());
            for (int i = 0; i < 100; i++) {
                assertThat(toThread(() -> "there")).isEqualTo("there");
            }
        });
    }
}
