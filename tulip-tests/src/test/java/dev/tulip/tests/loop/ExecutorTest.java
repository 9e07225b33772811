package dev.tulip.tests.loop;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.sleep;
import static dev.tulip.Tulip.toThread;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.EventLoop;
import dev.tulip.loop.EventLoopPolicy;
import dev.tulip.loop.ExceptionContext;
import dev.tulip.loop.Future;
import dev.tulip.loop.LoopOptions;
import dev.tulip.loop.RunnerOptions;
import dev.tulip.loop.Suspends;
import dev.tulip.loop.Task;
import dev.tulip.loop.TaskOptions;
import dev.tulip.tests.support.ChildJvm;
import dev.tulip.tests.support.Deadline;
import dev.tulip.tests.support.Errors;
import dev.tulip.tests.support.Logs;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Jobs on other threads: rows T4, T5 and L12 of asyncio, behaviour 61. */
class ExecutorTest {
    private final List<Object> order = Collections.synchronizedList(new ArrayList<>());

    @Test
    void aJobRunsOnAnotherThreadWhileTheLoopGoesOn() {
        run(() -> {
            EventLoop loop = runningLoop();
            CountDownLatch goOn = new CountDownLatch(1);
            Future<String> job = loop.runInExecutor(null, () -> {
                goOn.await();
                return Thread.currentThread().getName();
            });
            loop.callSoon(goOn::countDown); // the loop is not blocked: it can do this
            assertThat(await(job)).contains("-executor-1");
        });
    }

    @Test
    void aJobFailsWithItsException() {
        run(() -> {
            Future<String> job = runningLoop().runInExecutor(null, () -> {
                throw new IOException("disk");
            });
            assertThatThrownBy(() -> await(job)).isInstanceOf(IOException.class).hasMessage("disk");
            Future<String> error = runningLoop().runInExecutor(null, () -> {
                throw new StackOverflowError();
            });
            assertThatThrownBy(() -> await(error)).isInstanceOf(StackOverflowError.class);
        });
    }

    /** Behaviour 61, and better: asyncio leaves a running job alone. */
    @Test
    void cancellingDropsAQueuedJobAndInterruptsARunningOne() {
        try (ExecutorService single = Executors.newSingleThreadExecutor()) {
            run(() -> {
                EventLoop loop = runningLoop();
                CountDownLatch started = new CountDownLatch(1);
                Future<String> running = loop.runInExecutor(single, () -> {
                    started.countDown();
                    try {
                        new CountDownLatch(1).await(); // for ever
                    } finally {
                        order.add("running job was interrupted");
                    }
                    return "never";
                });
                Future<Boolean> queued = loop.runInExecutor(single, () -> order.add("queued job ran"));
                assertThat(queued.toString())
                        .startsWith("Job[pending, dev.tulip.tests.loop.ExecutorTest$$Lambda, not started");
                awaitOnThread(started);
                assertThat(running.toString())
                        .startsWith("Job[pending, dev.tulip.tests.loop.ExecutorTest$$Lambda, running on pool-");
                assertThat(running.cancel()).isTrue();
                assertThat(queued.cancel()).isTrue();
                assertThat(await(loop.runInExecutor(single, Thread::interrupted)))
                        .isFalse(); // the interrupt was for that job alone
                assertThat(running.cancelled()).isTrue();
                assertThat(queued.cancelled()).isTrue();
                assertThat(running.toString()).contains("cancelled", "ended");
                assertThat(order).containsExactly("running job was interrupted");
            });
        }
    }

    /** As asyncio. */
    @Test
    void cancellingWithoutAnInterruptDropsAQueuedJobAndTheResultOfARunningOne() {
        try (ExecutorService single = Executors.newSingleThreadExecutor()) {
            run(() -> {
                EventLoop loop = runningLoop();
                CountDownLatch started = new CountDownLatch(1);
                CountDownLatch goOn = new CountDownLatch(1);
                Future<String> running = loop.runInExecutor(single, () -> {
                    started.countDown();
                    goOn.await();
                    order.add("running job finished");
                    return "dropped";
                });
                Future<Boolean> queued = loop.runInExecutor(single, () -> order.add("queued job ran"));
                awaitOnThread(started);
                assertThat(running.cancel(false)).isTrue();
                assertThat(queued.cancel(false)).isTrue();
                goOn.countDown();
                await(loop.runInExecutor(single, () -> order.add("later job ran")));
                assertThat(running.cancelled()).isTrue();
                assertThat(queued.cancelled()).isTrue();
                assertThat(order).containsExactly("running job finished", "later job ran");
            });
        }
    }

    @Test
    void aJobThatWasLeftAloneCanStillBeInterrupted() {
        run(() -> {
            CountDownLatch started = new CountDownLatch(1);
            Future<?> job = runningLoop().runInExecutor(null, () -> {
                started.countDown();
                try {
                    new CountDownLatch(1).await();
                } finally {
                    order.add("interrupted");
                }
                return null;
            });
            awaitOnThread(started);
            assertThat(job.cancel(false)).isTrue();
            assertThat(job.cancel(true)).isFalse(); // it was cancelled already
            assertThat(runningLoop().shutdownDefaultExecutor(Deadline.LONG)).isTrue();
            assertThat(order).containsExactly("interrupted");
        });
    }

    /** An interrupt that comes when the job has just ended must not hit what the executor runs next. */
    @Test
    void interruptsNeverReachAnotherJob() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        try (ExecutorService single = Executors.newSingleThreadExecutor()) {
            run(() -> {
                EventLoop loop = runningLoop();
                for (int i = 0; i < 2_000; i++) {
                    CountDownLatch started = new CountDownLatch(1);
                    Future<?> job = loop.runInExecutor(single, () -> {
                        started.countDown();
                        return null;
                    });
                    while (started.getCount() > 0) {
                        Thread.onSpinWait();
                    }
                    for (int delay = random.nextInt(500); delay > 0; delay--) {
                        Thread.onSpinWait();
                    }
                    job.cancel();
                    assertThat(await(loop.runInExecutor(single, Thread::interrupted)))
                            .as("interrupted, seed " + seed)
                            .isFalse();
                }
            });
        }
    }

    /** Waits for {@code latch} without blocking the loop. */
    @Suspends
    private static void awaitOnThread(CountDownLatch latch) {
        while (latch.getCount() > 0) {
            sleep(Duration.ofMillis(1));
        }
    }

    @Test
    void cancellingATaskThatAwaitsAJobInterruptsTheJob() {
        run(() -> {
            CountDownLatch started = new CountDownLatch(1);
            Future<Void> job = runningLoop().runInExecutor(null, () -> {
                started.countDown();
                try {
                    new CountDownLatch(1).await();
                } finally {
                    order.add("interrupted");
                }
                return null;
            });
            Task<?> task = createTask(() -> await(job));
            sleep(Duration.ZERO);
            awaitOnThread(started);
            task.cancel();
            assertThatThrownBy(() -> await(task)).isInstanceOf(CancelledError.class);
            assertThat(job.cancelled()).isTrue();
        });
        assertThat(order).containsExactly("interrupted");
    }

    @Test
    void anExecutorMayStartAVirtualThreadForEachJob() {
        try (ExecutorService virtual = Executors.newVirtualThreadPerTaskExecutor()) {
            run(() -> {
                CountDownLatch goOn = new CountDownLatch(1);
                Future<Boolean> job = runningLoop().runInExecutor(virtual, () -> {
                    goOn.await();
                    return Thread.currentThread().isVirtual();
                });
                CountDownLatch started = new CountDownLatch(1);
                Future<?> cancelled = runningLoop().runInExecutor(virtual, () -> {
                    started.countDown();
                    try {
                        new CountDownLatch(1).await();
                    } finally {
                        order.add("interrupted");
                    }
                    return null;
                });
                runningLoop().callLater(Duration.ofMillis(1), goOn::countDown);
                assertThat(await(job)).isTrue();
                awaitOnThread(started);
                cancelled.cancel();
                while (order.isEmpty()) {
                    sleep(Duration.ofMillis(1));
                }
            });
        }
    }

    @Test
    void aJobThatEndsWithACancelledErrorIsCancelled() {
        run(() -> {
            Future<?> job = runningLoop().runInExecutor(null, () -> {
                throw new CancelledError("by itself");
            });
            assertThatThrownBy(() -> await(job))
                    .isInstanceOf(CancelledError.class)
                    .hasMessage("by itself");
            assertThat(job.cancelled()).isTrue();
        });
    }

    @Test
    void inDebugModeAJobKnowsWhereItWasCreated() {
        run(() -> {
            runningLoop().setDebug(true);
            runningLoop().setSlowCallbackDuration(Duration.ofDays(1)); // how long it takes is no matter here
            Future<Integer> job = runningLoop().runInExecutor(null, () -> 1);
            assertThat(job.toString()).contains("created at dev.tulip.tests.loop.ExecutorTest.");
            assertThat(await(job)).isEqualTo(1);
        });
    }

    @Test
    void anExecutorThatRefusesIsHeard() {
        ExecutorService shut = Executors.newSingleThreadExecutor();
        shut.shutdown();
        run(() -> assertThatThrownBy(() -> runningLoop().runInExecutor(shut, () -> 1))
                .isInstanceOf(RejectedExecutionException.class));
    }

    @Test
    void theDefaultExecutorCanBeReplacedAndEndsWithTheLoop() {
        ExecutorService mine = Executors.newSingleThreadExecutor(body -> new Thread(body, "mine"));
        run(() -> {
            runningLoop().setDefaultExecutor(mine);
            assertThat(await(runningLoop()
                            .runInExecutor(null, () -> Thread.currentThread().getName())))
                    .isEqualTo("mine");
        });
        assertThat(mine.isShutdown()).isTrue();
    }

    @Test
    void shutdownWaitsForJobsAndRefusesNewOnes() {
        run(() -> {
            EventLoop loop = runningLoop();
            CountDownLatch goOn = new CountDownLatch(1);
            loop.runInExecutor(null, () -> {
                goOn.await();
                return order.add("job done");
            });
            loop.callLater(Duration.ofMillis(5), goOn::countDown);
            assertThat(loop.shutdownDefaultExecutor(Deadline.LONG)).isTrue();
            assertThat(order).containsExactly("job done");
            assertThatThrownBy(() -> loop.runInExecutor(null, () -> 1))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("Executor shutdown has been called");
        });
    }

    @Test
    void shutdownGivesUpAfterItsTime() {
        CountDownLatch goOn = new CountDownLatch(1);
        run(() -> {
            EventLoop loop = runningLoop();
            loop.runInExecutor(null, () -> {
                goOn.await();
                return null;
            });
            assertThat(loop.shutdownDefaultExecutor(Duration.ofMillis(5))).isFalse();
            goOn.countDown();
        });
    }

    @Test
    void shutdownOfAnExecutorThatWasNeverUsedIsDoneAtOnce() {
        run(() ->
                assertThat(runningLoop().shutdownDefaultExecutor(Duration.ZERO)).isTrue());
    }

    // -- executors of other processes -----------------------------------------------------------------------------

    /** An executor that sends its jobs away, as a cluster's does: what it runs is a copy made from bytes. */
    private static class Cluster extends AbstractExecutorService {
        final ExecutorService worker = Executors.newSingleThreadExecutor(body -> new Thread(body, "test-cluster"));

        @Override
        public <T> java.util.concurrent.Future<T> submit(Callable<T> job) {
            return worker.submit(copy(job));
        }

        @SuppressWarnings("unchecked") // a copy has the type of the original
        static <T> T copy(T object) {
            try {
                ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
                    out.writeObject(object);
                }
                try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
                    return (T) in.readObject();
                }
            } catch (IOException | ClassNotFoundException e) {
                throw new RejectedExecutionException(e);
            }
        }

        @Override
        public void execute(Runnable command) {
            throw new RejectedExecutionException("a cluster needs jobs that can be serialised");
        }

        @Override
        public void shutdown() {
            worker.shutdown();
        }

        @Override
        public List<Runnable> shutdownNow() {
            return worker.shutdownNow();
        }

        @Override
        public boolean isShutdown() {
            return worker.isShutdown();
        }

        @Override
        public boolean isTerminated() {
            return worker.isTerminated();
        }

        @Override
        public boolean awaitTermination(long timeout, TimeUnit unit) {
            return false; // a cluster goes on without us
        }
    }

    /** A cluster whose futures tell when they are done. */
    private static final class TellingCluster extends Cluster {
        @Override
        public <T> java.util.concurrent.Future<T> submit(Callable<T> job) {
            Callable<T> copy = copy(job);
            CompletableFuture<T> future = new CompletableFuture<>();
            worker.execute(() -> {
                try {
                    future.complete(copy.call());
                } catch (Throwable e) {
                    future.completeExceptionally(e);
                }
            });
            return future;
        }
    }

    /** A job that can be sent away. */
    private interface Shippable<T> extends Callable<T>, Serializable {}

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anExecutorMaySendAJobAwayThatCanBeSerialised(boolean telling) {
        Cluster cluster = telling ? new TellingCluster() : new Cluster();
        run(() -> {
            EventLoop loop = runningLoop();
            loop.setDefaultExecutor(cluster);
            int[] copied = {20};
            Shippable<String> job = () -> {
                copied[0]++;
                return Thread.currentThread().getName() + " " + copied[0];
            };
            assertThat(await(loop.runInExecutor(null, job))).isEqualTo("test-cluster 21");
            assertThat(copied).containsExactly(20); // theirs is another one

            Shippable<String> failing = () -> {
                throw new IOException("over there");
            };
            assertThatThrownBy(() -> await(loop.runInExecutor(cluster, failing)))
                    .isInstanceOf(IOException.class)
                    .hasMessage("over there");
            assertThatThrownBy(() -> loop.runInExecutor(cluster, () -> 1)) // this one is at home here
                    .isInstanceOf(RejectedExecutionException.class);
        });
        assertThat(cluster.isShutdown()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void cancellingAJobThatWasSentAwayCancelsTheFutureOfItsExecutor(boolean telling) {
        List<java.util.concurrent.Future<?>> submitted = new ArrayList<>();
        Cluster cluster = new Cluster() {
            @Override
            public <T> java.util.concurrent.Future<T> submit(Callable<T> job) {
                java.util.concurrent.Future<T> never = telling ? new CompletableFuture<>() : new FutureTask<>(job);
                submitted.add(never);
                return never;
            }
        };
        run(() -> {
            Shippable<Integer> job = () -> 1;
            Task<Integer> task = createTask(() -> await(runningLoop().runInExecutor(cluster, job)));
            while (submitted.isEmpty()) {
                sleep(Duration.ZERO);
            }
            task.cancel();
            assertThatThrownBy(() -> await(task)).isInstanceOf(CancelledError.class);
            assertThat(submitted.getFirst().isCancelled()).isTrue();

            Future<Integer> other = runningLoop().runInExecutor(cluster, job);
            assertThat(other.toString()).startsWith("Job[pending, ").contains("submitted to ");
            submitted.get(1).cancel(true); // by the cluster itself
            assertThatThrownBy(() -> await(other)).isInstanceOf(CancelledError.class);
        });
        cluster.shutdown();
    }

    // -- the end of a run -----------------------------------------------------------------------------------------

    @Test
    void runWaitsForTheJobsOfTheDefaultExecutor() {
        CountDownLatch started = new CountDownLatch(1);
        run(() -> {
            runningLoop().runInExecutor(null, () -> {
                started.countDown();
                Deadline.within(Duration.ofMillis(20), () -> false);
                return order.add("job done");
            });
        });
        assertThat(order).containsExactly("job done");
    }

    @Test
    void aReplacedDefaultExecutorIsWaitedForToo() {
        try (ExecutorService mine = Executors.newSingleThreadExecutor()) {
            run(() -> {
                CountDownLatch goOn = new CountDownLatch(1);
                EventLoop loop = runningLoop();
                loop.runInExecutor(null, () -> {
                    goOn.await();
                    return order.add("first job done");
                });
                loop.setDefaultExecutor(mine);
                await(loop.runInExecutor(null, () -> order.add("second job done")));
                loop.callLater(Duration.ofMillis(5), goOn::countDown);
                assertThat(loop.shutdownDefaultExecutor(Deadline.LONG)).isTrue();
            });
        }
        assertThat(order).containsExactly("second job done", "first job done");
    }

    /** As the executors of application servers, which belong to their server. */
    private static final class Managed extends AbstractExecutorService {
        private final ExecutorService threads = Executors.newCachedThreadPool();

        @Override
        public void execute(Runnable command) {
            threads.execute(command);
        }

        @Override
        public void shutdown() {
            throw new IllegalStateException("the server does that");
        }

        @Override
        public List<Runnable> shutdownNow() {
            throw new IllegalStateException("the server does that");
        }

        @Override
        public boolean isShutdown() {
            throw new IllegalStateException("the server knows that");
        }

        @Override
        public boolean isTerminated() {
            throw new IllegalStateException("the server knows that");
        }

        @Override
        public boolean awaitTermination(long timeout, TimeUnit unit) {
            throw new IllegalStateException("the server does that");
        }
    }

    @Test
    void anExecutorThatWillNotBeShutDownGoesOnAndItsJobsAreWaitedFor() {
        Managed managed = new Managed();
        run(() -> {
            runningLoop().setDefaultExecutor(managed);
            runningLoop().runInExecutor(null, () -> {
                Deadline.within(Duration.ofMillis(5), () -> false);
                return order.add("job done");
            });
        });
        assertThat(order).containsExactly("job done");
        managed.threads.close();
    }

    @Test
    void anExecutorThatThrewItsJobsAwayIsNotWaitedFor() {
        ExecutorService mine = Executors.newSingleThreadExecutor();
        run(() -> {
            CountDownLatch started = new CountDownLatch(1);
            runningLoop().setDefaultExecutor(mine);
            Future<?> job = runningLoop().runInExecutor(null, () -> {
                started.countDown();
                new CountDownLatch(1).await();
                return null;
            });
            runningLoop().runInExecutor(null, () -> order.add("never"));
            awaitOnThread(started);
            mine.shutdownNow();
            assertThatThrownBy(() -> await(job)).isInstanceOf(InterruptedException.class);
        });
        assertThat(order).isEmpty();
    }

    /** The complaint about asyncio: a job cannot be cancelled, and blocks the exit. */
    @Test
    void aJobThatIgnoresItsCancellationDoesNotKeepRunFromEndingAndIsNamed(Logs logs) {
        CountDownLatch goOn = new CountDownLatch(1);
        RunnerOptions options = RunnerOptions.defaults().withJobTimeout(Duration.ofMillis(20));
        run(
                () -> {
                    CountDownLatch started = new CountDownLatch(1);
                    createTask(() -> await(runningLoop().runInExecutor(null, () -> stubborn(started, goOn))));
                    awaitOnThread(started);
                },
                options);
        assertThat(goOn.getCount()).isOne(); // it goes on, and we are here
        assertThat(logs.take())
                .singleElement()
                .extracting(LogRecord::getMessage)
                .asString()
                .contains("run ends without these jobs of its default executor")
                .containsPattern("Job\\[cancelled, dev.tulip.tests.loop.ExecutorTest\\$\\$Lambda, running on"
                        + " EventLoop-\\d+-executor-1]")
                .contains("at dev.tulip.tests.loop.ExecutorTest.stubborn(ExecutorTest.java:");
        goOn.countDown();
    }

    @Test
    void aTaskInToThreadThatIgnoresItsCancellationIsNamedTooAndLeft(Logs logs, Errors errors) {
        CountDownLatch goOn = new CountDownLatch(1);
        RunnerOptions options = RunnerOptions.defaults().withJobTimeout(Duration.ofMillis(20));
        run(
                () -> {
                    CountDownLatch started = new CountDownLatch(1);
                    createTask(() -> toThread(() -> stubborn(started, goOn)), TaskOptions.named("stubborn"));
                    awaitOnThread(started);
                },
                options);
        assertThat(goOn.getCount()).isOne(); // it goes on, and we are here
        assertThat(logs.take())
                .singleElement()
                .extracting(LogRecord::getMessage)
                .asString()
                .contains("run ends without these tasks, which were cancelled and interrupted in toThread and go on")
                .contains("Task[stubborn pending, cancelling 1, dev.tulip.tests.loop.ExecutorTest$$Lambda")
                .contains("at dev.tulip.tests.loop.ExecutorTest.stubborn(ExecutorTest.java:");
        assertThat(errors.take())
                .extracting(ExceptionContext::message)
                .containsExactly(
                        "Task was destroyed but it is pending!",
                        "stubborn did not end when its loop was closed; it goes on on a thread of its own");
        goOn.countDown();
    }

    private static Void stubborn(CountDownLatch started, CountDownLatch goOn) {
        started.countDown();
        while (goOn.getCount() > 0) {
            try {
                goOn.await();
            } catch (InterruptedException e) {
                // it does not care
            }
        }
        return null;
    }

    @Test
    void aJobThatNobodyCancelledIsCancelledWhenItsTimeIsOver(Logs logs) {
        AtomicLong skipped = new AtomicLong();
        EventLoopPolicy skipping =
                () -> EventLoop.create(LoopOptions.defaults().withClock(() -> System.nanoTime() + skipped.get()));
        Duration jobTimeout = Duration.ofDays(1);
        run(
                () -> {
                    EventLoop loop = runningLoop();
                    ExecutorService mine = Executors.newSingleThreadExecutor();
                    loop.setDefaultExecutor(mine);
                    loop.runInExecutor(null, () -> {
                        Deadline.until("run waits for this job", mine::isShutdown);
                        loop.callSoonThreadsafe(() -> skipped.set(jobTimeout.toNanos()));
                        try {
                            new CountDownLatch(1).await();
                        } catch (InterruptedException e) {
                            order.add("interrupted");
                        }
                        return null;
                    });
                },
                RunnerOptions.defaults().withPolicy(skipping).withJobTimeout(jobTimeout));
        assertThat(order).containsExactly("interrupted");
        assertThat(logs.take()) // it waited for long, but nothing is left behind
                .singleElement()
                .extracting(LogRecord::getMessage)
                .asString()
                .contains("run waits for jobs of its default executor");
    }

    @Test
    void aRunThatWaitsForJobsSaysForWhich(Logs logs) {
        // A clock that runs a thousand times too fast, and a loop that never sleeps: so the five seconds pass.
        EventLoopPolicy fast =
                () -> EventLoop.create(LoopOptions.defaults().withClock(() -> System.nanoTime() * 1_000));
        run(
                () -> {
                    runningLoop().callSoon(ExecutorTest::stayAwake);
                    CountDownLatch asked = new CountDownLatch(1);
                    runningLoop().runInExecutor(null, () -> {
                        Deadline.until("run says what it waits for", () -> {
                            asked.countDown();
                            return !logs.messages().isEmpty();
                        });
                        return null;
                    });
                    awaitOnThread(asked);
                },
                RunnerOptions.defaults().withPolicy(fast).withJobTimeout(Duration.ofDays(1)));
        assertThat(logs.take())
                .singleElement()
                .extracting(LogRecord::getMessage)
                .asString()
                .contains("run waits for jobs of its default executor: \n  Job[pending, ")
                .contains("at dev.tulip.tests.support.Deadline.until(Deadline.java:");
    }

    private static void stayAwake() {
        runningLoop().callSoon(ExecutorTest::stayAwake);
    }

    @Test
    void anExecutorThatOthersKeepBusyIsLeftToThem(Logs logs) {
        CountDownLatch goOn = new CountDownLatch(1);
        ExecutorService mine = Executors.newSingleThreadExecutor();
        RunnerOptions options = RunnerOptions.defaults().withJobTimeout(Duration.ofMillis(20));
        run(
                () -> {
                    mine.execute(() -> stubborn(new CountDownLatch(1), goOn));
                    runningLoop().setDefaultExecutor(mine);
                },
                options);
        assertThat(logs.take())
                .singleElement()
                .extracting(LogRecord::getMessage)
                .asString()
                .contains("run ends without its default executor, which others keep busy");
        goOn.countDown();
    }

    /** A program of its own: {@link #aStubbornJobDoesNotKeepTheProcess}. */
    static final class StubbornJob {
        public static void main(String[] arguments) {
            run(
                    () -> {
                        CountDownLatch started = new CountDownLatch(1);
                        runningLoop().runInExecutor(null, () -> stubborn(started, new CountDownLatch(1)));
                        awaitOnThread(started);
                    },
                    RunnerOptions.defaults().withJobTimeout(Duration.ofMillis(50)));
            System.out.println("run has ended");
        }
    }

    @Test
    void aStubbornJobDoesNotKeepTheProcess() {
        List<String> options = new ArrayList<>(ChildJvm.engineOptions());
        ChildJvm.Result result = ChildJvm.run(StubbornJob.class, options, List.of());
        assertThat(result.out()).isEqualTo("run has ended\n");
        assertThat(result.err()).contains("run ends without these jobs", "ExecutorTest.stubborn(ExecutorTest.java:");
        assertThat(result.status()).isZero();
    }
}
