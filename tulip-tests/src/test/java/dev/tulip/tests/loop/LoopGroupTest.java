package dev.tulip.tests.loop;

import static dev.tulip.Tulip.allTasks;
import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.currentTask;
import static dev.tulip.Tulip.gather;
import static dev.tulip.Tulip.newEventLoop;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runCoroutineThreadsafe;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.sleep;
import static dev.tulip.Tulip.waitFor;
import static dev.tulip.loop.LoopGroup.createTaskOn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.ContextVar;
import dev.tulip.loop.EventLoop;
import dev.tulip.loop.ExceptionContext;
import dev.tulip.loop.Future;
import dev.tulip.loop.KeyboardInterrupt;
import dev.tulip.loop.LoopGroup;
import dev.tulip.loop.LoopGroupOptions;
import dev.tulip.loop.RunnerOptions;
import dev.tulip.loop.Suspends;
import dev.tulip.loop.Task;
import dev.tulip.loop.TaskOptions;
import dev.tulip.tests.support.Errors;
import dev.tulip.tests.support.Hold;
import dev.tulip.tests.support.Logs;
import dev.tulip.tests.support.Spawn;
import dev.tulip.tests.support.Until;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;

/** Several loops, and tasks of one that another one awaits. asyncio has no such thing. */
class LoopGroupTest {
    private static final Duration LONG = Duration.ofMinutes(1);

    private final Queue<Object> order = new ConcurrentLinkedQueue<>();

    @Suspends
    private static void forever() {
        runningLoop().createFuture().await();
    }

    // -- loops ----------------------------------------------------------------------------------------------------

    @Test
    void eachLoopRunsOnAThreadOfItsOwnAtTheSameTimeAsTheOthers() {
        run(() -> {
            try (LoopGroup group = LoopGroup.of(3)) {
                assertThat(group.loops()).hasSize(3).doesNotHaveDuplicates().doesNotContain(runningLoop());
                CountDownLatch allAreThere = new CountDownLatch(3);
                List<Future<EventLoop>> tasks = new ArrayList<>();
                for (int i = 0; i < 3; i++) {
                    tasks.add(group.createTask(() -> {
                        allAreThere.countDown();
                        Hold.until(allAreThere);
                        return runningLoop();
                    }));
                }
                assertThat(gather(tasks)).containsExactlyInAnyOrderElementsOf(group.loops());
            }
        });
    }

    @Test
    void theLoopsTakeTurns() {
        run(() -> {
            try (LoopGroup group = LoopGroup.of(2)) {
                List<EventLoop> turns = List.of(group.next(), group.next(), group.next());
                assertThat(turns.get(0)).isNotSameAs(turns.get(1)).isSameAs(turns.get(2));
                Future<EventLoop> first = group.createTask(() -> runningLoop());
                Future<EventLoop> second = group.createTask(() -> runningLoop());
                assertThat(await(first)).isNotSameAs(await(second));
            }
        });
    }

    @Test
    void aNameIsThatOfTheLoopsAndTheirThreadsToo() {
        try (LoopGroup group =
                LoopGroup.of(LoopGroupOptions.defaults().withLoops(2).withName("web"))) {
            assertThat(group).hasToString("web[running, 2 loops]");
            assertThat(group.loops().get(1).toString()).startsWith("web-2[");
            assertThat(Thread.getAllStackTraces().keySet())
                    .anyMatch(thread -> thread.getName().equals("web-2"));
        }
    }

    @Test
    void asManyLoopsAsProcessorsUnlessTheOptionsSayOtherwise() {
        int processors = Runtime.getRuntime().availableProcessors();
        try (LoopGroup group = LoopGroup.withDefaults()) {
            assertThat(group.loops()).hasSize(processors);
            assertThat(group.toString()).matches("LoopGroup-\\d+\\[running, " + processors + " loops]");
        }
        assertThatThrownBy(() -> LoopGroup.of(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a group needs at least one loop, not 0");
    }

    /** The guard of all tests counts the loops that are left open. */
    @Test
    void ifOneLoopCannotBeMadeTheOthersAreClosed() {
        int[] made = {0};
        RunnerOptions failing = RunnerOptions.defaults().withPolicy(() -> {
            if (++made[0] == 3) {
                throw new UncheckedIOException(new IOException("out of descriptors"));
            }
            return newEventLoop();
        });
        assertThatThrownBy(() ->
                        LoopGroup.of(LoopGroupOptions.defaults().withLoops(4).withRunner(failing)))
                .isInstanceOf(UncheckedIOException.class);
        assertThat(made[0]).isEqualTo(3);
    }

    // -- awaiting a task of another loop --------------------------------------------------------------------------

    @Test
    void theResultComesToTheLoopThatAwaits() {
        run(() -> {
            EventLoop home = runningLoop();
            try (LoopGroup group = LoopGroup.of(1)) {
                Future<String> future = group.createTask(() -> {
                    sleep(Duration.ofMillis(1));
                    return "from there";
                });
                assertThat(future.getLoop()).isSameAs(home);
                assertThat(future.toString()).contains("pending", "on " + name(group.next()));
                assertThat(await(future)).isEqualTo("from there");
                assertThat(runningLoop()).isSameAs(home);
                Future<Void> nothing = group.createTask(() -> sleep(Duration.ZERO));
                assertThat(await(nothing)).isNull();
            }
        });
    }

    private static String name(EventLoop loop) {
        return loop.toString().substring(0, loop.toString().indexOf('['));
    }

    @Test
    void aFailureComesAsItIs() {
        run(() -> {
            try (LoopGroup group = LoopGroup.of(1)) {
                IOException failure = new IOException("on purpose");
                Future<Void> future = group.createTask(() -> {
                    throw failure;
                });
                assertThatThrownBy(() -> await(future, IOException.class)).isSameAs(failure);
            }
        });
    }

    @Test
    void aFailureThatNobodyTakesGoesToTheExceptionHandler(Errors errors) {
        IllegalStateException failure = new IllegalStateException("on purpose");
        run(() -> {
            try (LoopGroup group = LoopGroup.of(1)) {
                Future<Void> future = group.createTask(() -> {
                    throw failure;
                });
                Until.holds("it has failed", future::isDone);
            }
        });
        ExceptionContext context = errors.takeOnly(); // once, not by both loops
        assertThat(context.message()).isEqualTo("Future exception was never retrieved");
        assertThat(context.exception()).isSameAs(failure);
    }

    @Test
    void tasksOfTwoLoopsAwaitOneAnotherInTurn() {
        run(() -> {
            try (LoopGroup group = LoopGroup.of(2)) {
                assertThat(countDown(group, 1_000)).isEqualTo(1_000);
            }
        });
    }

    @Suspends
    private static int countDown(LoopGroup group, int from) {
        return from == 0 ? 0 : 1 + await(group.<Integer>createTask(() -> countDown(group, from - 1)));
    }

    @Test
    void onTheCallersOwnLoopItIsTheTaskItself() {
        run(() -> {
            Future<Task<?>> future = createTaskOn(runningLoop(), () -> currentTask());
            assertThat(await(future)).isSameAs(future);
            Future<Void> action = createTaskOn(runningLoop(), () -> sleep(Duration.ZERO));
            assertThat(action).isInstanceOf(Task.class);
            await(action);
        });
    }

    @Test
    void itRunsInACopyOfTheCallersContext() {
        ContextVar<String> user = new ContextVar<>("user");
        run(() -> {
            try (LoopGroup group = LoopGroup.of(1)) {
                user.set("somebody");
                Future<String> future = group.createTask(() -> {
                    String before = user.get();
                    user.set("somebody else");
                    return before;
                });
                user.set("nobody");
                assertThat(await(future)).isEqualTo("somebody");
                assertThat(user.get()).isEqualTo("nobody");
            }
        });
    }

    @Test
    void optionsAreThoseOfTheTask() {
        run(() -> {
            try (LoopGroup group = LoopGroup.of(1)) {
                Future<String> future =
                        createTaskOn(group.next(), () -> currentTask().getName(), TaskOptions.named("far away"));
                assertThat(future.toString()).startsWith("RemoteTask[far away pending");
                assertThat(await(future)).isEqualTo("far away");
                Future<Boolean> eager = createTaskOn(group.next(), () -> currentTask() != null, TaskOptions.eager());
                assertThat(await(eager)).isTrue();
                Future<Void> action = createTaskOn(group.next(), () -> {}, TaskOptions.named("nothing"));
                await(action);
            }
        });
    }

    @Test
    void inDebugModeBothTellWhereItWasCreated() {
        RunnerOptions debug = RunnerOptions.defaults().withDebug(true);
        run(
                () -> {
                    LoopGroupOptions options =
                            LoopGroupOptions.defaults().withLoops(1).withRunner(debug);
                    try (LoopGroup group = LoopGroup.of(options)) {
                        Future<String> future =
                                group.createTask(() -> currentTask().toString());
                        assertThat(future.toString()).contains("created at dev.tulip.tests.loop.LoopGroupTest.");
                        assertThat(await(future)).contains("created at dev.tulip.tests.loop.LoopGroupTest.");
                    }
                },
                debug);
    }

    @Test
    void whatATaskFactoryThrowsComesToWhoeverAwaits() {
        run(() -> {
            try (LoopGroup group = LoopGroup.of(1)) {
                EventLoop other = group.next();
                await(createTaskOn(
                        other,
                        () -> runningLoop().setTaskFactory((loop, coroutine, options) -> {
                            throw new IllegalStateException("no tasks today");
                        })));
                Future<Integer> future = createTaskOn(other, () -> 1);
                future.cancel(); // there is nothing to cancel; nor does it hang
                assertThatThrownBy(() -> await(future)).hasMessage("no tasks today");
                await(withoutTaskFactory(other));
            }
        });
    }

    /** Takes the task factory away again, which takes a callback. */
    private static Future<Void> withoutTaskFactory(EventLoop other) {
        Future<Void> done = runningLoop().createFuture();
        EventLoop home = runningLoop();
        other.callSoonThreadsafe(() -> {
            runningLoop().setTaskFactory(null);
            home.callSoonThreadsafe(() -> done.setResult(null));
        });
        return done;
    }

    @Test
    void outsideEveryLoopThereIsAnotherWay() throws Exception {
        try (LoopGroup group = LoopGroup.of(1)) {
            assertThatThrownBy(() -> group.createTask(() -> 1))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("no running event loop");
            assertThat(runCoroutineThreadsafe(() -> 1, group.next()).get()).isEqualTo(1);
        }
    }

    // -- cancelling -----------------------------------------------------------------------------------------------

    @Test
    void cancellingTheFutureCancelsTheTaskAndWaitsForIt() {
        run(() -> {
            try (LoopGroup group = LoopGroup.of(1)) {
                Future<Void> future = group.createTask(() -> {
                    order.add("started");
                    try {
                        sleep(LONG);
                    } catch (CancelledError e) {
                        order.add(e.getMessage());
                        sleep(Duration.ofMillis(5));
                        order.add("cleaned up");
                        throw e;
                    }
                });
                Until.holds("it runs", () -> !order.isEmpty());
                assertThat(future.cancel("enough")).isTrue();
                assertThat(future.done()).isFalse();
                assertThat(future.toString()).contains("cancelling");
                assertThatThrownBy(() -> await(future))
                        .isInstanceOf(CancelledError.class)
                        .hasMessage("enough");
                assertThat(order).containsExactly("started", "enough", "cleaned up");
                assertThat(future.cancelled()).isTrue();
                assertThat(future.cancel()).isFalse();
            }
        });
    }

    @Test
    void cancellingWhoeverAwaitsDoesTheSame() {
        run(() -> {
            try (LoopGroup group = LoopGroup.of(1)) {
                Task<Void> waiting = createTask(() -> {
                    try {
                        await(group.createTask(() -> {
                            try {
                                order.add("started");
                                sleep(LONG);
                            } finally {
                                sleep(Duration.ofMillis(5));
                                order.add("cleaned up");
                            }
                        }));
                    } finally {
                        order.add("waited");
                    }
                });
                Until.holds("it runs", () -> !order.isEmpty());
                waiting.cancel("enough");
                assertThatThrownBy(() -> await(waiting))
                        .isInstanceOf(CancelledError.class)
                        .hasMessage("enough");
                assertThat(order).containsExactly("started", "cleaned up", "waited");
            }
        });
    }

    @Test
    void aTaskThatIsCancelledAndGoesOnHasTheLastWord() {
        run(() -> {
            try (LoopGroup group = LoopGroup.of(1)) {
                Future<String> future = group.createTask(() -> {
                    try {
                        order.add("started");
                        sleep(LONG);
                    } catch (CancelledError e) {
                        return "all the same";
                    }
                    return "in time";
                });
                Until.holds("it runs", () -> !order.isEmpty());
                future.cancel();
                assertThat(await(future)).isEqualTo("all the same");
            }
        });
    }

    @Test
    void aTaskThatIsCancelledBeforeItsFirstStepNeverRuns() {
        run(() -> {
            try (LoopGroup group = LoopGroup.of(1)) {
                CountDownLatch release = new CountDownLatch(1);
                Future<Void> holding = group.createTask(() -> {
                    order.add("held");
                    Hold.until(release);
                });
                Until.holds("the loop is held", () -> !order.isEmpty());
                Future<Void> future = group.createTask(() -> {
                    order.add("ran");
                });
                future.cancel();
                release.countDown();
                assertThatThrownBy(() -> await(future)).isInstanceOf(CancelledError.class);
                await(holding);
                assertThat(order).containsExactly("held");
            }
        });
    }

    @Test
    void aTimeLimitEndsItThere() {
        run(() -> {
            try (LoopGroup group = LoopGroup.of(1)) {
                Future<Void> future = group.createTask(() -> {
                    order.add("started");
                    try {
                        forever();
                    } finally {
                        order.add("ended there");
                    }
                });
                Until.holds("it runs", () -> !order.isEmpty());
                assertThatThrownBy(() -> waitFor(future, Duration.ofMillis(20))).isInstanceOf(TimeoutException.class);
                assertThat(order).containsExactly("started", "ended there");
            }
        });
    }

    @Test
    void aTaskThatSomebodyCancelsThereIsCancelledHere() {
        run(() -> {
            try (LoopGroup group = LoopGroup.of(1)) {
                Future<Void> future = group.createTask(() -> {
                    createTask(() -> currentAndOthers().forEach(task -> task.cancel("by a neighbour")));
                    forever();
                });
                assertThatThrownBy(() -> await(future)).isInstanceOf(CancelledError.class);
                assertThat(future.cancelled()).isTrue();
            }
        });
    }

    private static Set<Task<?>> currentAndOthers() {
        return new HashSet<>(allTasks());
    }

    // -- loops that are closed ------------------------------------------------------------------------------------

    @Test
    void aTaskThatEndsWithItsLoopIsAFailureThatSaysSo() {
        run(() -> {
            LoopGroup group = LoopGroup.of(1);
            String loop = name(group.next());
            Future<Void> future = group.createTask(() -> {
                order.add("started");
                forever();
            });
            Until.holds("it runs", () -> !order.isEmpty());
            group.close();
            assertThatThrownBy(() -> await(future))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("was cancelled because its loop was closed: " + loop)
                    .hasCauseInstanceOf(CancelledError.class);
        });
    }

    @Test
    void aResultThatATaskHasInSpiteOfTheEndOfItsLoopStands() {
        run(() -> {
            LoopGroup group = LoopGroup.of(1);
            Future<String> future = group.createTask(() -> {
                try {
                    order.add("started");
                    forever();
                    return "never";
                } catch (CancelledError e) {
                    return "last words";
                }
            });
            Until.holds("it runs", () -> !order.isEmpty());
            group.close();
            assertThat(await(future)).isEqualTo("last words");
        });
    }

    @Test
    void aLoopThatIsClosedTakesNoTasks() {
        run(() -> {
            LoopGroup group = LoopGroup.of(1);
            group.close();
            assertThatThrownBy(() -> group.createTask(() -> 1))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("Event loop is closed: " + name(group.next()));
        });
    }

    @Test
    void aLoopThatIsClosedBeforeItHasSeenTheTaskIsAFailureToo() throws Exception {
        EventLoop atRest = newEventLoop();
        CountDownLatch left = new CountDownLatch(1);
        Thread closer = Spawn.platform("closer", () -> {
            left.await();
            atRest.close();
        });
        run(() -> {
            Future<Integer> future = createTaskOn(atRest, () -> 1);
            left.countDown();
            assertThatThrownBy(() -> await(future))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("the task never started before its loop was closed: " + name(atRest));
        });
        closer.join();
    }

    @Test
    void aTaskThatOutlivesItsLoopIsNotWaitedFor(Errors errors) throws Exception {
        AtomicReference<EventLoop> loop = new AtomicReference<>();
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch loopIsThere = new CountDownLatch(1);
        AtomicBoolean started = new AtomicBoolean();
        Thread other = Spawn.platform("other", () -> {
            EventLoop made = newEventLoop();
            loop.set(made);
            loopIsThere.countDown();
            made.runForever();
            made.close(); // in the middle of everything
        });
        loopIsThere.await();
        run(() -> {
            Future<Void> future = createTaskOn(loop.get(), () -> {
                started.set(true);
                while (release.getCount() > 0) {
                    try {
                        runningLoop()
                                .runInExecutor(null, () -> release.await(1, java.util.concurrent.TimeUnit.DAYS))
                                .await();
                    } catch (CancelledError e) {
                        release.countDown(); // closing the loop ends it
                        throw e;
                    }
                }
            });
            Until.holds("it runs", started::get);
            loop.get().callSoonThreadsafe(() -> runningLoop().stop());
            assertThatThrownBy(() -> await(future))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("its loop was closed");
        });
        other.join();
        assertThat(errors.take()).allMatch(context -> context.message().contains("it is pending"));
    }

    @Test
    void ifTheLoopThatWantedTheResultIsClosedTheTaskIsCancelled() {
        try (LoopGroup group = LoopGroup.of(1)) {
            CountDownLatch ended = new CountDownLatch(1);
            run(() -> {
                group.createTask(() -> {
                    try {
                        order.add("started");
                        forever();
                    } catch (CancelledError e) {
                        order.add(e.getMessage().replaceAll("EventLoop-\\d+", "LOOP"));
                        throw e;
                    } finally {
                        ended.countDown();
                    }
                });
                Until.holds("it runs", () -> !order.isEmpty());
            });
            Hold.join(ended);
            assertThat(order).containsExactly("started", "LOOP is closed, which wanted the result");
        }
    }

    @Test
    void aFailureThatComesTooLateIsReportedWhereTheTaskRan(Errors errors) {
        IllegalStateException failure = new IllegalStateException("too late");
        try (LoopGroup group = LoopGroup.of(1)) {
            run(() -> {
                group.createTask(() -> {
                    try {
                        order.add("started");
                        forever();
                    } catch (CancelledError e) {
                        throw failure;
                    }
                });
                Until.holds("it runs", () -> !order.isEmpty());
            });
        }
        assertThat(errors.takeOnly().exception()).isSameAs(failure);
    }

    // -- closing --------------------------------------------------------------------------------------------------

    @Test
    void closingWaitsForTheTasksOfAllLoopsWhileTheCallersLoopGoesOn() {
        run(() -> {
            LoopGroup group = LoopGroup.of(2);
            EventLoop home = runningLoop();
            for (int i = 0; i < 2; i++) {
                Future<Void> future = group.createTask(() -> {
                    try {
                        order.add("started");
                        forever();
                    } finally {
                        await(createTaskOn(home, () -> sleep(Duration.ofMillis(5)))); // home must be there for that
                        order.add("cleaned up");
                    }
                });
                future.addDoneCallback(
                        done -> order.add(done.exception().getClass().getSimpleName()));
            }
            Until.holds("both run", () -> order.size() == 2);
            group.close();
            assertThat(group.toString()).contains("[closed, 2 loops]");
            assertThat(group.loops()).allMatch(EventLoop::isClosed);
            Until.settled();
            assertThat(order)
                    .containsExactlyInAnyOrder(
                            "started",
                            "started",
                            "cleaned up",
                            "cleaned up",
                            "IllegalStateException",
                            "IllegalStateException");
            group.close(); // harmless
        });
    }

    @Test
    void onAThreadWithoutALoopClosingBlocks() {
        LoopGroup group = LoopGroup.of(2);
        group.close();
        assertThat(group.loops()).allMatch(EventLoop::isClosed);
        group.close();
    }

    @Test
    void aLoopOfTheGroupCannotWaitForItsOwnEnd() {
        run(() -> {
            try (LoopGroup group = LoopGroup.of(1)) {
                assertThatThrownBy(() -> await(group.createTask(group::close)))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("cannot be called on one of them");
                Future<Throwable> refusal = runningLoop().createFuture();
                Runnable close = group::close;
                runningLoop().callSoon(() -> {
                    try {
                        close.run();
                    } catch (IllegalStateException e) {
                        refusal.setResult(e);
                    }
                });
                assertThat(await(refusal)).hasMessageContaining("LoopGroup.close suspends");
                assertThat(await(group.createTask(() -> 1))).isEqualTo(1);
            }
        });
    }

    @Test
    void whoeverIsCancelledWhileItClosesTheGroupLeavesTheLoopsToEnd() {
        run(() -> {
            LoopGroup group = LoopGroup.of(1);
            CountDownLatch release = new CountDownLatch(1);
            Future<Void> holding = group.createTask(() -> {
                order.add("started");
                Hold.until(release);
            });
            Until.holds("it runs", () -> !order.isEmpty());
            Task<Void> closing = createTask(group::close);
            Until.settled();
            closing.cancel();
            assertThatThrownBy(() -> await(closing)).isInstanceOf(CancelledError.class);
            assertThat(group.toString()).contains("closing");
            release.countDown();
            await(holding);
            Until.holds("the loop is closed", () -> group.next().isClosed());
        });
    }

    @Test
    void ifOneLoopEndsAllDoAndCloseSaysWhy(Logs logs) {
        run(() -> {
            LoopGroup group = LoopGroup.of(2);
            Future<Void> future = group.createTask(() -> {
                throw new KeyboardInterrupt();
            });
            Until.holds("all loops are closed", () -> group.loops().stream().allMatch(EventLoop::isClosed));
            assertThatThrownBy(group::close).isInstanceOf(KeyboardInterrupt.class);
            group.close();
            Until.holds("the failure has come through the door", future::isDone);
            assertThat(future.exceptionNow()).isInstanceOf(KeyboardInterrupt.class);
        });
        List<LogRecord> records = logs.take();
        assertThat(records).hasSize(1);
        assertThat(records.getFirst().getMessage()).contains("has ended, and with it all of LoopGroup-");
    }

    @Test
    void stoppingOneLoopEndsAll(Logs logs) {
        run(() -> {
            LoopGroup group = LoopGroup.of(2);
            group.next().callSoonThreadsafe(() -> runningLoop().stop());
            Until.holds("all loops are closed", () -> group.loops().stream().allMatch(EventLoop::isClosed));
            assertThatThrownBy(group::close)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("was stopped; close the group instead");
        });
        assertThat(logs.take()).hasSize(1);
    }
}
