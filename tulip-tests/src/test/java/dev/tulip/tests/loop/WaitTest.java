package dev.tulip.tests.loop;

import static dev.tulip.Tulip.allTasks;
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

import dev.tulip.Tulip;
import dev.tulip.loop.CancelledError;
import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Future;
import dev.tulip.loop.ReturnWhen;
import dev.tulip.loop.Task;
import dev.tulip.loop.WaitResult;
import dev.tulip.tests.support.Errors;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** {@code wait}: rows M3 and M4 of asyncio, behaviour 24. */
class WaitTest {
    private static final Duration LONG = Duration.ofDays(1);

    private final List<Object> order = new ArrayList<>();

    @Test
    void allCompletedWaitsForAllHoweverTheyEnd() {
        run(() -> {
            Task<String> good = createTask(() -> "good");
            Task<String> bad = createTask(() -> {
                throw new IOException("bad");
            });
            Task<String> cancelled = createTask(() -> {
                sleep(LONG);
                return "";
            });
            runningLoop().callSoon(cancelled::cancel);
            WaitResult<Task<String>> result = Tulip.wait(List.of(good, bad, cancelled), ReturnWhen.ALL_COMPLETED);
            assertThat(result.done()).containsExactly(good, bad, cancelled);
            assertThat(result.pending()).isEmpty();
            assertThat(bad.exception()).hasMessage("bad");
        });
    }

    @Test
    void firstCompletedWaitsForOne() {
        run(() -> {
            Task<?> never = createTask(() -> sleep(LONG));
            Task<?> soon = createTask(() -> sleep(Duration.ofMillis(1)));
            WaitResult<Task<?>> result = Tulip.wait(List.of(never, soon), ReturnWhen.FIRST_COMPLETED);
            assertThat(result.done()).containsExactly(soon);
            assertThat(result.pending()).containsExactly(never);
            assertThat(never.cancelling()).isZero();
            never.cancel();
        });
    }

    /** Behaviour 24. */
    @Test
    void ifSeveralEndInOneIterationAllOfThemAreDone() {
        run(() -> {
            Future<String> a = runningLoop().createFuture();
            Future<String> b = runningLoop().createFuture();
            Future<String> c = runningLoop().createFuture();
            runningLoop().callSoon(() -> b.setResult("b"));
            runningLoop().callSoon(() -> a.setResult("a"));
            WaitResult<Future<String>> result = Tulip.wait(List.of(a, b, c), ReturnWhen.FIRST_COMPLETED);
            assertThat(result.done()).containsExactly(a, b);
            assertThat(result.pending()).containsExactly(c);
        });
    }

    /** Behaviour 24, last part. */
    @Test
    void firstExceptionDoesNotMistakeACancelForAnException() {
        run(() -> {
            Task<?> cancelled = createTask(() -> sleep(LONG));
            Task<?> good = createTask(() -> sleep(Duration.ofMillis(1)));
            Task<?> bad = createTask(() -> {
                sleep(Duration.ofMillis(2));
                throw new IOException("bad");
            });
            Task<?> never = createTask(() -> sleep(LONG));
            runningLoop().callSoon(cancelled::cancel);
            WaitResult<Task<?>> result = Tulip.wait(List.of(never, cancelled, good, bad), ReturnWhen.FIRST_EXCEPTION);
            assertThat(result.done()).containsExactly(cancelled, good, bad);
            assertThat(result.pending()).containsExactly(never);
            assertThat(bad.exception()).hasMessage("bad");
            never.cancel();
        });
    }

    @Test
    void firstExceptionReturnsWhenAllAreDoneWithoutOne() {
        run(() -> {
            Task<String> a = createTask(() -> "a");
            Task<String> b = createTask(() -> "b");
            assertThat(Tulip.wait(List.of(a, b), ReturnWhen.FIRST_EXCEPTION).done())
                    .containsExactly(a, b);
        });
    }

    @Test
    void aTimeoutIsNoErrorAndCancelsNothing() {
        run(() -> {
            Task<String> quick = createTask(() -> "quick");
            Task<String> slow = createTask(() -> {
                sleep(LONG);
                return "slow";
            });
            WaitResult<Task<String>> result =
                    Tulip.wait(List.of(slow, quick), ReturnWhen.ALL_COMPLETED, Duration.ofMillis(2));
            assertThat(result.done()).containsExactly(quick);
            assertThat(result.pending()).containsExactly(slow);
            assertThat(slow.cancelling()).isZero();
            slow.cancel();
        });
    }

    @Test
    void aTimeoutOfZeroLetsEverythingThatIsReadyRunOnce() {
        run(() -> {
            Task<String> quick = createTask(() -> "quick");
            Task<String> slower = createTask(() -> {
                sleep(Duration.ZERO);
                return "slower";
            });
            for (Duration none : List.of(Duration.ZERO, Duration.ofSeconds(-1))) {
                WaitResult<Task<String>> result = Tulip.wait(List.of(quick, slower), ReturnWhen.ALL_COMPLETED, none);
                order.add(result.done());
            }
            assertThat(order).containsExactly(Set.of(quick), Set.of(quick, slower));
        });
    }

    /** Differs from CPython, which suspends once: what is ready does not suspend. */
    @Test
    void waitingForWhatHoldsAlreadyDoesNotSuspend() {
        run(() -> {
            Future<String> done = runningLoop().createFuture();
            Future<String> failed = runningLoop().createFuture();
            Future<String> pending = runningLoop().createFuture();
            done.setResult("x");
            failed.setException(new IOException("disk"));
            runningLoop().callSoon(() -> order.add("callback"));
            Tulip.wait(List.of(pending, done), ReturnWhen.FIRST_COMPLETED);
            Tulip.wait(List.of(pending, failed), ReturnWhen.FIRST_EXCEPTION);
            Tulip.wait(List.of(done, failed), ReturnWhen.ALL_COMPLETED);
            assertThat(order).isEmpty();
            assertThat(failed.exception()).hasMessage("disk");
        });
    }

    /** Behaviour 24. */
    @Test
    void cancellingTheCallerLeavesTheFuturesAlone() {
        run(() -> {
            Task<String> slow = createTask(() -> {
                sleep(Duration.ofMillis(2));
                return "slow";
            });
            Task<?> caller = createTask(() -> Tulip.wait(List.of(slow), ReturnWhen.ALL_COMPLETED, LONG));
            sleep(Duration.ZERO);
            caller.cancel("enough");
            assertThatThrownBy(() -> await(caller))
                    .isInstanceOf(CancelledError.class)
                    .hasMessage("enough");
            assertThat(slow.cancelling()).isZero();
            assertThat(await(slow)).isEqualTo("slow");
        });
    }

    @Test
    void aFailureStaysWithItsFutureAndIsReportedIfNobodyAsksForIt(Errors errors) {
        run(() -> {
            Task<?> bad = createTask(() -> {
                throw new IOException("nobody asked");
            });
            Tulip.wait(List.of(bad), ReturnWhen.FIRST_EXCEPTION);
        });
        assertThat(errors.takeOnly().exception()).hasMessage("nobody asked");
    }

    @Test
    void aFutureGivenTwiceCountsOnce() {
        run(() -> {
            Task<String> task = createTask(() -> "x");
            WaitResult<Task<String>> result = Tulip.wait(List.of(task, task, task), ReturnWhen.ALL_COMPLETED);
            assertThat(result.done()).containsExactly(task);
        });
    }

    @Test
    void whatIsPendingCanBeWaitedForAgain() {
        run(() -> {
            Set<Task<?>> pending = Set.of(
                    createTask(() -> sleep(Duration.ofMillis(1))),
                    createTask(() -> sleep(Duration.ofMillis(2))),
                    createTask(() -> sleep(Duration.ofMillis(3))));
            int rounds = 0;
            while (!pending.isEmpty()) {
                pending = Tulip.wait(pending, ReturnWhen.FIRST_COMPLETED).pending();
                rounds++;
            }
            assertThat(rounds).isBetween(1, 3);
        });
    }

    @Test
    void waitingForNothingForTheCallerOrForAnotherLoopsFutureIsRefused() {
        try (EventLoop other = newEventLoop()) {
            Future<String> foreign = other.createFuture();
            run(() -> {
                assertThatThrownBy(() -> Tulip.wait(List.of(), ReturnWhen.ALL_COMPLETED))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("at least one future");
                assertThatThrownBy(() -> Tulip.wait(List.of(foreign), ReturnWhen.ALL_COMPLETED))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("belongs to EventLoop-");
                assertThatThrownBy(() -> Tulip.wait(allTasks(), ReturnWhen.ALL_COMPLETED))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("cannot wait for itself");
            });
        }
    }

    @Test
    void aTaskThatWaitsSaysForWhat() {
        run(() -> {
            Future<String> a = runningLoop().createFuture();
            Future<String> b = runningLoop().createFuture();
            Task<?> caller = createTask(() -> Tulip.wait(List.of(a, b), ReturnWhen.ALL_COMPLETED));
            sleep(Duration.ZERO);
            a.setResult("a");
            assertThat(caller.toString()).endsWith("waiting on wait[ALL_COMPLETED, 1 pending]]");
            b.setResult("b");
            await(caller);
        });
    }

    /** Taking one waiter out of a long list must not cost the length of the list. */
    @Test
    void manyTasksMayGiveUpWaitingForOneFuture() {
        run(() -> {
            Future<String> never = runningLoop().createFuture();
            List<Task<?>> callers = new ArrayList<>();
            for (int i = 0; i < 20_000; i++) {
                callers.add(
                        createTask(() -> Tulip.wait(List.of(never), ReturnWhen.ALL_COMPLETED, Duration.ofMillis(1))));
            }
            gather(callers);
            Task<?> last = createTask(() -> Tulip.wait(List.of(never), ReturnWhen.ALL_COMPLETED));
            sleep(Duration.ZERO);
            never.setResult("at last");
            await(last);
            assertThat(currentTask().cancelling()).isZero();
        });
    }

    @Test
    void waitersThatAreOverDoNotGetInTheWayOfOthers() {
        run(() -> {
            Future<String> future = runningLoop().createFuture();
            List<Task<?>> patient = new ArrayList<>();
            List<Task<?>> impatient = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                int number = i;
                patient.add(createTask(() -> {
                    Tulip.wait(List.of(future), ReturnWhen.ALL_COMPLETED);
                    order.add(number);
                }));
                impatient.add(createTask(() -> Tulip.wait(List.of(future), ReturnWhen.ALL_COMPLETED, Duration.ZERO)));
                future.addDoneCallback(done -> order.add("callback"));
            }
            gather(impatient);
            future.setResult("x");
            gather(patient);
        });
        List<Object> expected = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            expected.add("callback");
        }
        for (int i = 0; i < 20; i++) {
            expected.add(i);
        }
        assertThat(order).isEqualTo(expected);
    }
}
