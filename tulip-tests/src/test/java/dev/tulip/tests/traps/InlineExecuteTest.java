package dev.tulip.tests.traps;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.run;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tulip.loop.Task;
import dev.tulip.tests.support.Deadline;
import dev.tulip.tests.support.MountedOnly;
import dev.tulip.tests.support.Spawn;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/**
 * Trap P4: the JDK calls the scheduler on whatever thread wakes a coroutine. A scheduler that then runs the
 * coroutine, or waits, does so on that thread, with that thread's locks held. Cure: decision D4.
 */
@MountedOnly
class InlineExecuteTest {
    /** A loop that runs a coroutine at once when it is told that it can run. */
    private static final class InlineLoop extends NaiveLoop {
        @Override
        public void execute(Runnable continuation) {
            continuation.run();
        }
    }

    @Test
    void aNaiveLoopRunsACoroutineOnTheThreadThatWakesIt() throws Exception {
        AtomicReference<String> where = new AtomicReference<>();
        Thread coroutine = new InlineLoop().go(() -> {
            LockSupport.park();
            where.set(Thread.currentThread().toString());
        });
        Spawn.platform("waker", () -> LockSupport.unpark(coroutine)).join();
        assertThat(where.get()).endsWith("@test-waker");
    }

    @Test
    void aNaiveLoopCannotWakeACoroutineFromAnother() {
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        InlineLoop loop = new InlineLoop();
        Thread sleeper = loop.go(LockSupport::park);
        loop.go(() -> {
            try {
                LockSupport.unpark(sleeper);
            } catch (Throwable e) {
                thrown.set(e);
            }
        });
        assertThat(thrown.get()).isInstanceOf(WrongThreadException.class);
    }

    @Test
    void aNaiveLoopIsHeldByACoroutineThatYields() {
        AtomicReference<String> end = new AtomicReference<>();
        try {
            new InlineLoop().go(() -> {
                for (int i = 0; i < 10_000_000; i++) {
                    Thread.yield(); // each one nests a call on the loop's stack
                }
                end.set("nobody else had a turn");
            });
        } catch (StackOverflowError e) {
            end.set("stack overflow");
        }
        assertThat(end.get()).isNotNull();
    }

    @Test
    void tulipRunsACoroutineOnItsLoopsThreadWhoeverWakesIt() {
        run(() -> {
            String loopThread = carrier();
            CountDownLatch latch = new CountDownLatch(1);
            Task<String> task = createTask(() -> {
                latch.await();
                return carrier();
            });
            Thread waker = Spawn.platform("waker", latch::countDown);
            assertThat(await(task)).isEqualTo(loopThread);
            Deadline.until("the waker ends", () -> !waker.isAlive());
        });
    }

    @Test
    void inTulipACoroutineWakesAnotherAndOneThatYieldsHoldsNobody() {
        run(() -> {
            Thread[] sleeper = new Thread[1];
            Task<?> sleeping = createTask(() -> {
                sleeper[0] = Thread.currentThread();
                LockSupport.park();
            });
            Task<?> waking = createTask(() -> {
                for (int i = 0; i < 100_000; i++) {
                    Thread.yield();
                }
                LockSupport.unpark(sleeper[0]);
            });
            await(sleeping);
            await(waking);
        });
    }

    /** {@return the name of the thread underneath} */
    private static String carrier() {
        String text = Thread.currentThread().toString();
        return text.substring(text.indexOf('@'));
    }
}
