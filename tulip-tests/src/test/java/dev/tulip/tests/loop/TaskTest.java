package dev.tulip.tests.loop;

import static dev.tulip.Tulip.allTasks;
import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.currentTask;
import static dev.tulip.Tulip.newEventLoop;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Future;
import dev.tulip.loop.KeyboardInterrupt;
import dev.tulip.loop.Task;
import dev.tulip.loop.TaskFactory;
import dev.tulip.loop.TaskOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Tasks: rows K1 to K10 of asyncio, behaviours 6 and 64. */
class TaskTest {
    private final List<Object> order = new ArrayList<>();

    @Test
    void aTaskStartsInTheNextIteration() {
        run(() -> {
            Task<String> task = createTask(() -> {
                order.add("body");
                return "result";
            });
            order.add("created");
            assertThat(await(task)).isEqualTo("result");
            assertThat(order).containsExactly("created", "body");
        });
    }

    @Test
    void tasksStartInTheOrderOfTheirCreation() {
        run(() -> {
            List<Task<?>> tasks = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                int number = i;
                tasks.add(createTask(() -> order.add(number)));
            }
            tasks.forEach(Task::await);
        });
        assertThat(order).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    }

    @Test
    void tasksTakeTurnsAtTheirSuspensions() {
        run(() -> {
            Task<?> a = createTask(() -> turns("a"));
            Task<?> b = createTask(() -> turns("b"));
            await(a);
            await(b);
        });
        assertThat(order).containsExactly("a0", "b0", "a1", "b1", "a2", "b2");
    }

    private void turns(String name) {
        for (int i = 0; i < 3; i++) {
            order.add(name + i);
            sleep(Duration.ZERO);
        }
    }

    @Test
    void codeBetweenTwoSuspensionsIsNotInterruptedByOthers() {
        int[] shared = {0};
        run(() -> {
            List<Task<?>> tasks = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                tasks.add(createTask(() -> {
                    for (int k = 0; k < 100; k++) {
                        int before = shared[0];
                        shared[0] = before + 1;
                        sleep(Duration.ZERO);
                    }
                }));
            }
            tasks.forEach(Task::await);
        });
        assertThat(shared[0]).isEqualTo(10_000);
    }

    @Test
    void aTaskIsTheCurrentOneWhileItRunsAndACallbackIsNone() {
        run(() -> {
            Task<?> main = currentTask();
            assertThat(main).isNotNull();
            Task<?>[] inside = new Task<?>[2];
            Task<?> task = createTask(() -> inside[0] = currentTask());
            runningLoop().callSoon(() -> inside[1] = currentTask());
            await(task);
            sleep(Duration.ZERO);
            assertThat(inside[0]).isSameAs(task);
            assertThat(inside[1]).isNull();
            assertThat(currentTask()).isSameAs(main);
        });
        assertThatThrownBy(() -> currentTask()).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void allTasksAreThoseThatAreNotDone() {
        run(() -> {
            Task<?> main = currentTask();
            Task<?> task = createTask(() -> sleep(Duration.ofDays(1)));
            Task<?> quick = createTask(() -> {});
            assertThat(allTasks()).containsExactly(main, task, quick);
            await(quick);
            assertThat(allTasks()).containsExactly(main, task);
        });
    }

    @Test
    void allTasksMayBeAskedForByAnotherThread() {
        run(() -> {
            EventLoop loop = runningLoop();
            Task<?> main = currentTask();
            Future<Set<Task<?>>> seen = loop.runInExecutor(null, loop::allTasks);
            assertThat(await(seen)).containsExactly(main);
        });
    }

    @Test
    void namesAreNumberedUnlessGiven() {
        run(() -> {
            assertThat(currentTask().getName()).isEqualTo("Task-1");
            Task<?> second = createTask(() -> {});
            Task<?> named = createTask(() -> {}, TaskOptions.named("fetch"));
            assertThat(second.getName()).isEqualTo("Task-2");
            assertThat(named.getName()).isEqualTo("fetch");
            named.setName("other");
            assertThat(named.getName()).isEqualTo("other");
            assertThat(named.toString()).startsWith("Task[other pending, dev.tulip.tests.loop.TaskTest");
        });
    }

    @Test
    void aTaskCannotBeGivenAResultFromOutside() {
        run(() -> {
            Task<String> task = createTask(() -> "own");
            assertThatThrownBy(() -> task.setResult("foreign")).isInstanceOf(UnsupportedOperationException.class);
            assertThatThrownBy(() -> task.setException(new IOException()))
                    .isInstanceOf(UnsupportedOperationException.class);
            assertThat(await(task)).isEqualTo("own");
        });
    }

    @Test
    void aTaskFailsWithWhatItsBodyThrowsCheckedOrNot() {
        run(() -> {
            for (Throwable failure :
                    List.of(new IOException("x"), new AssertionError("y"), new OutOfMemoryError("z"))) {
                Task<?> task = createTask(() -> {
                    throw failure;
                });
                assertThatThrownBy(() -> await(task)).isSameAs(failure);
            }
        });
    }

    @Test
    void aStackOverflowEndsTheTaskNotTheLoop() {
        run(() -> {
            Task<?> task = createTask(TaskTest::recurse);
            assertThatThrownBy(() -> await(task)).isInstanceOf(StackOverflowError.class);
        });
    }

    private static int recurse() {
        return recurse() + 1;
    }

    /** Behaviour 6, second half. */
    @Test
    void aKeyboardInterruptInATaskIsItsExceptionAndLeavesTheLoopToo() {
        try (EventLoop loop = newEventLoop()) {
            KeyboardInterrupt interrupt = new KeyboardInterrupt();
            Task<?> task = loop.createTask(() -> {
                throw interrupt;
            });
            assertThatThrownBy(loop::runForever).isSameAs(interrupt);
            assertThat(task.exception()).isSameAs(interrupt);
            // The loop can be used again.
            assertThat(loop.<Integer, RuntimeException>runUntilComplete(() -> 7))
                    .isEqualTo(7);
        }
    }

    /** Behaviour 64. */
    @Test
    void anEagerTaskRunsToItsFirstSuspensionInsideCreateTask() {
        run(() -> {
            runningLoop().setTaskFactory(TaskFactory.eager());
            Task<?> main = currentTask();
            Task<?> a = createTask(() -> {
                order.add("a1");
                assertThat(currentTask()).isNotSameAs(main);
                sleep(Duration.ZERO);
                order.add("a2");
            });
            assertThat(a.done()).isFalse();
            Task<String> b = createTask(() -> {
                order.add("b");
                return "at once";
            });
            assertThat(b.done()).isTrue();
            assertThat(b.result()).isEqualTo("at once");
            assertThat(currentTask()).isSameAs(main);
            order.add("creator");
            await(a);
            assertThat(order).containsExactly("a1", "b", "creator", "a2");
        });
    }

    @Test
    void eagerTasksMayStartEagerTasks() {
        run(() -> {
            Task<?> outer = createTask(
                    () -> {
                        order.add("outer");
                        Task<?> inner = createTask(
                                () -> {
                                    order.add("inner");
                                    sleep(Duration.ZERO);
                                    order.add("inner again");
                                },
                                TaskOptions.eager());
                        order.add("outer again");
                        await(inner);
                    },
                    TaskOptions.eager());
            order.add("main");
            await(outer);
        });
        assertThat(order).containsExactly("outer", "inner", "outer again", "main", "inner again");
    }

    @Test
    void anEagerTaskMayBeStartedFromACallback() {
        run(() -> {
            EventLoop loop = runningLoop();
            loop.callSoon(() -> {
                loop.createTask(() -> order.add("task"), TaskOptions.eager());
                order.add("callback");
            });
            loop.callSoon(() -> order.add("next"));
            sleep(Duration.ZERO);
        });
        assertThat(order).containsExactly("task", "callback", "next");
    }

    @Test
    void eagerStartMayBeSwitchedOffForOneTask() {
        run(() -> {
            runningLoop().setTaskFactory(TaskFactory.eager());
            Task<?> task =
                    createTask(() -> order.add("task"), TaskOptions.defaults().withEagerStart(false));
            order.add("creator");
            await(task);
        });
        assertThat(order).containsExactly("creator", "task");
    }

    @Test
    void anEagerTaskOfALoopThatDoesNotRunStartsWhenItRuns() {
        try (EventLoop loop = newEventLoop()) {
            Task<?> task = loop.createTask(() -> order.add("task"), TaskOptions.eager());
            order.add("created");
            loop.runUntilComplete(task);
        }
        assertThat(order).containsExactly("created", "task");
    }

    @Test
    void aTaskFactoryMayWrapEveryCoroutine() {
        run(() -> {
            runningLoop()
                    .setTaskFactory((loop, coroutine, options) -> Task.create(
                            loop,
                            () -> {
                                order.add("before");
                                try {
                                    return coroutine.run();
                                } finally {
                                    order.add("after");
                                }
                            },
                            options));
            Task<Integer> task = createTask(() -> 5);
            assertThat(await(task)).isEqualTo(5);
            runningLoop().setTaskFactory(null);
            assertThat(runningLoop().taskFactory()).isNull();
            await(createTask(() -> order.add("plain")));
        });
        assertThat(order).containsExactly("before", "after", "plain");
    }

    @Test
    void aTaskThatNobodyHoldsIsNotLost() {
        run(() -> {
            boolean[] done = {false};
            createTask(() -> {
                sleep(Duration.ofMillis(50));
                done[0] = true;
            });
            while (!done[0]) {
                System.gc();
                sleep(Duration.ofMillis(10));
            }
        });
    }

    @Test
    void theStackOfASuspendedTaskIsWhole() {
        run(() -> {
            Task<?> task = createTask(TaskTest::outerMethod);
            sleep(Duration.ZERO);
            List<String> methods = task.getStack().stream()
                    .map(StackTraceElement::getMethodName)
                    .toList();
            assertThat(methods).containsSubsequence("sleep", "innerMethod", "outerMethod");
            ByteArrayOutputStream printed = new ByteArrayOutputStream();
            task.printStack(new PrintStream(printed, true, StandardCharsets.UTF_8));
            assertThat(printed.toString(StandardCharsets.UTF_8)).contains("Stack of Task[Task-2", "innerMethod");
            task.cancel();
            sleep(Duration.ZERO);
            assertThat(task.getStack()).isEmpty();
        });
    }

    private static void outerMethod() {
        innerMethod();
    }

    private static void innerMethod() {
        sleep(Duration.ofDays(1));
    }

    @Test
    void lookingAtAStackDoesNotRunTheTask() {
        run(() -> {
            Future<String> future = runningLoop().createFuture();
            Task<?> task = createTask(() -> order.add(await(future)));
            sleep(Duration.ZERO);
            for (int i = 0; i < 1_000; i++) {
                task.getStack();
            }
            sleep(Duration.ZERO);
            assertThat(order).isEmpty();
            future.setResult("now");
            await(task);
            assertThat(order).containsExactly("now");
        });
    }

    @Test
    void toStringSaysWhatATaskWaitsFor() {
        run(() -> {
            Future<?> future = runningLoop().createFuture();
            Task<?> waiter = createTask(() -> await(future));
            Task<?> outer = createTask(() -> await(waiter));
            Task<?> sleeper = createTask(() -> sleep(Duration.ofDays(1)));
            sleep(Duration.ZERO);
            assertThat(waiter.toString()).endsWith("waiting on Future[pending]]");
            assertThat(outer.toString()).endsWith("waiting on " + waiter.getName() + "]");
            assertThat(sleeper.toString()).endsWith("waiting on sleep]");
            sleeper.cancel();
            assertThat(sleeper.toString()).contains("cancelling 1");
        });
    }

    @Test
    void aTaskThatSuspendsInAClassInitialiserGetsAnErrorNotAHang() {
        run(() -> {
            Task<?> task = createTask(() -> SuspendsInInitialiser.touch());
            if (runningLoop().engine().isMounted()) {
                assertThatThrownBy(() -> await(task))
                        .isInstanceOf(ExceptionInInitializerError.class)
                        .hasRootCauseInstanceOf(IllegalStateException.class)
                        .rootCause()
                        .hasMessageContaining("cannot suspend here");
            } else {
                await(task); // the fallback has no such limit
            }
            // and everything still works
            sleep(Duration.ofMillis(1));
        });
    }

    private static final class SuspendsInInitialiser {
        static {
            sleep(Duration.ofMillis(1));
        }

        static void touch() {}
    }
}
