package dev.tulip.tests.loop;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.currentTask;
import static dev.tulip.Tulip.eventLoopPolicy;
import static dev.tulip.Tulip.newEventLoop;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.setEventLoopPolicy;
import static dev.tulip.Tulip.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.Clock;
import dev.tulip.loop.EventLoop;
import dev.tulip.loop.EventLoopPolicy;
import dev.tulip.loop.Future;
import dev.tulip.loop.LoopOptions;
import dev.tulip.loop.Runner;
import dev.tulip.loop.RunnerOptions;
import dev.tulip.loop.Task;
import dev.tulip.tests.support.Deadline;
import dev.tulip.tests.support.Errors;
import dev.tulip.tests.support.Spawn;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** {@code run}, runners and policies: rows L7, R1 to R3 and W1 of asyncio. Ctrl-C is in CtrlCTest. */
class RunTest {
    private final List<Object> order = new ArrayList<>();

    @Test
    void runReturnsTheResult() {
        assertThat(run(() -> "result").toString()).isEqualTo("result");
    }

    @Test
    void runThrowsWhatTheCoroutineThrowsAndTheCompilerKnows() {
        try {
            run(RunTest::failing);
        } catch (IOException e) { // would not compile if run did not declare it
            order.add(e.getMessage());
        }
        assertThat(order).containsExactly("disk");
    }

    private static String failing() throws IOException {
        throw new IOException("disk");
    }

    @Test
    void whatRunThrowsHasTheFramesOfTheCoroutineAndThenThoseOfTheCaller() {
        assertThatThrownBy(() -> run(RunTest::failing))
                .satisfies(thrown -> assertThat(Arrays.stream(thrown.getStackTrace())
                                .filter(frame -> frame.getClassName().equals(RunTest.class.getName()))
                                .map(frame -> frame.getMethodName().replaceFirst("lambda\\$(\\w+)\\$.*", "$1"))
                                .distinct())
                        .startsWith("failing", "whatRunThrowsHasTheFramesOfTheCoroutineAndThenThoseOfTheCaller"));
    }

    @Test
    void runMakesANewLoopEachTimeAndClosesIt() {
        List<EventLoop> loops = new ArrayList<>();
        run(() -> loops.add(runningLoop()));
        run(() -> loops.add(runningLoop()));
        assertThat(loops).hasSize(2).doesNotHaveDuplicates().allMatch(EventLoop::isClosed);
    }

    @Test
    void runCancelsAndAwaitsWhatIsLeft() {
        run(() -> {
            createTask(() -> {
                try {
                    sleep(Duration.ofDays(1));
                } finally {
                    sleep(Duration.ofMillis(1)); // cleaning up may take its time
                    order.add("cleaned up");
                }
            });
            sleep(Duration.ZERO);
            order.add("main ends");
        });
        order.add("run returned");
        assertThat(order).containsExactly("main ends", "cleaned up", "run returned");
    }

    @Test
    void whatIsLeftIsCancelledAlsoIfTheMainCoroutineFails() {
        assertThatThrownBy(() -> run(() -> {
                    createTask(() -> {
                        try {
                            sleep(Duration.ofDays(1));
                        } finally {
                            order.add("cleaned up");
                        }
                    });
                    sleep(Duration.ZERO);
                    throw new IOException("disk");
                }))
                .isInstanceOf(IOException.class);
        assertThat(order).containsExactly("cleaned up");
    }

    @Test
    void aTaskThatFailsWhileItIsCancelledAtTheEndIsReported(Errors errors) {
        Task<?>[] task = new Task<?>[1];
        run(() -> {
            task[0] = createTask(() -> {
                try {
                    sleep(Duration.ofDays(1));
                } finally {
                    fail("in finally");
                }
            });
            sleep(Duration.ZERO);
        });
        assertThat(errors.takeOnly()).satisfies(error -> {
            assertThat(error.message()).contains("Unhandled exception during run() shutdown");
            assertThat(error.exception()).hasMessage("in finally");
            assertThat(error.get("task")).isSameAs(task[0]);
        });
    }

    private static void fail(String message) {
        throw new IllegalStateException(message);
    }

    @Test
    void runInsideALoopIsRefused() {
        run(() -> {
            assertThatThrownBy(() -> run(() -> 1))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("cannot be called from a running event loop");
        });
    }

    @Test
    void aCancelledMainCoroutineIsACancelledError() {
        assertThatThrownBy(() -> run(() -> {
                    currentTask().cancel("own");
                    sleep(Duration.ZERO);
                }))
                .isInstanceOf(CancelledError.class)
                .hasMessage("own");
    }

    @Test
    void aVirtualThreadMayRunALoopWhichTakesAThreadOfItsOwn() throws Exception {
        List<Object> results = new ArrayList<>();
        Spawn.virtual(() -> results.add(run(() -> {
                    sleep(Duration.ofMillis(1));
                    return await(createTask(() -> Thread.currentThread().isVirtual()));
                })))
                .join();
        assertThat(results).containsExactly(true);
        Spawn.virtual(() -> {
                    try {
                        run(RunTest::failing);
                    } catch (IOException e) {
                        results.add(e.getMessage());
                    }
                })
                .join();
        assertThat(results).containsExactly(true, "disk");
    }

    @Test
    void severalLoopsMayRunOnThreadsOfTheirOwn() throws Exception {
        List<Thread> threads = new ArrayList<>();
        long[] sums = new long[4];
        for (int i = 0; i < sums.length; i++) {
            int number = i;
            threads.add(Spawn.platform(
                    "loop-" + i,
                    () -> run(() -> {
                        List<Task<Integer>> tasks = new ArrayList<>();
                        for (int k = 0; k < 100; k++) {
                            int value = k;
                            tasks.add(createTask(() -> {
                                sleep(Duration.ofNanos(value * 1_000L));
                                return value;
                            }));
                        }
                        for (Task<Integer> task : tasks) {
                            sums[number] += await(task);
                        }
                    })));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(sums).containsOnly(4950);
    }

    @Test
    @SuppressWarnings("try") // closing it twice is the point
    void aRunnerRunsSeveralCoroutinesOnOneLoop() {
        try (Runner runner = new Runner()) {
            EventLoop loop = runner.loop();
            assertThat(runner.<EventLoop, RuntimeException>run(() -> runningLoop()))
                    .isSameAs(loop);
            runner.run(() -> {
                createTask(() -> {
                    sleep(Duration.ZERO);
                    sleep(Duration.ZERO);
                    order.add("goes on in the next run");
                });
            });
            runner.run(() -> sleep(Duration.ofMillis(1)));
            assertThat(order).containsExactly("goes on in the next run");
            runner.close();
            runner.close();
            assertThat(loop.isClosed()).isTrue();
            assertThatThrownBy(runner::loop).hasMessage("Runner is closed");
            assertThatThrownBy(() -> runner.run(() -> {})).hasMessage("Runner is closed");
        }
    }

    @Test
    void aRunnerThatWasNotUsedClosesNothing() {
        new Runner().close();
    }

    @Test
    void runUntilCompleteReturnsTheResultAndKeepsTheLoop() {
        try (EventLoop loop = newEventLoop()) {
            assertThat(loop.<Integer, RuntimeException>runUntilComplete(() -> 1))
                    .isEqualTo(1);
            Task<Integer> task = loop.createTask(() -> 2);
            assertThat(loop.runUntilComplete(task)).isEqualTo(2);
            assertThat(loop.runUntilComplete(task)).isEqualTo(2); // done already
            assertThatThrownBy(() -> loop.runUntilComplete(RunTest::failing)).isInstanceOf(IOException.class);
        }
    }

    @Test
    void runUntilCompleteOfALoopThatIsStoppedEarlierSaysSo() {
        try (EventLoop loop = newEventLoop()) {
            Future<String> never = loop.createFuture();
            loop.callSoon(loop::stop);
            assertThatThrownBy(() -> loop.runUntilComplete(never))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("was stopped before Future[pending] was done");
            // What was left behind must not stop the next run.
            loop.callSoon(() -> never.setResult("late"));
            loop.callLater(Duration.ofMillis(1), () -> {
                order.add("still running");
                loop.stop();
            });
            loop.runForever();
        }
        assertThat(order).containsExactly("still running");
    }

    @Test
    void runUntilCompleteRefusesAFutureOfAnotherLoop() {
        try (EventLoop loop = newEventLoop();
                EventLoop other = newEventLoop()) {
            assertThatThrownBy(() -> loop.runUntilComplete(other.createFuture()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("belongs to EventLoop-");
        }
    }

    @Test
    void aPolicyMakesTheLoopsOfTheProcess() {
        EventLoopPolicy before = eventLoopPolicy();
        try {
            setEventLoopPolicy(() -> EventLoop.create(LoopOptions.defaults().withName("of-the-policy")));
            run(() -> assertThat(runningLoop().toString()).startsWith("of-the-policy[running"));
        } finally {
            setEventLoopPolicy(before);
        }
    }

    @Test
    void aRunnerMayHaveItsOwnPolicyAndDebugMode() {
        RunnerOptions options = RunnerOptions.defaults()
                .withPolicy(() -> EventLoop.create(LoopOptions.defaults().withName("mine")))
                .withDebug(true);
        run(
                () -> {
                    assertThat(runningLoop().toString()).startsWith("mine[");
                    assertThat(runningLoop().isDebug()).isTrue();
                },
                options);
    }

    @Test
    void anInterruptOfTheCallingThreadDoesNotEndTheLoopAndIsNotForgotten() throws Exception {
        boolean[] interrupted = {false};
        Spawn.platform("interrupted", () -> {
                    Thread.currentThread().interrupt();
                    try (EventLoop loop = newEventLoop()) {
                        loop.callLater(Duration.ofMillis(5), loop::stop);
                        loop.runForever();
                    }
                    interrupted[0] = Thread.interrupted();
                })
                .join();
        assertThat(interrupted[0]).isTrue();
    }

    @Test
    void anInterruptOfAnIdleLoopDoesNotMakeItSpin() throws Exception {
        AtomicLong looks = new AtomicLong();
        Clock counting = () -> {
            looks.incrementAndGet();
            return Clock.system().nanos();
        };
        Thread thread;
        try (EventLoop loop = EventLoop.create(LoopOptions.defaults().withClock(counting))) {
            thread = Thread.currentThread();
            Thread interrupter = Spawn.platform("interrupter", () -> {
                Deadline.until("the loop runs", loop::isRunning);
                thread.interrupt();
                loop.callSoonThreadsafe(() -> loop.callLater(Duration.ofMillis(200), loop::stop));
            });
            loop.runForever();
            Deadline.until("it is through", () -> !interrupter.isAlive());
        }
        Thread.interrupted(); // it is back, if it did not come before the loop ran
        assertThat(looks.get()).isLessThan(100);
    }
}
