package dev.tulip.tests.sync;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.run;
import static dev.tulip.tests.sync.Turns.pass;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.Task;
import dev.tulip.sync.PriorityQueue;
import dev.tulip.sync.QueueFullException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Queues with an order of their own: row Q5 of asyncio. */
class PriorityQueueTest {
    private record Job(int priority, int number) {}

    private static <T> List<T> drain(PriorityQueue<T> queue) {
        List<T> items = new ArrayList<>();
        while (!queue.empty()) {
            items.add(queue.getNowait());
        }
        return items;
    }

    @Test
    void theSmallestItemComesFirst() {
        PriorityQueue<Integer> queue = new PriorityQueue<>();
        for (int item : new int[] {5, 3, 9, 1, 7, 3}) {
            queue.putNowait(item);
        }
        assertThat(drain(queue)).containsExactly(1, 3, 3, 5, 7, 9);
    }

    @Test
    void aComparatorMayTurnTheOrderRound() {
        PriorityQueue<String> queue = new PriorityQueue<>(2, Comparator.reverseOrder());
        queue.putNowait("a");
        queue.putNowait("b");
        assertThatThrownBy(() -> queue.putNowait("c")).isInstanceOf(QueueFullException.class);
        assertThat(queue.maxsize()).isEqualTo(2);
        assertThat(drain(queue)).containsExactly("b", "a");
    }

    /** Differs from CPython, where equal items come in any order. */
    @Test
    void equalItemsComeInTheOrderInWhichTheyWerePut() {
        PriorityQueue<Job> queue = new PriorityQueue<>(Comparator.comparingInt(Job::priority));
        long seed = System.nanoTime();
        Random random = new Random(seed);
        List<Job> model = new ArrayList<>();
        int number = 0;
        for (int i = 0; i < 20_000; i++) {
            if (random.nextInt(100) < 52 || model.isEmpty()) {
                Job job = new Job(random.nextInt(5), number++);
                queue.putNowait(job);
                int place = 0;
                while (place < model.size() && model.get(place).priority() <= job.priority()) {
                    place++;
                }
                model.add(place, job);
            } else {
                assertThat(queue.getNowait()).as("seed %d, step %d", seed, i).isEqualTo(model.removeFirst());
            }
            assertThat(queue.qsize()).isEqualTo(model.size());
        }
        assertThat(drain(queue)).as("seed %d", seed).isEqualTo(model);
    }

    @Test
    void aWaitingGetterGetsWhatIsSmallestWhenItRuns() {
        run(() -> {
            PriorityQueue<Integer> queue = new PriorityQueue<>();
            Task<Integer> getter = createTask(queue::get);
            pass(1);
            queue.putNowait(5);
            queue.putNowait(1);
            assertThat(await(getter)).isEqualTo(1);
            assertThat(drain(queue)).containsExactly(5);
        });
    }

    @Test
    void anItemThatCannotBeComparedIsRefusedAtOnce() {
        PriorityQueue<Object> queue = new PriorityQueue<>();
        assertThatThrownBy(() -> queue.putNowait(new Object())).isInstanceOf(ClassCastException.class);
        assertThatThrownBy(() -> queue.putNowait(null)).isInstanceOf(NullPointerException.class);
        assertThat(queue.qsize()).isZero();
        assertThat(queue.statistics().unfinished()).isZero();
    }

    @Test
    void ifTheComparatorThrowsTheQueueIsAsBefore() {
        boolean[] fails = {false};
        int[] countdown = {0};
        PriorityQueue<Integer> queue = new PriorityQueue<>((a, b) -> {
            if (fails[0] && countdown[0]-- == 0) {
                throw new IllegalStateException("cannot compare " + a + " and " + b);
            }
            return Integer.compare(a, b);
        });
        for (int i = 0; i < 100; i++) {
            queue.putNowait(i * 37 % 100);
        }
        for (int comparisons = 0; comparisons < 6; comparisons++) {
            fails[0] = true;
            countdown[0] = comparisons;
            assertThatThrownBy(() -> queue.putNowait(-1)).hasMessageStartingWith("cannot compare");
            countdown[0] = comparisons;
            assertThatThrownBy(queue::getNowait).hasMessageStartingWith("cannot compare");
            fails[0] = false;
            assertThat(queue.qsize()).isEqualTo(100);
            assertThat(queue.statistics().unfinished()).isEqualTo(100);
        }
        List<Integer> all = drain(queue);
        assertThat(all).hasSize(100).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void ifTheComparatorThrowsInAGetterTheNextGetterIsServed() {
        run(() -> {
            int[] failures = {0};
            PriorityQueue<Integer> queue = new PriorityQueue<>((a, b) -> {
                if (failures[0]-- > 0) {
                    throw new IllegalStateException("cannot compare");
                }
                return Integer.compare(a, b);
            });
            List<Task<Integer>> getters = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                getters.add(createTask(queue::get));
            }
            pass(1);
            queue.putNowait(3);
            queue.putNowait(2);
            queue.putNowait(1);
            failures[0] = 3; // for all who were woken
            for (Task<Integer> getter : getters.subList(0, 3)) {
                assertThatThrownBy(() -> await(getter)).hasMessage("cannot compare");
            }
            assertThat(await(getters.get(3))).isEqualTo(1);
            assertThat(drain(queue)).containsExactly(2, 3);
        });
    }

    @Test
    void toStringShowsItsState() {
        assertThat(new PriorityQueue<String>(3)).hasToString("PriorityQueue[size 0 of 3, unfinished 0]");
    }
}
