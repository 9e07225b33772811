package dev.tulip.tests.loop;

import static dev.tulip.Tulip.newEventLoop;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.EventLoop;
import dev.tulip.loop.ExceptionContext;
import dev.tulip.loop.Handle;
import dev.tulip.loop.KeyboardInterrupt;
import dev.tulip.tests.support.Errors;
import dev.tulip.tests.support.SocketPair;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Order and fate of plain callbacks: behaviours 1, 2, 5, 6 and 7 of asyncio, rows L6, L8, B1, B4, B6 and B7. */
class CallbackTest {
    private final List<Object> order = new ArrayList<>();

    @Test
    void callbacksRunInTheOrderScheduled() {
        try (EventLoop loop = newEventLoop()) {
            loop.callSoon(() -> order.add(1));
            loop.callSoon(() -> order.add(2));
            loop.callSoon(() -> order.add(3));
            loop.callSoon(loop::stop);
            loop.runForever();
        }
        assertThat(order).containsExactly(1, 2, 3);
    }

    /** Behaviour 1. */
    @Test
    void anIterationRunsWhatWasReadyThenSoonThenChannelsThenTimers() throws Exception {
        try (SocketPair pair = SocketPair.open();
                EventLoop loop = newEventLoop()) {
            loop.addReader(pair.here(), () -> {
                order.add("R");
                loop.removeReader(pair.here());
            });
            loop.callSoon(() -> {
                order.add("A");
                loop.callLater(Duration.ZERO, () -> {
                    order.add("T");
                    loop.stop();
                });
                pair.send("x");
                loop.callSoon(() -> order.add("B"));
            });
            loop.callSoon(() -> order.add("C"));
            loop.runForever();
        }
        assertThat(order).containsExactly("A", "C", "B", "R", "T");
    }

    /** Behaviour 2, first half. */
    @Test
    void aTimerOfZeroRunsAfterWhatIsScheduledSoonLater() {
        try (EventLoop loop = newEventLoop()) {
            loop.callSoon(() -> {
                loop.callLater(Duration.ZERO, () -> {
                    order.add("X");
                    loop.stop();
                });
                loop.callSoon(() -> order.add("Y"));
            });
            loop.runForever();
        }
        assertThat(order).containsExactly("Y", "X");
    }

    /** Behaviour 5, first half. */
    @Test
    void stopLetsTheIterationFinishAndKeepsTheRestForTheNextRun() {
        try (EventLoop loop = newEventLoop()) {
            loop.callSoon(() -> {
                order.add("a");
                loop.stop();
                loop.callSoon(() -> order.add("after"));
            });
            loop.callSoon(() -> order.add("b"));
            loop.runForever();
            assertThat(order).containsExactly("a", "b");

            loop.stop();
            loop.runForever();
            assertThat(order).containsExactly("a", "b", "after");
        }
    }

    /** Behaviour 5, second half. */
    @Test
    void stopBeforeRunForeverRunsExactlyOneIterationWithoutWaiting() {
        try (EventLoop loop = newEventLoop()) {
            loop.callLater(Duration.ofDays(1), () -> order.add("late"));
            loop.callSoon(() -> {
                order.add("first");
                loop.callSoon(() -> order.add("second"));
            });
            loop.stop();
            loop.runForever();
        }
        assertThat(order).containsExactly("first");
    }

    /** Behaviour 6, first half. */
    @Test
    void aCallbackThatThrowsIsReportedAndTheOthersRun(Errors errors) {
        IllegalStateException boom = new IllegalStateException("boom");
        Handle[] handle = new Handle[1];
        try (EventLoop loop = newEventLoop()) {
            handle[0] = loop.callSoon(() -> {
                throw boom;
            });
            loop.callSoon(() -> order.add("next"));
            loop.callSoon(loop::stop);
            loop.runForever();
        }
        assertThat(order).containsExactly("next");
        ExceptionContext error = errors.takeOnly();
        assertThat(error.message()).isEqualTo("Exception in callback");
        assertThat(error.exception()).isSameAs(boom);
        assertThat(error.get("handle")).isSameAs(handle[0]);
    }

    @Test
    void anErrorInACallbackIsReportedToo(Errors errors) {
        try (EventLoop loop = newEventLoop()) {
            loop.callSoon(() -> {
                throw new StackOverflowError();
            });
            loop.callSoon(loop::stop);
            loop.runForever();
        }
        assertThat(errors.takeOnly().exception()).isInstanceOf(StackOverflowError.class);
    }

    /** Behaviour 6, for a callback. */
    @Test
    void aKeyboardInterruptLeavesTheLoopWhichCanRunAgain() {
        try (EventLoop loop = newEventLoop()) {
            loop.callSoon(() -> {
                throw new KeyboardInterrupt();
            });
            loop.callSoon(() -> order.add("kept"));
            loop.callSoon(loop::stop);
            assertThatThrownBy(loop::runForever).isInstanceOf(KeyboardInterrupt.class);
            assertThat(order).isEmpty();
            loop.runForever();
        }
        assertThat(order).containsExactly("kept");
    }

    /** Behaviour 7. */
    @Test
    void sleepingZeroLetsExactlyWhatIsQueuedRunOnce() {
        run(() -> {
            runningLoop().callSoon(() -> {
                order.add(1);
                runningLoop().callSoon(() -> order.add(2));
            });
            sleep(Duration.ZERO);
            assertThat(order).containsExactly(1);
            sleep(Duration.ofMillis(-5));
            assertThat(order).containsExactly(1, 2);
        });
    }

    @Test
    void aCancelledCallbackNeverRuns() {
        try (EventLoop loop = newEventLoop()) {
            Handle cancelled = loop.callSoon(() -> order.add("cancelled"));
            cancelled.cancel();
            cancelled.cancel();
            assertThat(cancelled.cancelled()).isTrue();
            assertThat(cancelled).hasToString("Handle[cancelled]");
            loop.callSoon(loop::stop);
            loop.runForever();
        }
        assertThat(order).isEmpty();
    }

    @Test
    void aCallbackMayCancelOneBehindIt() {
        try (EventLoop loop = newEventLoop()) {
            Handle[] second = new Handle[1];
            loop.callSoon(() -> second[0].cancel());
            second[0] = loop.callSoon(() -> order.add("second"));
            loop.callSoon(loop::stop);
            loop.runForever();
        }
        assertThat(order).isEmpty();
    }

    @Test
    void aChainOfCallbacksDoesNotStarveChannels() throws Exception {
        try (SocketPair pair = SocketPair.open();
                EventLoop loop = newEventLoop()) {
            loop.addReader(pair.here(), loop::stop);
            Runnable chain = new Runnable() {
                @Override
                public void run() {
                    loop.callSoon(this);
                }
            };
            loop.callSoon(chain);
            loop.callSoon(() -> pair.send("x"));
            loop.runForever();
        }
    }

    @Test
    void aLoopThatRunsCannotBeRunAgainNorInsideAnother() {
        try (EventLoop loop = newEventLoop();
                EventLoop other = newEventLoop()) {
            List<Throwable> caught = new ArrayList<>();
            loop.callSoon(() -> {
                for (EventLoop inner : List.of(loop, other)) {
                    try {
                        inner.runForever();
                    } catch (IllegalStateException e) {
                        caught.add(e);
                    }
                }
                loop.stop();
            });
            loop.runForever();
            assertThat(caught).hasSize(2).allSatisfy(e -> assertThat(e).hasMessageContaining("cannot run"));
        }
    }

    @Test
    void aCallbackMustNotSuspend(Errors errors) {
        try (EventLoop loop = newEventLoop()) {
            loop.callSoon(() -> sleep(Duration.ofMillis(1)));
            loop.callSoon(loop::stop);
            loop.runForever();
        }
        assertThat(errors.takeOnly().exception())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("needs a task")
                .hasMessageContaining("a callback of EventLoop-");
    }

    @Test
    void nobodyRunsACallbackOutsideALoop() {
        assertThatThrownBy(() -> runningLoop())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("no running event loop");
        assertThatThrownBy(() -> sleep(Duration.ZERO))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("outside every loop");
    }
}
