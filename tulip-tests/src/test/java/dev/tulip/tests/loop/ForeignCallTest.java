package dev.tulip.tests.loop;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.currentTask;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Task;
import dev.tulip.tests.support.Deadline;
import dev.tulip.tests.support.MountedOnly;
import dev.tulip.tests.support.SocketPair;
import dev.tulip.tests.support.Spawn;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;

/** Calls of the JDK that wait suspend the task, not the loop: decision D6. On the fallback engine they hold it: D2. */
@MountedOnly
class ForeignCallTest {
    private final List<Object> order = new ArrayList<>();

    /** A call that waits until {@code release} was called, which is done from the loop: only possible if that runs. */
    private interface Call {
        void await() throws Exception;
    }

    private void doesNotHoldTheLoop(Call call, Runnable release) {
        run(() -> {
            Task<?> blocked = createTask(() -> {
                call.await();
                order.add("released");
            });
            Task<?> other = createTask(() -> {
                for (int i = 0; i < 3; i++) {
                    sleep(Duration.ofMillis(1));
                    order.add("tick");
                }
            });
            await(other);
            assertThat(blocked.done()).isFalse();
            release.run();
            await(blocked);
            assertThat(order).containsExactly("tick", "tick", "tick", "released");
        });
    }

    @Test
    void aTaskInThreadSleepLetsTheOthersRun() {
        run(() -> {
            boolean[] ticked = {false};
            Task<?> sleeper = createTask(() -> {
                while (!ticked[0]) {
                    Thread.sleep(5);
                }
                order.add("slept");
            });
            for (int i = 0; i < 3; i++) {
                sleep(Duration.ofMillis(1));
                order.add("tick");
            }
            ticked[0] = true;
            await(sleeper);
        });
        assertThat(order).containsExactly("tick", "tick", "tick", "slept");
    }

    @Test
    void aTaskThatTakesFromABlockingQueueLetsTheOthersRun() {
        LinkedBlockingQueue<String> queue = new LinkedBlockingQueue<>();
        doesNotHoldTheLoop(queue::take, () -> queue.add("x"));
    }

    @Test
    void aTaskThatWaitsForALatchLetsTheOthersRun() {
        CountDownLatch latch = new CountDownLatch(1);
        doesNotHoldTheLoop(latch::await, latch::countDown);
    }

    @Test
    void aTaskThatWaitsForACompletableFutureTheJdksWayLetsTheOthersRun() {
        CompletableFuture<String> future = new CompletableFuture<>();
        doesNotHoldTheLoop(future::get, () -> future.complete("x"));
    }

    @Test
    void aTaskThatReadsABlockingSocketLetsTheOthersRun() throws Exception {
        try (ServerSocket server = new ServerSocket(0);
                Socket client = new Socket("127.0.0.1", server.getLocalPort());
                Socket accepted = server.accept()) {
            doesNotHoldTheLoop(
                    () -> assertThat(accepted.getInputStream().read()).isEqualTo('x'), () -> {
                        try {
                            client.getOutputStream().write('x');
                        } catch (java.io.IOException e) {
                            throw new java.io.UncheckedIOException(e);
                        }
                    });
        }
    }

    @Test
    void aTaskThatWaitsForAMonitorLetsTheOthersRun() throws Exception {
        Object monitor = new Object();
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        Thread holder = Spawn.platform("holder", () -> {
            synchronized (monitor) {
                held.countDown();
                release.await();
            }
        });
        held.await();
        doesNotHoldTheLoop(
                () -> {
                    synchronized (monitor) {
                        order.size();
                    }
                },
                release::countDown);
        holder.join();
    }

    @Test
    void aTaskInObjectWaitLetsTheOthersRun() {
        Object monitor = new Object();
        doesNotHoldTheLoop(
                () -> {
                    synchronized (monitor) {
                        monitor.wait();
                    }
                },
                () -> {
                    synchronized (monitor) {
                        monitor.notifyAll();
                    }
                });
    }

    @Test
    void aLockMayBeHeldAcrossASuspensionAndWantedByAnotherTask() {
        ReentrantLock lock = new ReentrantLock();
        run(() -> {
            Task<?> owner = createTask(() -> {
                lock.lock();
                try {
                    sleep(Duration.ofMillis(5));
                    order.add("owner");
                } finally {
                    lock.unlock();
                }
            });
            Task<?> second = createTask(() -> {
                lock.lock();
                order.add("second");
                lock.unlock();
            });
            await(owner);
            await(second);
        });
        assertThat(order).containsExactly("owner", "second");
    }

    @Test
    void aCallbackThatWaitsIsReplacedAndTheNextOnesRun() {
        CountDownLatch latch = new CountDownLatch(1);
        run(() -> {
            EventLoop loop = runningLoop();
            loop.callSoon(() -> {
                order.add("waits");
                awaitUninterruptibly(latch);
                order.add("goes on");
            });
            loop.callSoon(() -> order.add("next"));
            loop.callSoon(latch::countDown);
            loop.callSoon(() -> order.add("last"));
            sleep(Duration.ofMillis(1));
            loop.callSoon(() -> order.add("later"));
            sleep(Duration.ofMillis(1));
        });
        assertThat(order).containsExactly("waits", "next", "last", "goes on", "later");
    }

    @Test
    void aThousandCallbacksMayWaitAtOnce() {
        CountDownLatch latch = new CountDownLatch(1);
        int[] done = {0};
        run(() -> {
            for (int i = 0; i < 1_000; i++) {
                runningLoop().callSoon(() -> {
                    awaitUninterruptibly(latch);
                    done[0]++;
                });
            }
            sleep(Duration.ofMillis(1));
            assertThat(done[0]).isZero();
            latch.countDown();
            while (done[0] < 1_000) {
                sleep(Duration.ofMillis(1));
            }
        });
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void cancellingATaskThatSleepsInTheJdkInterruptsItAndItIsCancelled() {
        run(() -> {
            Task<?> task = createTask(() -> {
                try {
                    Thread.sleep(1_000_000);
                } catch (InterruptedException e) {
                    order.add("interrupted");
                    throw e;
                }
            });
            sleep(Duration.ofMillis(1));
            task.cancel("enough");
            assertThatThrownBy(() -> await(task))
                    .isInstanceOf(CancelledError.class)
                    .hasMessage("enough")
                    .hasCauseInstanceOf(InterruptedException.class);
            assertThat(task.cancelled()).isTrue();
            assertThat(order).containsExactly("interrupted");
        });
    }

    @Test
    void aCancelThatTheJdkHasDeliveredIsNotDeliveredAgain() {
        run(() -> {
            Task<String> task = createTask(() -> {
                try {
                    Thread.sleep(1_000_000);
                } catch (InterruptedException e) {
                    order.add("interrupted");
                }
                sleep(Duration.ofMillis(1)); // cleaning up works
                Thread.sleep(1);
                return "survived";
            });
            sleep(Duration.ofMillis(1));
            task.cancel();
            assertThat(await(task)).isEqualTo("survived");
            assertThat(task.cancelling()).isEqualTo(1);
        });
    }

    @Test
    void aTaskThatCleansUpAfterAnInterruptAndSuspendsThereIsCancelledAllTheSame() {
        run(() -> {
            Task<?> task = createTask(() -> {
                try {
                    Thread.sleep(Duration.ofDays(1));
                } finally {
                    sleep(Duration.ofMillis(1));
                }
            });
            sleep(Duration.ofMillis(1));
            task.cancel("enough");
            assertThatThrownBy(() -> await(task))
                    .isInstanceOf(CancelledError.class)
                    .hasMessage("enough")
                    .hasCauseInstanceOf(InterruptedException.class);
        });
    }

    @Test
    void aSocketThatTimesOutAfterASwallowedCancelIsAFailure() {
        run(() -> {
            Task<?> task = createTask(() -> {
                try {
                    Thread.sleep(Duration.ofDays(1));
                } catch (InterruptedException e) {
                    throw new SocketTimeoutException("read timed out"); // an InterruptedIOException, too
                }
            });
            sleep(Duration.ofMillis(1));
            task.cancel();
            assertThatThrownBy(() -> await(task)).isInstanceOf(SocketTimeoutException.class);
        });
    }

    @Test
    void aCancelThatTheJdkCannotDeliverComesAtTheNextSuspension() throws Exception {
        ReentrantLock lock = new ReentrantLock();
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        Thread holder = Spawn.platform("holder", () -> {
            lock.lock();
            held.countDown();
            release.await();
            lock.unlock();
        });
        held.await();
        run(() -> {
            Task<?> task = createTask(() -> {
                lock.lock(); // takes no notice of interrupts, but passes them on
                try {
                    order.add("has the lock");
                    sleep(Duration.ofMillis(1));
                    order.add("not reached");
                } finally {
                    assertThat(Thread.interrupted()).isFalse();
                    lock.unlock();
                }
            });
            sleep(Duration.ofMillis(1));
            task.cancel();
            sleep(Duration.ofMillis(1));
            assertThat(task.done()).isFalse();
            release.countDown();
            assertThatThrownBy(() -> await(task)).isInstanceOf(CancelledError.class);
            assertThat(order).containsExactly("has the lock");
        });
        holder.join();
    }

    @Test
    void aCancelledTaskThatGoesIntoACallOfTheJdkIsInterruptedThere() {
        run(() -> {
            Task<?> task = createTask(() -> {
                currentTask().cancel("self");
                Thread.sleep(1_000_000);
            });
            assertThatThrownBy(() -> await(task))
                    .isInstanceOf(CancelledError.class)
                    .hasMessage("self");
        });
    }

    @Test
    void cancellingATaskInABlockingSocketReadEndsIt() throws Exception {
        try (SocketPair pair = SocketPair.open()) {
            run(() -> {
                SocketChannel blocking = pair.there();
                Task<?> task = createTask(() -> blocking.read(java.nio.ByteBuffer.allocate(1)));
                sleep(Duration.ofMillis(5));
                task.cancel();
                assertThatThrownBy(() -> await(task)).isInstanceOf(CancelledError.class);
            });
        }
    }

    @Test
    void anInterruptStatusLeftBehindDoesNotDisturbTulip() throws Exception {
        try (SocketPair pair = SocketPair.open()) {
            pair.send("x");
            run(() -> {
                Thread.currentThread().interrupt();
                sleep(Duration.ofMillis(1));
                assertThat(runningLoop().sockRecv(pair.here(), 10)).hasSize(1);
                assertThat(pair.here().isOpen()).isTrue(); // P11: the JDK would have closed it
                assertThat(Thread.interrupted()).isTrue(); // and the status is still there
            });
        }
    }

    @Test
    void threadYieldLetsTheOthersRun() {
        run(() -> {
            boolean[] ran = {false};
            Task<?> other = createTask(() -> ran[0] = true);
            while (!ran[0]) {
                Thread.yield();
            }
            await(other);
        });
    }

    @Test
    void timedWaitsOfTheJdkEndInTime() throws Exception {
        run(() -> {
            LinkedBlockingQueue<String> empty = new LinkedBlockingQueue<>();
            assertThat(empty.poll(5, TimeUnit.MILLISECONDS)).isNull();
            assertThat(new ReentrantLock().tryLock(5, TimeUnit.MILLISECONDS)).isTrue();
            Object monitor = new Object();
            synchronized (monitor) {
                monitor.wait(5);
            }
            assertThatThrownBy(() -> new CompletableFuture<>().get(5, TimeUnit.MILLISECONDS))
                    .isInstanceOf(java.util.concurrent.TimeoutException.class);
        });
    }

    @Test
    void manyTasksAndThreadsShareALockWithoutLosingAnybody() throws Exception {
        ReentrantLock lock = new ReentrantLock();
        Object monitor = new Object();
        int[] counts = {0, 0};
        int perWorker = 2_000;
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            threads.add(Spawn.platform("worker", () -> count(lock, monitor, counts, perWorker)));
        }
        run(() -> {
            List<Task<?>> tasks = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                tasks.add(createTask(() -> count(lock, monitor, counts, perWorker)));
                runningLoop().callSoon(() -> count(lock, monitor, counts, perWorker));
            }
            tasks.forEach(Task::await);
            Deadline.until("the callbacks are done", () -> {
                synchronized (monitor) {
                    return counts[1] == 22 * perWorker;
                }
            });
        });
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(counts).containsExactly(22 * perWorker, 22 * perWorker);
    }

    private static void count(ReentrantLock lock, Object monitor, int[] counts, int times) {
        for (int i = 0; i < times; i++) {
            lock.lock();
            try {
                counts[0]++;
            } finally {
                lock.unlock();
            }
            synchronized (monitor) {
                counts[1]++;
            }
        }
    }
}
