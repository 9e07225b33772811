package dev.tulip.loop;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ReadyQueueTest {
    @Test
    void itIsFirstInFirstOutHoweverItGrowsAndWraps() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        ReadyQueue queue = new ReadyQueue();
        Deque<Entry> model = new ArrayDeque<>();
        for (int i = 0; i < 100_000; i++) {
            if (random.nextInt(100) < 52) {
                Handle handle = new Handle(() -> {});
                queue.add(handle);
                model.add(handle);
            } else {
                assertThat(queue.peek()).as("seed %d", seed).isSameAs(model.peek());
                assertThat(queue.poll()).as("seed %d", seed).isSameAs(model.poll());
            }
            assertThat(queue.size()).isEqualTo(model.size());
            assertThat(queue.isEmpty()).isEqualTo(model.isEmpty());
        }
    }
}
