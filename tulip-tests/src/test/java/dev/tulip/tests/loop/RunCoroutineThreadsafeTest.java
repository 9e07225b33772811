package dev.tulip.tests.loop;

import static dev.tulip.Tulip.allTasks;
import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.newEventLoop;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runCoroutineThreadsafe;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.sleep;
import static dev.tulip.Tulip.toThread;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.ContextVar;
import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Future;
import dev.tulip.loop.Suspends;
import dev.tulip.loop.Task;
import dev.tulip.tests.support.BackgroundLoop;
import dev.tulip.tests.support.Deadline;
import dev.tulip.tests.support.Errors;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Coroutines from other threads: row T3 of asyncio. */
class RunCoroutineThreadsafeTest {
    private final List<Object> order = Collections.synchronizedList(new ArrayList<>());

    @Suspends
    private static void forever() {
        runningLoop().createFuture().await();
    }

    @Test
    void anotherThreadGetsTheResult() throws Exception {
        try (BackgroundLoop background = new BackgroundLoop()) {
            CompletableFuture<String> future = runCoroutineThreadsafe(
                    () -> {
                        sleep(Duration.ofMillis(1));
                        return "from " + (runningLoop() == background.loop() ? "that loop" : "elsewhere");
                    },
                    background.loop());
            assertThat(future.get()).isEqualTo("from that loop");
            CompletableFuture<Void> nothing =
                    runCoroutineThreadsafe(() -> sleep(Duration.ofMillis(1)), background.loop());
            assertThat(nothing.get()).isNull();
        }
    }

    @Test
    void whatTheTaskFailsWithIsTheCause() {
        IOException failure = new IOException("disk");
        try (BackgroundLoop background = new BackgroundLoop()) {
            CompletableFuture<Void> future = background.loop().runCoroutineThreadsafe(() -> {
                throw failure;
            });
            assertThatThrownBy(future::get).hasCause(failure);
            assertThatThrownBy(future::join)
                    .isInstanceOf(CompletionException.class)
                    .hasCause(failure);
        }
    }

    @Test
    void cancellingTheFutureCancelsTheTask() {
        try (BackgroundLoop background = new BackgroundLoop()) {
            CompletableFuture<Void> future = background.loop().runCoroutineThreadsafe(() -> {
                try {
                    order.add("waits");
                    forever();
                } finally {
                    order.add("cleans up");
                }
            });
            Deadline.until("it waits", () -> order.contains("waits"));
            assertThat(future.cancel(true)).isTrue();
            Deadline.until("it was cancelled", () -> order.contains("cleans up"));
            Deadline.until("it ends", () -> background.loop().allTasks().size() == 1);
        }
    }

    /** In asyncio its first step runs, and then it is cancelled. */
    @Test
    void aCoroutineThatIsCancelledBeforeTheLoopHasSeenItNeverStarts() {
        run(() -> {
            EventLoop loop = runningLoop();
            CompletableFuture<Boolean> future = loop.runCoroutineThreadsafe(() -> order.add("started"));
            future.cancel(true);
            sleep(Duration.ofMillis(1));
            assertThat(order).isEmpty();
        });
    }

    @Test
    void aTaskThatEndsCancelledCancelsTheFuture() {
        try (BackgroundLoop background = new BackgroundLoop()) {
            CompletableFuture<Void> itself = background.loop().runCoroutineThreadsafe(() -> {
                throw new CancelledError("by itself");
            });
            assertThatThrownBy(itself::get).isInstanceOf(CancellationException.class);
            CompletableFuture<Void> byOthers =
                    background.loop().runCoroutineThreadsafe(RunCoroutineThreadsafeTest::forever);
            Deadline.until("it waits", () -> background.loop().allTasks().size() == 2);
            background
                    .loop()
                    .callSoonThreadsafe(() -> allTasks().stream().skip(1).forEach(Task::cancel));
            assertThatThrownBy(byOthers::get).isInstanceOf(CancellationException.class);
            assertThat(byOthers.isCancelled()).isTrue();
        }
    }

    @Test
    void aTimeLimitLeavesTheTaskAlone() {
        try (BackgroundLoop background = new BackgroundLoop()) {
            CompletableFuture<Void> future =
                    background.loop().runCoroutineThreadsafe(RunCoroutineThreadsafeTest::forever);
            assertThatThrownBy(() -> future.get(1, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
            assertThat(future).isNotDone();
            assertThatThrownBy(() -> future.orTimeout(1, TimeUnit.MILLISECONDS).join())
                    .hasCauseInstanceOf(TimeoutException.class);
            Deadline.until("it still waits", () -> background.loop().allTasks().size() == 2);
        }
    }

    @Test
    void whatDependsOnItRunsOnTheLoop() {
        try (BackgroundLoop background = new BackgroundLoop()) {
            EventLoop loop = background.loop();
            Future<String> enough = loop.createFuture();
            CompletableFuture<EventLoop> dependent =
                    loop.runCoroutineThreadsafe(() -> await(enough)).thenApply(nothing -> runningLoop());
            loop.callSoonThreadsafe(() -> enough.setResult("now"));
            assertThat(dependent.join()).isSameAs(loop);
        }
    }

    @Test
    void aClosedLoopRefuses() {
        EventLoop loop = newEventLoop();
        loop.close();
        assertThatThrownBy(() -> loop.runCoroutineThreadsafe(() -> order.add("ran")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("Event loop is closed");
    }

    /** In asyncio such a future stays pending for ever. */
    @Test
    void aLoopThatClosesFirstFailsTheFuture(Errors errors) {
        EventLoop loop = newEventLoop();
        CompletableFuture<Void> pending = loop.runCoroutineThreadsafe(RunCoroutineThreadsafeTest::forever);
        CompletableFuture<String> finished = loop.runCoroutineThreadsafe(() -> {
            sleep(Duration.ZERO);
            loop.stop(); // its callbacks would run in the next iteration, which does not come
            return "result";
        });
        loop.runForever();
        CompletableFuture<Boolean> neverSeen = loop.runCoroutineThreadsafe(() -> order.add("ran"));
        loop.close();
        assertThat(errors.takeOnly().message()).isEqualTo("Task was destroyed but it is pending!");
        assertThat(finished).isCompletedWithValue("result");
        assertThatThrownBy(pending::get).isInstanceOf(CancellationException.class); // the task was unwound
        assertThatThrownBy(neverSeen::get)
                .cause()
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("the coroutine never started: Event loop is closed");
        assertThat(order).isEmpty();
    }

    @Test
    void aTaskFactoryThatThrowsFailsTheFutureAndIsReported(Errors errors) {
        IllegalArgumentException failure = new IllegalArgumentException("no tasks today");
        run(() -> {
            runningLoop().setTaskFactory((loop, coroutine, options) -> {
                throw failure;
            });
            CompletableFuture<Void> future = runningLoop().runCoroutineThreadsafe(RunCoroutineThreadsafeTest::forever);
            assertThatThrownBy(() -> await(future)).isSameAs(failure);
            runningLoop().setTaskFactory(null);
        });
        assertThat(errors.takeOnly().exception()).isSameAs(failure);
    }

    /** On asyncio the loop would wait for itself for ever. */
    @Test
    void aTaskOfTheSameLoopMayWaitForIt() throws Exception {
        run(() -> {
            EventLoop loop = runningLoop();
            assertThat(loop.runCoroutineThreadsafe(() -> 1).join()).isEqualTo(1);
            assertThat(loop.runCoroutineThreadsafe(() -> 2).get()).isEqualTo(2);
            assertThat(loop.runCoroutineThreadsafe(() -> 3).get(1, TimeUnit.DAYS))
                    .isEqualTo(3);
            assertThat(loop.runCoroutineThreadsafe(() -> 4)
                            .thenApply(x -> x + 1)
                            .join())
                    .isEqualTo(5);
            assertThat(await(loop.runCoroutineThreadsafe(() -> 6))).isEqualTo(6);
            CompletableFuture<Void> never = loop.runCoroutineThreadsafe(RunCoroutineThreadsafeTest::forever);
            assertThatThrownBy(() -> never.get(1, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
            Task<?> waiting = loop.createTask(() -> never.join());
            sleep(Duration.ZERO);
            waiting.cancel();
            assertThatThrownBy(() -> await(waiting)).isInstanceOf(CancelledError.class);
            assertThat(never).isNotDone(); // as Future.get: who waits is cancelled, not what it waits for
        });
    }

    @Test
    void theBodyOfToThreadMayCallBackIntoItsLoop() throws Exception {
        run(() -> {
            EventLoop loop = runningLoop();
            assertThat((int) toThread(() -> loop.runCoroutineThreadsafe(() -> {
                                sleep(Duration.ofMillis(1));
                                return 1;
                            })
                            .get()))
                    .isEqualTo(1);
        });
    }

    @Test
    void theTaskHasACopyOfTheCallersContext() throws Exception {
        ContextVar<String> user = new ContextVar<>("user");
        try (BackgroundLoop background = new BackgroundLoop()) {
            user.set("alice");
            assertThat(background.loop().runCoroutineThreadsafe(user::get).get())
                    .isEqualTo("alice");
        }
    }

    @Test
    void aCallbackOfTheSameLoopMayNot() {
        AtomicReference<IllegalStateException> refusal = new AtomicReference<>();
        run(() -> {
            EventLoop loop = runningLoop();
            CompletableFuture<Integer> future = loop.runCoroutineThreadsafe(() -> 1);
            await(future);
            loop.callSoon(() -> {
                try {
                    loop.runCoroutineThreadsafe(() -> 2).join();
                } catch (IllegalStateException e) {
                    refusal.set(e);
                }
                assertThat(future.join()).isEqualTo(1); // this one is there
            });
            sleep(Duration.ofMillis(1));
        });
        assertThat(refusal.get()).hasMessageContaining("outside a task");
    }
}
