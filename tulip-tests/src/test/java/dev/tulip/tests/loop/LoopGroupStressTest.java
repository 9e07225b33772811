package dev.tulip.tests.loop;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.createTaskOn;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.sleep;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Future;
import dev.tulip.loop.LoopGroup;
import dev.tulip.loop.Suspends;
import dev.tulip.loop.Task;
import dev.tulip.tests.support.Errors;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Tasks of four loops that place tasks on one another's loops and await them, while they are cancelled at random, fail at
 * random, and their loops are closed. Whatever happens: every task ends, everybody who awaits one hears of it after it has
 * ended, and gets what it ended with.
 */
class LoopGroupStressTest {
    private static final int ROUNDS = 150;
    private static final int ROOTS = 12;
    private static final int DEPTH = 6;

    /** A failure that somebody must get. */
    private static final class Failure extends IOException {
        private static final long serialVersionUID = 1L;
    }

    private final long seed = System.nanoTime();

    // any thread
    private final AtomicInteger begun = new AtomicInteger();
    private final AtomicInteger ended = new AtomicInteger();
    private final AtomicInteger results = new AtomicInteger();
    private final AtomicInteger failures = new AtomicInteger();
    private final AtomicInteger cancelled = new AtomicInteger();
    private final AtomicInteger closed = new AtomicInteger();
    private final AtomicInteger tooEarly = new AtomicInteger();

    @Test
    @Timeout(value = 300, unit = TimeUnit.SECONDS)
    void everyTaskEndsAndWhoeverAwaitsOneHearsOfIt(Errors errors) {
        try {
            Random random = new Random(seed);
            for (int round = 0; round < ROUNDS; round++) {
                long roundSeed = random.nextLong();
                boolean closing = random.nextBoolean();
                run(() -> runRound(new Random(roundSeed), closing));
                assertThat(ended.get()).as("round " + round).isEqualTo(begun.get());
            }
            assertThat(tooEarly).as("awaited, and not ended").hasValue(0);
            assertThat(results).hasPositiveValue();
            assertThat(failures).hasPositiveValue();
            assertThat(cancelled).hasPositiveValue();
            assertThat(closed).hasPositiveValue();
            assertThat(errors.take())
                    .as("failures that nobody got, and tasks that nobody awaited")
                    .isEmpty();
        } catch (Throwable e) {
            throw new AssertionError("seed " + seed, e);
        }
    }

    @Suspends
    private void runRound(Random random, boolean closing) {
        LoopGroup group = LoopGroup.of(4);
        List<Task<Void>> roots = new ArrayList<>();
        try {
            for (int i = 0; i < ROOTS; i++) {
                long itsSeed = random.nextLong();
                roots.add(createTask(() -> {
                    Random its = new Random(itsSeed);
                    for (int n = 0; n < 20; n++) {
                        awaitOne(group, its, DEPTH);
                    }
                }));
            }
            for (int i = 0; i < 30; i++) {
                sleep(Duration.ofNanos(random.nextInt(100_000)));
                roots.get(random.nextInt(ROOTS)).cancel();
            }
        } finally {
            if (closing) {
                group.close(); // in the middle of everything
            }
            for (Task<Void> root : roots) {
                try {
                    await(root);
                } catch (CancelledError e) {
                    assertThat(root.cancelled()).isTrue();
                }
            }
            group.close();
        }
    }

    /** Places a task somewhere and awaits it, unless it is cancelled before. */
    @Suspends
    private void awaitOne(LoopGroup group, Random random, int depth) {
        boolean[] state = {false, false}; // begun, ended: written there, read here after it has ended
        EventLoop loop = random.nextInt(8) == 0 ? runningLoop() : group.next();
        long itsSeed = random.nextLong();
        int expected = random.nextInt();
        Future<Integer> future;
        try {
            future = createTaskOn(loop, () -> work(group, new Random(itsSeed), depth, state, expected));
        } catch (IllegalStateException e) { // it is closed already
            closed.incrementAndGet();
            return;
        }
        if (random.nextInt(6) == 0) {
            future.cancel("at once");
        }
        boolean cancelsLater = random.nextInt(6) == 0;
        try {
            if (cancelsLater) {
                cancelLater(future, random);
            }
            assertThat(await(future)).isEqualTo(expected);
            results.incrementAndGet();
        } catch (IllegalStateException e) {
            assertThat(e.getMessage()).contains("closed");
            closed.incrementAndGet();
        } catch (CancelledError e) {
            cancelled.incrementAndGet();
            if (!future.cancelled()) {
                throw e; // it is this task that was cancelled, while it did not wait for the other
            }
        } catch (Throwable e) {
            assertThat(e).isInstanceOf(Failure.class);
            failures.incrementAndGet();
        }
        if (!future.isDone() || (state[0] && !state[1])) {
            tooEarly.incrementAndGet();
        }
    }

    @Suspends
    private static void cancelLater(Future<?> future, Random random) {
        try {
            sleep(Duration.ofNanos(random.nextInt(50_000)));
        } catch (CancelledError e) {
            future.cancel("with me");
            return; // to where it is awaited
        }
        future.cancel("later");
    }

    @Suspends
    private int work(LoopGroup group, Random random, int depth, boolean[] state, int result) throws IOException {
        state[0] = true;
        begun.incrementAndGet();
        try {
            switch (random.nextInt(5)) {
                case 0 -> sleep(Duration.ofNanos(random.nextInt(200_000)));
                case 1 -> sleep(Duration.ZERO);
                case 2 -> throw new Failure();
                default -> {
                    if (depth > 0) {
                        awaitOne(group, random, depth - 1);
                    }
                }
            }
            return result;
        } finally {
            state[1] = true;
            ended.incrementAndGet();
        }
    }
}
