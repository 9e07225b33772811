package dev.tulip.tests.loop;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.newEventLoop;
import static dev.tulip.Tulip.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Future;
import dev.tulip.loop.Handle;
import dev.tulip.loop.Task;
import dev.tulip.tests.support.Deadline;
import dev.tulip.tests.support.Errors;
import dev.tulip.tests.support.MountedOnly;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;

/** Closing a loop: row L10 of asyncio, and better: what is left is unwound. */
class CloseTest {
    private final List<Object> order = Collections.synchronizedList(new ArrayList<>());

    @Test
    @SuppressWarnings("try") // closing it twice is the point
    void aClosedLoopDropsItsCallbacksAndRefusesNewOnes() {
        EventLoop loop = newEventLoop();
        Handle soon = loop.callSoon(() -> order.add("soon"));
        loop.callLater(Duration.ZERO, () -> order.add("later"));
        assertThat(loop.isClosed()).isFalse();
        loop.close();
        loop.close();
        assertThat(loop.isClosed()).isTrue();
        assertThat(loop.toString()).contains("[closed");
        assertThat(order).isEmpty();
        soon.cancel(); // harmless
        for (Runnable use : List.<Runnable>of(
                () -> loop.callSoon(() -> {}),
                () -> loop.callLater(Duration.ZERO, () -> {}),
                () -> loop.createTask(() -> {}),
                () -> loop.runInExecutor(null, () -> 1),
                loop::runForever,
                () -> loop.runUntilComplete(() -> {}))) {
            assertThatThrownBy(use::run)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("Event loop is closed");
        }
    }

    @Test
    void aRunningLoopCannotBeClosed() {
        try (EventLoop loop = newEventLoop()) {
            loop.callSoon(() -> {
                assertThatThrownBy(loop::close)
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("while it is running");
                order.add("refused");
                loop.stop();
            });
            loop.runForever();
        }
        assertThat(order).containsExactly("refused");
    }

    @Test
    void aCallbackLeftAtTheDoorIsDroppedAndItsHandleSaysSo() {
        EventLoop loop = newEventLoop();
        Handle handle = loop.callSoonThreadsafe(() -> order.add("ran"));
        loop.close();
        assertThat(handle.cancelled()).isTrue();
        assertThat(order).isEmpty();
    }

    @Test
    void tasksThatWaitAreReportedAndUnwound(Errors errors) {
        EventLoop loop = newEventLoop();
        Future<String> never = loop.createFuture();
        Task<?> waiter = loop.createTask(() -> {
            try {
                await(never);
            } catch (CancelledError e) {
                order.add(e.getMessage());
                throw e;
            } finally {
                try {
                    sleep(Duration.ZERO); // nothing can be waited for any more
                } finally {
                    order.add("unwound");
                }
            }
        });
        Task<?> sleeper = loop.createTask(() -> {
            try {
                sleep(Duration.ofDays(1));
            } finally {
                order.add("sleeper unwound");
            }
        });
        loop.callLater(Duration.ofMillis(1), loop::stop);
        loop.runForever();
        Task<?> neverRan = loop.createTask(() -> order.add("must not run"));
        loop.close();
        assertThat(order)
                .containsExactly(
                        loop.toString().substring(0, loop.toString().indexOf('[')) + " is closed",
                        "unwound",
                        "sleeper unwound");
        assertThat(waiter.cancelled()).isTrue();
        assertThat(sleeper.cancelled()).isTrue();
        assertThat(neverRan.cancelled()).isTrue();
        assertThat(never.done()).isFalse();
        assertThat(errors.take())
                .hasSize(3)
                .allSatisfy(error -> assertThat(error.message()).isEqualTo("Task was destroyed but it is pending!"));
    }

    @Test
    void oneThatTakesLongToCleanUpDoesNotTakeTheTimeOfTheOthers(Errors errors) {
        EventLoop loop = newEventLoop();
        for (int i = 0; i < 3; i++) {
            loop.createTask(() -> {
                try {
                    sleep(Duration.ofDays(1));
                } finally {
                    long end = System.nanoTime() + Duration.ofMillis(150).toNanos(); // more than calls of the JDK get
                    while (System.nanoTime() < end) {
                        Thread.onSpinWait();
                    }
                    order.add("cleaned up");
                }
            });
        }
        loop.callLater(Duration.ofMillis(1), loop::stop);
        loop.runForever();
        loop.close();
        assertThat(order).containsExactly("cleaned up", "cleaned up", "cleaned up");
        assertThat(errors.take())
                .hasSize(3)
                .allSatisfy(error -> assertThat(error.message()).isEqualTo("Task was destroyed but it is pending!"));
    }

    @Test
    void aTaskThatRefusesToEndIsReportedAndTheLoopIsClosedAllTheSame(Errors errors) {
        EventLoop loop = newEventLoop();
        boolean[] end = {false};
        Task<?> stubborn = loop.createTask(() -> {
            while (!end[0]) {
                try {
                    sleep(Duration.ofDays(1));
                } catch (CancelledError e) {
                    order.add("ignored");
                    end[0] = order.size() > 3;
                }
            }
        });
        loop.callLater(Duration.ofMillis(1), loop::stop);
        loop.runForever();
        loop.close();
        assertThat(stubborn.done()).isTrue();
        assertThat(order).hasSize(4);
        assertThat(errors.takeOnly().message()).isEqualTo("Task was destroyed but it is pending!");
    }

    /** A lock that cannot be had holds a task beyond the end of its loop: it goes on elsewhere once it gets it. */
    @MountedOnly
    @Test
    void aTaskInACallOfTheJdkThatCannotBeInterruptedGoesOnElsewhere(Errors errors) throws Exception {
        EventLoop loop = newEventLoop();
        ReentrantLock lock = new ReentrantLock();
        lock.lock();
        Task<?> stuck = loop.createTask(() -> {
            lock.lock(); // not interruptible
            try {
                order.add("got the lock");
                sleep(Duration.ofDays(1));
            } finally {
                lock.unlock();
                order.add("unwound");
            }
        });
        loop.callLater(Duration.ofMillis(5), loop::stop);
        loop.runForever();
        loop.close();
        assertThat(loop.isClosed()).isTrue();
        assertThat(stuck.isDone()).isFalse();
        assertThat(errors.take())
                .extracting(error -> error.message())
                .containsExactly(
                        "Task was destroyed but it is pending!",
                        "Task-1 did not end when its loop was closed; it goes on on a thread of its own");

        lock.unlock();
        Deadline.until("the task ends", stuck::isDone);
        assertThat(order).containsExactly("got the lock", "unwound");
        assertThat(stuck.isCancelled()).isTrue();
        assertThat(lock.isLocked()).isFalse();
    }

    @MountedOnly
    @Test
    void aTaskInACallOfTheJdkIsInterruptedWhenItsLoopCloses(Errors errors) {
        EventLoop loop = newEventLoop();
        Task<?> sleeper = loop.createTask(() -> {
            try {
                Thread.sleep(1_000_000);
            } finally {
                order.add("unwound");
            }
        });
        loop.callLater(Duration.ofMillis(5), loop::stop);
        loop.runForever();
        loop.close();
        assertThat(sleeper.cancelled()).isTrue();
        assertThat(order).containsExactly("unwound");
        errors.takeOnly();
    }

    @Test
    void anotherThreadThatWaitsForAFutureOfAClosedLoopIsNotLeftWaiting() {
        EventLoop loop = newEventLoop();
        Future<String> never = loop.createFuture();
        loop.close();
        assertThatThrownBy(() -> never.get(1, TimeUnit.SECONDS))
                .isNotInstanceOf(ExecutionException.class)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closed");
    }
}
