package dev.tulip.tests.sync;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.runningLoop;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.Future;
import dev.tulip.loop.Task;
import dev.tulip.sync.Barrier;
import dev.tulip.sync.Condition;
import dev.tulip.sync.Event;
import dev.tulip.sync.LifoQueue;
import dev.tulip.sync.Lock;
import dev.tulip.sync.PriorityQueue;
import dev.tulip.sync.Queue;
import dev.tulip.sync.QueueShutDownException;
import dev.tulip.sync.Semaphore;
import dev.tulip.tests.sync.Chaos.Worker;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** No waiter and no item is lost, whoever is cancelled whenever: 100,000 random cancels each. */
class RandomCancelTest {
    private final Chaos chaos = new Chaos();

    // -- Lock -----------------------------------------------------------------------------------------------------

    @Test
    void lock() {
        Lock lock = new Lock();
        playLock(lock::acquire, lock::release, () -> lock.statistics().waiting());
        assertThat(lock.locked()).isFalse();
        assertThat(lock.statistics().waiting()).isEmpty();
    }

    private void playLock(Runnable acquire, Runnable release, Supplier<List<Task<?>>> waiting) {
        Chaos.Line line = new Chaos.Line();
        int[] inside = {0};
        chaos.add(8, me -> {
            line.await(me, acquire);
            Chaos.check(++inside[0] == 1, "two tasks have the lock");
            try {
                Turns.pass(chaos.random.nextInt(3));
            } finally {
                inside[0]--;
                release.run();
                chaos.cancelWoken(waiting.get());
            }
        });
        chaos.play(() -> {}, chaos::allDone);
    }

    /** A lock with the mistake in it: who is cancelled when just woken does not wake the next. */
    private static final class ForgetfulLock {
        private final Deque<Future<Void>> waiters = new ArrayDeque<>();
        private final List<Task<?>> tasks = new ArrayList<>();
        private boolean locked;

        private void acquire() {
            if (locked || !waiters.isEmpty()) {
                Future<Void> turn = runningLoop().createFuture();
                waiters.add(turn);
                Task<?> task = Task.current();
                tasks.add(task);
                try {
                    await(turn);
                } finally {
                    waiters.remove(turn);
                    tasks.remove(task);
                }
            }
            locked = true;
        }

        private void release() {
            locked = false;
            waiters.stream().filter(turn -> !turn.done()).findFirst().ifPresent(turn -> turn.setResult(null));
        }
    }

    @Test
    void aLockThatForgetsToPassTheTurnOnFailsThisTest() {
        ForgetfulLock lock = new ForgetfulLock();
        assertThatThrownBy(() -> playLock(lock::acquire, lock::release, () -> lock.tasks))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("nothing happens any more");
    }

    // -- Semaphore ------------------------------------------------------------------------------------------------

    @Test
    void semaphore() {
        Semaphore semaphore = new Semaphore(3);
        Chaos.Line line = new Chaos.Line();
        int[] inside = {0};
        chaos.add(12, me -> {
            line.await(me, semaphore::acquire);
            inside[0]++;
            try {
                Turns.pass(chaos.random.nextInt(4));
            } finally {
                inside[0]--;
                semaphore.release();
                chaos.cancelWoken(semaphore.statistics().waiting());
            }
        });
        chaos.play(
                () -> {
                    Chaos.check(inside[0] + semaphore.statistics().permits() == 3, "permits: " + semaphore);
                },
                chaos::allDone);
        assertThat(semaphore.statistics()).isEqualTo(new Semaphore.Statistics(3, List.of()));
    }

    // -- Event ----------------------------------------------------------------------------------------------------

    @Test
    void event() {
        Event event = new Event();
        int[] sets = {0};
        chaos.add(10, me -> {
            me.held = sets[0];
            try {
                event.await();
                Chaos.check((int) me.held < sets[0], me + " was woken by nobody");
            } finally {
                me.held = null;
            }
        });
        chaos.play(
                () -> {
                    for (Worker worker : chaos.workers) {
                        Chaos.check(
                                worker.held == null || worker.cancelled || (int) worker.held == sets[0],
                                worker + " was not woken");
                    }
                    if (chaos.random.nextInt(3) > 0) {
                        List<Task<?>> waiting = event.statistics().waiting();
                        event.set();
                        event.clear();
                        sets[0]++;
                        chaos.cancelWoken(waiting);
                        Turns.pass(1); // all who were woken have run
                    }
                },
                chaos::allDone);
        assertThat(event.statistics()).isEqualTo(new Event.Statistics(false, List.of()));
    }

    // -- Condition ------------------------------------------------------------------------------------------------

    @Test
    void condition() {
        Condition condition = new Condition();
        int[] items = {0};
        int[] putAndTaken = {0, 0};
        boolean[] calm = {false};
        chaos.add(3, me -> {
            waitWhile(calm);
            condition.withLock(() -> {
                int count = 1 + chaos.random.nextInt(2);
                items[0] += count;
                putAndTaken[0] += count;
                List<Task<?>> waiting = condition.statistics().waiting();
                condition.notifyWaiters(count);
                chaos.cancelWoken(waiting);
            });
            Turns.pass(4);
        });
        chaos.add(7, me -> {
            waitWhile(calm); // whoever was cancelled must not come back and take what it was notified for
            condition.withLock(() -> {
                try {
                    condition.awaitFor(() -> items[0] > 0);
                } catch (CancelledError e) {
                    Chaos.check(condition.statistics().lock().owner() == Task.current(), "cancelled without the lock");
                    throw e;
                }
                items[0]--;
                putAndTaken[1]++;
                Turns.pass(chaos.random.nextInt(3));
            });
        });
        chaos.play(
                () -> {
                    if (chaos.random.nextInt(10) == 0) {
                        // Nobody puts, nobody is cancelled, until nothing moves any more.
                        calm[0] = true;
                        Turns.pass(30);
                        calm[0] = false;
                        boolean somebodyWaits =
                                !condition.statistics().waiting().isEmpty();
                        Chaos.check(items[0] == 0 || !somebodyWaits, "a notification was lost: " + condition);
                    }
                },
                () -> items[0] == 0 || chaos.allDone());
        assertThat(putAndTaken[0]).isEqualTo(putAndTaken[1] + items[0]).isGreaterThan(10_000);
        assertThat(condition.locked()).isFalse();
        assertThat(condition.statistics().waiting()).isEmpty();
    }

    private static void waitWhile(boolean[] condition) {
        while (condition[0]) {
            Turns.pass(1);
        }
    }

    // -- Barrier --------------------------------------------------------------------------------------------------

    @Test
    void barrier() {
        int parties = 3;
        Barrier barrier = new Barrier(parties);
        List<List<Integer>> rounds = new ArrayList<>();
        rounds.add(new ArrayList<>());
        chaos.stamp = rounds::size;
        chaos.add(7, me -> {
            int rounded = rounds.size();
            List<Integer> round = rounds.getLast();
            List<Task<?>> waiting = barrier.statistics().waiting();
            try {
                int number = barrier.await();
                round.add(number);
                if (number == parties - 1) {
                    rounds.add(new ArrayList<>());
                    chaos.cancelWoken(waiting);
                }
            } catch (CancelledError e) {
                if ((int) me.whenCancelled > rounded) {
                    round.add(-1); // it had arrived, and was cancelled when it had been woken
                }
                throw e;
            }
        });
        chaos.play(() -> Chaos.check(barrier.nWaiting() < parties, "nobody opens " + barrier), () -> true);
        assertThat(barrier.statistics()).isEqualTo(new Barrier.Statistics(parties, List.of(), false));
        rounds.removeLast();
        assertThat(rounds).hasSizeGreaterThan(10_000);
        for (List<Integer> round : rounds) {
            Chaos.check(round.size() == parties && round.contains(parties - 1), "not all have passed: " + round);
            long passed = round.stream().filter(number -> number >= 0).count();
            long numbers =
                    round.stream().filter(number -> number >= 0).distinct().count();
            Chaos.check(passed == numbers, "a number was given twice: " + round);
        }
    }

    // -- Queue ----------------------------------------------------------------------------------------------------

    /** An item, and when it came. */
    private record Item(int priority, int number) {}

    /** What a queue should hold, and in which order. */
    private interface Model {
        void put(Item item);

        Item take();

        int size();
    }

    @Test
    void queue() {
        Deque<Item> items = new ArrayDeque<>();
        playQueue(new Queue<>(4), new DequeModel(items) {
            @Override
            public Item take() {
                return items.pollFirst();
            }
        });
    }

    @Test
    void queueWithoutLimit() {
        Deque<Item> items = new ArrayDeque<>();
        playQueue(new Queue<>(), new DequeModel(items) {
            @Override
            public Item take() {
                return items.pollFirst();
            }
        });
    }

    @Test
    void lifoQueue() {
        Deque<Item> items = new ArrayDeque<>();
        playQueue(new LifoQueue<>(4), new DequeModel(items) {
            @Override
            public Item take() {
                return items.pollLast();
            }
        });
    }

    @Test
    void priorityQueue() {
        record Ranked(int priority, long rank, Item item) {}
        TreeSet<Ranked> items =
                new TreeSet<>(Comparator.comparingInt(Ranked::priority).thenComparing(Ranked::rank));
        playQueue(new PriorityQueue<>(4, Comparator.comparingInt(Item::priority)), new Model() {
            private long rank;

            @Override
            public void put(Item item) {
                items.add(new Ranked(item.priority(), rank++, item));
            }

            @Override
            public Item take() {
                return items.removeFirst().item();
            }

            @Override
            public int size() {
                return items.size();
            }
        });
    }

    private abstract static class DequeModel implements Model {
        private final Deque<Item> items;

        private DequeModel(Deque<Item> items) {
            this.items = items;
        }

        @Override
        public void put(Item item) {
            items.addLast(item);
        }

        @Override
        public int size() {
            return items.size();
        }
    }

    private void playQueue(Queue<Item> queue, Model model) {
        int[] putAndGot = {0, 0};
        int[] next = {0};
        Chaos.Line putters = new Chaos.Line();
        Chaos.Line getters = new Chaos.Line();
        chaos.add(6, me -> {
            if (queue.qsize() > 4) {
                return; // the getters are slow
            }
            if (me.held == null) {
                me.held = new Item(chaos.random.nextInt(5), next[0]++);
            }
            Item item = (Item) me.held;
            putters.await(me, () -> {
                queue.put(item); // if this is cancelled, the same item is put later: it must not be there twice
                model.put(item);
            });
            me.held = null;
            putAndGot[0]++;
            chaos.cancelWoken(queue.statistics().getters());
        });
        chaos.add(6, me -> {
            me.held = "until the queue is shut down";
            try {
                getters.await(me, () -> {
                    Item item = queue.get();
                    Item expected = model.take();
                    Chaos.check(item == expected, "got " + item + " instead of " + expected);
                });
            } catch (QueueShutDownException e) {
                me.held = null;
                return;
            }
            putAndGot[1]++;
            queue.taskDone();
            chaos.cancelWoken(queue.statistics().putters());
        });
        chaos.play(
                () -> {
                    Chaos.check(queue.qsize() == model.size(), queue + " should have " + model.size());
                    Chaos.check(!queue.full() || queue.qsize() == queue.maxsize(), "overfull: " + queue);
                    if (chaos.isEnding()) {
                        if (chaos.areDone(6)) {
                            queue.shutdown();
                        }
                    } else if (chaos.random.nextInt(4) == 0 && !queue.empty()) {
                        Chaos.check(queue.getNowait() == model.take(), "wrong item taken at once");
                        queue.taskDone();
                        putAndGot[1]++;
                    } else if (chaos.random.nextInt(4) == 0 && !queue.full()) {
                        Item item = new Item(chaos.random.nextInt(5), next[0]++);
                        queue.putNowait(item);
                        model.put(item);
                        putAndGot[0]++;
                    }
                },
                chaos::allDone);
        assertThat(putAndGot[0]).isEqualTo(putAndGot[1]).isGreaterThan(10_000);
        Queue.Statistics end = queue.statistics();
        assertThat(Arrays.asList(end.size(), end.unfinished(), end.getters(), end.putters()))
                .containsExactly(0, 0L, List.of(), List.of());
    }
}
