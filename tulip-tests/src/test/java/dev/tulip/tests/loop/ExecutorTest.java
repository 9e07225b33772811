package dev.tulip.tests.loop;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Future;
import dev.tulip.loop.Task;
import dev.tulip.tests.support.Deadline;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

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

    /** Behaviour 61. */
    @Test
    void cancellingDropsAQueuedJobAndTheResultOfARunningOne() throws Exception {
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
                await(loop.runInExecutor(null, () -> {
                    started.await();
                    return null;
                }));
                assertThat(running.cancel()).isTrue();
                assertThat(queued.cancel()).isTrue();
                goOn.countDown();
                await(loop.runInExecutor(single, () -> order.add("later job ran")));
                assertThat(running.cancelled()).isTrue();
                assertThat(queued.cancelled()).isTrue();
                assertThat(order).containsExactly("running job finished", "later job ran");
            });
        }
    }

    @Test
    void cancellingATaskThatAwaitsAJobCancelsTheJob() {
        run(() -> {
            CountDownLatch goOn = new CountDownLatch(1);
            Future<Void> job = runningLoop().runInExecutor(null, () -> {
                goOn.await();
                return null;
            });
            Task<?> task = createTask(() -> await(job));
            sleep(Duration.ZERO);
            task.cancel();
            assertThatThrownBy(() -> await(task)).isInstanceOf(CancelledError.class);
            assertThat(job.cancelled()).isTrue();
            goOn.countDown();
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
}
