package dev.tulip.tests.sync;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.run;
import static dev.tulip.tests.sync.Turns.pass;
import static dev.tulip.tests.sync.Turns.withoutSuspending;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.Task;
import dev.tulip.sync.Queue;
import dev.tulip.sync.QueueEmptyException;
import dev.tulip.sync.QueueFullException;
import dev.tulip.sync.QueueShutDownException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Test;

/** Queues: rows Q1 to Q4 of asyncio, behaviours 8, 42 and 43. */
class QueueTest {
    private final List<Object> order = new ArrayList<>();

    private Task<?> getter(Queue<?> queue, String name) {
        return createTask(() -> order.add(name + " got " + queue.get()));
    }

    private Task<?> putter(Queue<String> queue, String item) {
        return createTask(() -> {
            queue.put(item);
            order.add("put " + item);
        });
    }

    private static <T> List<T> drain(Queue<T> queue) {
        List<T> items = new ArrayList<>();
        while (!queue.empty()) {
            items.add(queue.getNowait());
        }
        return items;
    }

    // -- sizes ----------------------------------------------------------------------------------------------------

    @Test
    void aQueueGivesItsItemsInTheOrderInWhichTheyCame() {
        Queue<Integer> queue = new Queue<>();
        for (int i = 0; i < 1_000; i++) {
            queue.putNowait(2 * i);
            queue.putNowait(2 * i + 1);
            assertThat(queue.getNowait()).isEqualTo(i);
        }
        assertThat(queue.qsize()).isEqualTo(1_000);
        List<Integer> rest = drain(queue);
        assertThat(rest).hasSize(1_000).isSorted().startsWith(1_000).endsWith(1_999);
    }

    @Test
    void sizesAreExact() {
        Queue<String> queue = new Queue<>(2);
        assertThat(queue.maxsize()).isEqualTo(2);
        assertThat(queue.qsize()).isZero();
        assertThat(queue.empty()).isTrue();
        assertThat(queue.full()).isFalse();
        queue.putNowait("a");
        assertThat(queue.empty()).isFalse();
        assertThat(queue.full()).isFalse();
        queue.putNowait("b");
        assertThat(queue.qsize()).isEqualTo(2);
        assertThat(queue.full()).isTrue();
        assertThat(queue.getNowait()).isEqualTo("a");
        assertThat(queue.qsize()).isEqualTo(1);
        assertThat(queue.full()).isFalse();
    }

    @Test
    void aQueueWhoseSizeIsNotPositiveHasNoLimit() {
        for (Queue<Integer> queue : List.of(new Queue<Integer>(), new Queue<Integer>(0), new Queue<Integer>(-1))) {
            for (int i = 0; i < 1_000; i++) {
                queue.putNowait(i);
            }
            assertThat(queue.full()).isFalse();
            assertThat(queue.qsize()).isEqualTo(1_000);
        }
    }

    @Test
    void itemsMayBeNull() {
        run(() -> {
            Queue<String> queue = new Queue<>();
            queue.put(null);
            assertThat(queue.qsize()).isEqualTo(1);
            assertThat(queue.get()).isNull();
        });
    }

    @Test
    void whatIsNotThereIsToldAtOnce() {
        Queue<String> queue = new Queue<>(1);
        assertThatThrownBy(queue::getNowait)
                .isInstanceOf(QueueEmptyException.class)
                .hasMessage("Queue[size 0 of 1, unfinished 0] is empty");
        queue.putNowait("a");
        assertThatThrownBy(() -> queue.putNowait("b"))
                .isInstanceOf(QueueFullException.class)
                .hasMessage("Queue[size 1 of 1, unfinished 1] is full");
        assertThat(queue.getNowait()).isEqualTo("a");
    }

    // -- waiting --------------------------------------------------------------------------------------------------

    /** Behaviour 8. */
    @Test
    void puttingWhereThereIsRoomAndGettingWhatIsThereDoesNotSuspend() {
        run(() -> {
            Queue<String> queue = new Queue<>(1);
            withoutSuspending(() -> queue.put("a"));
            withoutSuspending(() -> assertThat(queue.get()).isEqualTo("a"));
        });
    }

    @Test
    void gettersAreServedInTheOrderInWhichTheyCame() {
        run(() -> {
            Queue<Integer> queue = new Queue<>();
            List<Task<?>> getters = new ArrayList<>();
            for (String name : List.of("a", "b", "c")) {
                getters.add(getter(queue, name));
            }
            pass(1);
            queue.putNowait(1);
            queue.putNowait(2);
            assertThat(queue.qsize()).isEqualTo(2); // until the getters have them
            pass(1);
            assertThat(order).containsExactly("a got 1", "b got 2"); // in one iteration
            assertThat(queue.qsize()).isZero();
            queue.putNowait(3);
            getters.forEach(Task::await);
            assertThat(order).containsExactly("a got 1", "b got 2", "c got 3");
        });
    }

    @Test
    void puttersAreServedInTheOrderInWhichTheyCame() {
        run(() -> {
            Queue<String> queue = new Queue<>(1);
            queue.put("first");
            List<Task<?>> putters = new ArrayList<>();
            for (String item : List.of("a", "b", "c")) {
                putters.add(putter(queue, item));
            }
            pass(5);
            assertThat(order).isEmpty();
            List<String> got = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                got.add(queue.get());
            }
            assertThat(got).containsExactly("first", "a", "b", "c");
            putters.forEach(Task::await);
            assertThat(order).containsExactly("put a", "put b", "put c");
        });
    }

    @Test
    void whoGetsBetweenAPutAndTheWaitersTurnQueuesBehindIt() {
        run(() -> {
            Queue<Integer> queue = new Queue<>();
            getter(queue, "waiter");
            pass(1);
            Task<?> late = getter(queue, "late"); // its first step comes before the waiter's turn
            queue.putNowait(1);
            pass(3);
            assertThat(order).containsExactly("waiter got 1");
            queue.putNowait(2);
            await(late);
            assertThat(order).containsExactly("waiter got 1", "late got 2");
        });
    }

    @Test
    void whoGetsLateIsServedInTheSameWayIfThereIsAnItemForIt() {
        run(() -> {
            Queue<Integer> queue = new Queue<>();
            getter(queue, "waiter");
            pass(1);
            Task<?> late = getter(queue, "late");
            queue.putNowait(1);
            queue.putNowait(2);
            await(late);
            assertThat(order).containsExactly("waiter got 1", "late got 2");
        });
    }

    @Test
    void whoPutsBetweenAGetAndTheWaitersTurnQueuesBehindIt() {
        run(() -> {
            Queue<String> queue = new Queue<>(1);
            queue.put("first");
            putter(queue, "waiter");
            pass(1);
            Task<?> late = putter(queue, "late");
            assertThat(queue.getNowait()).isEqualTo("first");
            pass(3);
            assertThat(queue.getNowait()).isEqualTo("waiter");
            await(late);
            assertThat(order).containsExactly("put waiter", "put late");
        });
    }

    /** Behaviour 42. Differs from CPython, where the waiter goes to the back of the line. */
    @Test
    void getNowaitTakesWhatIsThereAndTheWaiterKeepsItsPlaceInLine() {
        run(() -> {
            Queue<Integer> queue = new Queue<>();
            getter(queue, "a");
            getter(queue, "b");
            pass(1);
            queue.putNowait(1);
            assertThat(queue.empty()).isFalse();
            assertThat(queue.getNowait()).isEqualTo(1);
            assertThat(queue.empty()).isTrue();
            pass(5);
            assertThat(order).isEmpty();
            queue.putNowait(2);
            pass(1);
            queue.putNowait(3);
            pass(1);
            assertThat(order).containsExactly("a got 2", "b got 3");
        });
    }

    @Test
    void ofTwoWaitersTheFirstGetsTheItemThatGetNowaitHasLeft() {
        run(() -> {
            Queue<Integer> queue = new Queue<>();
            getter(queue, "a");
            getter(queue, "b");
            pass(1);
            queue.putNowait(1);
            queue.putNowait(2);
            assertThat(queue.getNowait()).isEqualTo(1);
            pass(1);
            assertThat(order).containsExactly("a got 2");
            queue.putNowait(3);
            assertThat(queue.getNowait()).isEqualTo(3);
            queue.putNowait(4); // the waiter was woken and is woken again before it has run
            pass(1);
            assertThat(order).containsExactly("a got 2", "b got 4");
        });
    }

    @Test
    void putNowaitTakesTheRoomThatIsThereAndTheWaiterKeepsItsPlaceInLine() {
        run(() -> {
            Queue<String> queue = new Queue<>(1);
            queue.put("first");
            putter(queue, "a");
            Task<?> last = putter(queue, "b");
            pass(1);
            assertThat(queue.getNowait()).isEqualTo("first");
            queue.putNowait("quick");
            pass(5);
            assertThat(order).isEmpty();
            assertThat(queue.get()).isEqualTo("quick");
            assertThat(queue.get()).isEqualTo("a");
            assertThat(queue.get()).isEqualTo("b");
            await(last);
        });
    }

    @Test
    void aWaiterThatLostItsItemToGetNowaitCanStillBeCancelled() {
        run(() -> {
            Queue<Integer> queue = new Queue<>();
            Task<?> waiter = getter(queue, "waiter");
            pass(1);
            queue.putNowait(1);
            assertThat(queue.getNowait()).isEqualTo(1);
            waiter.cancel();
            assertThatThrownBy(() -> await(waiter)).isInstanceOf(CancelledError.class);
            assertThat(queue.statistics().getters()).isEmpty();
            queue.putNowait(2);
            withoutSuspending(() -> assertThat(queue.get()).isEqualTo(2));
        });
    }

    // -- cancelling -----------------------------------------------------------------------------------------------

    /** Behaviour 42. */
    @Test
    void aGetterThatIsCancelledInTheVeryIterationInWhichItWasWokenTakesNothing() {
        run(() -> {
            Queue<Integer> queue = new Queue<>();
            Task<?> woken = getter(queue, "woken");
            pass(1);
            queue.putNowait(1);
            woken.cancel();
            assertThatThrownBy(() -> await(woken)).isInstanceOf(CancelledError.class);
            assertThat(queue.qsize()).isEqualTo(1);
            assertThat(queue.getNowait()).isEqualTo(1);
        });
    }

    @Test
    void theItemsOfGettersThatAreCancelledGoToTheNextOnesInOrder() {
        run(() -> {
            Queue<Integer> queue = new Queue<>();
            List<Task<?>> getters = new ArrayList<>();
            for (String name : List.of("a", "b", "c", "d", "e")) {
                getters.add(getter(queue, name));
            }
            pass(1);
            queue.putNowait(1);
            queue.putNowait(2);
            queue.putNowait(3);
            getters.get(0).cancel();
            getters.get(2).cancel();
            pass(3);
            assertThat(order).containsExactly("b got 1", "d got 2", "e got 3");
        });
    }

    @Test
    void aPutterThatIsCancelledInTheVeryIterationInWhichItWasWokenPutsNothing() {
        run(() -> {
            Queue<String> queue = new Queue<>(1);
            queue.put("first");
            Task<?> woken = putter(queue, "woken");
            Task<?> next = putter(queue, "next");
            pass(1);
            assertThat(queue.getNowait()).isEqualTo("first");
            woken.cancel();
            await(next);
            assertThat(woken.cancelled()).isTrue();
            assertThat(drain(queue)).containsExactly("next");
            assertThat(order).containsExactly("put next");
        });
    }

    @Test
    void aCancelledWaiterLeavesTheLine() {
        run(() -> {
            Queue<String> queue = new Queue<>(1);
            Task<?> getter = getter(queue, "getter");
            pass(1);
            getter.cancel();
            assertThat(queue.statistics().getters()).isEmpty();
            pass(1);
            queue.put("a");
            Task<?> putter = putter(queue, "b");
            pass(1);
            putter.cancel();
            assertThat(queue.statistics().putters()).isEmpty();
            pass(1);
            assertThat(drain(queue)).containsExactly("a");
            assertThat(queue.statistics().unfinished()).isEqualTo(1);
        });
    }

    // -- join -----------------------------------------------------------------------------------------------------

    @Test
    void joinWaitsUntilEverythingThatWasPutIsDone() {
        run(() -> {
            Queue<Integer> queue = new Queue<>();
            Task<?> worker = createTask(() -> {
                while (true) {
                    int item = queue.get();
                    pass(1);
                    order.add(item);
                    queue.taskDone();
                }
            });
            for (int i = 0; i < 3; i++) {
                queue.put(i);
            }
            queue.join();
            assertThat(order).containsExactly(0, 1, 2);
            withoutSuspending(queue::join);
            worker.cancel();
        });
    }

    @Test
    void joinReturnsThoughMoreWasPutBeforeItRan() {
        run(() -> {
            Queue<Integer> queue = new Queue<>();
            queue.put(1);
            Task<?> joiner = createTask(queue::join);
            pass(1);
            assertThat(queue.statistics().joiners()).containsExactly(joiner);
            queue.taskDone();
            queue.put(2);
            await(joiner);
            assertThat(queue.statistics().unfinished()).isEqualTo(1);
        });
    }

    @Test
    void takingAnItemDoesNotFinishIt() {
        run(() -> {
            Queue<Integer> queue = new Queue<>();
            queue.put(1);
            queue.getNowait();
            Task<?> joiner = createTask(queue::join);
            pass(5);
            assertThat(joiner.done()).isFalse();
            joiner.cancel();
            assertThatThrownBy(() -> await(joiner)).isInstanceOf(CancelledError.class);
            assertThat(queue.statistics().joiners()).isEmpty();
        });
    }

    @Test
    void taskDoneOnceTooOftenIsRefused() {
        Queue<Integer> queue = new Queue<>();
        queue.putNowait(1);
        queue.taskDone();
        assertThatThrownBy(queue::taskDone)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("taskDone() was called too often on Queue[size 1, unfinished 0]: once for each item");
    }

    // -- shutdown -------------------------------------------------------------------------------------------------

    @Test
    void aQueueThatIsShutDownGivesWhatItHasAndTakesNothingMore() {
        run(() -> {
            Queue<String> queue = new Queue<>(2);
            queue.put("a");
            queue.put("b");
            queue.shutdown();
            queue.shutdown();
            assertThatThrownBy(() -> queue.put("c")) // though it is full
                    .isInstanceOf(QueueShutDownException.class)
                    .hasMessage("Queue[size 2 of 2, unfinished 2, shut down] takes nothing more");
            assertThatThrownBy(() -> queue.putNowait("c")).isInstanceOf(QueueShutDownException.class);
            assertThat(queue.get()).isEqualTo("a");
            assertThat(queue.getNowait()).isEqualTo("b");
            assertThatThrownBy(queue::get)
                    .isInstanceOf(QueueShutDownException.class)
                    .hasMessage("Queue[size 0 of 2, unfinished 2, shut down] has nothing more to give");
            assertThatThrownBy(queue::getNowait).isInstanceOf(QueueShutDownException.class);
        });
    }

    @Test
    void shutdownFailsAllWhoWait() {
        run(() -> {
            Queue<String> empty = new Queue<>();
            Queue<String> full = new Queue<>(1);
            full.put("a");
            List<Task<?>> waiters =
                    List.of(getter(empty, "1"), getter(empty, "2"), putter(full, "b"), putter(full, "c"));
            pass(1);
            empty.shutdown();
            full.shutdown();
            for (Task<?> waiter : waiters) {
                assertThatThrownBy(() -> await(waiter)).isInstanceOf(QueueShutDownException.class);
            }
            assertThat(drain(full)).containsExactly("a");
            assertThat(order).isEmpty();
        });
    }

    @Test
    void whoWasWokenByAnItemBeforeTheShutdownGetsIt() {
        run(() -> {
            Queue<Integer> queue = new Queue<>();
            Task<?> first = getter(queue, "first");
            Task<?> second = getter(queue, "second");
            pass(1);
            queue.putNowait(1);
            queue.shutdown();
            await(first);
            assertThatThrownBy(() -> await(second)).isInstanceOf(QueueShutDownException.class);
            assertThat(order).containsExactly("first got 1");
        });
    }

    @Test
    void afterAShutdownTheItemOfACancelledGetterGoesToTheNextOne() {
        run(() -> {
            Queue<Integer> queue = new Queue<>();
            Task<?> first = getter(queue, "first");
            pass(1);
            Task<?> late = getter(queue, "late");
            Task<?> later = getter(queue, "later");
            queue.putNowait(1);
            queue.shutdown();
            first.cancel();
            await(late);
            assertThatThrownBy(() -> await(later)).isInstanceOf(QueueShutDownException.class);
            assertThat(order).containsExactly("late got 1");
        });
    }

    @Test
    void aPutterThatWasWokenBeforeTheShutdownHasNotPut() {
        run(() -> {
            Queue<String> queue = new Queue<>(1);
            queue.put("a");
            Task<?> putter = putter(queue, "b");
            pass(1);
            queue.getNowait();
            queue.shutdown();
            assertThatThrownBy(() -> await(putter)).isInstanceOf(QueueShutDownException.class);
            assertThat(queue.empty()).isTrue();
            assertThat(queue.statistics().unfinished()).isEqualTo(1);
        });
    }

    /** Behaviour 43. */
    @Test
    void anImmediateShutdownDropsWhatIsThereAndJoinWaitsForWhatWasTaken() {
        run(() -> {
            Queue<Integer> queue = new Queue<>();
            queue.put(1);
            queue.put(2);
            queue.getNowait();
            Task<?> joiner = createTask(queue::join);
            pass(1);
            queue.shutdown(true);
            assertThat(queue.qsize()).isZero();
            assertThat(queue.statistics().unfinished()).isEqualTo(1);
            pass(5);
            assertThat(joiner.done()).isFalse();
            queue.taskDone();
            await(joiner);
            assertThatThrownBy(queue::taskDone).isInstanceOf(IllegalStateException.class);
        });
    }

    @Test
    void anImmediateShutdownFreesJoinIfNothingWasTaken() {
        run(() -> {
            Queue<Integer> queue = new Queue<>();
            queue.put(1);
            Task<?> joiner = createTask(queue::join);
            Task<?> getter = getter(queue, "getter");
            pass(1);
            assertThat(getter.done()).isTrue();
            queue.taskDone();
            queue.put(2);
            queue.shutdown();
            queue.shutdown(true); // now for good
            await(joiner);
            assertThatThrownBy(queue::get).isInstanceOf(QueueShutDownException.class);
        });
    }

    @Test
    void anImmediateShutdownFailsAGetterThatWasWokenByAnItem() {
        run(() -> {
            Queue<Integer> queue = new Queue<>();
            Task<?> getter = getter(queue, "getter");
            pass(1);
            queue.putNowait(1);
            queue.shutdown(true);
            assertThatThrownBy(() -> await(getter)).isInstanceOf(QueueShutDownException.class);
            queue.join();
        });
    }

    @Test
    void anImmediateShutdownAfterTooManyTaskDoneDoesNotCountBelowZero() {
        run(() -> {
            Queue<Integer> queue = new Queue<>();
            queue.put(1);
            queue.put(2);
            queue.taskDone();
            queue.shutdown(true);
            assertThat(queue.statistics().unfinished()).isZero();
            withoutSuspending(queue::join);
        });
    }

    // -- a for loop -----------------------------------------------------------------------------------------------

    @Test
    void aForLoopGetsEachItemAndEndsWithTheShutdown() {
        run(() -> {
            Queue<String> queue = new Queue<>();
            Task<?> consumer = createTask(() -> {
                for (String item : queue.untilShutdown()) {
                    order.add(item);
                }
                order.add("end");
            });
            queue.put("a");
            pass(3);
            queue.put("b");
            queue.put("c");
            queue.shutdown();
            await(consumer);
            assertThat(order).containsExactly("a", "b", "c", "end");
        });
    }

    @Test
    void severalForLoopsShareTheItems() {
        run(() -> {
            Queue<Integer> queue = new Queue<>(2);
            List<Task<Integer>> workers = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                workers.add(createTask(() -> {
                    int count = 0;
                    for (int item : queue.untilShutdown()) {
                        pass(1);
                        order.add(item);
                        queue.taskDone();
                        count++;
                    }
                    return count;
                }));
            }
            for (int i = 0; i < 30; i++) {
                queue.put(i);
            }
            queue.join();
            queue.shutdown();
            assertThat(workers.stream().mapToInt(Task::await).toArray()).containsExactly(10, 10, 10);
            assertThat(order).hasSize(30).doesNotHaveDuplicates();
        });
    }

    @Test
    void aForLoopThatIsCancelledHasTakenNothing() {
        run(() -> {
            Queue<String> queue = new Queue<>();
            Task<?> consumer = createTask(() -> {
                for (String item : queue.untilShutdown()) {
                    order.add(item);
                }
            });
            pass(1);
            queue.putNowait("a");
            consumer.cancel();
            assertThatThrownBy(() -> await(consumer)).isInstanceOf(CancelledError.class);
            assertThat(order).isEmpty();
            assertThat(drain(queue)).containsExactly("a");
        });
    }

    @Test
    void anIteratorDoesWhatIteratorsDo() {
        run(() -> {
            Queue<String> queue = new Queue<>();
            queue.put("a");
            queue.put(null);
            queue.shutdown();
            Iterator<String> iterator = queue.untilShutdown().iterator();
            assertThat(iterator.hasNext()).isTrue();
            assertThat(iterator.hasNext()).isTrue();
            assertThat(iterator.next()).isEqualTo("a");
            assertThat(iterator.next()).isNull();
            assertThat(iterator.hasNext()).isFalse();
            assertThatThrownBy(iterator::next).isInstanceOf(NoSuchElementException.class);
        });
    }

    // -- what it shows --------------------------------------------------------------------------------------------

    @Test
    void statisticsNameWhoWaitsForWhat() {
        run(() -> {
            Queue<String> queue = new Queue<>(1);
            Task<?> getter = getter(queue, "getter");
            pass(1);
            assertThat(queue.statistics())
                    .isEqualTo(new Queue.Statistics(0, 1, 0, false, List.of(getter), List.of(), List.of()));
            queue.put("a");
            await(getter);
            queue.put("b");
            Task<?> putter = putter(queue, "c");
            Task<?> joiner = createTask(queue::join);
            pass(1);
            queue.shutdown();
            assertThat(queue.statistics())
                    .isEqualTo(new Queue.Statistics(1, 1, 2, true, List.of(), List.of(putter), List.of(joiner)));
            assertThatThrownBy(() -> await(putter)).isInstanceOf(QueueShutDownException.class);
            joiner.cancel();
        });
    }

    @Test
    void toStringShowsItsState() {
        run(() -> {
            Queue<String> queue = new Queue<>();
            assertThat(queue).hasToString("Queue[size 0, unfinished 0]");
            getter(queue, "getter");
            pass(1);
            assertThat(queue).hasToString("Queue[size 0, unfinished 0, 1 waiting to get]");
            queue.put("a");
            Task<?> joiner = createTask(queue::join);
            pass(1);
            queue.shutdown();
            assertThat(queue).hasToString("Queue[size 0, unfinished 1, 1 waiting to join, shut down]");
            queue.taskDone();
            await(joiner);
        });
        run(() -> {
            Queue<String> queue = new Queue<>(1);
            queue.put("a");
            Task<?> putter = putter(queue, "b");
            pass(1);
            assertThat(queue).hasToString("Queue[size 1 of 1, unfinished 1, 1 waiting to put]");
            putter.cancel();
        });
    }
}
