package dev.tulip.tests.loop;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.currentTask;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.sleep;
import static dev.tulip.Tulip.taskGroup;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.Future;
import dev.tulip.loop.KeyboardInterrupt;
import dev.tulip.loop.Started;
import dev.tulip.loop.Task;
import dev.tulip.loop.TaskGroup;
import dev.tulip.loop.TaskGroupException;
import dev.tulip.loop.TaskOptions;
import dev.tulip.tests.support.Errors;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What task groups have beyond asyncio: background children, and children that say when they are ready. */
class TaskGroupServicesTest {
    private static final Duration LONG = Duration.ofDays(1);
    private static final Duration SHORT = Duration.ofMillis(1);

    private final List<Object> order = new ArrayList<>();

    private static Object fail(String message) throws IOException {
        throw new IOException(message);
    }

    /** Lets everything that is ready run {@code n} times. */
    private static void turns(int n) {
        for (int i = 0; i < n; i++) {
            sleep(Duration.ZERO);
        }
    }

    private void sleepForEver(String name) {
        try {
            sleep(LONG);
        } catch (CancelledError e) {
            order.add(name + ": " + e.getMessage());
            throw e;
        }
    }

    // -- background children --------------------------------------------------------------------------------------

    @Test
    void backgroundChildrenAreCancelledWhenTheBodyAndTheOthersHaveEnded() {
        run(() -> taskGroup(group -> {
            group.createBackgroundTask(() -> sleepForEver("background"));
            group.createTask(() -> {
                sleep(Duration.ofMillis(2));
                order.add("child");
            });
            order.add("body");
        }));
        assertThat(order).containsExactly("body", "child", "background: all other tasks of its group have ended");
    }

    @Test
    void theBlockWaitsUntilABackgroundChildHasCleanedUp() {
        run(() -> {
            String result = taskGroup(group -> {
                group.createBackgroundTask(() -> {
                    try {
                        sleep(LONG);
                    } finally {
                        sleep(SHORT);
                        order.add("cleaned up");
                    }
                });
                sleep(Duration.ZERO);
                return "the body's";
            });
            assertThat(result).isEqualTo("the body's");
            assertThat(currentTask().cancelling()).isZero();
        });
        assertThat(order).containsExactly("cleaned up");
    }

    @Test
    void aBackgroundChildMayEndByItselfAndHasAResult() {
        run(() -> taskGroup(group -> {
            Task<String> background = group.createBackgroundTask(() -> "done", TaskOptions.named("helper"));
            assertThat(background.getName()).isEqualTo("helper");
            assertThat(await(background)).isEqualTo("done");
            group.createTask(() -> sleep(SHORT));
        }));
    }

    @Test
    void aBackgroundChildThatFailsIsAFailureOfTheGroup() {
        run(() -> {
            assertThatThrownBy(() -> taskGroup(group -> {
                        group.createBackgroundTask(() -> fail("background"), TaskOptions.named("helper"));
                        group.createTask(() -> sleepForEver("child"));
                        sleep(LONG);
                    }))
                    .isInstanceOf(TaskGroupException.class)
                    .hasMessage("1 of 2 tasks in a group of Task-1 failed: helper (java.io.IOException: background)");
        });
        assertThat(order).containsExactly("child: helper of its task group has failed");
    }

    @Test
    void aBackgroundChildThatFailsWhileItIsCancelledAtTheEndIsAFailureToo() {
        run(() -> {
            assertThatThrownBy(() -> taskGroup(group -> {
                        group.createBackgroundTask(() -> {
                            try {
                                sleep(LONG);
                            } finally {
                                fail("cleaning up");
                            }
                        });
                        sleep(Duration.ZERO);
                    }))
                    .isInstanceOf(TaskGroupException.class)
                    .hasRootCauseMessage("cleaning up");
        });
    }

    @Test
    void aBackgroundChildMayCreateOrdinaryOnesAsLongAsTheGroupLives() {
        run(() -> taskGroup(group -> {
            group.createBackgroundTask(() -> {
                try {
                    group.createTask(() -> {
                        sleep(SHORT);
                        order.add("child of the background");
                    });
                    sleep(LONG);
                } finally {
                    assertThatThrownBy(() -> group.createTask(() -> {})).isInstanceOf(IllegalStateException.class);
                    assertThatThrownBy(() -> group.createBackgroundTask(() -> {}))
                            .isInstanceOf(IllegalStateException.class);
                    order.add("refused");
                }
            });
            sleep(Duration.ZERO);
        }));
        assertThat(order).containsExactly("child of the background", "refused");
    }

    @Test
    void aCancelWhileOnlyBackgroundChildrenAreLeftIsNotLost() {
        run(() -> {
            Future<@Nullable Void> enough = runningLoop().createFuture();
            Task<?> owner = createTask(() -> taskGroup(group -> {
                group.createBackgroundTask(() -> {
                    try {
                        sleep(LONG);
                    } finally {
                        order.add("cleans up");
                        await(enough);
                        order.add("cleaned up");
                    }
                });
                sleep(Duration.ZERO);
            }));
            while (order.isEmpty()) {
                sleep(Duration.ZERO);
            }
            owner.cancel("enough");
            turns(3);
            assertThat(owner.done()).isFalse();
            enough.setResult(null);
            assertThatThrownBy(() -> await(owner))
                    .isInstanceOf(CancelledError.class)
                    .hasMessage("enough");
        });
        assertThat(order).containsExactly("cleans up", "cleaned up");
    }

    // -- start ----------------------------------------------------------------------------------------------------

    @Test
    void startReturnsWhatTheChildHandsOverAndTheChildGoesOn() {
        run(() -> taskGroup(group -> {
            Future<@Nullable Void> request = runningLoop().createFuture();
            int port = group.start(started -> {
                sleep(SHORT);
                order.add("listening");
                started.set(8080);
                await(request);
                order.add("served");
            });
            order.add(port);
            request.setResult(null);
        }));
        assertThat(order).containsExactly("listening", 8080, "served");
    }

    @Test
    void startTakesAMethodReferenceAndOptions() {
        run(() -> taskGroup(group -> {
            String name = group.start(TaskGroupServicesTest::service, TaskOptions.named("service"));
            assertThat(name).isEqualTo("service");
        }));
    }

    private static void service(Started<String> started) throws IOException {
        started.set(currentTask().getName());
    }

    @Test
    void aChildMayBeReadyInItsFirstEagerStep() {
        run(() -> taskGroup(group -> {
            runningLoop().callSoon(() -> order.add("callback"));
            String ready = group.start(
                    started -> {
                        started.set("at once");
                        sleep(SHORT);
                    },
                    TaskOptions.eager());
            assertThat(ready).isEqualTo("at once");
            assertThat(order).isEmpty();
        }));
    }

    @Test
    void aChildThatFailsBeforeItIsReadyFailsStartAndNotTheGroup() {
        run(() -> {
            taskGroup(group -> {
                group.createTask(() -> {
                    sleep(Duration.ofMillis(2));
                    order.add("another child goes on");
                });
                assertThatThrownBy(() -> group.start(started -> fail("address in use")))
                        .isInstanceOf(IOException.class)
                        .hasMessage("address in use");
                assertThatThrownBy(() -> group.start(started -> fail("address in use"), TaskOptions.eager()))
                        .isInstanceOf(IOException.class);
                sleep(SHORT);
            });
        });
        assertThat(order).containsExactly("another child goes on");
    }

    @Test
    void aFailureOfStartThatNobodyCatchesIsTheBodysOwn() {
        run(() -> {
            assertThatThrownBy(() -> taskGroup(group -> {
                        group.start(started -> fail("address in use"));
                    }))
                    .isInstanceOf(IOException.class)
                    .hasMessage("address in use");
        });
    }

    @Test
    void aChildThatFailsWhenItWasReadyFailsTheGroup() {
        run(() -> {
            assertThatThrownBy(() -> taskGroup(group -> {
                        Future<@Nullable Void> signal = runningLoop().createFuture();
                        String ready = group.start(started -> {
                            started.set("ready");
                            await(signal);
                            fail("later");
                        });
                        order.add(ready);
                        signal.setResult(null);
                        sleep(LONG);
                    }))
                    .isInstanceOf(TaskGroupException.class)
                    .hasRootCauseMessage("later");
        });
        assertThat(order).containsExactly("ready");
    }

    @Test
    void aChildThatEndsWithoutASignIsAnError() {
        run(() -> taskGroup(group -> {
            assertThatThrownBy(() -> group.start(started -> sleep(SHORT)))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageMatching("Task\\[Task-2 finished.*] has ended without calling started.set\\(\\)");
        }));
    }

    @Test
    void aChildSaysOnceThatItIsReady() {
        run(() -> {
            assertThatThrownBy(() -> taskGroup(group -> {
                        group.start(started -> {
                            started.set("one");
                            started.set("two");
                        });
                    }))
                    .isInstanceOf(TaskGroupException.class)
                    .hasRootCauseMessage("started.set() was called before; it may be called once");
        });
    }

    @Test
    void cancellingWhoeverStartsCancelsTheChildAndWaitsForItsEnd() {
        run(() -> {
            taskGroup(group -> {
                Task<?> caller = createTask(() -> group.start(started -> {
                    try {
                        sleep(LONG);
                    } finally {
                        sleep(SHORT);
                        order.add("cleaned up");
                    }
                }));
                turns(2); // the child has begun
                caller.cancel("enough");
                assertThatThrownBy(() -> await(caller))
                        .isInstanceOf(CancelledError.class)
                        .hasMessage("enough");
                order.add("caller ended");
            });
        });
        assertThat(order).containsExactly("cleaned up", "caller ended");
    }

    @Test
    void aChildThatWasCancelledBeforeItRanIsACancellationOfStart() {
        run(() -> taskGroup(group -> {
            Task<?> caller = createTask(() -> group.start(started -> order.add("must not run")));
            sleep(Duration.ZERO);
            caller.cancel();
            assertThatThrownBy(() -> await(caller)).isInstanceOf(CancelledError.class);
        }));
        assertThat(order).isEmpty();
    }

    @Test
    void aChildThatIsReadyWhenNobodyWaitsAnyMoreIsCancelledOnceMore() {
        run(() -> taskGroup(group -> {
            Task<?> caller = createTask(() -> group.start(started -> {
                try {
                    sleep(LONG);
                } catch (CancelledError e) {
                    order.add("swallowed");
                }
                started.set("ready in spite of all");
                sleepForEver("child");
            }));
            turns(2); // the child has begun
            caller.cancel();
            assertThatThrownBy(() -> await(caller)).isInstanceOf(CancelledError.class);
        }));
        assertThat(order).containsExactly("swallowed", "child: nobody waits for its start any more");
    }

    @Test
    void aCancelIsNotLostIfTheChildSwallowsItAndEnds() {
        run(() -> taskGroup(group -> {
            Task<?> caller = createTask(() -> group.start(started -> {
                try {
                    sleep(LONG);
                } catch (CancelledError e) {
                    order.add("swallowed");
                }
            }));
            turns(2); // the child has begun
            caller.cancel();
            assertThatThrownBy(() -> await(caller)).isInstanceOf(CancelledError.class);
        }));
        assertThat(order).containsExactly("swallowed");
    }

    @Test
    void aChildThatWasReadyWhenItsCallerIsCancelledBelongsToTheGroup() {
        run(() -> taskGroup(group -> {
            Task<?> caller = createTask(() -> group.start(started -> {
                order.add(started);
                sleep(Duration.ofMillis(3));
                order.add("went on");
            }));
            turns(2); // the child has begun
            @SuppressWarnings("unchecked")
            Started<String> started = (Started<String>) order.removeFirst();
            started.set("ready");
            caller.cancel(); // both in one iteration
            assertThatThrownBy(() -> await(caller)).isInstanceOf(CancelledError.class);
        }));
        assertThat(order).containsExactly("went on");
    }

    @Test
    void aFailureThatNobodyWaitsForAnyMoreIsReported(Errors errors) {
        run(() -> taskGroup(group -> {
            Future<String> signal = runningLoop().createFuture();
            Task<?> caller = createTask(() -> group.start(started -> {
                await(signal);
                caller(order).cancel(); // in the step in which it fails
                fail("disk");
            }));
            order.add(caller);
            turns(2); // the child has begun to wait
            signal.setResult("go");
            turns(3);
            assertThatThrownBy(() -> await(caller)).isInstanceOf(IOException.class); // it failed while it was cancelled
        }));
        run(() -> taskGroup(group -> {
            Future<String> signal = runningLoop().createFuture();
            Task<?> caller = createTask(() -> group.start(started -> {
                await(signal);
                runningLoop().callSoon(() -> {});
                fail("disk");
            }));
            turns(2); // the child has begun to wait
            signal.setResult("go");
            runningLoop().callSoon(caller::cancel); // after the child has failed, before the caller runs
            turns(3);
            assertThatThrownBy(() -> await(caller)).isInstanceOf(CancelledError.class);
        }));
        assertThat(errors.takeOnly()).satisfies(error -> {
            assertThat(error.message())
                    .isEqualTo("Task-3 failed before it was ready, and whoever started it was cancelled");
            assertThat(error.exception()).hasMessage("disk");
        });
    }

    private static Task<?> caller(List<Object> order) {
        return (Task<?>) order.removeFirst();
    }

    @Test
    void aGroupThatFailsCancelsAChildThatIsNotReadyYet() {
        run(() -> {
            assertThatThrownBy(() -> taskGroup(group -> {
                        group.createTask(() -> {
                            sleep(SHORT);
                            fail("another child");
                        });
                        group.start(started -> sleepForEver("not ready"));
                    }))
                    .isInstanceOf(TaskGroupException.class)
                    .hasRootCauseMessage("another child");
        });
        assertThat(order).containsExactly("not ready: Task-2 of its task group has failed");
    }

    @Test
    void theBlockWaitsForAChildThatSomebodyOutsideStarts() {
        run(() -> {
            TaskGroup[] groups = {null};
            Task<?> owner = createTask(() -> taskGroup(group -> {
                groups[0] = group;
                sleep(SHORT);
            }));
            sleep(Duration.ZERO);
            String ready = groups[0].start(started -> {
                sleep(Duration.ofMillis(3)); // the body has ended meanwhile
                started.set("ready");
                sleep(SHORT);
                order.add("served");
            });
            assertThat(ready).isEqualTo("ready");
            await(owner);
            assertThatThrownBy(() -> groups[0].start(started -> started.set("too late")))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("is finished");
        });
        assertThat(order).containsExactly("served");
    }

    @Test
    void aTaskThatStartsAChildSaysSo() {
        run(() -> taskGroup(group -> {
            Task<?> caller = createTask(() -> group.start(started -> {
                sleep(SHORT);
                started.set("ready");
            }));
            sleep(Duration.ZERO);
            sleep(Duration.ZERO);
            assertThat(caller.toString()).endsWith("waiting on start of Task-3[pending]]");
            await(caller);
        }));
    }

    @Test
    void aKeyboardInterruptBeforeItIsReadyLeavesTheLoop() {
        assertThatThrownBy(() -> run(() -> taskGroup(group -> {
                    group.start(started -> {
                        throw new KeyboardInterrupt();
                    });
                })))
                .isInstanceOf(KeyboardInterrupt.class);
    }
}
