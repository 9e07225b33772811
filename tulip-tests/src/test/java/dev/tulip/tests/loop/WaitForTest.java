package dev.tulip.tests.loop;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.currentTask;
import static dev.tulip.Tulip.newEventLoop;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.shield;
import static dev.tulip.Tulip.sleep;
import static dev.tulip.Tulip.waitFor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Future;
import dev.tulip.loop.Task;
import dev.tulip.loop.TaskOptions;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

/** {@code waitFor}: row M5 of asyncio, behaviours 25 to 27. */
class WaitForTest {
    private static final Duration LONG = Duration.ofDays(1);
    private static final Duration SHORT = Duration.ofMillis(1);

    private final List<Object> order = new ArrayList<>();

    @Test
    void aResultThatComesInTimeIsReturned() throws Exception {
        run(() -> {
            Task<String> task = createTask(() -> {
                sleep(SHORT);
                return "result";
            });
            assertThat(waitFor(task, LONG)).isEqualTo("result");
        });
    }

    @Test
    void whatIsDoneIsReturnedWithoutSuspendingWhateverTheTimeout() throws Exception {
        run(() -> {
            Future<String> done = runningLoop().createFuture();
            done.setResult("there");
            runningLoop().callSoon(() -> order.add("callback"));
            assertThat(waitFor(done, LONG)).isEqualTo("there");
            assertThat(waitFor(done, Duration.ZERO)).isEqualTo("there");
            assertThat(waitFor(done, Duration.ofSeconds(-1))).isEqualTo("there");
            assertThat(order).isEmpty();
        });
    }

    @Test
    void whatTakesTooLongIsCancelled() {
        run(() -> {
            Task<?> slow = createTask(() -> {
                try {
                    sleep(LONG);
                } catch (CancelledError e) {
                    order.add(e.getMessage());
                    throw e;
                }
            });
            assertThatThrownBy(() -> waitFor(slow, SHORT))
                    .isInstanceOf(TimeoutException.class)
                    .hasMessageMatching("Task\\[Task-2 cancelled.*] was not done after 1 ms")
                    .hasCauseInstanceOf(CancelledError.class);
            assertThat(slow.cancelled()).isTrue();
            assertThat(currentTask().cancelling()).isZero();
            assertThat(order).containsExactly("not done after 1 ms");
        });
    }

    /** Behaviour 26, last part. */
    @Test
    void aTimeoutWaitsUntilTheTaskHasCleanedUp() {
        run(() -> {
            Task<?> slow = createTask(() -> {
                try {
                    sleep(LONG);
                } finally {
                    sleep(Duration.ofMillis(3));
                    order.add("cleaned up");
                }
            });
            assertThatThrownBy(() -> waitFor(slow, SHORT)).isInstanceOf(TimeoutException.class);
            assertThat(order).containsExactly("cleaned up");
        });
    }

    /** Behaviour 26. */
    @Test
    void whatATaskReturnsAlthoughItWasCancelledIsNotLost() throws Exception {
        run(() -> {
            Task<Integer> stubborn = createTask(() -> {
                try {
                    sleep(LONG);
                    return 0;
                } catch (CancelledError e) {
                    return 42;
                }
            });
            assertThat(waitFor(stubborn, SHORT)).isEqualTo(42);
            assertThat(waitFor(
                            () -> {
                                try {
                                    sleep(LONG);
                                    return 0;
                                } catch (CancelledError e) {
                                    return 43;
                                }
                            },
                            SHORT))
                    .isEqualTo(43);
            assertThat(currentTask().cancelling()).isZero();
        });
    }

    /** Behaviour 26. */
    @Test
    void whatATaskFailsWithWhileItIsCancelledIsThrown() {
        run(() -> {
            Task<?> failing = createTask(() -> {
                try {
                    sleep(LONG);
                } finally {
                    fail("in finally");
                }
            });
            assertThatThrownBy(() -> waitFor(failing, SHORT)).hasMessage("in finally");
        });
    }

    private static void fail(String message) {
        throw new IllegalStateException(message);
    }

    /** Behaviour 25. */
    @Test
    void withATimeoutOfZeroNothingThatHasNotStartedStarts() {
        run(() -> {
            for (Duration none : List.of(Duration.ZERO, Duration.ofSeconds(-1))) {
                Task<?> task = createTask(() -> order.add("task"));
                assertThatThrownBy(() -> waitFor(task, none)).isInstanceOf(TimeoutException.class);
                assertThat(task.cancelled()).isTrue();
                assertThatThrownBy(() -> waitFor(() -> order.add("coroutine"), none))
                        .isInstanceOf(TimeoutException.class);
                assertThatThrownBy(() -> waitFor(() -> fail("action"), none)).isInstanceOf(TimeoutException.class);
                Future<String> future = runningLoop().createFuture();
                assertThatThrownBy(() -> waitFor(future, none)).isInstanceOf(TimeoutException.class);
                assertThat(future.cancelled()).isTrue();
            }
            assertThat(order).isEmpty();
        });
    }

    /** Behaviour 27, as CPython 3.11: no value is lost. */
    @Test
    void aResultThatIsThereWinsIfTheTimeIsOverInTheSameIteration() throws Exception {
        run(() -> {
            Future<String> future = runningLoop().createFuture();
            Task<String> task = createTask(() -> waitFor(future, SHORT));
            sleep(Duration.ZERO);
            spin(Duration.ofMillis(2)); // the timer is due in the next iteration, and the result is there before
            future.setResult("there");
            assertThat(await(task)).isEqualTo("there");
        });
    }

    @Test
    void aResultThatComesWhenTheTimerHasFiredButTheTaskHasNotRunYetWinsToo() throws Exception {
        run(() -> {
            Future<String> future = runningLoop().createFuture();
            Task<String> task = createTask(() -> waitFor(future, SHORT), TaskOptions.eager());
            runningLoop().callSoon(() -> future.setResult("just so")); // timers fire before the first callback runs
            spin(Duration.ofMillis(2));
            assertThat(await(task)).isEqualTo("just so");
        });
    }

    private static void spin(Duration duration) {
        long end = runningLoop().time() + duration.toNanos();
        while (runningLoop().time() < end) {
            Thread.onSpinWait();
        }
    }

    /** Behaviour 27, second half: no cancellation is lost either, and the future keeps the value. */
    @Test
    void ifTheResultIsThereAndTheCallerIsCancelledTheFutureKeepsTheResult() {
        run(() -> {
            Future<String> future = runningLoop().createFuture();
            Task<String> task = createTask(() -> waitFor(future, LONG));
            sleep(Duration.ZERO);
            future.setResult("there");
            task.cancel("enough");
            assertThatThrownBy(() -> await(task))
                    .isInstanceOf(CancelledError.class)
                    .hasMessage("enough");
            assertThat(future.result()).isEqualTo("there");
        });
    }

    @Test
    void cancellingTheCallerCancelsTheFutureAndWaitsForItsEnd() {
        run(() -> {
            Task<?> inner = createTask(() -> {
                try {
                    sleep(LONG);
                } finally {
                    sleep(SHORT);
                    order.add("cleaned up");
                }
            });
            Task<?> caller = createTask(() -> waitFor(inner, LONG));
            sleep(Duration.ZERO);
            caller.cancel("enough");
            assertThatThrownBy(() -> await(caller))
                    .isInstanceOf(CancelledError.class)
                    .hasMessage("enough");
            assertThat(order).containsExactly("cleaned up");
            assertThat(caller.cancelling()).isEqualTo(1);
        });
    }

    /** Behaviour 29. */
    @Test
    void ifTheTimeIsOverAndTheCallerIsCancelledBeforeItRunsItIsCancelled() {
        run(() -> {
            Future<String> future = runningLoop().createFuture();
            Task<?> caller = createTask(() -> waitFor(future, SHORT), TaskOptions.eager());
            runningLoop().callSoon(() -> caller.cancel("both")); // timers fire before the first callback runs
            spin(Duration.ofMillis(2));
            assertThatThrownBy(() -> await(caller))
                    .isInstanceOf(CancelledError.class)
                    .hasMessage("both");
            assertThat(caller.cancelling()).isEqualTo(1);
        });
    }

    @Test
    void aCancelWhileTheTaskCleansUpAfterATimeoutIsNotLost() {
        run(() -> {
            Task<?> inner = createTask(() -> {
                try {
                    sleep(LONG);
                } finally {
                    order.add("cleaning up");
                    sleep(LONG);
                }
            });
            Task<?> caller = createTask(() -> waitFor(inner, SHORT));
            while (order.isEmpty()) {
                sleep(SHORT);
            }
            caller.cancel("enough");
            assertThatThrownBy(() -> await(caller))
                    .isInstanceOf(CancelledError.class)
                    .hasMessage("enough");
            assertThat(inner.cancelled()).isTrue();
        });
    }

    @Test
    void aFutureThatOthersCancelIsNotATimeout() {
        run(() -> {
            Future<String> future = runningLoop().createFuture();
            runningLoop().callSoon(() -> future.cancel("by others"));
            assertThatThrownBy(() -> waitFor(future, LONG))
                    .isInstanceOf(CancelledError.class)
                    .hasMessage("by others");
            assertThat(currentTask().cancelling()).isZero();
        });
    }

    @Test
    void aCoroutineRunsInTheCallingTaskAndKeepsItsCheckedExceptions() throws Exception {
        run(() -> {
            Task<?> caller = currentTask();
            assertThat(waitFor(() -> currentTask() == caller, LONG)).isTrue();
            try {
                waitFor(WaitForTest::read, LONG);
            } catch (IOException e) {
                order.add(e.getMessage());
            }
            waitFor(() -> sleep(SHORT), LONG);
            assertThat(order).containsExactly("disk");
        });
    }

    private static String read() throws IOException {
        throw new IOException("disk");
    }

    @Test
    void aCoroutineThatTakesTooLongIsCancelledAndMayCleanUp() {
        run(() -> {
            assertThatThrownBy(() -> waitFor(
                            () -> {
                                try {
                                    sleep(LONG);
                                } finally {
                                    sleep(SHORT);
                                    order.add("cleaned up");
                                }
                            },
                            SHORT))
                    .isInstanceOf(TimeoutException.class)
                    .hasMessage("Task-1 timed out after 1 ms")
                    .hasCauseInstanceOf(CancelledError.class);
            assertThat(order).containsExactly("cleaned up");
            assertThat(currentTask().cancelling()).isZero();
        });
    }

    @Test
    void aShieldedTaskGoesOnAfterTheTimeout() throws Exception {
        run(() -> {
            Task<String> task = createTask(() -> {
                sleep(Duration.ofMillis(5));
                return "late";
            });
            assertThatThrownBy(() -> waitFor(shield(task), SHORT)).isInstanceOf(TimeoutException.class);
            assertThat(task.cancelling()).isZero();
            assertThat(await(task)).isEqualTo("late");
        });
    }

    @Test
    void manyTasksMayGiveUpWaitingBehindShieldsForOneFuture() {
        run(() -> {
            Future<String> never = runningLoop().createFuture();
            List<Task<?>> callers = new ArrayList<>();
            for (int i = 0; i < 10_000; i++) {
                callers.add(createTask(() ->
                        assertThatThrownBy(() -> waitFor(shield(never), SHORT)).isInstanceOf(TimeoutException.class)));
            }
            callers.forEach(Task::await);
            assertThat(never.done()).isFalse();
        });
    }

    @Test
    void itNeedsATaskOfTheSameLoop() {
        try (EventLoop other = newEventLoop()) {
            Future<String> foreign = other.createFuture();
            assertThatThrownBy(() -> waitFor(foreign, LONG))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("waitFor suspends, so it needs a task");
            run(() -> {
                assertThatThrownBy(() -> waitFor(foreign, LONG))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("belongs to EventLoop-");
                assertThatThrownBy(() -> waitFor(currentTask(), LONG)).hasMessageContaining("cannot await itself");
            });
            assertThat(foreign.done()).isFalse();
        }
    }
}
