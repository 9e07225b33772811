package dev.tulip.tests.loop;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.currentTask;
import static dev.tulip.Tulip.gather;
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
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** {@code gather}: row M2 of asyncio, behaviours 21 to 23. */
class GatherTest {
    private static final Duration LONG = Duration.ofDays(1);

    private final List<Object> order = new ArrayList<>();

    @Test
    void resultsComeInTheOrderGivenWhateverEndsFirst() {
        run(() -> {
            Task<String> slow = createTask(() -> {
                sleep(Duration.ofMillis(2));
                order.add("slow");
                return "slow";
            });
            Task<String> fast = createTask(() -> {
                order.add("fast");
                return "fast";
            });
            List<String> results = gather(slow, fast);
            assertThat(results).containsExactly("slow", "fast");
            assertThat(order).containsExactly("fast", "slow");
        });
    }

    @Test
    void futuresOfDifferentTypesAreGatheredAsWhatTheyHaveInCommon() {
        run(() -> {
            Task<Integer> one = createTask(() -> 1);
            Task<Double> two = createTask(() -> 2.0);
            List<Number> numbers = gather(List.of(one, two));
            assertThat(numbers).containsExactly(1, 2.0);
            List<Task<?>> any = List.of(one, createTask(() -> "x"));
            assertThat(gather(any)).isEqualTo(List.of(1, "x"));
        });
    }

    @Test
    void nullIsAResult() {
        run(() -> {
            assertThat(gather(createTask(() -> {}), createTask(() -> null)))
                    .hasSize(2)
                    .containsOnlyNulls();
        });
    }

    @Test
    void theResultCannotBeChanged() {
        run(() -> {
            List<Integer> results = gather(createTask(() -> 1));
            assertThatThrownBy(() -> results.set(0, 2)).isInstanceOf(UnsupportedOperationException.class);
        });
    }

    @Test
    void gatheringNothingReturnsAtOnce() {
        run(() -> {
            runningLoop().callSoon(() -> order.add("callback"));
            assertThat(gather(List.<Future<String>>of())).isEmpty();
            assertThat(gather(true, List.of())).isEmpty();
            assertThat(order).isEmpty();
        });
    }

    /** Behaviour 8. */
    @Test
    void gatheringWhatIsDoneDoesNotSuspend() {
        run(() -> {
            Future<String> a = done("a");
            Future<String> b = done("b");
            runningLoop().callSoon(() -> order.add("callback"));
            assertThat(gather(List.of(a, b))).containsExactly("a", "b");
            Future<String> failed = runningLoop().createFuture();
            failed.setException(new IOException("disk"));
            assertThatThrownBy(() -> gather(a, failed)).hasMessage("disk");
            assertThat(order).isEmpty();
        });
    }

    private static Future<String> done(String result) {
        Future<String> future = runningLoop().createFuture();
        future.setResult(result);
        return future;
    }

    @Test
    void aFutureGivenSeveralTimesHasSeveralPlacesInTheResult() {
        run(() -> {
            int[] runs = {0};
            Task<Integer> task = createTask(() -> ++runs[0]);
            Task<Integer> other = createTask(() -> {
                sleep(Duration.ZERO);
                return 10;
            });
            assertThat(gather(task, other, task, other)).containsExactly(1, 10, 1, 10);
        });
    }

    /** Behaviour 21. */
    @Test
    void theFirstFailureIsThrownAtOnceAndTheOthersGoOn() {
        run(() -> {
            Task<String> bad = createTask(() -> {
                throw new IOException("disk");
            });
            Task<String> slow = createTask(() -> {
                sleep(Duration.ofMillis(1));
                return "done";
            });
            assertThatThrownBy(() -> gather(bad, slow))
                    .isInstanceOf(IOException.class)
                    .hasMessage("disk");
            assertThat(slow.done()).isFalse();
            assertThat(await(slow)).isEqualTo("done");
        });
    }

    /** Behaviour 21, second half: the leak guard would see a report. */
    @Test
    void aSecondFailureCountsAsTakenAndIsNotReported() {
        run(() -> {
            Task<?> first = createTask(() -> {
                throw new IOException("first");
            });
            Task<?> second = createTask(() -> {
                sleep(Duration.ZERO);
                throw new IOException("second");
            });
            assertThatThrownBy(() -> gather(List.of(first, second))).hasMessage("first");
            sleep(Duration.ofMillis(1));
            assertThat(second.done()).isTrue();
        });
    }

    @Test
    void ofTheFailuresThatAreThereTheFirstInTheListIsThrown() {
        run(() -> {
            Future<String> late = runningLoop().createFuture();
            Future<String> early = runningLoop().createFuture();
            late.setException(new IOException("late"));
            early.setException(new IOException("early"));
            assertThatThrownBy(() -> gather(early, late)).hasMessage("early");
            assertThat(late.exception()).hasMessage("late");
        });
    }

    /** Behaviour 22. */
    @Test
    void aChildThatIsCancelledByOthersIsAFailureAndNobodyElseIsCancelled() {
        run(() -> {
            Task<?> cancelled = createTask(() -> sleep(LONG));
            Future<String> enough = runningLoop().createFuture();
            Task<?> other = createTask(() -> await(enough));
            runningLoop().callSoon(() -> cancelled.cancel("by hand"));
            assertThatThrownBy(() -> gather(List.of(cancelled, other)))
                    .isInstanceOf(CancelledError.class)
                    .hasMessage("by hand");
            assertThat(currentTask().cancelling()).isZero();
            assertThat(other.done()).isFalse();
            enough.setResult("done");
            await(other);
        });
    }

    @Test
    void cancellingTheCallerCancelsAllAndEndsWithTheFirstThatEnds() {
        run(() -> {
            Task<?> quick = createTask(() -> sleep(LONG));
            Task<?> slow = createTask(() -> {
                try {
                    sleep(LONG);
                } finally {
                    sleep(Duration.ofMillis(2));
                    order.add("slow has cleaned up");
                }
            });
            Task<?> caller = createTask(() -> {
                try {
                    gather(List.of(quick, slow));
                } finally {
                    order.add("gather ended");
                }
            });
            sleep(Duration.ZERO);
            caller.cancel("enough");
            assertThatThrownBy(() -> await(caller))
                    .isInstanceOf(CancelledError.class)
                    .hasMessage("enough");
            assertThatThrownBy(() -> await(slow)).isInstanceOf(CancelledError.class);
            assertThat(order).containsExactly("gather ended", "slow has cleaned up");
        });
    }

    @Test
    void cancellingTheCallerCancelsPlainFuturesToo() {
        run(() -> {
            for (boolean returnExceptions : new boolean[] {false, true}) {
                List<Future<String>> pending = List.of(
                        runningLoop().createFuture(),
                        runningLoop().createFuture(),
                        runningLoop().createFuture());
                Task<?> caller = createTask(() -> gather(returnExceptions, pending));
                sleep(Duration.ZERO);
                caller.cancel("all");
                assertThat(pending).allMatch(Future::cancelled);
                assertThatThrownBy(() -> await(caller))
                        .isInstanceOf(CancelledError.class)
                        .hasMessage("all");
            }
        });
    }

    /** Behaviour 23. */
    @Test
    void cancellingTheCallerCancelsAllAndWaitsForAllIfExceptionsAreResults() {
        run(() -> {
            Task<?> quick = createTask(() -> sleep(LONG));
            Task<?> slow = createTask(() -> {
                try {
                    sleep(LONG);
                } finally {
                    sleep(Duration.ofMillis(2));
                    order.add("slow has cleaned up");
                }
            });
            Task<?> caller = createTask(() -> {
                try {
                    gather(true, List.of(quick, slow));
                    order.add("not reached");
                } finally {
                    order.add("gather ended");
                }
            });
            sleep(Duration.ZERO);
            caller.cancel("enough");
            assertThatThrownBy(() -> await(caller))
                    .isInstanceOf(CancelledError.class)
                    .hasMessage("enough");
            assertThat(caller.cancelled()).isTrue();
            assertThat(quick.cancelled()).isTrue();
            assertThat(slow.cancelled()).isTrue();
            assertThat(order).containsExactly("slow has cleaned up", "gather ended");
        });
    }

    @Test
    void aCancelIsNotLostIfAllChildrenSwallowIt() {
        run(() -> {
            List<Task<Integer>> children = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                children.add(createTask(() -> {
                    try {
                        sleep(LONG);
                    } catch (CancelledError e) {
                        return 42;
                    }
                    return 0;
                }));
            }
            Task<?> caller = createTask(() -> gather(children));
            sleep(Duration.ZERO);
            caller.cancel();
            assertThatThrownBy(() -> await(caller)).isInstanceOf(CancelledError.class);
            assertThat(children).allMatch(child -> child.result() == 42);
        });
    }

    @Test
    void aChildGivenTwiceIsCancelledOnce() {
        run(() -> {
            Task<?> child = createTask(() -> sleep(LONG));
            Task<?> caller = createTask(() -> gather(List.of(child, child)));
            sleep(Duration.ZERO);
            caller.cancel();
            assertThat(child.cancelling()).isEqualTo(1);
            assertThatThrownBy(() -> await(caller)).isInstanceOf(CancelledError.class);
        });
    }

    @Test
    void exceptionsAndCancellationsMayBeResults() {
        run(() -> {
            Task<String> good = createTask(() -> "good");
            Task<String> bad = createTask(() -> {
                throw new IOException("bad");
            });
            Task<String> cancelled = createTask(() -> {
                sleep(LONG);
                return "";
            });
            cancelled.cancel("by hand");
            List<Object> results = gather(true, List.of(good, bad, cancelled));
            assertThat(results.get(0)).isEqualTo("good");
            assertThat(results.get(1))
                    .isInstanceOfSatisfying(
                            IOException.class, e -> assertThat(e).hasMessage("bad"));
            assertThat(results.get(2))
                    .isInstanceOfSatisfying(
                            CancelledError.class, e -> assertThat(e).hasMessage("by hand"));
        });
    }

    @Test
    void ifTheCallerIsCancelledWhenAllIsDoneTheChildrenKeepTheirResults() {
        run(() -> {
            Future<String> a = runningLoop().createFuture();
            Future<String> b = runningLoop().createFuture();
            Task<?> caller = createTask(() -> gather(a, b));
            sleep(Duration.ZERO);
            a.setResult("a");
            b.setResult("b");
            caller.cancel();
            assertThatThrownBy(() -> await(caller)).isInstanceOf(CancelledError.class);
            assertThat(a.result()).isEqualTo("a");
            assertThat(b.result()).isEqualTo("b");
        });
    }

    @Test
    void whoGathersIsResumedInTheIterationAfterTheLastChildEnded() {
        run(() -> {
            Future<String> a = runningLoop().createFuture();
            Future<String> b = runningLoop().createFuture();
            Task<?> caller = createTask(() -> order.add(gather(a, b)));
            sleep(Duration.ZERO);
            b.setResult("b");
            sleep(Duration.ZERO);
            a.addDoneCallback(done -> order.add("callback"));
            a.setResult("a");
            runningLoop().callSoon(() -> order.add("next"));
            await(caller);
        });
        assertThat(order).containsExactly(List.of("a", "b"), "callback", "next");
    }

    @Test
    void aTaskThatGathersSaysHowFarItIs() {
        run(() -> {
            Future<String> pending = runningLoop().createFuture();
            Task<?> caller = createTask(() -> gather(done("x"), pending));
            sleep(Duration.ZERO);
            assertThat(caller.toString()).endsWith("waiting on gather[1 of 2 done]]");
            pending.setResult("y");
            await(caller);
        });
    }

    @Test
    void futuresOfAnotherLoopAndTheCallerItselfAreRefused() {
        try (EventLoop other = newEventLoop()) {
            Future<String> foreign = other.createFuture();
            run(() -> {
                Future<String> own = runningLoop().createFuture();
                assertThatThrownBy(() -> gather(own, foreign))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageMatching("Future\\[pending] belongs to EventLoop-\\d+; gather is for futures of "
                                + "EventLoop-\\d+ here");
                assertThatThrownBy(() -> gather(List.of(own, currentTask())))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("cannot wait for itself");
                own.cancel();
            });
        }
    }

    @Test
    void gatheringWhatIsNotDoneNeedsATask() {
        try (EventLoop loop = newEventLoop()) {
            Future<String> pending = loop.createFuture();
            assertThatThrownBy(() -> gather(pending))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("needs a task");
            pending.setResult("x");
            assertThat(gather(pending)).containsExactly("x");
        }
    }

    @Test
    void aHundredThousandFuturesAreGatheredInNoTime() {
        run(() -> {
            List<Future<Integer>> futures = new ArrayList<>();
            for (int i = 0; i < 100_000; i++) {
                futures.add(runningLoop().createFuture());
            }
            Task<List<Integer>> caller = createTask(() -> gather(futures));
            sleep(Duration.ZERO);
            for (int i = 99_999; i >= 0; i--) {
                futures.get(i).setResult(i);
            }
            List<Integer> results = await(caller);
            assertThat(results).hasSize(100_000);
            for (int i = 0; i < 100_000; i++) {
                assertThat(results.get(i)).isEqualTo(i);
            }
        });
    }

    @Test
    void aThousandTasksMayGatherTheSameFutures() {
        run(() -> {
            List<Future<String>> futures = new ArrayList<>(Collections.nCopies(100, null));
            futures.replaceAll(nothing -> runningLoop().createFuture());
            List<Task<?>> callers = new ArrayList<>();
            for (int i = 0; i < 1_000; i++) {
                callers.add(createTask(() -> order.add(gather(futures).size())));
            }
            sleep(Duration.ZERO);
            futures.forEach(future -> future.setResult("x"));
            gather(callers);
            assertThat(order).hasSize(1_000).containsOnly(100);
        });
    }
}
