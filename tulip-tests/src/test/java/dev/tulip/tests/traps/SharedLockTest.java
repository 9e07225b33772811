package dev.tulip.tests.traps;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.sleep;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tulip.loop.Future;
import dev.tulip.loop.Task;
import dev.tulip.tests.support.Deadline;
import dev.tulip.tests.support.MountedOnly;
import dev.tulip.tests.support.Spawn;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Trap P1: a lock shared by a plain callback and a coroutine. The coroutine waits for the lock, the callback waits
 * for it on the loop's bare thread, the lock is handed to the coroutine, and the coroutine needs that thread to
 * run. Cure: decision D3.
 */
@MountedOnly
class SharedLockTest {
    enum Kind {
        REENTRANT_LOCK,
        MONITOR
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final Object monitor = new Object();
    private final CountDownLatch held = new CountDownLatch(1);
    private final CountDownLatch release = new CountDownLatch(1);

    private void locked(Kind kind, Runnable body) {
        if (kind == Kind.REENTRANT_LOCK) {
            lock.lock();
            try {
                body.run();
            } finally {
                lock.unlock();
            }
        } else {
            synchronized (monitor) {
                body.run();
            }
        }
    }

    /** Another thread holds the lock until {@link #release}. */
    private Thread holder(Kind kind) throws InterruptedException {
        Thread holder = Spawn.platform(
                "holder",
                () -> locked(kind, () -> {
                    held.countDown();
                    try {
                        release.await();
                    } catch (InterruptedException e) {
                        throw new AssertionError(e);
                    }
                }));
        held.await();
        return holder;
    }

    @ParameterizedTest
    @EnumSource
    void aNaiveLoopDeadlocks(Kind kind) throws Exception {
        Thread holder = holder(kind);
        NaiveLoop loop = new NaiveLoop().start();
        CountDownLatch done = new CountDownLatch(2);
        Thread coroutine = loop.go(() -> locked(kind, done::countDown));
        Deadline.until("the coroutine waits for the lock", () -> isBlocked(coroutine));
        loop.callSoon(() -> locked(kind, done::countDown));
        Deadline.until("the callback waits for the lock", () -> isBlocked(loop.thread));
        release.countDown();
        holder.join();
        assertThat(Deadline.within(Deadline.NEVER, () -> done.getCount() == 0)).isFalse();
    }

    private static boolean isBlocked(Thread thread) {
        return thread.getState() == Thread.State.WAITING
                        && thread.getStackTrace().length > 0
                        && java.util.Arrays.stream(thread.getStackTrace())
                                .anyMatch(frame -> frame.getMethodName().equals("locked"))
                || thread.getState() == Thread.State.BLOCKED;
    }

    @ParameterizedTest
    @EnumSource
    void tulipDoesNot(Kind kind) throws Exception {
        Thread holder = holder(kind);
        run(() -> {
            int[] done = {0};
            Task<?> coroutine = createTask(() -> locked(kind, () -> done[0]++));
            sleep(Duration.ofMillis(5));
            Future<String> called = runningLoop().createFuture();
            runningLoop()
                    .callSoon(() -> locked(kind, () -> {
                        done[0]++;
                        called.setResult("called");
                    }));
            sleep(Duration.ofMillis(5));
            assertThat(done[0]).isZero();
            release.countDown();
            await(coroutine);
            assertThat(await(called)).isEqualTo("called");
        });
        holder.join();
    }
}
