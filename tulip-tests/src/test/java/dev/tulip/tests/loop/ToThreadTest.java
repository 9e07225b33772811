package dev.tulip.tests.loop;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.currentTask;
import static dev.tulip.Tulip.generator;
import static dev.tulip.Tulip.newEventLoop;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.sleep;
import static dev.tulip.Tulip.toThread;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.ContextVar;
import dev.tulip.loop.EventLoop;
import dev.tulip.loop.ExceptionContext;
import dev.tulip.loop.Future;
import dev.tulip.loop.Generator;
import dev.tulip.loop.Task;
import dev.tulip.loop.TaskOptions;
import dev.tulip.tests.support.Deadline;
import dev.tulip.tests.support.Errors;
import dev.tulip.tests.support.MountedOnly;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;

/** {@code toThread}: a task's stay on a thread of the executor. Row T6 of asyncio, behaviour 63. */
class ToThreadTest {
    private final List<Object> order = new ArrayList<>();

    /** Blocks its thread, not only a coroutine, until {@code latch} opens. */
    private static void block(CountDownLatch latch) throws InterruptedException {
        latch.await();
    }

    // -- there and back -------------------------------------------------------------------------------------------

    @Test
    void theLoopGoesOnWhileTheBodyRunsElsewhere() throws InterruptedException {
        run(() -> {
            CountDownLatch latch = new CountDownLatch(1);
            createTask(() -> {
                order.add("other task");
                latch.countDown();
            });
            String result = toThread(() -> {
                block(latch);
                return "result";
            });
            order.add(result);
        });
        assertThat(order).containsExactly("other task", "result");
    }

    @Test
    void whatTheBodyThrowsIsThrownUnwrapped() throws InterruptedException {
        IOException failure = new IOException("from the body");
        run(() -> {
            assertThatThrownBy(() -> toThread(() -> {
                        throw failure;
                    }))
                    .isSameAs(failure);
            assertThat(currentTask()).isNotNull();
        });
    }

    @Test
    void theBodyRunsOutsideTheLoop() throws InterruptedException {
        run(() -> {
            EventLoop loop = runningLoop();
            Future<String> future = loop.createFuture();
            toThread(() -> {
                assertThatThrownBy(() -> sleep(Duration.ZERO))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("sleep suspends, so it needs a task");
                assertThatThrownBy(() -> runningLoop()).isInstanceOf(IllegalStateException.class);
                assertThatThrownBy(() -> toThread(() -> {})).isInstanceOf(IllegalStateException.class);
                assertThatThrownBy(() -> loop.callSoon(() -> {})).isInstanceOf(WrongThreadException.class);
                loop.callSoonThreadsafe(() -> future.setResult("from the body"));
            });
            assertThat(await(future)).isEqualTo("from the body");
        });
    }

    @Test
    void itNeedsATask() throws InterruptedException {
        assertThatThrownBy(() -> toThread(() -> {}))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("toThread suspends, so it needs a task");
    }

    @Test
    void theBodySeesACopyOfTheTasksContext() throws InterruptedException {
        ContextVar<String> variable = new ContextVar<>("variable", "initial");
        run(() -> {
            variable.set("task's");
            assertThat(toThread(() -> {
                        String seen = variable.get();
                        variable.set("body's");
                        return seen + ", " + variable.get();
                    }))
                    .isEqualTo("task's, body's");
            assertThat(variable.get()).isEqualTo("task's");
            Future<String> inExecutor = runningLoop().runInExecutor(null, variable::get);
            assertThat(await(inExecutor)).isEqualTo("initial");
        });
    }

    @Test
    @MountedOnly // on the fallback a thread of the executor calls the body
    void itIsTheSameCoroutineWithItsStackItsThreadLocalsAndItsScopedValues() {
        ThreadLocal<String> local = new ThreadLocal<>();
        ScopedValue<String> scoped = ScopedValue.newInstance();
        run(() -> {
            local.set("mine");
            Thread thread = Thread.currentThread();
            ScopedValue.where(scoped, "bound")
                    .run(() -> calledHere(() -> {
                        assertThat(Thread.currentThread()).isSameAs(thread);
                        assertThat(local.get()).isEqualTo("mine");
                        assertThat(scoped.get()).isEqualTo("bound");
                        assertThat(thread.getStackTrace())
                                .anyMatch(frame -> frame.getMethodName().equals("calledHere"));
                    }));
        });
    }

    private static void calledHere(Runnable body) {
        toThread(body::run);
    }

    @Test
    void theBodyMayWaitInEveryWayTheJdkOffers() throws InterruptedException {
        run(() -> {
            ReentrantLock lock = new ReentrantLock();
            Object monitor = new Object();
            ArrayBlockingQueue<String> queue = new ArrayBlockingQueue<>(1);
            CountDownLatch held = new CountDownLatch(1);
            Task<?> holder = createTask(() -> toThread(() -> {
                lock.lock();
                try {
                    synchronized (monitor) {
                        held.countDown();
                        Thread.sleep(5);
                    }
                } finally {
                    lock.unlock();
                }
                queue.put("queued");
            }));
            Task<String> waiter = createTask(() -> toThread(() -> {
                held.await();
                synchronized (monitor) {
                    Thread.yield();
                }
                lock.lock();
                lock.unlock();
                return queue.take();
            }));
            assertThat(await(waiter)).isEqualTo("queued");
            await(holder);
        });
    }

    @Test
    void aGeneratorsBodyMayUseIt() throws InterruptedException {
        run(() -> {
            Generator<Integer, Void, Void> generator = generator(out -> {
                for (int i = 0; i < 3; i++) {
                    int value = i;
                    out.yield(toThread(() -> value * value));
                }
            });
            generator.forEachRemaining(order::add);
        });
        assertThat(order).containsExactly(0, 1, 4);
    }

    @Test
    void anEagerTasksCreatorGoesOnWhenTheTaskGoesAway() throws InterruptedException {
        run(() -> {
            CountDownLatch latch = new CountDownLatch(1);
            Task<?> task = createTask(
                    () -> {
                        order.add("task");
                        toThread(() -> block(latch));
                        order.add("back");
                    },
                    TaskOptions.eager());
            order.add("creator");
            assertThat(task.toString()).contains("on a thread of the executor");
            latch.countDown();
            await(task);
        });
        assertThat(order).containsExactly("task", "creator", "back");
    }

    // -- executors ------------------------------------------------------------------------------------------------

    @Test
    void anExecutorThatIsFullRefusesIt() throws InterruptedException {
        run(() -> {
            runningLoop()
                    .setDefaultExecutor(new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS, new SynchronousQueue<>()));
            CountDownLatch latch = new CountDownLatch(1);
            Task<?> first = createTask(() -> toThread(() -> block(latch)));
            sleep(Duration.ZERO);
            assertThatThrownBy(() -> toThread(() -> order.add("never"))).isInstanceOf(RejectedExecutionException.class);
            latch.countDown();
            await(first);
        });
        assertThat(order).isEmpty();
    }

    @Test
    void anExecutorThatLetsItsCallersWorkRunsItInPlace() throws InterruptedException {
        run(() -> {
            runningLoop()
                    .setDefaultExecutor(new ThreadPoolExecutor(
                            1,
                            1,
                            0,
                            TimeUnit.SECONDS,
                            new SynchronousQueue<>(),
                            new ThreadPoolExecutor.CallerRunsPolicy()));
            CountDownLatch latch = new CountDownLatch(1);
            Task<?> first = createTask(() -> toThread(() -> block(latch)));
            sleep(Duration.ZERO);
            assertThat(toThread(() -> "in place")).isEqualTo("in place");
            latch.countDown();
            await(first);
        });
    }

    @Test
    void anExecutorOfVirtualThreadsServesToo() throws InterruptedException {
        run(() -> {
            runningLoop().setDefaultExecutor(Executors.newVirtualThreadPerTaskExecutor());
            List<Task<Integer>> tasks = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                int number = i;
                tasks.add(createTask(() -> toThread(() -> {
                    Thread.sleep(1);
                    return number;
                })));
            }
            tasks.forEach(task -> order.add(task.await()));
        });
        assertThat(order).hasSize(20).startsWith(0, 1, 2).endsWith(19);
    }

    // -- cancelling -----------------------------------------------------------------------------------------------

    @Test
    void cancellingInterruptsTheBodyWhichThenEndsTheTask() throws InterruptedException {
        run(() -> {
            CountDownLatch started = new CountDownLatch(1);
            CountDownLatch never = new CountDownLatch(1);
            Task<?> task = createTask(() -> toThread(() -> {
                started.countDown();
                block(never);
            }));
            toThread(() -> block(started));
            task.cancel("enough");
            assertThatThrownBy(() -> await(task))
                    .isInstanceOf(CancelledError.class)
                    .hasMessage("enough")
                    .hasCauseInstanceOf(InterruptedException.class);
            assertThat(task.cancelled()).isTrue();
        });
    }

    @Test
    void aBodyThatTakesNoNoticeKeepsItsResultAndTheRequestComesAtTheNextSuspension() throws InterruptedException {
        run(() -> {
            CountDownLatch started = new CountDownLatch(1);
            CountDownLatch cancelled = new CountDownLatch(1);
            Task<?> task = createTask(() -> {
                order.add(toThread(() -> {
                    started.countDown();
                    spinUntil(cancelled);
                    return "result";
                }));
                try {
                    sleep(Duration.ofDays(1));
                } catch (CancelledError e) {
                    order.add("cancelled");
                    throw e;
                }
            });
            toThread(() -> block(started));
            task.cancel();
            cancelled.countDown();
            assertThatThrownBy(() -> await(task)).isInstanceOf(CancelledError.class);
        });
        assertThat(order).containsExactly("result", "cancelled");
    }

    private static void spinUntil(CountDownLatch latch) {
        while (latch.getCount() > 0) {
            Thread.onSpinWait();
        }
    }

    @Test
    void aBodyThatCatchesTheInterruptHasTakenTheRequest() throws InterruptedException {
        run(() -> {
            CountDownLatch started = new CountDownLatch(1);
            Task<String> task = createTask(() -> {
                String result = toThread(() -> {
                    started.countDown();
                    try {
                        block(new CountDownLatch(1));
                        return "never";
                    } catch (InterruptedException e) {
                        return "cleaned up";
                    }
                });
                sleep(Duration.ZERO);
                return result;
            });
            toThread(() -> block(started));
            task.cancel();
            assertThat(await(task)).isEqualTo("cleaned up");
        });
    }

    @Test
    void aBodyThatHasNotStartedIsDroppedAtOnce() throws InterruptedException {
        run(() -> {
            ThreadPoolExecutor one = (ThreadPoolExecutor) Executors.newFixedThreadPool(1);
            runningLoop().setDefaultExecutor(one);
            CountDownLatch latch = new CountDownLatch(1);
            Task<?> busy = createTask(() -> toThread(() -> block(latch)));
            Task<?> queued = createTask(() -> toThread(() -> order.add("ran")));
            sleep(Duration.ZERO);
            sleep(Duration.ZERO);
            queued.cancel("changed my mind");
            assertThatThrownBy(() -> await(queued))
                    .isInstanceOf(CancelledError.class)
                    .hasMessage("changed my mind");
            assertThat(one.getQueue()).isEmpty();
            latch.countDown();
            await(busy);
        });
        assertThat(order).isEmpty();
    }

    @Test
    void aTaskThatIsCancelledAlreadyDoesNotGoAway() throws InterruptedException {
        run(() -> {
            Task<?> task = createTask(() -> {
                currentTask().cancel("self");
                toThread(() -> order.add("ran"));
            });
            assertThatThrownBy(() -> await(task))
                    .isInstanceOf(CancelledError.class)
                    .hasMessage("self");
        });
        assertThat(order).isEmpty();
    }

    @Test
    void anInterruptDoesNotReachTheExecutorsNextJob() throws InterruptedException {
        run(() -> {
            ExecutorService one = Executors.newFixedThreadPool(1);
            runningLoop().setDefaultExecutor(one);
            for (int i = 0; i < 200; i++) {
                AtomicInteger phase = new AtomicInteger();
                Task<?> task = createTask(() -> toThread(() -> {
                    phase.set(1);
                    Thread.onSpinWait();
                }));
                while (phase.get() == 0) {
                    sleep(Duration.ZERO);
                }
                task.cancel();
                boolean interrupted = toThread(() -> Thread.interrupted());
                assertThat(interrupted).isFalse();
                Future<Boolean> job = runningLoop().runInExecutor(null, Thread::interrupted);
                assertThat(await(job)).isFalse();
                try {
                    await(task);
                } catch (CancelledError e) {
                    // it may have been in time
                }
            }
        });
    }

    // -- under load -----------------------------------------------------------------------------------------------

    @Test
    void nothingIsLostWhenManyTasksComeAndGoAndAreCancelledAtRandom() throws InterruptedException {
        long seed = new Random().nextLong();
        System.out.println("ToThreadTest seed " + seed);
        Random random = new Random(seed);
        AtomicInteger bodies = new AtomicInteger();
        int[] ends = new int[3]; // returned, cancelled, began
        run(() -> {
            List<Task<?>> tasks = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                tasks.add(createTask(() -> {
                    for (int round = 0; round < 50; round++) {
                        ends[2]++;
                        try {
                            int result = toThread(() -> {
                                if (bodies.incrementAndGet() % 16 == 0) {
                                    Thread.sleep(0, 100_000);
                                }
                                return 1;
                            });
                            ends[0] += result;
                        } catch (CancelledError e) {
                            ends[1]++;
                        }
                        try {
                            sleep(Duration.ZERO);
                        } catch (CancelledError e) {
                            // the body had not noticed
                        }
                    }
                }));
            }
            Task<?> canceller = createTask(() -> {
                while (true) {
                    tasks.get(random.nextInt(tasks.size())).cancel();
                    sleep(Duration.ofNanos(random.nextInt(200_000)));
                }
            });
            for (Task<?> task : tasks) {
                try {
                    task.await();
                } catch (CancelledError e) {
                    assertThat(task.done()).isTrue();
                }
            }
            canceller.cancel();
        });
        assertThat(ends[0] + ends[1]).isEqualTo(ends[2]);
        assertThat(ends[0]).isPositive();
    }

    @Test
    void takingStackTracesMeanwhileDisturbsNothing() throws InterruptedException {
        run(() -> {
            Thread[] threads = new Thread[1];
            Task<Integer> task = createTask(() -> {
                threads[0] = Thread.currentThread();
                int sum = 0;
                for (int i = 0; i < 2_000; i++) {
                    sum += toThread(() -> {
                        Thread.yield();
                        return 1;
                    });
                }
                return sum;
            });
            sleep(Duration.ZERO);
            Thread observer = new Thread(() -> {
                while (!task.isDone()) {
                    threads[0].getStackTrace();
                }
            });
            observer.start();
            assertThat(await(task)).isEqualTo(2_000);
            toThread(() -> observer.join());
        });
    }

    // -- the end of the loop --------------------------------------------------------------------------------------

    @Test
    void aBodyThatIgnoresTheEndOfItsLoopIsReportedAndEndsOutsideIt(Errors errors) throws Exception {
        CountDownLatch started = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        CountDownLatch ended = new CountDownLatch(1);
        try (EventLoop loop = newEventLoop()) {
            loop.setExceptionHandler(errors);
            loop.runUntilComplete(() -> {
                createTask(
                        () -> {
                            try {
                                toThread(() -> {
                                    started.countDown();
                                    spinUntil(closed);
                                });
                                sleep(Duration.ofDays(1));
                            } finally {
                                ended.countDown();
                            }
                        },
                        TaskOptions.named("stubborn"));
                sleep(Duration.ZERO);
                toThread(() -> block(started));
            });
        }
        assertThat(errors.take())
                .extracting(ExceptionContext::message)
                .containsExactly(
                        "Task was destroyed but it is pending!",
                        "stubborn did not end when its loop was closed; it goes on on a thread of its own");
        closed.countDown();
        assertThat(ended.await(Deadline.LONG.toSeconds(), TimeUnit.SECONDS)).isTrue();
    }

    @Test
    @MountedOnly // only there the coroutine itself has to leave the thread
    void insideAClassInitialiserItIsRefused() {
        run(() -> {
            assertThatThrownBy(() -> Initialiser.touch())
                    .isInstanceOf(ExceptionInInitializerError.class)
                    .cause()
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("cannot suspend here: a class initialiser");
            assertThat(toThread(() -> "afterwards")).isEqualTo("afterwards");
        });
    }

    private static final class Initialiser {
        static {
            toThread(() -> {});
        }

        static void touch() {}
    }
}
