package dev.tulip.tests.sync;

import static dev.tulip.Tulip.run;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tulip.sync.Barrier;
import dev.tulip.sync.Condition;
import dev.tulip.sync.Event;
import dev.tulip.sync.LifoQueue;
import dev.tulip.sync.Lock;
import dev.tulip.sync.PriorityQueue;
import dev.tulip.sync.Queue;
import dev.tulip.sync.Semaphore;
import dev.tulip.tests.support.MountedOnly;
import java.lang.management.ManagementFactory;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What need not wait allocates nothing. */
@MountedOnly // there the loop's thread is this one, so that its allocations can be counted
class AllocationTest {
    private static final int ROUNDS = 100_000;

    private final com.sun.management.ThreadMXBean threads =
            (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();

    @Test
    void whatNeedNotWaitAllocatesNothing() {
        long thread = Thread.currentThread().threadId();
        Map<String, Long> allocated = new LinkedHashMap<>();
        run(() -> operations().forEach((name, operation) -> {
            repeat(operation); // until it is compiled
            long before = threads.getThreadAllocatedBytes(thread);
            repeat(operation);
            allocated.put(name, (threads.getThreadAllocatedBytes(thread) - before) / ROUNDS);
        }));
        assertThat(allocated.remove("something")).isGreaterThanOrEqualTo(16); // it can be seen
        assertThat(allocated)
                .hasSize(9)
                .allSatisfy((name, bytes) -> assertThat(bytes).isZero());
    }

    private static Object sink;

    private static Map<String, Runnable> operations() {
        Lock lock = new Lock();
        Semaphore semaphore = new Semaphore(1);
        Event event = new Event();
        Condition condition = new Condition();
        Barrier barrier = new Barrier(1);
        Queue<String> queue = new Queue<>(1);
        LifoQueue<String> stack = new LifoQueue<>();
        PriorityQueue<String> heap = new PriorityQueue<>(Comparator.naturalOrder());
        heap.putNowait("b");
        Map<String, Runnable> operations = new LinkedHashMap<>();
        operations.put("something", () -> sink = new Object());
        operations.put("lock", () -> {
            lock.acquire();
            lock.release();
        });
        operations.put("semaphore", () -> {
            semaphore.acquire();
            semaphore.release();
        });
        operations.put("event", () -> {
            event.set();
            event.await();
            event.clear();
        });
        operations.put("condition", () -> {
            condition.acquire();
            condition.awaitFor(() -> true);
            condition.notifyAllWaiters();
            condition.release();
        });
        operations.put("barrier", barrier::await);
        operations.put("queue", () -> {
            queue.put("a");
            queue.get();
            queue.taskDone();
            queue.join();
        });
        operations.put("queue, at once", () -> {
            queue.putNowait("a");
            queue.getNowait();
            queue.taskDone();
        });
        operations.put("stack", () -> {
            stack.put("a");
            stack.get();
        });
        operations.put("heap", () -> {
            heap.put("a");
            heap.get();
        });
        return operations;
    }

    private static void repeat(Runnable operation) {
        for (int i = 0; i < ROUNDS; i++) {
            operation.run();
        }
    }
}
