package dev.tulip.tests.loop;

import static dev.tulip.Tulip.newEventLoop;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.sleep;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tulip.loop.EventLoop;
import dev.tulip.loop.TimerHandle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Timers: behaviours 2, 3 and 4 of asyncio, rows B2, B3 and B5. */
class TimerTest {
    private final List<Object> order = new ArrayList<>();

    @Test
    void timersRunInTheOrderOfTheirDeadlines() {
        try (EventLoop loop = newEventLoop()) {
            long start = loop.time();
            loop.callAt(start + 10_000_000, () -> order.add(10));
            loop.callAt(start + 50_000_000, () -> {
                order.add(50);
                loop.stop();
            });
            loop.callAt(start + 20_000_000, () -> order.add(20));
            loop.runForever();
        }
        assertThat(order).containsExactly(10, 20, 50);
    }

    @Test
    void aTimerNeverFiresEarly() {
        run(() -> {
            EventLoop loop = runningLoop();
            for (int micros : new int[] {1, 100, 1_000, 2_500, 10_000}) {
                long start = loop.time();
                sleep(Duration.ofNanos(micros * 1_000L));
                assertThat(loop.time() - start).isGreaterThanOrEqualTo(micros * 1_000L);
            }
        });
    }

    /** Behaviour 2, second half. */
    @Test
    void negativeDelaysAreOrderedByDeadline() {
        try (EventLoop loop = newEventLoop()) {
            loop.callSoon(() -> {
                loop.callLater(Duration.ofSeconds(-1), () -> order.add("a"));
                loop.callLater(Duration.ofSeconds(-2), () -> order.add("b"));
                loop.callLater(Duration.ZERO, loop::stop);
            });
            loop.runForever();
        }
        assertThat(order).containsExactly("b", "a");
    }

    /** Behaviour 3, and better: asyncio leaves the order open. */
    @Test
    void timersWithEqualDeadlinesRunInTheOrderScheduled() {
        try (EventLoop loop = newEventLoop()) {
            long when = loop.time() + 1_000_000;
            IntStream.range(0, 1_000).forEach(i -> loop.callAt(when, () -> order.add(i)));
            loop.callAt(when, loop::stop);
            loop.runForever();
        }
        assertThat(order).isEqualTo(IntStream.range(0, 1_000).boxed().toList());
    }

    /** Behaviour 4. */
    @Test
    void aTimerMayCancelASiblingThatIsDueInTheSameIteration() {
        try (EventLoop loop = newEventLoop()) {
            long when = loop.time() - 1_000;
            TimerHandle[] second = new TimerHandle[1];
            TimerHandle first = loop.callAt(when, () -> {
                order.add("first");
                second[0].cancel();
            });
            second[0] = loop.callAt(when + 1, () -> order.add("second"));
            loop.callAt(when + 2, () -> {
                first.cancel(); // has run: no effect
                loop.stop();
            });
            loop.runForever();
            assertThat(second[0].cancelled()).isTrue();
        }
        assertThat(order).containsExactly("first");
    }

    @Test
    void aTimerNeverRunsInTheIterationThatScheduledIt() {
        try (EventLoop loop = newEventLoop()) {
            loop.callSoon(() -> {
                loop.callLater(Duration.ofSeconds(-1), () -> {
                    order.add("timer");
                    loop.stop();
                });
                order.add("scheduler");
            });
            loop.callSoon(() -> order.add("neighbour"));
            loop.runForever();
        }
        assertThat(order).containsExactly("scheduler", "neighbour", "timer");
    }

    @Test
    void aDelayMayBeLongerThanAnyClock() {
        try (EventLoop loop = newEventLoop()) {
            TimerHandle forever = loop.callLater(Duration.ofSeconds(Long.MAX_VALUE), () -> order.add("never"));
            assertThat(forever.when()).isEqualTo(Long.MAX_VALUE);
            loop.callLater(Duration.ofMillis(1), loop::stop);
            loop.runForever();
        }
        assertThat(order).isEmpty();
    }

    @Test
    void aTimerSaysWhenItIsDue() {
        try (EventLoop loop = newEventLoop()) {
            TimerHandle timer = loop.callAt(12345, () -> {});
            assertThat(timer.when()).isEqualTo(12345);
            assertThat(timer.toString()).contains("12345", "TimerTest");
            timer.cancel();
            assertThat(timer.toString()).contains("cancelled");
        }
    }

    @Test
    void tasksThatSleepEquallyLongWakeInOrder() {
        run(() -> {
            EventLoop loop = runningLoop();
            List<dev.tulip.loop.Task<?>> tasks = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                int number = i;
                tasks.add(loop.createTask(() -> {
                    sleep(Duration.ofMillis(1));
                    order.add(number);
                }));
            }
            tasks.forEach(dev.tulip.loop.Task::await);
        });
        assertThat(order).isEqualTo(IntStream.range(0, 100).boxed().toList());
    }
}
