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
import dev.tulip.loop.InvalidStateException;
import dev.tulip.loop.Task;
import dev.tulip.tests.support.Errors;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Futures: behaviours 8 to 12 of asyncio, rows F1 to F9 and F13. */
class FutureTest {
    private final List<Object> order = new ArrayList<>();

    /** Behaviour 8. */
    @Test
    void awaitingWhatIsDoneDoesNotSuspend() {
        run(() -> {
            Future<String> done = runningLoop().createFuture();
            done.setResult("there");
            Task<Integer> task = createTask(() -> 5);
            sleep(Duration.ZERO);
            runningLoop().callSoon(() -> order.add("callback"));
            assertThat(await(done)).isEqualTo("there");
            assertThat(await(task)).isEqualTo(5);
            assertThat(order).isEmpty();
            sleep(Duration.ZERO);
            assertThat(order).containsExactly("callback");
        });
    }

    /** Behaviour 9. */
    @Test
    void callbacksRunInOrderInTheNextIterationAndNeverInline() {
        run(() -> {
            Future<String> future = runningLoop().createFuture();
            Consumer<Future<String>> twice = done -> order.add("cb " + done.result());
            future.addDoneCallback(twice);
            future.addDoneCallback(twice);
            future.addDoneCallback(done -> order.add("x"));
            future.setResult("r");
            assertThat(order).isEmpty();
            future.addDoneCallback(done -> order.add("late"));
            assertThat(order).isEmpty();
            sleep(Duration.ZERO);
            assertThat(order).containsExactly("cb r", "cb r", "x", "late");
            assertThatThrownBy(() -> future.setResult("again"))
                    .isInstanceOf(InvalidStateException.class)
                    .hasMessageContaining("is done already");
            assertThat(future.cancel()).isFalse();
            assertThat(future.result()).isEqualTo("r");
        });
    }

    /** Behaviour 10. */
    @Test
    void aCallbackAddedTwiceIsRemovedTwiceAndNotAtAllOnceScheduled() {
        run(() -> {
            Future<String> future = runningLoop().createFuture();
            Consumer<Future<String>> callback = done -> order.add("cb");
            future.addDoneCallback(callback);
            future.addDoneCallback(done -> order.add("other"));
            future.addDoneCallback(callback);
            assertThat(future.removeDoneCallback(callback)).isEqualTo(2);
            assertThat(future.removeDoneCallback(callback)).isZero();
            future.addDoneCallback(callback);
            future.setResult("r");
            assertThat(future.removeDoneCallback(callback)).isZero();
            sleep(Duration.ZERO);
            assertThat(order).containsExactly("other", "cb");
        });
    }

    @Test
    void aSingleCallbackCanBeRemoved() {
        run(() -> {
            Future<String> future = runningLoop().createFuture();
            Consumer<Future<String>> callback = done -> order.add("cb");
            future.addDoneCallback(callback);
            assertThat(future.removeDoneCallback(done -> {})).isZero();
            assertThat(future.removeDoneCallback(callback)).isEqualTo(1);
            future.setResult("r");
            sleep(Duration.ZERO);
            assertThat(order).isEmpty();
        });
    }

    /** Behaviour 11. */
    @Test
    void aCancelledFutureIsCancelledAtOnceAndItsCallbacksComeLater() {
        run(() -> {
            Future<String> future = runningLoop().createFuture();
            future.addDoneCallback(done -> order.add(done.cancelled()));
            assertThat(future.cancel("why")).isTrue();
            assertThat(future.cancelled()).isTrue();
            assertThat(future.done()).isTrue();
            assertThat(order).isEmpty();
            assertThatThrownBy(future::result)
                    .isInstanceOf(CancelledError.class)
                    .hasMessage("why");
            assertThatThrownBy(future::exception).isInstanceOf(CancelledError.class);
            sleep(Duration.ZERO);
            assertThat(order).containsExactly(true);
        });
    }

    /** Behaviour 12. */
    @Test
    void aFutureOfAnotherLoopCannotBeAwaited() {
        try (EventLoop other = newEventLoop()) {
            Future<String> foreign = other.createFuture();
            run(() -> assertThatThrownBy(() -> await(foreign))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("belongs to EventLoop-")
                    .hasMessageContaining("awaited on EventLoop-"));
        }
    }

    /** Behaviour 12. */
    @Test
    void aTaskCannotAwaitItself() {
        run(() -> {
            List<Task<?>> self = new ArrayList<>();
            self.add(createTask(() -> await(self.getFirst())));
            assertThatThrownBy(() -> await(self.getFirst()))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("cannot await itself");
        });
    }

    @Test
    void manyTasksMayAwaitOneFutureAndResumeInOrder() {
        run(() -> {
            Future<String> future = runningLoop().createFuture();
            List<Task<?>> tasks = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                int number = i;
                tasks.add(createTask(() -> order.add(number + await(future))));
            }
            sleep(Duration.ZERO);
            future.setResult("!");
            tasks.forEach(Task::await);
            assertThat(order).containsExactly("0!", "1!", "2!", "3!", "4!");
        });
    }

    @Test
    void tasksAndCallbacksOfOneFutureKeepTheirOrder() {
        run(() -> {
            Future<String> future = runningLoop().createFuture();
            future.addDoneCallback(done -> order.add("first"));
            Task<?> task = createTask(() -> {
                await(future);
                order.add("task");
            });
            sleep(Duration.ZERO);
            future.addDoneCallback(done -> order.add("last"));
            future.setResult("r");
            await(task);
            assertThat(order).containsExactly("first", "task", "last");
        });
    }

    @Test
    void whoAwaitsGetsExactlyTheExceptionThatWasSet() {
        IOException failure = new IOException("disk");
        run(() -> {
            Future<String> future = runningLoop().createFuture();
            createTask(() -> future.setException(failure));
            assertThatThrownBy(() -> await(future)).isSameAs(failure);
            assertThatThrownBy(future::result).isSameAs(failure);
            assertThat(future.exception()).isSameAs(failure);
        });
    }

    @Test
    void aCheckedExceptionCanBeCaughtWhereItIsDeclared() {
        run(() -> {
            Future<String> future = runningLoop().createFuture();
            createTask(() -> future.setException(new IOException("disk")));
            try {
                await(future, IOException.class);
                order.add("no exception");
            } catch (IOException e) {
                order.add(e.getMessage());
            }
        });
        assertThat(order).containsExactly("disk");
    }

    @Test
    void aPendingFutureHasNoResult() {
        run(() -> {
            Future<String> future = runningLoop().createFuture();
            assertThatThrownBy(future::result)
                    .isInstanceOf(InvalidStateException.class)
                    .hasMessageContaining("no result yet");
            assertThatThrownBy(future::exception).isInstanceOf(InvalidStateException.class);
            future.setResult(null);
            assertThat(future.result()).isNull();
            assertThat(future.exception()).isNull();
        });
    }

    @Test
    void aDoneCallbackThatThrowsIsReportedAndTheOthersRun(Errors errors) {
        run(() -> {
            Future<String> future = runningLoop().createFuture();
            future.addDoneCallback(done -> {
                throw new IllegalStateException("boom");
            });
            future.addDoneCallback(done -> order.add("next"));
            future.setResult("r");
            sleep(Duration.ZERO);
        });
        assertThat(order).containsExactly("next");
        assertThat(errors.takeOnly().exception()).hasMessage("boom");
    }

    @Test
    void anExceptionThatNobodyAsksForIsReportedAtTheLatestWhenTheLoopCloses(Errors errors) {
        IllegalStateException lost = new IllegalStateException("lost");
        run(() -> {
            createTask(() -> {
                throw lost;
            });
            runningLoop().createFuture().setException(new IllegalStateException("lost too"));
        });
        assertThat(errors.take())
                .hasSize(2)
                .allSatisfy(error -> assertThat(error.message()).endsWith("exception was never retrieved"))
                .anySatisfy(error -> assertThat(error.exception()).isSameAs(lost))
                .anySatisfy(error -> assertThat(error.exception()).hasMessage("lost too"));
    }

    @Test
    void anExceptionThatNobodyCanAskForIsReportedWhileTheLoopRuns(Errors errors) {
        run(() -> {
            createTask(() -> {
                throw new IllegalStateException("lost");
            });
            for (int i = 0; i < 300; i++) { // until the garbage collector has seen it
                System.gc();
                sleep(Duration.ofMillis(100));
                if (errors.take().size() == 1) {
                    return;
                }
            }
            throw new AssertionError("not reported in 30 s");
        });
    }

    @Test
    void anExceptionThatSomebodyAskedForIsNotReported() {
        run(() -> {
            Task<?> failed = createTask(() -> {
                throw new IllegalStateException("seen");
            });
            sleep(Duration.ZERO);
            assertThat(failed.exception()).hasMessage("seen");
            Future<?> silenced = runningLoop().createFuture();
            silenced.setException(new IllegalStateException("not wanted"));
            silenced.cancel(); // as asyncio: who cancels has lost interest
        });
    }

    @Test
    void toStringShowsTheState() {
        run(() -> {
            Future<String> future = runningLoop().createFuture();
            assertThat(future).hasToString("Future[pending]");
            future.setResult("x".repeat(1_000));
            assertThat(future.toString())
                    .startsWith("Future[finished, result xxx")
                    .hasSizeLessThan(100);
            Future<String> cancelled = runningLoop().createFuture();
            cancelled.cancel();
            assertThat(cancelled).hasToString("Future[cancelled]");
            Future<String> failed = runningLoop().createFuture();
            failed.setException(new IOException("disk"));
            assertThat(failed.toString()).contains("failed", "disk");
            assertThat(failed.exception()).isNotNull();
        });
    }
}
