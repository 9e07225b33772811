package dev.tulip.tests.loop;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.currentTask;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.sleep;
import static dev.tulip.Tulip.timeout;
import static dev.tulip.Tulip.timeoutAt;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.Future;
import dev.tulip.loop.Task;
import dev.tulip.loop.TaskOptions;
import dev.tulip.loop.Timeout;
import dev.tulip.tests.support.MountedOnly;
import dev.tulip.tests.support.Spawn;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;

/** {@code timeout} and {@code timeoutAt}: rows M8, M9 and C11 of asyncio, behaviours 28 to 30. */
class TimeoutTest {
    private static final Duration LONG = Duration.ofDays(1);
    private static final Duration SHORT = Duration.ofMillis(1);

    private final List<Object> order = new ArrayList<>();

    @Test
    void whatEndsInTimeIsReturnedAndNothingIsLeftBehind() throws Exception {
        run(() -> {
            assertThat(timeout(SHORT, () -> "result")).isEqualTo("result");
            String suspended = timeout(LONG, timeout -> {
                sleep(SHORT);
                timeout.reschedule(SHORT);
                return "suspended";
            });
            assertThat(suspended).isEqualTo("suspended");
            sleep(Duration.ofMillis(2)); // the deadlines pass, and nothing happens
        });
    }

    /** Behaviour 8. */
    @Test
    void aTimeoutDoesNotSuspendIfItsBodyDoesNot() throws Exception {
        run(() -> {
            runningLoop().callSoon(() -> order.add("callback"));
            timeout(LONG, () -> {});
            timeoutAt(Timeout.NEVER, () -> {});
            assertThat(order).isEmpty();
        });
    }

    @Test
    void whatTakesTooLongIsCancelledAndCleansUpFirst() {
        run(() -> {
            assertThatThrownBy(() -> timeout(SHORT, () -> {
                        try {
                            sleep(LONG);
                        } finally {
                            sleep(SHORT);
                            order.add("cleaned up");
                        }
                    }))
                    .isInstanceOf(TimeoutException.class)
                    .hasMessage("Task-1 timed out after 1 ms")
                    .hasCauseInstanceOf(CancelledError.class);
            assertThat(order).containsExactly("cleaned up");
            assertThat(currentTask().cancelling()).isZero();
            sleep(SHORT); // the task is as it was
        });
    }

    @Test
    void theBodyKeepsItsCheckedExceptions() throws Exception {
        run(() -> {
            try {
                String line = timeout(LONG, TimeoutTest::read);
                order.add(line);
            } catch (IOException e) { // would not compile if the timeout did not declare it
                order.add(e.getMessage());
            }
        });
        assertThat(order).containsExactly("disk");
    }

    private static String read() throws IOException {
        throw new IOException("disk");
    }

    /** Behaviour 28. */
    @Test
    void aDeadlineThatHasPassedDoesNotDisturbABodyThatDoesNotSuspend() throws Exception {
        run(() -> {
            Timeout[] seen = {null};
            for (Duration none : List.of(Duration.ZERO, Duration.ofSeconds(-1))) {
                int result = timeout(none, timeout -> {
                    seen[0] = timeout;
                    return 5;
                });
                assertThat(result).isEqualTo(5);
                assertThat(seen[0].expired()).isFalse();
            }
            sleep(Duration.ZERO);
            assertThat(currentTask().cancelling()).isZero();
        });
    }

    @Test
    void aDeadlineThatHasPassedEndsTheBodyAtItsFirstSuspension() {
        run(() -> {
            assertThatThrownBy(() -> timeout(Duration.ZERO, () -> {
                        order.add("began");
                        sleep(Duration.ZERO);
                        order.add("not reached");
                    }))
                    .isInstanceOf(TimeoutException.class)
                    .hasMessageEndingWith("timed out after 0 ms");
            assertThatThrownBy(() -> timeoutAt(runningLoop().time() - 1, () -> sleep(LONG)))
                    .isInstanceOf(TimeoutException.class);
        });
        assertThat(order).containsExactly("began");
    }

    /** Behaviour 28, second half. */
    @Test
    void aBodyThatSwallowsTheCancelHasTheLastWordAndTheTimeoutSaysThatItExpired() throws Exception {
        run(() -> {
            Timeout[] seen = {null};
            String result = timeout(SHORT, timeout -> {
                seen[0] = timeout;
                try {
                    sleep(LONG);
                } catch (CancelledError e) {
                    assertThat(timeout.expired()).isTrue();
                    assertThat(timeout).hasToString("Timeout[expiring]");
                    assertThat(currentTask().cancelling()).isEqualTo(1);
                }
                sleep(SHORT);
                return "in spite of all";
            });
            assertThat(result).isEqualTo("in spite of all");
            assertThat(seen[0].expired()).isTrue();
            assertThat(seen[0]).hasToString("Timeout[expired]");
            assertThat(currentTask().cancelling()).isZero();
        });
    }

    @Test
    void anotherExceptionPassesAndHasTheTimeoutAsASuppressedOne() {
        run(() -> {
            assertThatThrownBy(() -> timeout(SHORT, () -> {
                        try {
                            sleep(LONG);
                        } finally {
                            fail("in finally");
                        }
                    }))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("in finally")
                    .satisfies(
                            e -> assertThat(e.getSuppressed()).singleElement().isInstanceOf(TimeoutException.class));
            assertThat(currentTask().cancelling()).isZero();
        });
    }

    private static void fail(String message) {
        throw new IllegalStateException(message);
    }

    /** Behaviour 29. */
    @Test
    void aCancelByOthersBesideTheTimeoutIsTheirs() {
        run(() -> {
            for (boolean timeoutFirst : new boolean[] {true, false}) {
                Task<?> task = createTask(() -> timeout(SHORT, () -> sleep(LONG)), TaskOptions.eager());
                if (timeoutFirst) {
                    runningLoop().callLater(SHORT, () -> task.cancel("by others")); // the next timer
                } else {
                    runningLoop().callSoon(() -> task.cancel("by others")); // ready before the timers
                }
                spin(Duration.ofMillis(3)); // everything is due in the next iteration, the task runs in the one after
                assertThatThrownBy(() -> await(task)).isInstanceOf(CancelledError.class);
                assertThat(task.cancelled()).isTrue();
                assertThat(task.cancelling()).isEqualTo(1);
            }
        });
    }

    private static void spin(Duration duration) {
        long end = runningLoop().time() + duration.toNanos();
        while (runningLoop().time() < end) {
            Thread.onSpinWait();
        }
    }

    @Test
    void aCancelByOthersDuringTheCleanUpIsTheirs() {
        run(() -> {
            Task<?> task = createTask(() -> timeout(SHORT, () -> {
                try {
                    sleep(LONG);
                } finally {
                    order.add("cleaning up");
                    sleep(LONG);
                }
            }));
            while (order.isEmpty()) {
                sleep(SHORT);
            }
            task.cancel("by others");
            assertThatThrownBy(() -> await(task))
                    .isInstanceOf(CancelledError.class)
                    .hasMessage("by others");
            assertThat(task.cancelling()).isEqualTo(1);
        });
    }

    /** Differs from CPython, which turns such a cancel into a timeout if both come together. */
    @Test
    void aCancelThatWasAskedForBeforeTheBlockIsNotTurnedIntoATimeout() {
        run(() -> {
            Task<?> task = createTask(() -> {
                currentTask().cancel("before");
                timeout(Duration.ZERO, () -> sleep(LONG));
            });
            assertThatThrownBy(() -> await(task)).isInstanceOf(CancelledError.class);
            assertThat(task.cancelling()).isEqualTo(1);
        });
    }

    @Test
    void aCancelThatWasSwallowedBeforeTheBlockDoesNotCount() {
        run(() -> {
            Task<?> task = createTask(() -> {
                try {
                    sleep(LONG);
                } catch (CancelledError e) {
                    order.add("swallowed");
                }
                assertThatThrownBy(() -> timeout(SHORT, () -> sleep(LONG))).isInstanceOf(TimeoutException.class);
                sleep(SHORT);
                assertThat(currentTask().cancelling()).isEqualTo(1);
            });
            sleep(Duration.ZERO);
            task.cancel();
            await(task);
        });
        assertThat(order).containsExactly("swallowed");
    }

    @Test
    void whatOthersCancelInsideIsNotATimeout() {
        run(() -> {
            Future<String> future = runningLoop().createFuture();
            runningLoop().callSoon(() -> future.cancel("the future"));
            assertThatThrownBy(() -> timeout(LONG, () -> await(future)))
                    .isInstanceOf(CancelledError.class)
                    .hasMessage("the future");
        });
    }

    /** Behaviour 30. */
    @Test
    void ofTwoNestedTimeoutsWithOneDeadlineTheOuterThrows() {
        run(() -> {
            long when = runningLoop().time() + 1_000_000;
            Timeout[] both = {null, null};
            assertThatThrownBy(() -> timeoutAt(when, outer -> {
                        both[0] = outer;
                        try {
                            timeoutAt(when, inner -> {
                                both[1] = inner;
                                sleep(LONG);
                            });
                        } catch (CancelledError e) {
                            order.add("the inner one was cancelled");
                            throw e;
                        }
                    }))
                    .isInstanceOf(TimeoutException.class);
            assertThat(both[0].expired()).isTrue();
            assertThat(both[1].expired()).isTrue();
            assertThat(currentTask().cancelling()).isZero();
        });
        assertThat(order).containsExactly("the inner one was cancelled");
    }

    /** Behaviour 30, second half. */
    @Test
    void anInnerTimeoutThatIsEarlierThrowsAndTheOuterOneGoesOn() throws Exception {
        run(() -> {
            timeout(LONG, outer -> {
                assertThatThrownBy(() -> timeout(SHORT, () -> sleep(LONG))).isInstanceOf(TimeoutException.class);
                sleep(SHORT);
                assertThat(outer.expired()).isFalse();
            });
        });
    }

    @Test
    void anOuterTimeoutThatIsEarlierCancelsTheInnerOne() {
        run(() -> {
            assertThatThrownBy(() -> timeout(
                            SHORT,
                            () -> timeout(LONG, inner -> {
                                try {
                                    sleep(LONG);
                                } finally {
                                    order.add(inner.expired());
                                }
                            })))
                    .isInstanceOf(TimeoutException.class)
                    .hasMessage("Task-1 timed out after 1 ms");
            assertThat(order).containsExactly(false);
        });
    }

    @Test
    void aDeadlineCanBeMoved() throws Exception {
        run(() -> {
            timeout(Duration.ofMillis(2), timeout -> {
                timeout.reschedule(LONG);
                sleep(Duration.ofMillis(5));
                timeout.reschedule(Timeout.NEVER);
                assertThat(timeout.when()).isEqualTo(Timeout.NEVER);
                assertThat(timeout).hasToString("Timeout[active, no deadline]");
                sleep(Duration.ofMillis(2));
            });
            assertThatThrownBy(() -> timeout(LONG, timeout -> {
                        timeout.reschedule(SHORT);
                        sleep(LONG);
                    }))
                    .isInstanceOf(TimeoutException.class);
            assertThatThrownBy(() -> timeoutAt(Timeout.NEVER, timeout -> {
                        long when = runningLoop().time() + 500_000;
                        timeout.reschedule(when);
                        assertThat(timeout.when()).isEqualTo(when);
                        sleep(LONG);
                    }))
                    .isInstanceOf(TimeoutException.class);
            assertThatThrownBy(() -> timeout(LONG, timeout -> {
                        timeout.reschedule(runningLoop().time() - 1);
                        order.add("not before the next suspension");
                        sleep(Duration.ZERO);
                        order.add("not reached");
                    }))
                    .isInstanceOf(TimeoutException.class);
        });
        assertThat(order).containsExactly("not before the next suspension");
    }

    @Test
    void aDeadlineThatHasComeOrABodyThatHasEndedCannotBeRescheduled() throws Exception {
        run(() -> {
            Timeout[] ended = {null};
            timeout(LONG, timeout -> {
                ended[0] = timeout;
            });
            assertThatThrownBy(() -> ended[0].reschedule(LONG))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("Timeout[finished] cannot be rescheduled: its body has ended");
            timeout(SHORT, timeout -> {
                try {
                    sleep(LONG);
                } catch (CancelledError e) {
                    assertThatThrownBy(() -> timeout.reschedule(LONG))
                            .isInstanceOf(IllegalStateException.class)
                            .hasMessage("Timeout[expiring] cannot be rescheduled: its time is over");
                }
            });
        });
    }

    @Test
    void aTimeoutKnowsItsDeadlineAndSaysHowMuchIsLeft() throws Exception {
        run(() -> {
            long now = runningLoop().time();
            timeoutAt(now + 10_000_000_000L, timeout -> {
                assertThat(timeout.when()).isEqualTo(now + 10_000_000_000L);
                assertThat(timeout.toString()).matches("Timeout\\[active, 9\\.\\d+ s left]");
            });
            timeout(Duration.ofSeconds(Long.MAX_VALUE), timeout -> {
                assertThat(timeout.when()).isEqualTo(Timeout.NEVER);
            });
        });
    }

    @Test
    void aTimeoutNeedsATask() {
        assertThatThrownBy(() -> timeout(LONG, () -> {}))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("timeout suspends, so it needs a task");
    }

    @Test
    void aBodyThatNeverEndsOfItselfIsEnded() {
        run(() -> {
            assertThatThrownBy(() -> timeout(SHORT, () -> {
                        while (true) {
                            sleep(Duration.ZERO);
                        }
                    }))
                    .isInstanceOf(TimeoutException.class);
        });
    }

    @Test
    @MountedOnly
    void aCallOfTheJdkThatTakesTooLongIsInterruptedAndThatIsATimeout() throws Exception {
        run(() -> {
            assertThatThrownBy(() -> timeout(SHORT, () -> Thread.sleep(LONG)))
                    .isInstanceOf(TimeoutException.class)
                    .hasCauseInstanceOf(CancelledError.class)
                    .hasRootCauseInstanceOf(InterruptedException.class);
            assertThatThrownBy(() -> timeout(SHORT, () -> {
                        try {
                            Thread.sleep(LONG);
                        } finally {
                            sleep(SHORT); // cleaning up may suspend
                        }
                    }))
                    .isInstanceOf(TimeoutException.class);
            assertThat(Thread.currentThread().isInterrupted()).isFalse();
            Thread.sleep(1);
            assertThat(currentTask().cancelling()).isZero();
        });
    }

    @Test
    @MountedOnly
    void anInterruptThatFoundNothingToInterruptDoesNotOutliveTheBlock() throws Exception {
        ReentrantLock lock = new ReentrantLock();
        CountDownLatch locked = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        Thread owner = Spawn.platform("owner", () -> {
            lock.lock();
            locked.countDown();
            release.await();
            lock.unlock();
        });
        locked.await();
        run(() -> {
            String result = timeout(SHORT, timeout -> {
                runningLoop().callLater(Duration.ofMillis(5), release::countDown);
                lock.lock(); // cannot be interrupted
                lock.unlock();
                assertThat(timeout.expired()).isTrue();
                return "got the lock all the same";
            });
            assertThat(result).isEqualTo("got the lock all the same");
            Thread.sleep(1); // would throw if the status was still set
            sleep(SHORT);
            assertThat(currentTask().cancelling()).isZero();
        });
        owner.join();
    }
}
