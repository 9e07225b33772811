package dev.tulip.tests.traps;

import static dev.tulip.Tulip.newEventLoop;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tulip.loop.EventLoop;
import dev.tulip.tests.support.Deadline;
import dev.tulip.tests.support.MountedOnly;
import dev.tulip.tests.support.Spawn;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/**
 * Trap P12: when the JDK takes a coroutine off its thread, it clears that thread's interrupt status. A loop that is
 * woken by interrupts never hears of what came meanwhile. Cure: a flag, and the selector's own wake-up.
 */
@MountedOnly
class LostInterruptTest {
    /** A loop that other threads wake with an interrupt: it ends every kind of waiting, one would think. */
    private static final class InterruptedLoop extends NaiveLoop {
        private final ConcurrentLinkedQueue<Runnable> fromOutside = new ConcurrentLinkedQueue<>();

        void callSoonThreadsafe(Runnable callback) {
            fromOutside.add(callback);
            thread.interrupt();
        }

        @Override
        void waitForMore() {
            // The naive part: nothing can come in between, because an interrupt would end the park.
            LockSupport.park();
            if (Thread.interrupted()) {
                for (Runnable callback = fromOutside.poll(); callback != null; callback = fromOutside.poll()) {
                    callback.run();
                }
            }
        }
    }

    @Test
    void aNaiveLoopMissesACallThatComesWhileACoroutineRuns() {
        InterruptedLoop loop = new InterruptedLoop();
        loop.start();
        AtomicBoolean running = new AtomicBoolean();
        AtomicBoolean posted = new AtomicBoolean();
        AtomicBoolean called = new AtomicBoolean();
        loop.go(() -> {
            running.set(true);
            spinUntil(posted);
        });
        spinUntil(running);
        loop.callSoonThreadsafe(() -> called.set(true));
        posted.set(true);
        assertThat(Deadline.within(Deadline.NEVER, called::get)).isFalse();
        loop.stop();
    }

    @Test
    void tulipDoesNotMissIt() {
        AtomicBoolean running = new AtomicBoolean();
        AtomicBoolean posted = new AtomicBoolean();
        try (EventLoop loop = newEventLoop()) {
            loop.createTask(() -> {
                running.set(true);
                spinUntil(posted);
            });
            Spawn.platform("poster", () -> {
                spinUntil(running);
                loop.callSoonThreadsafe(loop::stop);
                posted.set(true);
            });
            loop.runForever();
        }
    }

    private static void spinUntil(AtomicBoolean condition) {
        long end = System.nanoTime() + Deadline.LONG.toNanos();
        while (!condition.get() && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
    }
}
