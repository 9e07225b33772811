package dev.tulip.tests.loop;

import static dev.tulip.Tulip.asCompleted;
import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.currentTask;
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
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

/** {@code asCompleted}: row M6 of asyncio, behaviour 32. */
class AsCompletedTest {
    private static final Duration LONG = Duration.ofDays(1);

    private final List<Object> order = new ArrayList<>();

    @Test
    void theFuturesComeInTheOrderInWhichTheyEnd() {
        run(() -> {
            List<Future<Integer>> futures = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                futures.add(runningLoop().createFuture());
            }
            createTask(() -> {
                for (int i : List.of(2, 0, 3, 1)) {
                    futures.get(i).setResult(i);
                    sleep(Duration.ZERO);
                }
            });
            for (Future<Integer> next : asCompleted(futures)) {
                order.add(next.result());
            }
        });
        assertThat(order).containsExactly(2, 0, 3, 1);
    }

    @Test
    void theFuturesThemselvesAreHandedOutSoThatOneKnowsWhichItIs() {
        run(() -> {
            Task<String> slow = createTask(() -> {
                sleep(Duration.ofMillis(2));
                return "slow";
            });
            Task<String> fast = createTask(() -> "fast");
            for (Task<String> next : asCompleted(List.of(slow, fast))) {
                order.add(next == fast ? "fast: " + await(next) : "slow: " + await(next));
            }
        });
        assertThat(order).containsExactly("fast: fast", "slow: slow");
    }

    @Test
    void whatIsDoneComesFirstWithoutSuspendingAndInTheOrderGiven() {
        run(() -> {
            Future<String> b = runningLoop().createFuture();
            Future<String> a = runningLoop().createFuture();
            Future<String> pending = runningLoop().createFuture();
            b.setResult("b");
            a.setResult("a");
            runningLoop().callSoon(() -> order.add("callback"));
            Iterator<Future<String>> iterator =
                    asCompleted(List.of(pending, a, b)).iterator();
            assertThat(iterator.next()).isSameAs(a);
            assertThat(iterator.next()).isSameAs(b);
            assertThat(order).isEmpty();
            assertThat(iterator.hasNext()).isTrue();
            pending.setResult("c");
            assertThat(iterator.next()).isSameAs(pending);
            assertThat(iterator.hasNext()).isFalse();
            assertThatThrownBy(iterator::next).isInstanceOf(NoSuchElementException.class);
        });
    }

    @Test
    void failuresStayWithTheirFutures() {
        run(() -> {
            Task<?> bad = createTask(() -> {
                throw new IOException("bad");
            });
            Task<?> cancelled = createTask(() -> sleep(LONG));
            cancelled.cancel();
            List<Task<?>> both = new ArrayList<>();
            asCompleted(List.of(bad, cancelled)).forEach(both::add);
            assertThat(both).containsExactly(bad, cancelled);
            assertThat(bad.exception()).hasMessage("bad");
        });
    }

    @Test
    void ofNothingThereIsNothingToWaitFor() {
        run(() -> {
            assertThat(asCompleted(List.<Future<String>>of())).isEmpty();
        });
    }

    @Test
    void aFutureGivenTwiceIsHandedOutOnce() {
        run(() -> {
            Task<String> task = createTask(() -> "x");
            List<Task<String>> handedOut = new ArrayList<>();
            asCompleted(List.of(task, task)).forEach(handedOut::add);
            asCompleted(List.of(task, task)).forEach(handedOut::add);
            assertThat(handedOut).containsExactly(task, task);
        });
    }

    @Test
    void aLoopThatWasLeftCanBeGoneOnWith() {
        run(() -> {
            Iterable<Task<Integer>> completed =
                    asCompleted(List.of(createTask(() -> 1), createTask(() -> 2), createTask(() -> 3)));
            for (Task<Integer> next : completed) {
                order.add(next.result());
                break;
            }
            order.add("left");
            for (Task<Integer> next : completed) {
                order.add(next.result());
            }
        });
        assertThat(order).containsExactly(1, "left", 2, 3);
    }

    /** Behaviour 32. */
    @Test
    void aTimeoutIsThrownByTheLoopAndTheFuturesGoOn() {
        run(() -> {
            Task<String> quick = createTask(() -> "quick");
            Future<String> enough = runningLoop().createFuture();
            Task<String> slow = createTask(() -> await(enough));
            try {
                for (Task<String> next : asCompleted(List.of(slow, quick), Duration.ofMillis(2))) {
                    order.add(await(next));
                }
                order.add("not reached");
            } catch (TimeoutException e) {
                order.add(e.getMessage());
            }
            assertThat(slow.done()).isFalse();
            assertThat(slow.cancelling()).isZero();
            enough.setResult("slow");
            assertThat(await(slow)).isEqualTo("slow");
        });
        assertThat(order).containsExactly("quick", "1 of 2 futures were not done after 2 ms");
    }

    @Test
    void theTimeoutIsThrownOnceForEachFutureThatIsMissing() throws Exception {
        run(() -> {
            Future<String> a = runningLoop().createFuture();
            Future<String> b = runningLoop().createFuture();
            Iterator<Future<String>> iterator =
                    asCompleted(List.of(a, b), Duration.ZERO).iterator();
            assertThatThrownBy(iterator::next).isInstanceOf(TimeoutException.class);
            assertThat(iterator.hasNext()).isTrue();
            b.setResult("late, but there");
            assertThat(iterator.next()).isSameAs(b);
            assertThat(iterator.hasNext()).isFalse();
        });
    }

    @Test
    void cancellingTheCallerTakesNothingAndLeavesTheFuturesAlone() {
        run(() -> {
            Future<String> future = runningLoop().createFuture();
            Iterator<Future<String>> iterator = asCompleted(List.of(future)).iterator();
            Task<?> caller = createTask(() -> order.add(iterator.next()));
            sleep(Duration.ZERO);
            future.setResult("there");
            caller.cancel(); // both in one iteration
            assertThatThrownBy(() -> await(caller)).isInstanceOf(CancelledError.class);
            assertThat(order).isEmpty();
            assertThat(iterator.next()).isSameAs(future);
        });
    }

    @Test
    void oneTaskAtATimeMayWaitForTheNextOne() {
        run(() -> {
            Future<String> future = runningLoop().createFuture();
            Iterable<Future<String>> completed = asCompleted(List.of(future));
            Task<?> first =
                    createTask(() -> order.add(completed.iterator().next().result()));
            sleep(Duration.ZERO);
            assertThat(first.toString()).endsWith("waiting on asCompleted[0 of 1 handed out]]");
            assertThatThrownBy(() -> completed.iterator().next())
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("Task-2 waits for the next one of asCompleted");
            future.setResult("x");
            await(first);
        });
        assertThat(order).containsExactly("x");
    }

    @Test
    void theCallerAndFuturesOfAnotherLoopAreRefused() {
        try (EventLoop other = newEventLoop()) {
            Future<String> foreign = other.createFuture();
            run(() -> {
                assertThatThrownBy(() -> asCompleted(List.of(foreign)))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("belongs to EventLoop-");
                assertThatThrownBy(() -> asCompleted(List.of(currentTask())))
                        .hasMessageContaining("cannot wait for itself");
            });
            Iterator<Future<String>> iterator = asCompleted(List.of(foreign)).iterator();
            assertThatThrownBy(iterator::next).hasMessageContaining("asCompleted suspends, so it needs a task");
        }
    }
}
