package dev.tulip.tests.traps;

import static dev.tulip.Tulip.newEventLoop;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Task;
import dev.tulip.tests.support.Deadline;
import dev.tulip.tests.support.Errors;
import dev.tulip.tests.support.MountedOnly;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/**
 * Trap P5: a scheduler that refuses, because its loop is closed, throws in the thread that wakes the coroutine, and the
 * coroutine never runs again, not even if the scheduler takes it later. Cure: decision D4, the reaper.
 */
@MountedOnly
class RejectedWakeUpTest {
    /** A loop that refuses once it is closed, as executors do. */
    private static final class RefusingLoop extends NaiveLoop {
        private volatile boolean closed;

        @Override
        public void execute(Runnable continuation) {
            if (closed) {
                throw new RejectedExecutionException("closed");
            }
            super.execute(continuation);
        }
    }

    @Test
    void aNaiveLoopThrowsInTheWakerAndLosesTheCoroutine() {
        RefusingLoop loop = new RefusingLoop();
        loop.start();
        Thread coroutine = loop.go(LockSupport::park);
        Deadline.until("it waits", () -> coroutine.getState() == Thread.State.WAITING);
        loop.closed = true;
        assertThatThrownBy(() -> LockSupport.unpark(coroutine)).isInstanceOf(RejectedExecutionException.class);
        loop.closed = false;
        LockSupport.unpark(coroutine); // the JDK thinks that it has been submitted
        assertThat(Deadline.within(Deadline.NEVER, () -> !coroutine.isAlive())).isFalse();
        loop.stop();
    }

    @Test
    void tulipThrowsNothingAndTheCoroutineEnds(Errors errors) {
        EventLoop loop = newEventLoop();
        Thread[] thread = new Thread[1];
        boolean[] goOn = {false};
        Task<?> task = loop.createTask(() -> {
            thread[0] = Thread.currentThread();
            while (!goOn[0]) {
                LockSupport.park(); // ends, but takes no notice of interrupts
                Thread.interrupted();
            }
        });
        loop.callLater(Duration.ofMillis(5), loop::stop);
        loop.runForever();
        loop.close();
        assertThat(task.isDone()).isFalse();
        goOn[0] = true;
        LockSupport.unpark(thread[0]);
        Deadline.until("the coroutine ends", () -> !thread[0].isAlive());
        assertThat(task.isDone()).isTrue();
        assertThat(errors.take()).hasSize(2); // pending, and then stuck, when the loop was closed
    }
}
