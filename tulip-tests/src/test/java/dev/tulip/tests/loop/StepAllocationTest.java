package dev.tulip.tests.loop;

import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.sleep;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.tulip.loop.Action;
import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Future;
import dev.tulip.loop.Task;
import dev.tulip.sync.Queue;
import dev.tulip.tests.support.MountedOnly;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/**
 * What a step allocates. The figures are the ones of the day they were written down: one that grows is a change to look at,
 * one that shrinks is to be written down here. What a request allocates, the tests of the transports and of the streams say.
 */
@MountedOnly // there the loop's thread is this one, so that its allocations can be counted
class StepAllocationTest {
    private static final int ROUNDS = 50_000;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private int calls;
    private Future<Integer> slot;

    /** Bytes that the loop's thread allocates for one round of {@code body}, which does {@code ROUNDS} of them. */
    private long bytesPerRound(Action<RuntimeException> body) {
        long thread = Thread.currentThread().threadId();
        return run(() -> {
            body.run();
            long least = Long.MAX_VALUE;
            for (int i = 0; i < 5; i++) { // until it is compiled
                long before = threads.getThreadAllocatedBytes(thread);
                body.run();
                least = Math.min(least, threads.getThreadAllocatedBytes(thread) - before);
            }
            return least / ROUNDS;
        });
    }

    @Test
    void whatIsCountedCanBeSeen() {
        Object[] sink = new Object[1];
        assertThat(bytesPerRound(() -> {
                    for (int i = 0; i < ROUNDS; i++) {
                        sink[0] = new Object();
                    }
                }))
                .isEqualTo(16);
    }

    @Test
    void aSwitchBetweenTasksAllocatesNothing() {
        assertThat(bytesPerRound(() -> {
                    for (int i = 0; i < ROUNDS; i++) {
                        sleep(Duration.ZERO);
                    }
                }))
                .isZero();
    }

    @Test
    void aSleepAllocatesNothing() {
        Duration aMoment = Duration.ofNanos(1);
        assertThat(bytesPerRound(() -> {
                    for (int i = 0; i < ROUNDS; i++) {
                        sleep(aMoment);
                    }
                }))
                .isZero();
    }

    @Test
    void aCallbackIsItsHandle() {
        Runnable callback = () -> calls++;
        assertThat(bytesPerRound(() -> {
                    EventLoop loop = runningLoop();
                    for (int i = 0; i < ROUNDS; i++) {
                        loop.callSoon(callback);
                        sleep(Duration.ZERO);
                    }
                }))
                .isLessThanOrEqualTo(32);
    }

    @Test
    void aTimerIsItsHandle() {
        Runnable callback = () -> calls++;
        Duration anHour = Duration.ofHours(1);
        assertThat(bytesPerRound(() -> {
                    EventLoop loop = runningLoop();
                    for (int i = 0; i < ROUNDS; i++) {
                        loop.callLater(anHour, callback).cancel();
                    }
                }))
                .isLessThanOrEqualTo(40);
    }

    @Test
    void aHandOverIsItsFuture() {
        assertThat(bytesPerRound(() -> {
                    EventLoop loop = runningLoop();
                    Task<Void> giver = createTask(() -> {
                        for (int i = 0; i < ROUNDS; i++) {
                            while (slot == null || slot.done()) {
                                sleep(Duration.ZERO);
                            }
                            slot.setResult(1);
                        }
                    });
                    for (int i = 0; i < ROUNDS; i++) {
                        slot = loop.createFuture();
                        slot.await();
                    }
                    giver.await();
                }))
                .isLessThanOrEqualTo(32);
    }

    @Test
    void aHandOverThroughAQueueIsAWaiterOnEachSide() {
        assertThat(bytesPerRound(() -> {
                    Queue<String> queue = new Queue<>(1);
                    Task<Void> giver = createTask(() -> {
                        for (int i = 0; i < ROUNDS; i++) {
                            queue.put("x");
                        }
                    });
                    for (int i = 0; i < ROUNDS; i++) {
                        queue.get();
                    }
                    giver.await();
                }))
                .isLessThanOrEqualTo(144);
    }

    @Test
    void aTaskIsItsThreadAndTwoObjects() {
        Action<RuntimeException> nothing = () -> calls++;
        assertThat(bytesPerRound(() -> {
                    for (int i = 0; i < ROUNDS; i++) {
                        createTask(nothing).await();
                    }
                }))
                .isLessThanOrEqualTo(480);
    }
}
