package dev.tulip.tests.sync;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.run;
import static dev.tulip.tests.sync.Turns.pass;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.Task;
import dev.tulip.sync.LifoQueue;
import dev.tulip.sync.QueueFullException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Stacks: row Q5 of asyncio. */
class LifoQueueTest {
    @Test
    void theLastItemComesFirst() {
        LifoQueue<Integer> queue = new LifoQueue<>();
        for (int i = 0; i < 100; i++) {
            queue.putNowait(i);
        }
        assertThat(queue.getNowait()).isEqualTo(99);
        assertThat(queue.getNowait()).isEqualTo(98);
        queue.putNowait(-1);
        queue.putNowait(null);
        assertThat(queue.getNowait()).isNull();
        List<Integer> rest = new ArrayList<>();
        while (!queue.empty()) {
            rest.add(queue.getNowait());
        }
        assertThat(rest).hasSize(99).startsWith(-1, 97, 96).endsWith(1, 0);
    }

    @Test
    void itHasALimitIfItIsToldOne() {
        LifoQueue<String> queue = new LifoQueue<>(1);
        queue.putNowait("a");
        assertThatThrownBy(() -> queue.putNowait("b"))
                .isInstanceOf(QueueFullException.class)
                .hasMessage("LifoQueue[size 1 of 1, unfinished 1] is full");
    }

    @Test
    void aWaitingGetterGetsWhatIsLastWhenItRuns() {
        run(() -> {
            LifoQueue<Integer> queue = new LifoQueue<>();
            Task<Integer> getter = createTask(queue::get);
            pass(1);
            queue.putNowait(1);
            queue.putNowait(2);
            assertThat(await(getter)).isEqualTo(2);
            assertThat(queue.getNowait()).isEqualTo(1);
        });
    }
}
