package dev.tulip.tests.sync;

import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.newEventLoop;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.sleep;
import static dev.tulip.tests.sync.Turns.pass;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Task;
import dev.tulip.sync.Barrier;
import dev.tulip.sync.Condition;
import dev.tulip.sync.Event;
import dev.tulip.sync.Lock;
import dev.tulip.sync.Queue;
import dev.tulip.sync.Semaphore;
import dev.tulip.tests.support.Spawn;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Who may use locks and queues from where. */
class LoopBindingTest {
    /**
     * One kind of object.
     *
     * @param object is shown in messages
     * @param makeWait makes whoever calls {@code await} next wait
     * @param await waits
     * @param free lets those go who wait
     */
    private record Kind(Object object, Runnable makeWait, Runnable await, Runnable free) {
        @Override
        public String toString() {
            return object.getClass().getSimpleName();
        }
    }

    static List<Kind> kinds() {
        Lock lock = new Lock();
        Semaphore semaphore = new Semaphore(1);
        Event event = new Event();
        Condition condition = new Condition();
        Barrier barrier = new Barrier(2);
        Queue<String> queue = new Queue<>();
        Queue<String> full = new Queue<>(1);
        full.putNowait("a");
        Queue<String> joined = new Queue<>();
        return List.of(
                new Kind(lock, lock::acquire, lock::acquire, lock::release),
                new Kind(semaphore, semaphore::acquire, semaphore::acquire, semaphore::release),
                new Kind(event, () -> {}, event::await, event::set),
                new Kind(condition, condition::acquire, condition::await, condition::notifyAllWaiters),
                new Kind(barrier, () -> {}, barrier::await, barrier::reset),
                new Kind(queue, () -> {}, queue::get, () -> queue.putNowait("b")),
                new Kind(full, () -> {}, () -> full.put("b"), full::getNowait),
                new Kind(joined, () -> joined.putNowait("a"), joined::join, joined::taskDone));
    }

    /** Makes a task wait, so that {@code kind} belongs to the running loop, and cancels it. */
    private static void bind(Kind kind) {
        Task<?> task;
        if (kind.object instanceof Condition condition) {
            task = createTask(() -> condition.withLock(() -> condition.await()));
        } else {
            kind.makeWait.run();
            task = createTask(kind.await::run);
        }
        pass(1);
        task.cancel();
        pass(2);
        assertThat(task.cancelled()).isTrue();
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void aMethodThatMayWaitIsForTasksOnlyWhetherItHasToWaitOrNot(Kind kind) {
        assertThatThrownBy(kind.await::run)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("no running event loop");
        AtomicReference<Throwable> refusal = new AtomicReference<>();
        run(() -> {
            runningLoop().callSoon(() -> {
                try {
                    kind.await.run();
                } catch (Throwable e) {
                    refusal.set(e);
                }
            });
            pass(1);
        });
        assertThat(refusal.get())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("waiting for " + kind + "[")
                .hasMessageContaining("start a task with createTask");
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void whatATaskHasWaitedForBelongsToItsLoop(Kind kind) {
        run(() -> bind(kind));
        run(() -> assertThatThrownBy(kind.await::run)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith(kind + "[")
                .hasMessageContaining("belongs to EventLoop-")
                .hasMessageContaining("cannot be used on " + runningLoop()));
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void anotherThreadIsRefusedWhileTheLoopRuns(Kind kind) throws InterruptedException {
        run(() -> {
            bind(kind);
            AtomicReference<Throwable> freeing = new AtomicReference<>();
            AtomicReference<Throwable> waiting = new AtomicReference<>();
            Thread thread = Spawn.platform("other", () -> {
                freeing.set(failure(kind.free));
                waiting.set(failure(kind.await));
            });
            thread.join();
            assertThat(freeing.get())
                    .isInstanceOf(WrongThreadException.class)
                    .hasMessageStartingWith("Non-thread-safe operation on " + kind + "[")
                    .hasMessageContaining("test-other")
                    .hasMessageEndingWith("hand it over with callSoonThreadsafe");
            assertThat(waiting.get()).isInstanceOf(IllegalStateException.class);
            if (!(kind.object instanceof Condition)) { // needs its lock
                kind.free.run();
            }
        });
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void anotherRunningLoopIsRefusedWhileTheFirstRuns(Kind kind) throws InterruptedException {
        run(() -> {
            bind(kind);
            AtomicReference<Throwable> freeing = new AtomicReference<>();
            EventLoop other = newEventLoop();
            Thread thread = Spawn.platform("other", () -> {
                try (other) {
                    other.runUntilComplete(() -> freeing.set(failure(kind.free)));
                }
            });
            while (thread.isAlive()) {
                sleep(Duration.ofMillis(1));
            }
            assertThat(freeing.get())
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining(runningLoop().toString())
                    .hasMessageContaining("cannot be used on EventLoop-");
        });
    }

    private static Throwable failure(Runnable action) {
        try {
            action.run();
            return null;
        } catch (Throwable e) {
            return e;
        }
    }

    @Test
    void whatNobodyHasWaitedForBelongsToNoLoop() {
        Lock lock = new Lock();
        Queue<Integer> queue = new Queue<>();
        queue.putNowait(1);
        for (int i = 0; i < 2; i++) {
            run(() -> {
                lock.withLock(() -> queue.put(queue.get() + 1));
            });
        }
        assertThat(queue.getNowait()).isEqualTo(3);
    }

    @Test
    void whileItsLoopDoesNotRunAnyOneThreadMayUseIt() {
        try (EventLoop loop = newEventLoop()) {
            Queue<String> queue = new Queue<>();
            Event event = new Event();
            Task<String> getter = loop.createTask(() -> {
                event.await();
                return queue.get();
            });
            loop.runUntilComplete(() -> pass(1));
            event.set();
            loop.runUntilComplete(() -> pass(1));
            queue.putNowait("from outside");
            assertThat(loop.runUntilComplete(getter)).isEqualTo("from outside");
        }
    }

    @Test
    void anotherThreadHandsAnItemOverWithCallSoonThreadsafe() {
        run(() -> {
            Queue<String> queue = new Queue<>();
            EventLoop loop = runningLoop();
            Spawn.platform("producer", () -> loop.callSoonThreadsafe(() -> queue.putNowait("hello")));
            assertThat(queue.get()).isEqualTo("hello");
        });
    }
}
