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
