package dev.tulip.tests.loop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Handle;
import dev.tulip.loop.Task;
import dev.tulip.tests.support.Deadline;
import dev.tulip.tests.support.MountedOnly;
import dev.tulip.tests.support.Spawn;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Four threads call into a loop that runs, stops and closes meanwhile, in ten thousand rounds or for a while. */
class ClosingStressTest {
    private static final int ROUNDS = 10_000;
    private static final int CALLERS = 4;

    /** A machine that needs longer for all rounds has to do with fewer. */
    private static final Duration TIME = Duration.ofSeconds(40);

    /** One loop, and what became of the calls. */
    private static final class Round {
        private final EventLoop loop = EventLoop.create();
        private final AtomicInteger accepted = new AtomicInteger();
        private final AtomicInteger callersDone = new AtomicInteger();
        private int ran; // on the loop
        private final List<List<Handle>> handles = new ArrayList<>();

        private Round() {
            for (int i = 0; i < CALLERS; i++) {
                handles.add(new ArrayList<>());
            }
        }

        /** Calls until the loop says that it is closed, which is the one answer that is allowed. */
        private void call(int caller) {
            try {
                // The loop waits without a limit: if this wake-up is lost, the test hangs.
                accept(caller, loop.callSoonThreadsafe(() -> {
                    ran++;
                    loop.stop();
                }));
                while (true) {
                    accept(caller, loop.callSoonThreadsafe(() -> ran++));
                    Thread.yield(); // there are more threads than cores
                }
            } catch (IllegalStateException e) {
                if (!e.getMessage().startsWith("Event loop is closed")) {
                    throw e;
                }
            } finally {
                callersDone.incrementAndGet();
            }
        }

        private void accept(int caller, Handle handle) {
            accepted.incrementAndGet();
            handles.get(caller).add(handle);
        }
    }

    @Test
    @Timeout(value = 300, unit = TimeUnit.SECONDS)
    void nothingIsLostAndNobodyGetsAnExceptionButTheOneThatSaysClosed() throws Exception {
        AtomicReference<Round> current = new AtomicReference<>();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        AtomicLong rounds = new AtomicLong();
        List<Thread> callers = new ArrayList<>();
        for (int i = 0; i < CALLERS; i++) {
            int caller = i;
            callers.add(Spawn.platform("caller-" + i, () -> {
                Round last = null;
                while (rounds.get() < ROUNDS) {
                    Round round = current.get();
                    if (round == last) {
                        Thread.yield();
                        continue;
                    }
                    last = round;
                    try {
                        round.call(caller);
                    } catch (Throwable e) {
                        failure.set(e);
                    }
                }
            }));
        }
        long end = System.nanoTime() + TIME.toNanos();
        while (rounds.get() < ROUNDS && System.nanoTime() < end && failure.get() == null) {
            Round round = new Round();
            current.set(round);
            round.loop.runForever();
            round.loop.close();
            while (round.callersDone.get() < CALLERS) {
                Thread.yield();
            }
            long cancelled = round.handles.stream()
                    .flatMap(List::stream)
                    .filter(Handle::cancelled)
                    .count();
            assertThat(round.ran + cancelled).as("round " + rounds).isEqualTo(round.accepted.get());
            rounds.incrementAndGet();
        }
        rounds.set(ROUNDS);
        for (Thread caller : callers) {
            caller.join();
        }
        assertThat(failure.get()).isNull();
    }

    /** The JDK's own calls through the door: a coroutine is woken while its loop closes. */
    @MountedOnly
    @Test
    void aCoroutineThatIsWokenWhileItsLoopClosesEndsAllTheSame() throws Exception {
        AtomicReference<LinkedBlockingQueue<Integer>> current = new AtomicReference<>(new LinkedBlockingQueue<>());
        boolean[] stop = {false};
        Thread waker = Spawn.platform("waker", () -> {
            while (!stop[0]) {
                current.get().add(1);
                Thread.yield();
            }
        });
        long end = System.nanoTime() + TIME.toNanos();
        for (int round = 0; round < 3_000 && System.nanoTime() < end; round++) {
            LinkedBlockingQueue<Integer> queue = new LinkedBlockingQueue<>();
            current.set(queue);
            EventLoop loop = EventLoop.create();
            loop.setExceptionHandler((where, context) -> {}); // the task is pending: that is reported
            Thread[] thread = new Thread[1];
            Task<?> task = loop.createTask(() -> {
                thread[0] = Thread.currentThread();
                while (true) {
                    queue.take();
                }
            });
            loop.callLater(Duration.ofNanos(round % 100 * 1_000L), loop::stop);
            loop.runForever();
            loop.close();
            Deadline.until("the coroutine ends", () -> !thread[0].isAlive());
            assertThat(task.isDone()).isTrue();
        }
        stop[0] = true;
        waker.join();
    }
}
