package dev.tulip.tests.loop;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.newEventLoop;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Future;
import dev.tulip.loop.Task;
import dev.tulip.tests.support.BackgroundLoop;
import dev.tulip.tests.support.Deadline;
import dev.tulip.tests.support.Errors;
import dev.tulip.tests.support.Spawn;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future.State;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

/** Between Tulip's futures and the JDK's: row T7 of asyncio, and more. */
class InteropTest {
    private final List<Object> order = Collections.synchronizedList(new ArrayList<>());

    @Test
    void aTaskAwaitsACompletableFutureThatAnotherThreadCompletes() {
        CompletableFuture<String> stage = new CompletableFuture<>();
        run(() -> {
            Thread completer = Spawn.platform("completer", () -> {
                Deadline.until("somebody waits", () -> stage.getNumberOfDependents() > 0);
                stage.complete("from outside");
            });
            assertThat(await(stage)).isEqualTo("from outside");
            assertThat(completer).isNotNull();
        });
    }

    @Test
    void aTaskAwaitsAStageThatIsDone() {
        run(() -> {
            assertThat(await(CompletableFuture.completedFuture(1))).isEqualTo(1);
            CompletionStage<Integer> minimal = CompletableFuture.completedStage(2);
            assertThat(await(minimal)).isEqualTo(2);
        });
    }

    @Test
    void awaitingAStageThatIsDoneDoesNotSuspend() {
        run(() -> {
            boolean[] othersRan = {false};
            runningLoop().callSoon(() -> othersRan[0] = true);
            assertThat(await(CompletableFuture.completedFuture(1))).isEqualTo(1);
            assertThat(othersRan[0]).isFalse();
        });
    }

    @Test
    void aStageThatCannotBeCancelledIsLeftAlone() {
        class Uncancellable extends CompletableFuture<String> {
            @Override
            public CompletableFuture<String> toCompletableFuture() {
                throw new UnsupportedOperationException();
            }
        }
        run(() -> {
            CompletionStage<String> stage = new Uncancellable();
            Task<?> task = createTask(() -> await(stage));
            sleep(Duration.ZERO);
            task.cancel();
            assertThatThrownBy(() -> await(task)).isInstanceOf(CancelledError.class);
        });
    }

    @Test
    void whatAStageFailedWithIsThrownWithoutItsWrapper() {
        IOException failure = new IOException("disk");
        run(() -> {
            assertThatThrownBy(() -> await(CompletableFuture.failedFuture(failure)))
                    .isSameAs(failure);
            CompletableFuture<Object> dependent =
                    CompletableFuture.failedFuture(failure).thenApply(x -> x);
            assertThatThrownBy(() -> await(dependent)).isSameAs(failure); // the JDK has wrapped it
        });
    }

    @Test
    void cancellingATaskThatAwaitsAStageCancelsTheStage() {
        run(() -> {
            CompletableFuture<String> stage = new CompletableFuture<>();
            Task<?> task = createTask(() -> await(stage));
            sleep(Duration.ZERO);
            task.cancel();
            assertThatThrownBy(() -> await(task)).isInstanceOf(CancelledError.class);
            sleep(Duration.ZERO);
            assertThat(stage.isCancelled()).isTrue();
        });
    }

    @Test
    void aCancelledStageIsACancelledError() {
        run(() -> {
            CompletableFuture<String> stage = new CompletableFuture<>();
            stage.cancel(false);
            assertThatThrownBy(() -> await(stage)).isInstanceOf(CancelledError.class);
        });
    }

    @Test
    void aStageThatEndsAfterItsLoopIsDroppedSilently() {
        CompletableFuture<String> stage = new CompletableFuture<>();
        run(() -> {
            runningLoop().wrapFuture(stage);
        });
        assertThat(stage.complete("late")).isTrue();
    }

    @Test
    void aFutureBecomesACompletableFuture() throws Exception {
        List<CompletableFuture<String>> stages = new ArrayList<>();
        run(() -> {
            Future<String> future = runningLoop().createFuture();
            stages.add(future.toCompletableFuture());
            Future<String> failing = runningLoop().createFuture();
            stages.add(failing.toCompletableFuture());
            Future<String> cancelled = runningLoop().createFuture();
            stages.add(cancelled.toCompletableFuture());
            future.setResult("result");
            failing.setException(new IOException("disk"));
            cancelled.cancel();
            sleep(Duration.ZERO);
        });
        assertThat(stages.get(0).get()).isEqualTo("result");
        assertThatThrownBy(stages.get(1)::get).hasCauseInstanceOf(IOException.class);
        assertThat(stages.get(2).isCancelled()).isTrue();
    }

    @Test
    void cancellingTheCompletableFutureCancelsTheFuture() {
        run(() -> {
            Future<String> future = runningLoop().createFuture();
            future.toCompletableFuture().cancel(true);
            assertThat(future.cancelled()).isTrue();
        });
    }

    @Test
    void aCompletableFutureOfAFutureThatIsDoneIsDone() {
        List<Future<String>> futures = new ArrayList<>();
        run(() -> {
            Future<String> future = runningLoop().createFuture();
            future.setResult("there");
            assertThat(future.toCompletableFuture()).isCompletedWithValue("there");
            futures.add(future);
        });
        assertThat(futures.getFirst().toCompletableFuture()).isCompletedWithValue("there"); // the loop is closed
    }

    @Test
    void aCompletableFutureFailsWhenItsLoopIsClosedFirst() {
        EventLoop loop = newEventLoop();
        Future<String> never = loop.createFuture();
        CompletableFuture<String> stage = never.toCompletableFuture();
        Future<String> late = loop.createFuture();
        CompletableFuture<String> lateStage = late.toCompletableFuture();
        late.setResult("there, and the loop never runs");
        assertThat(stage).isNotDone();
        loop.close();
        assertThatThrownBy(stage::get)
                .cause()
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("Future[pending] will never be done: Event loop is closed");
        assertThat(lateStage).isCompletedWithValue("there, and the loop never runs");
        assertThatThrownBy(never.toCompletableFuture()::get).hasCauseInstanceOf(IllegalStateException.class);
        assertThat(never.cancel(true)).isFalse(); // nobody is there to do it
    }

    /** Who makes a loop owns it until it runs: others must not touch its futures meanwhile, but ask. */
    @Test
    void threadsThatAskBeforeTheLoopRunsAreAnsweredWhenItDoes() throws Exception {
        int count = 1_000;
        try (EventLoop loop = newEventLoop()) {
            Future<String> awaited = loop.createFuture();
            Future<String> cancelled = loop.createFuture();
            List<CompletableFuture<String>> stages = new ArrayList<>();
            CountDownLatch go = new CountDownLatch(2);
            Thread canceller = Spawn.platform("canceller", () -> order.add(cancelled.cancel(true)));
            canceller.join();
            Thread follower = Spawn.platform("follower", () -> {
                go.countDown();
                go.await();
                for (int i = 0; i < count; i++) {
                    stages.add(awaited.toCompletableFuture());
                }
            });
            Thread getter = Spawn.platform("getter", () -> order.add(awaited.get()));
            go.countDown();
            go.await();
            int[] called = {0};
            for (int i = 0; i < count; i++) {
                awaited.addDoneCallback(done -> called[0]++);
            }
            follower.join();
            Deadline.until("the getter waits", () -> Spawn.waits(getter));
            assertThat(cancelled.isCancelled()).isFalse(); // the loop was asked, and has not run
            assertThatThrownBy(() -> loop.runUntilComplete(cancelled)).isInstanceOf(CancelledError.class);
            awaited.setResult("there");
            loop.runUntilComplete(() -> sleep(Duration.ofMillis(1)));
            getter.join();
            assertThat(called[0]).isEqualTo(count);
            assertThat(stages).hasSize(count).allMatch(stage -> stage.getNow("").equals("there"));
            assertThat(order).containsExactly(true, "there");
        }
    }

    @Test
    void anotherThreadBlocksInGetUntilTheResultIsThere() {
        run(() -> {
            Future<String> future = runningLoop().createFuture();
            Thread blocked = Spawn.platform("getter", () -> order.add(future.get()));
            while (!Spawn.waits(blocked)) {
                sleep(Duration.ofMillis(1));
            }
            future.setResult("there");
            while (blocked.isAlive()) {
                sleep(Duration.ofMillis(1));
            }
        });
        assertThat(order).containsExactly("there");
    }

    @Test
    void anotherThreadThatBlocksInGetIsReleasedWhenTheLoopCloses() throws Exception {
        EventLoop loop = newEventLoop();
        Future<String> never = loop.createFuture();
        Thread blocked = Spawn.platform("getter", () -> {
            try {
                never.get();
            } catch (IllegalStateException e) {
                order.add(e.getMessage());
            }
        });
        Deadline.until("it waits", () -> Spawn.waits(blocked));
        loop.close();
        blocked.join();
        assertThat(order.getFirst().toString()).contains("will never be done", "Event loop is closed");
    }

    @Test
    void getOfTheJdkAwaitsInATask() throws Exception {
        run(() -> {
            Future<String> future = runningLoop().createFuture();
            runningLoop().callLater(Duration.ofMillis(1), () -> future.setResult("there"));
            assertThat(future.get()).isEqualTo("there");
            Task<?> failing = createTask(() -> {
                throw new IOException("disk");
            });
            assertThatThrownBy(failing::get)
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(IOException.class);
            Future<String> cancelled = runningLoop().createFuture();
            cancelled.cancel();
            assertThatThrownBy(cancelled::get).isInstanceOf(CancellationException.class);
        });
    }

    /** On the mounted engine such a thread is a guest of the loop, on the fallback it is not: both may block. */
    @Test
    void aVirtualThreadThatATaskStartedBlocksInGet() throws Exception {
        run(() -> {
            Future<String> future = runningLoop().createFuture();
            Thread thread = Thread.startVirtualThread(() -> {
                try {
                    order.add(future.get());
                } catch (InterruptedException | ExecutionException e) {
                    throw new AssertionError(e);
                }
            });
            while (!Spawn.waits(thread)) {
                sleep(Duration.ofMillis(1));
            }
            future.setResult("there");
            while (thread.isAlive()) {
                sleep(Duration.ofMillis(1));
            }
        });
        assertThat(order).containsExactly("there");
    }

    @Test
    void aTaskOfAnotherLoopBlocksInGet() throws Exception {
        try (BackgroundLoop background = new BackgroundLoop()) {
            Task<String> task = background
                    .loop()
                    .runCoroutineThreadsafe(() -> createTask(() -> {
                        sleep(Duration.ofMillis(1));
                        return "from there";
                    }))
                    .get();
            run(() -> assertThat(task.get()).isEqualTo("from there"));
        }
    }

    @Test
    void anotherThreadThatIsInterruptedInGetOrRunsOutOfTimeLeavesTheFutureAlone() {
        try (BackgroundLoop background = new BackgroundLoop()) {
            Future<String> never = background.loop().createFuture();
            assertThatThrownBy(() -> never.get(1, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
            Thread.currentThread().interrupt();
            assertThatThrownBy(never::get).isInstanceOf(InterruptedException.class);
            assertThat(never.isDone()).isFalse();
        }
    }

    @Test
    void aFailureThatAnotherThreadHasTakenIsNotReported() throws Exception {
        run(() -> {
            Future<String> failed = runningLoop().createFuture();
            failed.setException(new IOException("disk"));
            Thread taker = Spawn.platform("taker", () -> order.add(failed.exceptionNow()));
            while (taker.isAlive()) {
                sleep(Duration.ofMillis(1));
            }
        });
        assertThat(order.getFirst().toString()).contains("disk");
    }

    @Test
    void getOfTheJdkWithATimeLimitLeavesTheFutureAlone() throws Exception {
        run(() -> {
            Future<String> future = runningLoop().createFuture();
            assertThatThrownBy(() -> future.get(1, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
            assertThat(future.done()).isFalse();
            runningLoop().callLater(Duration.ofMillis(1), () -> future.setResult("there"));
            assertThat(future.get(1, TimeUnit.DAYS)).isEqualTo("there");
        });
    }

    @Test
    void cancellingATaskInGetDoesNotCancelWhatItWaitsFor() {
        run(() -> {
            Future<String> future = runningLoop().createFuture();
            Task<?> task = createTask(() -> future.get());
            sleep(Duration.ZERO);
            task.cancel();
            assertThatThrownBy(() -> await(task)).isInstanceOf(CancelledError.class);
            assertThat(future.done()).isFalse();
        });
    }

    @Test
    void getInACallbackIsRefusedBecauseItWouldStopTheLoop(Errors errors) {
        run(() -> {
            Future<String> future = runningLoop().createFuture();
            runningLoop().callSoon(() -> {
                try {
                    future.get();
                } catch (InterruptedException | ExecutionException e) {
                    throw new AssertionError(e);
                }
            });
            sleep(Duration.ZERO);
        });
        assertThat(errors.takeOnly().exception())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("outside a task");
    }

    @Test
    void theStateIsThatOfTheJdk() {
        run(() -> {
            Future<String> future = runningLoop().createFuture();
            assertThat(future.state()).isEqualTo(State.RUNNING);
            assertThat(future.isDone()).isFalse();
            assertThatThrownBy(future::resultNow).isInstanceOf(IllegalStateException.class);
            future.setResult("r");
            assertThat(future.state()).isEqualTo(State.SUCCESS);
            assertThat(future.resultNow()).isEqualTo("r");
            assertThatThrownBy(future::exceptionNow).isInstanceOf(IllegalStateException.class);
            Future<String> failed = runningLoop().createFuture();
            failed.setException(new IOException("disk"));
            assertThat(failed.state()).isEqualTo(State.FAILED);
            assertThat(failed.exceptionNow()).hasMessage("disk");
            assertThat(failed.exception()).isNotNull();
            Future<String> cancelled = runningLoop().createFuture();
            assertThat(cancelled.cancel(true)).isTrue();
            assertThat(cancelled.state()).isEqualTo(State.CANCELLED);
            assertThat(cancelled.isCancelled()).isTrue();
        });
    }

    @Test
    void anotherThreadMayCancelTheJdksWay() {
        run(() -> {
            Task<?> task = createTask(() -> sleep(Duration.ofDays(1)));
            sleep(Duration.ZERO);
            Thread canceller = Spawn.platform("canceller", () -> order.add(task.cancel(true)));
            assertThatThrownBy(() -> await(task)).isInstanceOf(CancelledError.class);
            while (canceller.isAlive()) {
                sleep(Duration.ofMillis(1));
            }
            assertThat(order).containsExactly(true);
        });
    }
}
