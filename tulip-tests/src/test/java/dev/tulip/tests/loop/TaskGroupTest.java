package dev.tulip.tests.loop;

import static dev.tulip.Tulip.allTasks;
import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.currentTask;
import static dev.tulip.Tulip.newEventLoop;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.sleep;
import static dev.tulip.Tulip.taskGroup;
import static dev.tulip.Tulip.timeout;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Future;
import dev.tulip.loop.KeyboardInterrupt;
import dev.tulip.loop.Task;
import dev.tulip.loop.TaskFactory;
import dev.tulip.loop.TaskGroup;
import dev.tulip.loop.TaskGroupException;
import dev.tulip.loop.TaskOptions;
import dev.tulip.tests.support.Errors;
import dev.tulip.tests.support.MountedOnly;
import dev.tulip.tests.support.Spawn;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Task groups: rows M10 to M18 of asyncio, behaviours 33 to 38. Background children and {@code start} are in
 * TaskGroupServicesTest.
 */
class TaskGroupTest {
    private static final Duration LONG = Duration.ofDays(1);
    private static final Duration SHORT = Duration.ofMillis(1);

    private final List<Object> order = new ArrayList<>();

    private static void sleepForEver() {
        sleep(LONG);
    }

    /** Lets everything that is ready run {@code n} times. */
    private static void turns(int n) {
        for (int i = 0; i < n; i++) {
            sleep(Duration.ZERO);
        }
    }

    private static Object fail(String message) throws IOException {
        throw new IOException(message);
    }

    private static TaskGroupException failuresOf(Block block) {
        TaskGroupException e = catchThrowableOfType(TaskGroupException.class, block::run);
        assertThat(e).as("a TaskGroupException").isNotNull();
        return e;
    }

    @FunctionalInterface
    private interface Block {
        void run() throws Exception;
    }

    private static List<String> messages(TaskGroupException e) {
        return e.failures().stream().map(Throwable::getMessage).toList();
    }

    // -- the block and its children -------------------------------------------------------------------------------

    @Test
    void childrenEndBeforeTheBlockDoes() {
        run(() -> {
            taskGroup(group -> {
                for (int i = 1; i <= 3; i++) {
                    int number = i;
                    group.createTask(() -> {
                        sleep(Duration.ofMillis(number));
                        order.add(number);
                    });
                }
                order.add("body");
            });
            order.add("after");
            assertThat(allTasks()).containsExactly(currentTask());
        });
        assertThat(order).containsExactly("body", 1, 2, 3, "after");
    }

    @Test
    void theBodyReturnsAResultAndMayAwaitItsChildren() {
        String result = run(() -> taskGroup(group -> {
            Task<String> a = group.createTask(() -> "a");
            Task<String> b = group.createTask(() -> "b");
            return await(a) + await(b);
        }));
        assertThat(result).isEqualTo("ab");
    }

    /** Behaviour 8. */
    @Test
    void anEmptyGroupDoesNotSuspend() {
        run(() -> {
            runningLoop().callSoon(() -> order.add("callback"));
            taskGroup(group -> {});
            assertThat(order).isEmpty();
        });
    }

    @Test
    void childrenMayCreateChildrenEvenWhenTheBodyHasEnded() {
        run(() -> taskGroup(group -> {
            group.createTask(() -> {
                sleep(SHORT);
                group.createTask(() -> {
                    sleep(SHORT);
                    group.createTask(() -> order.add("grandchild"));
                });
            });
            order.add("body ended");
        }));
        assertThat(order).containsExactly("body ended", "grandchild");
    }

    @Test
    void othersMayCreateChildrenToo() {
        run(() -> {
            List<TaskGroup> groups = new ArrayList<>();
            Future<@Nullable Void> enough = runningLoop().createFuture();
            Task<?> owner = createTask(() -> taskGroup(group -> {
                groups.add(group);
                group.createTask(() -> await(enough));
            }));
            sleep(Duration.ZERO);
            groups.getFirst().createTask(() -> order.add("from a task outside"));
            runningLoop().callSoon(() -> {
                groups.getFirst().createTask(() -> order.add("from a callback"));
                enough.setResult(null);
            });
            await(owner);
        });
        assertThat(order).containsExactly("from a task outside", "from a callback");
    }

    @Test
    void aFinishedGroupTakesNoMoreTasks() {
        run(() -> {
            TaskGroup[] kept = {null};
            taskGroup(group -> {
                kept[0] = group;
            });
            assertThatThrownBy(() -> kept[0].createTask(() -> order.add("must not run")))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("TaskGroup[of Task-1, finished] is finished and takes no more tasks");
            assertThatThrownBy(() -> kept[0].createBackgroundTask(() -> order.add("must not run")))
                    .isInstanceOf(IllegalStateException.class);
            kept[0].cancel(); // harmless
            sleep(SHORT);
            assertThat(currentTask().cancelling()).isZero();
        });
        assertThat(order).isEmpty();
    }

    @Test
    void childrenHaveNamesAndMayBeEager() {
        run(() -> {
            runningLoop().setTaskFactory(TaskFactory.eager());
            taskGroup(group -> {
                Task<String> done = group.createTask(() -> "at once", TaskOptions.named("quick"));
                assertThat(done.done()).isTrue();
                assertThat(done.getName()).isEqualTo("quick");
                Task<?> waits = group.createTask(() -> {
                    order.add("began");
                    sleep(SHORT);
                    order.add("ended");
                });
                assertThat(waits.done()).isFalse();
                order.add("body");
            });
        });
        assertThat(order).containsExactly("began", "body", "ended");
    }

    @Test
    void aGroupNeedsATask() {
        assertThatThrownBy(() -> taskGroup(group -> {}))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("taskGroup suspends, so it needs a task");
    }

    @Test
    void otherThreadsCannotUseAGroup() throws Exception {
        run(() -> {
            taskGroup(group -> {
                Future<?> attempt = runningLoop().runInExecutor(null, () -> {
                    assertThatThrownBy(() -> group.createTask(() -> {})).isInstanceOf(WrongThreadException.class);
                    assertThatThrownBy(group::cancel).isInstanceOf(WrongThreadException.class);
                    return null;
                });
                await(attempt);
            });
        });
    }

    // -- failures -------------------------------------------------------------------------------------------------

    /** Row M12. */
    @Test
    void theFirstFailureCancelsTheOtherChildrenAndTheBody() {
        run(() -> {
            TaskGroupException e = failuresOf(() -> taskGroup(group -> {
                group.createTask(() -> {
                    try {
                        sleepForEver();
                    } catch (CancelledError cancelled) {
                        order.add("child: " + cancelled.getMessage());
                        throw cancelled;
                    }
                });
                group.createTask(() -> fail("disk"), TaskOptions.named("reader"));
                try {
                    sleepForEver();
                } catch (CancelledError cancelled) {
                    order.add("body");
                    throw cancelled;
                }
            }));
            assertThat(messages(e)).containsExactly("disk");
            assertThat(e).hasMessage("1 of 2 tasks in a group of Task-1 failed: reader (java.io.IOException: disk)");
            assertThat(e.getCause()).isSameAs(e.failures().getFirst());
            assertThat(currentTask().cancelling()).isZero();
            sleep(SHORT); // the task is as it was
        });
        assertThat(order).containsExactlyInAnyOrder("child: reader of its task group has failed", "body");
    }

    @Test
    void allFailuresAreThereInTheOrderInWhichTheTasksEnded() {
        run(() -> {
            TaskGroupException e = failuresOf(() -> taskGroup(group -> {
                for (int i = 0; i < 3; i++) {
                    String number = "cleaning up " + i;
                    int turns = 3 - i;
                    group.createTask(() -> {
                        try {
                            sleepForEver();
                        } finally {
                            turns(turns);
                            fail(number);
                        }
                    });
                }
                group.createTask(() -> fail("first"));
            }));
            assertThat(messages(e)).containsExactly("first", "cleaning up 2", "cleaning up 1", "cleaning up 0");
            assertThat(e.getMessage()).startsWith("4 of 4 tasks in a group of Task-1 failed: Task-5 (");
        });
    }

    @Test
    void childrenThatFailInTheSameIterationAreAllHeard() {
        run(() -> {
            TaskGroupException e = failuresOf(() -> taskGroup(group -> {
                group.createTask(() -> fail("one"));
                group.createTask(() -> fail("two"));
                group.createTask(() -> fail("three"));
            }));
            assertThat(messages(e)).containsExactly("one", "two", "three");
        });
    }

    /** Behaviour 33. */
    @Test
    void theFailureOfTheBodyComesLast() {
        run(() -> {
            TaskGroupException e = failuresOf(() -> taskGroup(group -> {
                group.createTask(() -> fail("child"));
                try {
                    sleepForEver();
                } finally {
                    fail("body");
                }
            }));
            assertThat(messages(e)).containsExactly("child", "body");
            assertThat(e.getMessage()).endsWith("the body (java.io.IOException: body)");
            assertThat(currentTask().cancelling()).isZero();
        });
    }

    /** Differs from CPython, which wraps it, too: a body keeps its checked exceptions. */
    @Test
    void ifOnlyTheBodyFailsItsFailureIsThrownAsItIs() throws Exception {
        run(() -> {
            try {
                taskGroup(group -> {
                    group.createTask(() -> {
                        try {
                            sleepForEver();
                        } finally {
                            order.add("child cleaned up");
                        }
                    });
                    sleep(SHORT);
                    fail("body");
                });
            } catch (IOException e) { // would not compile if the block did not declare it
                order.add(e.getMessage());
            }
        });
        assertThat(order).containsExactly("child cleaned up", "body");
    }

    @Test
    void aBodyThatGetsTheFailureOfAChildByAwaitingItHasNotFailedItself() {
        run(() -> {
            TaskGroupException awaited = failuresOf(() -> taskGroup(group -> {
                Task<?> child = group.createTask(() -> fail("child"));
                await(child);
            }));
            assertThat(messages(awaited)).containsExactly("child");
            TaskGroupException eager = failuresOf(() -> taskGroup(group -> {
                Task<?> child = group.createTask(() -> fail("child"), TaskOptions.eager());
                await(child);
            }));
            assertThat(messages(eager)).containsExactly("child");
        });
    }

    @Test
    void theStackTraceOfTheExceptionShowsEveryFailureOnce() {
        run(() -> {
            IOException shared = new IOException("shared");
            TaskGroupException e = failuresOf(() -> taskGroup(group -> {
                for (int i = 0; i < 3; i++) {
                    int number = i;
                    group.createTask(() -> fail("failure " + number));
                }
                for (int i = 0; i < 2; i++) {
                    group.createTask(() -> {
                        throw shared;
                    });
                }
            }));
            assertThat(e.failures()).hasSize(5);
            StringWriter trace = new StringWriter();
            e.printStackTrace(new PrintWriter(trace, true));
            for (String message : List.of("failure 0", "failure 1", "failure 2", "shared")) {
                assertThat(trace.toString()
                                .lines()
                                .filter(line -> line.endsWith(": java.io.IOException: " + message)
                                        || line.strip().equals("Caused by: java.io.IOException: " + message)))
                        .as(message)
                        .hasSize(1);
            }
        });
    }

    @Test
    void theMessageNamesTenFailuresAndCountsTheRest() {
        run(() -> {
            TaskGroupException e = failuresOf(() -> taskGroup(group -> {
                for (int i = 0; i < 30; i++) {
                    group.createTask(() -> fail("x"));
                }
            }));
            assertThat(e.failures()).hasSize(30);
            assertThat(e.getMessage())
                    .startsWith("30 of 30 tasks in a group of Task-1 failed: Task-2 (java.io.IOException: x), Task-3 (")
                    .endsWith(", and 20 more");
        });
    }

    /** Behaviour 34. */
    @Test
    void aChildThatIsCancelledByHandHasNotFailed() {
        run(() -> taskGroup(group -> {
            Task<?> cancelled = group.createTask(TaskGroupTest::sleepForEver);
            group.createTask(() -> {
                sleep(Duration.ofMillis(2));
                order.add("went on");
            });
            sleep(SHORT);
            cancelled.cancel();
        }));
        assertThat(order).containsExactly("went on");
    }

    /** Behaviour 37. */
    @Test
    void aChildThatHasNotStartedWhenTheGroupEndsNeverRuns() {
        run(() -> {
            assertThatThrownBy(() -> taskGroup(group -> {
                        group.createTask(() -> order.add("must not run"));
                        fail("body");
                    }))
                    .isInstanceOf(IOException.class);
        });
        assertThat(order).isEmpty();
    }

    /** Behaviour 37. */
    @Test
    void aGroupThatIsShuttingDownTakesNoMoreTasks() {
        run(() -> {
            TaskGroupException e = failuresOf(() -> taskGroup(group -> {
                group.createTask(() -> {
                    try {
                        sleepForEver();
                    } finally {
                        assertThatThrownBy(() -> group.createTask(() -> order.add("must not run")))
                                .isInstanceOf(IllegalStateException.class)
                                .hasMessageMatching("TaskGroup\\[of Task-1, shutting down, 1 child, 1 failed] is "
                                        + "shutting down and takes no more tasks");
                        order.add("refused");
                    }
                });
                group.createTask(() -> fail("disk"));
            }));
            assertThat(messages(e)).containsExactly("disk");
        });
        assertThat(order).containsExactly("refused");
    }

    /** As CPython 3.14, row M11. */
    @Test
    void anEagerChildThatFailsDoesNotDisturbWhoeverCreatesIt() {
        run(() -> {
            TaskGroupException e = failuresOf(() -> taskGroup(group -> {
                Task<?> child = group.createTask(() -> fail("at once"), TaskOptions.eager());
                order.add(child.done());
                order.add(currentTask().cancelling());
                try {
                    sleepForEver();
                } finally {
                    order.add("body cancelled");
                }
            }));
            assertThat(messages(e)).containsExactly("at once");
        });
        assertThat(order).containsExactly(true, 0, "body cancelled");
    }

    @Test
    void errorsAreFailuresLikeExceptions() {
        run(() -> {
            TaskGroupException e = failuresOf(() -> taskGroup(group -> {
                group.createTask(() -> {
                    throw new StackOverflowError("deep");
                });
            }));
            assertThat(e.failures().getFirst()).isInstanceOf(StackOverflowError.class);
        });
    }

    @Test
    void aBodyThatSwallowsTheCancelAndReturnsDoesNotHideTheFailure() {
        run(() -> {
            TaskGroupException e = failuresOf(() -> taskGroup(group -> {
                group.createTask(() -> fail("disk"));
                try {
                    sleepForEver();
                } catch (CancelledError cancelled) {
                    order.add("swallowed");
                }
                return "a result";
            }));
            assertThat(messages(e)).containsExactly("disk");
            assertThat(currentTask().cancelling()).isZero();
        });
        assertThat(order).containsExactly("swallowed");
    }

    // -- cancelled from outside -----------------------------------------------------------------------------------

    @Test
    void cancellingTheTaskCancelsTheChildrenAndWaitsForThem() {
        run(() -> {
            Task<?> owner = createTask(() -> taskGroup(group -> {
                group.createTask(() -> {
                    try {
                        sleepForEver();
                    } finally {
                        sleep(SHORT);
                        order.add("child cleaned up");
                    }
                });
                sleepForEver();
            }));
            turns(2); // the child has begun
            owner.cancel("enough");
            assertThatThrownBy(() -> await(owner))
                    .isInstanceOf(CancelledError.class)
                    .hasMessage("enough");
            assertThat(owner.cancelling()).isEqualTo(1);
        });
        assertThat(order).containsExactly("child cleaned up");
    }

    /** Behaviour 36. */
    @Test
    void cancellingItAgainDoesNotStopTheWaiting() {
        run(() -> {
            Future<@Nullable Void> enough = runningLoop().createFuture();
            Task<?> owner = createTask(() -> {
                taskGroup(group -> {
                    group.createTask(() -> {
                        try {
                            sleepForEver();
                        } finally {
                            order.add("child cleans up");
                            await(enough);
                            order.add("child cleaned up");
                        }
                    });
                });
            });
            turns(2); // the child has begun
            owner.cancel("one");
            while (order.isEmpty()) {
                sleep(Duration.ZERO);
            }
            owner.cancel("two");
            turns(3);
            assertThat(owner.done()).isFalse();
            enough.setResult(null);
            assertThatThrownBy(() -> await(owner)).isInstanceOf(CancelledError.class);
            assertThat(owner.cancelling()).isEqualTo(2);
        });
        assertThat(order).containsExactly("child cleans up", "child cleaned up");
    }

    /** Behaviour 35. */
    @Test
    void failuresWinOverACancelWhichThenComesAtTheNextSuspension() {
        run(() -> {
            Task<?> owner = createTask(() -> {
                TaskGroupException e = failuresOf(() -> taskGroup(group -> {
                    group.createTask(() -> {
                        try {
                            sleepForEver();
                        } finally {
                            fail("cleaning up");
                        }
                    });
                    sleepForEver();
                }));
                order.addAll(messages(e));
                order.add(currentTask().cancelling());
                try {
                    sleep(Duration.ZERO);
                    order.add("not reached");
                } catch (CancelledError cancelled) {
                    order.add(cancelled.getMessage());
                    throw cancelled;
                }
            });
            turns(2); // the child has begun
            owner.cancel("enough");
            assertThatThrownBy(() -> await(owner)).isInstanceOf(CancelledError.class);
            assertThat(owner.cancelling()).isEqualTo(1);
        });
        assertThat(order).containsExactly("cleaning up", 1, "enough");
    }

    /** As CPython. */
    @Test
    void aCancelThatTheBodyReplacesByAFailureComesAtTheNextSuspensionToo() {
        run(() -> {
            Task<?> owner = createTask(() -> {
                try {
                    taskGroup(group -> {
                        try {
                            sleepForEver();
                        } finally {
                            fail("body");
                        }
                    });
                } catch (IOException e) {
                    order.add(e.getMessage());
                }
                sleep(Duration.ZERO);
                order.add("not reached");
            });
            sleep(SHORT);
            owner.cancel();
            assertThatThrownBy(() -> await(owner)).isInstanceOf(CancelledError.class);
        });
        assertThat(order).containsExactly("body");
    }

    /** Row M15. */
    @Test
    void aFailureAndACancelAtTheSameTimeAreBothHeard() {
        run(() -> {
            Task<?> owner = createTask(() -> {
                TaskGroupException e = failuresOf(() -> taskGroup(group -> {
                    Future<String> signal = runningLoop().createFuture();
                    order.add(signal);
                    group.createTask(() -> {
                        await(signal);
                        fail("disk");
                    });
                    sleepForEver();
                }));
                order.addAll(messages(e));
                assertThat(currentTask().cancelling()).isEqualTo(1);
                sleep(Duration.ZERO);
                order.add("not reached");
            });
            turns(2); // the child has begun to wait
            ((Future<?>) order.removeFirst()).setResult(null);
            sleep(Duration.ZERO); // the child has failed, the group has not noticed yet
            owner.cancel("enough");
            assertThatThrownBy(() -> await(owner)).isInstanceOf(CancelledError.class);
        });
        assertThat(order).containsExactly("disk");
    }

    /** Row M15, second half. */
    @Test
    void ofNestedGroupsThatFailTogetherBothThrowTheirFailures() {
        run(() -> {
            TaskGroupException outer = failuresOf(() -> taskGroup(group -> {
                group.createTask(() -> fail("outer"));
                TaskGroupException inner = failuresOf(() -> taskGroup(nested -> {
                    nested.createTask(() -> fail("inner"));
                    sleepForEver();
                }));
                order.addAll(messages(inner));
                assertThat(currentTask().cancelling()).isEqualTo(1);
                sleep(LONG); // the cancel of the outer group comes here
            }));
            assertThat(messages(outer)).containsExactly("outer");
            assertThat(currentTask().cancelling()).isZero();
        });
        assertThat(order).containsExactly("inner");
    }

    @Test
    void aFailureOfANestedGroupIsAFailureOfItsChild() {
        run(() -> {
            TaskGroupException outer = failuresOf(() -> taskGroup(group ->
                    group.createTask(() -> taskGroup(nested -> nested.createTask(() -> fail("deep"))))));
            assertThat(outer.failures())
                    .singleElement()
                    .isInstanceOfSatisfying(
                            TaskGroupException.class,
                            inner -> assertThat(messages(inner)).containsExactly("deep"));
        });
    }

    @Test
    void requestsFromBeforeTheBlockAreNotMistakenForRequestsInIt() {
        run(() -> {
            Task<?> task = createTask(() -> {
                try {
                    sleepForEver();
                } finally {
                    // Cleaning up after a cancel, with a group of its own. CPython cancels again here.
                    TaskGroupException e = failuresOf(() -> taskGroup(group -> group.createTask(() -> fail("disk"))));
                    order.addAll(messages(e));
                    taskGroup(group -> {
                        group.createTask(TaskGroupTest::sleepForEver);
                        group.cancel();
                    });
                    sleep(SHORT);
                    order.add("cleaned up");
                    assertThat(currentTask().cancelling()).isEqualTo(1);
                }
            });
            sleep(Duration.ZERO);
            task.cancel();
            assertThatThrownBy(() -> await(task)).isInstanceOf(CancelledError.class);
        });
        assertThat(order).containsExactly("disk", "cleaned up");
    }

    @Test
    void aRequestFromJustBeforeTheBlockIsDeliveredInItAndNotLost() {
        run(() -> {
            Task<?> task = createTask(() -> {
                currentTask().cancel("before");
                taskGroup(group -> {
                    group.createTask(() -> fail("disk"), TaskOptions.eager());
                    sleepForEver();
                });
            });
            assertThatThrownBy(() -> await(task)).isInstanceOf(TaskGroupException.class);
            Task<?> another = createTask(() -> {
                currentTask().cancel("before");
                try {
                    taskGroup(group -> {
                        group.createTask(() -> fail("disk"), TaskOptions.eager());
                        sleepForEver();
                    });
                } catch (TaskGroupException e) {
                    order.addAll(messages(e));
                }
                sleep(Duration.ZERO);
                order.add("not reached");
            });
            assertThatThrownBy(() -> await(another))
                    .isInstanceOf(CancelledError.class)
                    .hasMessage("before");
        });
        assertThat(order).containsExactly("disk");
    }

    @Test
    void whatOthersCancelInTheBodyIsACancellationOfTheBlock() {
        run(() -> {
            Future<String> future = runningLoop().createFuture();
            runningLoop().callSoon(() -> future.cancel("by others"));
            assertThatThrownBy(() -> taskGroup(group -> {
                        group.createTask(() -> {
                            try {
                                sleepForEver();
                            } finally {
                                order.add("child cancelled");
                            }
                        });
                        await(future);
                    }))
                    .isInstanceOf(CancelledError.class)
                    .hasMessage("by others");
        });
        assertThat(order).containsExactly("child cancelled");
    }

    @Test
    void aTimeoutRoundAGroupCancelsItAndIsATimeout() {
        run(() -> {
            assertThatThrownBy(() -> timeout(
                            SHORT,
                            () -> taskGroup(group -> {
                                group.createTask(TaskGroupTest::sleepForEver);
                                sleepForEver();
                            })))
                    .isInstanceOf(TimeoutException.class);
            assertThatThrownBy(() -> timeout(
                            SHORT,
                            () -> taskGroup(group -> {
                                group.createTask(TaskGroupTest::sleepForEver); // the body ends, and the group waits
                            })))
                    .isInstanceOf(TimeoutException.class);
            assertThat(currentTask().cancelling()).isZero();
            sleep(SHORT);
        });
    }

    @Test
    void aFailureDuringATimeoutIsThrownAndHasTheTimeoutAsASuppressedOne() {
        run(() -> {
            TaskGroupException e = failuresOf(() -> timeout(
                    SHORT,
                    () -> taskGroup(group -> group.createTask(() -> {
                        try {
                            sleepForEver();
                        } finally {
                            fail("cleaning up");
                        }
                    }))));
            assertThat(messages(e)).containsExactly("cleaning up");
            assertThat(e.getSuppressed()).singleElement().isInstanceOf(TimeoutException.class);
            assertThat(currentTask().cancelling()).isZero();
            sleep(SHORT); // and the timeout's cancel is not delivered a second time
        });
    }

    @Test
    @MountedOnly
    void aBodyThatWaitsInACallOfTheJdkIsInterruptedAndThatIsNoFailure() {
        run(() -> {
            TaskGroupException e = failuresOf(() -> taskGroup(group -> {
                group.createTask(() -> {
                    sleep(SHORT);
                    fail("disk");
                });
                Thread.sleep(LONG);
            }));
            assertThat(messages(e)).containsExactly("disk");
            assertThat(Thread.currentThread().isInterrupted()).isFalse();
            assertThat(currentTask().cancelling()).isZero();
            Task<?> owner = createTask(() -> taskGroup(group -> {
                Thread.sleep(LONG);
            }));
            sleep(SHORT);
            owner.cancel("from outside");
            assertThatThrownBy(() -> await(owner))
                    .isInstanceOf(CancelledError.class)
                    .hasMessage("from outside");
        });
    }

    // -- cancel() -------------------------------------------------------------------------------------------------

    /** Row M18. */
    @Test
    void cancellingTheGroupEndsTheBlockWithoutAnException() {
        run(() -> {
            String result = taskGroup(group -> {
                group.createTask(() -> {
                    try {
                        sleepForEver();
                    } finally {
                        order.add("child");
                    }
                });
                group.createTask(() -> {
                    sleep(SHORT);
                    group.cancel();
                    group.cancel(); // harmless
                });
                try {
                    sleepForEver();
                } finally {
                    order.add("body");
                }
                return "not reached";
            });
            assertThat(result).isNull();
            assertThat(currentTask().cancelling()).isZero();
            sleep(SHORT);
        });
        assertThat(order).containsExactlyInAnyOrder("child", "body");
    }

    @Test
    void aBodyMayCancelItsOwnGroup() {
        run(() -> {
            taskGroup(group -> {
                group.createTask(() -> order.add("never started"));
                group.cancel();
                order.add("until the next suspension");
                assertThatThrownBy(() -> group.createTask(() -> {})).hasMessageContaining("is shutting down");
                sleep(Duration.ZERO);
                order.add("not reached");
            });
            String result = taskGroup(group -> {
                group.createTask(TaskGroupTest::sleepForEver);
                group.cancel();
                return "without suspending";
            });
            assertThat(result).isEqualTo("without suspending");
            assertThat(currentTask().cancelling()).isZero();
            sleep(SHORT);
        });
        assertThat(order).containsExactly("until the next suspension");
    }

    @Test
    void theResultOfABodyThatHadEndedBeforeTheCancelIsKept() {
        run(() -> {
            String result = taskGroup(group -> {
                group.createTask(() -> {
                    sleep(SHORT);
                    group.cancel();
                });
                group.createTask(TaskGroupTest::sleepForEver);
                return "there already";
            });
            assertThat(result).isEqualTo("there already");
        });
    }

    @Test
    void failuresDuringACancelAreThrown() {
        run(() -> {
            TaskGroupException e = failuresOf(() -> taskGroup(group -> {
                group.createTask(() -> {
                    try {
                        sleepForEver();
                    } finally {
                        fail("cleaning up");
                    }
                });
                sleep(SHORT);
                group.cancel();
            }));
            assertThat(messages(e)).containsExactly("cleaning up");
            assertThatThrownBy(() -> taskGroup(group -> {
                        group.cancel();
                        fail("body");
                    }))
                    .isInstanceOf(IOException.class);
            assertThat(currentTask().cancelling()).isZero();
        });
    }

    /** Behaviour 38, gh-155433. */
    @Test
    void aTimeoutDuringTheCleanUpAfterACancelOfTheGroupIsNotLost() {
        run(() -> {
            assertThatThrownBy(() -> timeout(LONG, timeout -> {
                        taskGroup(group -> {
                            group.createTask(() -> {
                                try {
                                    sleepForEver();
                                } finally {
                                    timeout.reschedule(Duration.ZERO);
                                    sleep(SHORT); // the time is over
                                    order.add("cleaned up");
                                }
                            });
                            sleep(Duration.ZERO);
                            group.cancel();
                        });
                    }))
                    .isInstanceOf(TimeoutException.class);
            assertThat(currentTask().cancelling()).isZero();
        });
        assertThat(order).containsExactly("cleaned up");
    }

    @Test
    void aCancelByOthersBesideTheCancelOfTheGroupIsNotLost() {
        run(() -> {
            for (boolean othersFirst : new boolean[] {true, false}) {
                TaskGroup[] groups = {null};
                Task<?> owner = createTask(() -> taskGroup(group -> {
                    groups[0] = group;
                    sleepForEver();
                }));
                sleep(SHORT);
                if (othersFirst) {
                    owner.cancel("by others");
                }
                groups[0].cancel();
                if (!othersFirst) {
                    owner.cancel("by others");
                }
                assertThatThrownBy(() -> await(owner)).isInstanceOf(CancelledError.class);
                assertThat(owner.cancelling()).isEqualTo(1);
            }
        });
    }

    @Test
    void aCancelByOthersThatTheBodyCannotHaveSeenIsDeliveredByTheBlock() {
        run(() -> {
            TaskGroup[] groups = {null};
            Task<?> owner = createTask(() -> {
                taskGroup(group -> {
                    groups[0] = group;
                    try {
                        sleepForEver();
                    } catch (CancelledError e) {
                        order.add("swallowed"); // it stands for both requests
                    }
                });
                order.add("not reached");
            });
            sleep(SHORT);
            groups[0].cancel();
            owner.cancel("by others");
            assertThatThrownBy(() -> await(owner)).isInstanceOf(CancelledError.class);
        });
        assertThat(order).containsExactly("swallowed");
    }

    @Test
    void anEagerChildThatCancelsItsGroupIsCancelledToo() {
        run(() -> {
            taskGroup(group -> {
                group.createTask(
                        () -> {
                            group.cancel();
                            try {
                                sleepForEver();
                            } finally {
                                order.add("cancelled");
                            }
                        },
                        TaskOptions.eager());
            });
        });
        assertThat(order).containsExactly("cancelled");
    }

    // -- KeyboardInterrupt, closing, toString ---------------------------------------------------------------------

    /** Row M16. */
    @Test
    void aKeyboardInterruptOfAChildIsThrownBareAndTheOtherFailuresAreReported(Errors errors) {
        KeyboardInterrupt interrupt = new KeyboardInterrupt();
        assertThatThrownBy(() -> run(() -> {
                    try {
                        taskGroup(group -> {
                            group.createTask(() -> {
                                try {
                                    sleepForEver();
                                } finally {
                                    order.add("child cleaned up");
                                    fail("cleaning up");
                                }
                            });
                            group.createTask(() -> {
                                sleep(SHORT);
                                throw interrupt;
                            });
                        });
                    } catch (Throwable e) {
                        order.add(e);
                        throw e;
                    }
                }))
                .isSameAs(interrupt);
        assertThat(order).containsExactly("child cleaned up", interrupt);
        assertThat(errors.takeOnly()).satisfies(error -> {
            assertThat(error.message())
                    .isEqualTo("Failure in a task group of Task-1 that was ended by a KeyboardInterrupt");
            assertThat(error.exception()).hasMessage("cleaning up");
        });
    }

    @Test
    void aKeyboardInterruptOfTheBodyIsThrownBareAndTheOtherFailuresAreReported(Errors errors) {
        assertThatThrownBy(() -> run(() -> taskGroup(group -> {
                    group.createTask(() -> {
                        try {
                            sleepForEver();
                        } finally {
                            fail("cleaning up");
                        }
                    });
                    sleep(SHORT);
                    throw new KeyboardInterrupt();
                })))
                .isInstanceOf(KeyboardInterrupt.class);
        assertThat(errors.takeOnly().exception()).hasMessage("cleaning up");
    }

    @Test
    void aLoopThatIsClosedUnwindsAGroupAndLosesNoFailure(Errors errors) {
        EventLoop loop = newEventLoop();
        Task<?> owner = loop.createTask(() -> taskGroup(group -> {
            group.createTask(() -> {
                try {
                    sleepForEver();
                } finally {
                    order.add("child unwound");
                    fail("while it was unwound");
                }
            });
            group.createTask(() -> fail("before"));
            try {
                sleepForEver();
            } finally {
                order.add("body unwound");
            }
        }));
        loop.callSoon(() -> loop.callSoon(loop::stop)); // when the child has failed
        loop.runForever();
        loop.close();
        assertThat(owner.done()).isTrue();
        assertThat(order).containsExactlyInAnyOrder("child unwound", "body unwound");
        assertThat(errors.take())
                .filteredOn(error -> error.exception() != null)
                .extracting(error -> error.exception().getMessage())
                .containsExactlyInAnyOrder("before", "while it was unwound");
    }

    @Test
    void aLoopThatIsClosedUnwindsAGroupThatWaitsForItsChildren(Errors errors) {
        EventLoop loop = newEventLoop();
        Task<?> owner = loop.createTask(() -> taskGroup(group -> {
            group.createTask(() -> {
                try {
                    sleepForEver();
                } finally {
                    order.add("child unwound");
                }
            });
        }));
        loop.callSoon(() -> loop.callSoon(loop::stop)); // when the child has begun
        loop.runForever();
        loop.close();
        assertThat(owner.cancelled()).isTrue();
        assertThat(order).containsExactly("child unwound");
        assertThat(errors.take())
                .hasSize(2)
                .allSatisfy(error -> assertThat(error.message()).isEqualTo("Task was destroyed but it is pending!"));
    }

    @Test
    void aGroupSaysWhoseItIsAndHowItStands() {
        run(() -> {
            Future<@Nullable Void> enough = runningLoop().createFuture();
            TaskGroup[] kept = {null};
            Task<?> owner = createTask(
                    () -> taskGroup(group -> {
                        kept[0] = group;
                        assertThat(group).hasToString("TaskGroup[of owner, open, 0 children]");
                        group.createTask(() -> await(enough));
                        group.createTask(() -> {});
                        group.createBackgroundTask(TaskGroupTest::sleepForEver);
                        assertThat(group).hasToString("TaskGroup[of owner, open, 2 children, 1 in the background]");
                    }),
                    TaskOptions.named("owner"));
            turns(3); // the second child has ended
            assertThat(owner.toString())
                    .endsWith("waiting on TaskGroup[of owner, body ended, 1 child, 1 in the background]]");
            enough.setResult(null);
            await(owner);
            assertThat(kept[0]).hasToString("TaskGroup[of owner, finished]");
        });
    }

    @Test
    void aHundredThousandChildrenOfOneGroupTakeNoTimeAndNoMemoryOnceDone() {
        run(() -> {
            int[] done = {0};
            taskGroup(group -> {
                for (int i = 0; i < 100_000; i++) {
                    group.createTask(() -> done[0]++);
                    if (i % 1_000 == 0) {
                        sleep(Duration.ZERO);
                    }
                }
            });
            assertThat(done[0]).isEqualTo(100_000);
        });
    }

    @Test
    void tenThousandChildrenAreCancelledTogether() {
        run(() -> {
            int[] cancelled = {0};
            TaskGroupException e = failuresOf(() -> taskGroup(group -> {
                for (int i = 0; i < 10_000; i++) {
                    group.createTask(() -> {
                        try {
                            sleepForEver();
                        } finally {
                            cancelled[0]++;
                        }
                    });
                }
                sleep(Duration.ZERO);
                fail("body", group);
            }));
            assertThat(messages(e)).containsExactly("child");
            assertThat(cancelled[0]).isEqualTo(10_000);
        });
    }

    private static void fail(String message, TaskGroup group) throws IOException {
        group.createTask(() -> fail("child"));
        sleepForEver();
        fail(message);
    }

    @Test
    void aThreadThatATaskStartedCannotOpenAGroup() throws Exception {
        Thread thread = Spawn.platform(
                "stranger",
                () -> assertThatThrownBy(() -> taskGroup(group -> {})).isInstanceOf(IllegalStateException.class));
        thread.join();
    }
}
