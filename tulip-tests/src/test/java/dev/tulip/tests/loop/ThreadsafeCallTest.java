package dev.tulip.tests.loop;

import static dev.tulip.Tulip.newEventLoop;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Handle;
import dev.tulip.tests.support.Deadline;
import dev.tulip.tests.support.Spawn;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** The door for other threads: rows T1, T2 and T8 of asyncio, behaviour 61. */
class ThreadsafeCallTest {
    private final List<Object> order = Collections.synchronizedList(new ArrayList<>());

    @Test
    void anotherThreadWakesALoopThatWaits() {
        try (EventLoop loop = newEventLoop()) {
            loop.callSoon(() -> Spawn.platform("waker", () -> loop.callSoonThreadsafe(loop::stop)));
            loop.runForever(); // nothing else would end it
        }
    }

    @Test
    void whatOneThreadPassesRunsInTheOrderPassed() {
        int count = 10_000;
        try (EventLoop loop = newEventLoop()) {
            Spawn.platform("caller", () -> {
                for (int i = 0; i < count; i++) {
                    int number = i;
                    loop.callSoonThreadsafe(() -> order.add(number));
                }
                loop.callSoonThreadsafe(loop::stop);
            });
            loop.runForever();
        }
        assertThat(order).hasSize(count);
        assertThat(order).isSortedAccordingTo((a, b) -> Integer.compare((Integer) a, (Integer) b));
    }

    @Test
    void onTheLoopsOwnThreadItKeepsTheOrderOfCallSoon() {
        try (EventLoop loop = newEventLoop()) {
            loop.callSoon(() -> {
                loop.callSoon(() -> order.add(1));
                loop.callSoonThreadsafe(() -> order.add(2));
                loop.callSoon(() -> order.add(3));
                loop.callSoonThreadsafe(loop::stop);
            });
            loop.runForever();
        }
        assertThat(order).containsExactly(1, 2, 3);
    }

    @Test
    void beforeTheLoopRunsCallsAreKept() {
        try (EventLoop loop = newEventLoop()) {
            loop.callSoonThreadsafe(() -> order.add("early"));
            loop.callSoonThreadsafe(loop::stop);
            loop.runForever();
        }
        assertThat(order).containsExactly("early");
    }

    /** Behaviour 61. */
    @Test
    void aClosedLoopRefusesTheCall() {
        EventLoop loop = newEventLoop();
        loop.close();
        assertThatThrownBy(() -> loop.callSoonThreadsafe(() -> {}))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("Event loop is closed");
        assertThatThrownBy(() -> loop.execute(() -> {})).isInstanceOf(RejectedExecutionException.class);
    }

    /** Behaviour 61: in asyncio in debug mode only; here always, because it costs nothing. */
    @Test
    void everythingElseRefusesAnotherThreadWhileTheLoopRuns() {
        try (EventLoop loop = newEventLoop()) {
            List<Throwable> caught = Collections.synchronizedList(new ArrayList<>());
            loop.callSoon(() -> Spawn.platform("intruder", () -> {
                for (Runnable misuse : List.<Runnable>of(
                        () -> loop.callSoon(() -> {}),
                        () -> loop.callAt(0, () -> {}),
                        () -> loop.createTask(() -> {}),
                        loop::stop,
                        () -> loop.setDebug(true),
                        () -> loop.createFuture().setResult(null),
                        () -> loop.createFuture().cancel("no"))) {
                    try {
                        misuse.run();
                    } catch (WrongThreadException e) {
                        caught.add(e);
                    }
                }
                loop.callSoonThreadsafe(loop::stop);
            }));
            loop.runForever();
            assertThat(caught)
                    .hasSize(7)
                    .allSatisfy(e -> assertThat(e)
                            .hasMessageContaining("Non-thread-safe operation")
                            .hasMessageContaining("callSoonThreadsafe"));
        }
    }

    @Test
    void anEventLoopIsAnExecutor() {
        try (EventLoop loop = newEventLoop()) {
            Spawn.platform("executor", () -> {
                loop.execute(() -> order.add("executed"));
                loop.execute(loop::stop);
            });
            loop.runForever();
        }
        assertThat(order).containsExactly("executed");
    }

    @Test
    void anotherThreadMayCancelBeforeItRuns() {
        try (EventLoop loop = newEventLoop()) {
            Handle handle = loop.callSoonThreadsafe(() -> order.add("no"));
            Thread canceller = Spawn.platform("canceller", handle::cancel);
            Deadline.until("cancelled", () -> !canceller.isAlive());
            assertThat(handle.cancelled()).isTrue();
            loop.callSoon(loop::stop);
            loop.runForever();
        }
        assertThat(order).isEmpty();
    }

    @Test
    void afterCancelHasReturnedTheCallbackHasFinishedOrNeverRuns() {
        try (EventLoop loop = newEventLoop()) {
            CountDownLatch inside = new CountDownLatch(1);
            CountDownLatch goOn = new CountDownLatch(1);
            AtomicReference<Handle> handle = new AtomicReference<>();
            Thread canceller = Spawn.platform("canceller", () -> {
                inside.await();
                handle.get().cancel(); // waits: the callback is running
                order.add("cancel returned");
                loop.callSoonThreadsafe(loop::stop);
            });
            handle.set(loop.callSoonThreadsafe(() -> {
                order.add("callback runs");
                inside.countDown();
                Deadline.until("the canceller waits", () -> canceller.getState() == Thread.State.WAITING);
                goOn.countDown();
                order.add("callback ends");
            }));
            loop.runForever();
            assertThat(handle.get().cancelled()).isFalse();
        }
        assertThat(order).containsExactly("callback runs", "callback ends", "cancel returned");
    }

    @Test
    void aCallbackMayCancelItself() {
        try (EventLoop loop = newEventLoop()) {
            AtomicReference<Handle> handle = new AtomicReference<>();
            handle.set(loop.callSoonThreadsafe(() -> {
                handle.get().cancel();
                loop.stop();
            }));
            loop.runForever();
        }
    }

    @Test
    void cancellingAndRunningNeverBothWin() throws Exception {
        int rounds = 2_000;
        AtomicInteger ran = new AtomicInteger();
        AtomicInteger cancelled = new AtomicInteger();
        try (EventLoop loop = newEventLoop()) {
            Thread caller = Spawn.platform("caller", () -> {
                for (int i = 0; i < rounds; i++) {
                    boolean[] runs = {false};
                    Handle handle = loop.callSoonThreadsafe(() -> {
                        runs[0] = true;
                        ran.incrementAndGet();
                    });
                    handle.cancel();
                    boolean ranBeforeReturn = runs[0];
                    if (handle.cancelled()) {
                        cancelled.incrementAndGet();
                        assertThat(ranBeforeReturn).isFalse();
                    }
                }
                loop.callSoonThreadsafe(loop::stop);
            });
            loop.runForever();
            caller.join();
        }
        assertThat(ran.get() + cancelled.get()).isEqualTo(rounds);
    }
}
