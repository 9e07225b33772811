package dev.tulip.tests.loop;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.currentTask;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.Future;
import dev.tulip.loop.Task;
import dev.tulip.loop.TaskOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Cancelling tasks: behaviours 13 to 20 of asyncio, rows C1 to C12. */
class CancellationTest {
    private final List<Object> order = new ArrayList<>();

    @Test
    void aCancelledTaskGetsTheErrorWhereItWaitsAndItsFinallyRuns() {
        run(() -> {
            Task<?> task = createTask(() -> {
                try {
                    sleep(Duration.ofDays(1));
                } catch (CancelledError e) {
                    order.add(e.getMessage());
                    throw e;
                } finally {
                    order.add("finally");
                }
            });
            sleep(Duration.ZERO);
            assertThat(task.cancel("enough")).isTrue();
            assertThat(task.cancelled()).isFalse(); // a request, not a fact
            assertThatThrownBy(() -> await(task))
                    .isInstanceOf(CancelledError.class)
                    .hasMessage("enough");
            assertThat(task.cancelled()).isTrue();
            assertThat(task.cancel()).isFalse();
            assertThat(order).containsExactly("enough", "finally");
        });
    }

    /** Behaviour 13. */
    @Test
    void aTaskCancelledBeforeItsFirstStepNeverRuns() {
        run(() -> {
            Task<?> task = createTask(() -> {
                try {
                    order.add("body");
                } finally {
                    order.add("finally");
                }
            });
            task.cancel("too early");
            assertThatThrownBy(() -> await(task))
                    .isInstanceOf(CancelledError.class)
                    .hasMessage("too early");
            assertThat(task.cancelled()).isTrue();
            assertThat(order).isEmpty();
        });
    }

    /** Behaviour 14. */
    @Test
    void aCancelReplacesAResultThatTheTaskHasNotSeenYet() {
        run(() -> {
            Future<String> future = runningLoop().createFuture();
            Task<?> task = createTask(() -> order.add(await(future)));
            sleep(Duration.ZERO);
            future.setResult("res");
            task.cancel();
            assertThatThrownBy(() -> await(task)).isInstanceOf(CancelledError.class);
            assertThat(future.result()).isEqualTo("res");
            assertThat(order).isEmpty();
        });
    }

    /** Behaviour 15, first half. */
    @Test
    void aTaskThatCancelsItselfAndReturnsWithoutSuspendingIsCancelled() {
        run(() -> {
            Task<Integer> task = createTask(() -> {
                currentTask().cancel("self");
                return 5;
            });
            assertThatThrownBy(() -> await(task))
                    .isInstanceOf(CancelledError.class)
                    .hasMessage("self");
            assertThat(task.cancelled()).isTrue();
        });
    }

    /** Behaviour 15, second half. */
    @Test
    void aTaskThatCancelsItselfStillGetsWhatIsDoneUntilItSuspends() {
        run(() -> {
            Future<String> done = runningLoop().createFuture();
            done.setResult("value");
            Task<?> task = createTask(() -> {
                currentTask().cancel();
                order.add(await(done));
                sleep(Duration.ZERO);
                order.add("not reached");
            });
            assertThatThrownBy(() -> await(task)).isInstanceOf(CancelledError.class);
            assertThat(order).containsExactly("value");
        });
    }

    @Test
    void aTaskThatCancelsItselfAndThenWaitsCancelsWhatItWaitsFor() {
        run(() -> {
            Future<String> future = runningLoop().createFuture();
            Task<?> task = createTask(() -> {
                currentTask().cancel("self");
                await(future);
            });
            assertThatThrownBy(() -> await(task))
                    .isInstanceOf(CancelledError.class)
                    .hasMessage("self");
            assertThat(future.cancelled()).isTrue();
        });
    }

    @Test
    void aTaskThatCancelsItselfAndThenSleepsEndsAtOnce() {
        run(() -> {
            Task<?> task = createTask(() -> {
                currentTask().cancel();
                sleep(Duration.ofDays(1));
            });
            assertThatThrownBy(() -> await(task)).isInstanceOf(CancelledError.class);
        });
    }

    /** Behaviour 16. */
    @Test
    void severalCancelsBeforeItRunsAreOneErrorAndAllAreCounted() {
        run(() -> {
            Task<String> task = createTask(() -> {
                try {
                    sleep(Duration.ofDays(1));
                } catch (CancelledError e) {
                    order.add("cancelled");
                }
                sleep(Duration.ofMillis(1));
                return "survived";
            });
            sleep(Duration.ZERO);
            task.cancel();
            task.cancel();
            assertThat(await(task)).isEqualTo("survived");
            assertThat(task.cancelling()).isEqualTo(2);
            assertThat(task.cancelled()).isFalse();
            assertThat(order).containsExactly("cancelled");
        });
    }

    /** Behaviour 17, as CPython 3.13 and later. */
    @Test
    void uncancelTakesARequestBackThatWasNotDelivered() {
        run(() -> {
            Future<String> future = runningLoop().createFuture();
            Task<String> task = createTask(() -> await(future));
            sleep(Duration.ZERO);
            future.setResult("result"); // the task is ready to run now
            task.cancel();
            assertThat(task.uncancel()).isZero();
            assertThat(await(task)).isEqualTo("result");
        });
    }

    /** Behaviour 17, second half. */
    @Test
    void uncancelCannotTakeBackWhatWasPassedOn() {
        run(() -> {
            Future<String> future = runningLoop().createFuture();
            Task<String> task = createTask(() -> await(future));
            sleep(Duration.ZERO);
            task.cancel();
            assertThat(task.uncancel()).isZero();
            assertThatThrownBy(() -> await(task)).isInstanceOf(CancelledError.class);
            assertThat(future.cancelled()).isTrue();
        });
    }

    @Test
    void uncancelStopsAtZero() {
        run(() -> {
            assertThat(currentTask().uncancel()).isZero();
            assertThat(currentTask().cancelling()).isZero();
        });
    }

    /** Behaviour 18. */
    @Test
    void cancellingATaskThatAwaitsAnotherReachesOnlyTheInnerOne() {
        run(() -> {
            Task<String> inner = createTask(() -> {
                for (int i = 0; i < 2; i++) {
                    try {
                        sleep(Duration.ofDays(1));
                    } catch (CancelledError e) {
                        order.add("swallowed");
                    }
                }
                return "r";
            });
            Task<String> outer = createTask(() -> await(inner));
            sleep(Duration.ZERO);
            outer.cancel();
            sleep(Duration.ofMillis(1));
            outer.cancel();
            assertThat(await(outer)).isEqualTo("r");
            assertThat(outer.cancelled()).isFalse();
            assertThat(outer.cancelling()).isEqualTo(2);
            assertThat(inner.cancelling()).isEqualTo(2);
            assertThat(order).containsExactly("swallowed", "swallowed");
        });
    }

    /** Behaviour 19. */
    @Test
    void aTaskEndsCancelledWithTheFutureItAwaitsThoughNobodyCancelledIt() {
        run(() -> {
            Future<String> future = runningLoop().createFuture();
            Task<?> task = createTask(() -> await(future));
            sleep(Duration.ZERO);
            future.cancel("by somebody else");
            assertThatThrownBy(() -> await(task))
                    .isInstanceOf(CancelledError.class)
                    .hasMessage("by somebody else");
            assertThat(task.cancelled()).isTrue();
            assertThat(task.cancelling()).isZero();
        });
    }

    /** Behaviour 20. */
    @Test
    void cleaningUpMaySuspendAndASecondCancelInterruptsIt() {
        run(() -> {
            Task<?> task = createTask(() -> {
                try {
                    sleep(Duration.ofDays(1));
                } finally {
                    sleep(Duration.ofMillis(1));
                    order.add("cleaned up");
                    try {
                        sleep(Duration.ofDays(1));
                    } catch (CancelledError e) {
                        order.add("second: " + e.getMessage());
                        throw e;
                    }
                }
            });
            sleep(Duration.ZERO);
            task.cancel("one");
            while (order.isEmpty()) {
                sleep(Duration.ofMillis(1));
            }
            task.cancel("two");
            assertThatThrownBy(() -> await(task))
                    .isInstanceOf(CancelledError.class)
                    .hasMessage("two");
            assertThat(order).containsExactly("cleaned up", "second: two");
        });
    }

    @Test
    void aTaskThatThrowsCancelledErrorItselfIsCancelled() {
        run(() -> {
            Task<?> task = createTask(() -> {
                throw new CancelledError("own");
            });
            assertThatThrownBy(() -> await(task))
                    .isInstanceOf(CancelledError.class)
                    .hasMessage("own");
            assertThat(task.cancelled()).isTrue();
            assertThat(task.cancelling()).isZero();
        });
    }

    @Test
    void aTaskThatEndsWithAnotherExceptionIsNotCancelled() {
        run(() -> {
            Task<?> task = createTask(() -> {
                try {
                    sleep(Duration.ofDays(1));
                } finally {
                    throwInstead();
                }
            });
            sleep(Duration.ZERO);
            task.cancel();
            assertThatThrownBy(() -> await(task)).isInstanceOf(IllegalStateException.class);
            assertThat(task.cancelled()).isFalse();
        });
    }

    private static void throwInstead() {
        throw new IllegalStateException("instead");
    }

    @Test
    void catchingExceptionDoesNotSwallowACancel() {
        run(() -> {
            Task<?> task = createTask(() -> {
                while (true) {
                    try {
                        sleep(Duration.ofDays(1));
                    } catch (Exception e) {
                        order.add(e);
                    }
                }
            });
            sleep(Duration.ZERO);
            task.cancel();
            assertThatThrownBy(() -> await(task)).isInstanceOf(CancelledError.class);
            assertThat(order).isEmpty();
        });
    }

    @Test
    void cancellingADeepChainReachesTheLeafAndUnwindsItAll() {
        run(() -> {
            Future<String> leaf = runningLoop().createFuture();
            Future<String> last = leaf;
            List<Task<?>> chain = new ArrayList<>();
            for (int i = 0; i < 1_000; i++) {
                Future<String> next = last;
                Task<String> task = createTask(() -> await(next));
                chain.add(task);
                last = task;
                sleep(Duration.ZERO);
            }
            chain.getLast().cancel("all of you");
            assertThat(leaf.cancelled()).isTrue();
            assertThatThrownBy(chain.getLast()::await)
                    .isInstanceOf(CancelledError.class)
                    .hasMessage("all of you");
            assertThat(chain).allMatch(Task::cancelled);
        });
    }

    @Test
    void aCancelledSleepLeavesNoTimer() {
        run(() -> {
            Task<?> task = createTask(() -> sleep(Duration.ofMillis(5)));
            sleep(Duration.ZERO);
            task.cancel();
            assertThatThrownBy(() -> await(task)).isInstanceOf(CancelledError.class);
            sleep(Duration.ofMillis(10)); // its time passes, and nothing happens
        });
    }

    @Test
    void aCancelAndTheEndOfASleepInOneIterationIsACancel() {
        run(() -> {
            long[] when = {0};
            Task<?> task = createTask(
                    () -> {
                        when[0] = runningLoop().time() + 2_000_000;
                        sleep(Duration.ofNanos(1_000_000));
                        order.add("slept");
                    },
                    TaskOptions.eager());
            while (runningLoop().time() < when[0]) {
                Thread.onSpinWait(); // both are due in the next iteration, the sleep first
            }
            runningLoop().callSoon(task::cancel);
            assertThatThrownBy(() -> await(task)).isInstanceOf(CancelledError.class);
            assertThat(order).isEmpty();
        });
    }
}
