package dev.tulip.tests.traps;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.sleep;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tulip.loop.Future;
import dev.tulip.loop.Task;
import dev.tulip.tests.support.Deadline;
import dev.tulip.tests.support.MountedOnly;
import dev.tulip.tests.support.Spawn;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/**
 * Trap P6: taking the stack trace of a coroutine that is ready to run submits it to its scheduler once more. A
 * scheduler that takes each submission for a wake-up resumes a coroutine that nobody has woken. Cure: decision D4,
 * submissions are hints.
 */
@MountedOnly
class StackTraceTest {
    /** A loop whose coroutines suspend by yielding, and which takes the next submission for their wake-up. */
    private static final class TrustingLoop extends NaiveLoop {
        private volatile boolean swallowNext;

        @Override
        public void execute(Runnable continuation) {
            if (swallowNext) {
                swallowNext = false; // the JDK's own, which every yield makes
            } else {
                super.execute(continuation);
            }
        }

        void suspend() {
            swallowNext = true;
            Thread.yield();
        }
    }

    @Test
    void aNaiveLoopResumesACoroutineBecauseSomebodyLooksAtIt() {
        TrustingLoop loop = new TrustingLoop();
        loop.start();
        List<String> order = new CopyOnWriteArrayList<>();
        Thread coroutine = loop.go(() -> {
            order.add("waits");
            loop.suspend();
            order.add("resumed");
        });
        Deadline.until("it is suspended", () -> order.contains("waits") && !loop.swallowNext);
        assertThat(Deadline.within(Deadline.NEVER, () -> order.contains("resumed")))
                .isFalse();
        coroutine.getStackTrace(); // and nobody has woken it
        Deadline.until("it is resumed all the same", () -> order.contains("resumed"));
        loop.stop();
    }

    @Test
    void inTulipOnlyWhatIsAwaitedResumesATask() {
        run(() -> {
            List<Object> order = new ArrayList<>();
            Future<String> future = runningLoop().createFuture();
            Thread[] thread = new Thread[1];
            Task<?> task = createTask(() -> {
                thread[0] = Thread.currentThread();
                order.add(await(future));
            });
            sleep(Duration.ZERO);
            for (int i = 0; i < 1_000; i++) {
                thread[0].getStackTrace();
            }
            await(runningLoop().runInExecutor(null, () -> {
                for (int i = 0; i < 1_000; i++) {
                    thread[0].getStackTrace();
                }
                return null;
            }));
            sleep(Duration.ofMillis(1));
            assertThat(order).isEmpty();
            future.setResult("woken");
            await(task);
            assertThat(order).containsExactly("woken");
        });
    }

    @Test
    void tasksMakeProgressWhileAnotherThreadKeepsLookingAtThem() throws Exception {
        boolean[] stop = {false};
        List<Thread> threads = new CopyOnWriteArrayList<>();
        Thread observer = Spawn.platform("observer", () -> {
            while (!stop[0]) {
                for (Thread thread : threads) {
                    thread.getStackTrace();
                }
            }
        });
        run(() -> {
            List<Task<Integer>> tasks = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                tasks.add(createTask(() -> {
                    threads.add(Thread.currentThread());
                    int steps = 0;
                    for (int k = 0; k < 1_000; k++) {
                        Future<Integer> future = runningLoop().createFuture();
                        runningLoop().callSoon(() -> future.setResult(1));
                        steps += await(future);
                        sleep(Duration.ZERO);
                        Thread.yield();
                    }
                    return steps;
                }));
            }
            for (Task<Integer> task : tasks) {
                assertThat(await(task)).isEqualTo(1_000);
            }
        });
        stop[0] = true;
        observer.join();
    }
}
