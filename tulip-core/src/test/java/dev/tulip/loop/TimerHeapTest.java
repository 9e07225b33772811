package dev.tulip.loop;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class TimerHeapTest {
    /** What a timer is ordered by: its deadline, then the order in which it was added. */
    private record Key(long deadline, int sequence) {}

    @Test
    void itAgreesWithASortedMapOverRandomAddsCancelsAndPolls() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        TimerHeap heap = new TimerHeap();
        TreeMap<Key, Handle> model =
                new TreeMap<>(Comparator.comparingLong(Key::deadline).thenComparingInt(Key::sequence));
        for (int i = 0; i < 200_000; i++) {
            int choice = random.nextInt(100);
            if (choice < 50) {
                long deadline = random.nextInt(50); // many equal ones
                Handle handle = new Handle(() -> {});
                heap.add(deadline, handle);
                model.put(new Key(deadline, i), handle);
            } else if (choice < 75 && !model.isEmpty()) {
                List<Key> keys = new ArrayList<>(
                        model.headMap(new Key(random.nextInt(50), 0), true).keySet());
                if (!keys.isEmpty()) {
                    heap.remove(model.remove(keys.get(random.nextInt(Math.min(keys.size(), 5)))));
                }
            } else if (!model.isEmpty()) {
                assertThat(heap.nextDeadline()).isEqualTo(model.firstKey().deadline());
                assertThat(heap.poll())
                        .as("seed %d, step %d", seed, i)
                        .isSameAs(model.pollFirstEntry().getValue());
            }
            assertThat(heap.size()).isEqualTo(model.size());
            if (model.size() > 300) {
                heap.clear();
                model.clear();
            }
        }
    }

    @Test
    void removingWhatIsNotThereIsHarmless() {
        TimerHeap heap = new TimerHeap();
        Handle handle = new Handle(() -> {});
        heap.remove(handle);
        heap.add(1, handle);
        heap.remove(handle);
        heap.remove(handle);
        assertThat(heap.isEmpty()).isTrue();
        assertThat(heap.nextDeadline()).isEqualTo(Long.MAX_VALUE);
    }
}
