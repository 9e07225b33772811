package dev.tulip.tests.loop;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.currentTask;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.sleep;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Future;
import dev.tulip.tests.support.Deadline;
import dev.tulip.tests.support.MountedOnly;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

/**
 * Virtual threads that a task starts: on JDK 25 they inherit the loop's scheduler and are its guests, confined to
 * its thread like tasks. Decision D10, P3.
 */
@MountedOnly
class GuestThreadTest {
    private final List<Object> order = new ArrayList<>(); // not thread-safe, on purpose: everything is on one thread

    @Test
    void aVirtualThreadStartedByATaskRunsOnTheLoopBetweenItsTasks() throws Exception {
        run(() -> {
            EventLoop loop = runningLoop();
            Thread guest = Thread.startVirtualThread(() -> {
                for (int i = 0; i < 3; i++) {
                    order.add("guest");
                    assertThat(runningLoop()).isSameAs(loop);
                    assertThat(currentTask()).isNull();
                    Thread.yield();
                }
            });
            for (int i = 0; i < 3; i++) {
                order.add("task");
                sleep(Duration.ZERO);
            }
            guest.join();
        });
        assertThat(order).containsExactly("task", "guest", "task", "guest", "task", "guest");
    }

    @Test
    void aGuestMayUseTheLoopButNotSuspendAsATask() {
        run(() -> {
            Future<String> future = runningLoop().createFuture();
            Thread.startVirtualThread(() -> {
                try {
                    sleep(Duration.ZERO);
                } catch (IllegalStateException e) {
                    order.add(e.getMessage());
                }
                runningLoop().callSoon(() -> future.setResult("by a guest"));
            });
            assertThat(await(future)).isEqualTo("by a guest");
        });
        assertThat(order.getFirst().toString()).contains("a thread that a task of EventLoop-");
    }

    @Test
    void aGuestMayWaitInTheJdkAndBeWokenByAnyThread() throws Exception {
        run(() -> {
            CountDownLatch latch = new CountDownLatch(1);
            Thread guest = Thread.startVirtualThread(() -> {
                try {
                    latch.await();
                    Thread.sleep(1);
                    order.add("woken");
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            });
            runningLoop().runInExecutor(null, () -> {
                latch.countDown();
                return null;
            });
            guest.join();
        });
        assertThat(order).containsExactly("woken");
    }

    @Test
    void aJdkExecutorOfVirtualThreadsInATaskIsConfinedToo() {
        run(() -> {
            int[] counter = {0};
            try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
                for (int i = 0; i < 1_000; i++) {
                    executor.submit(() -> counter[0]++);
                }
            }
            assertThat(counter[0]).isEqualTo(1_000);
            await(createTask(() -> order.add("and tasks go on")));
        });
        assertThat(order).containsExactly("and tasks go on");
    }

    @Test
    void aGuestThatOutlivesItsLoopGoesOnElsewhere() {
        CountDownLatch latch = new CountDownLatch(1);
        Thread[] guest = new Thread[1];
        run(() -> {
            guest[0] = Thread.startVirtualThread(() -> {
                try {
                    latch.await();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            });
            sleep(Duration.ofMillis(1));
        });
        latch.countDown();
        Deadline.until("the guest ends", () -> !guest[0].isAlive());
    }
}
