package dev.tulip.loop;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

/**
 * A task is placed on a loop while that is closed: whoever awaits it hears of it. With a twin that leaves the task at the
 * door and relies on an answer.
 */
class RemoteTaskTest {
    private static final int ROUNDS = 2_000;

    /** Starts a task on another loop. */
    private interface Placing {
        Future<Integer> place(BaseEventLoop home, BaseEventLoop other);
    }

    /** What came of all rounds. */
    private record Outcomes(int results, int failures, int silences) {}

    /** Has the answer sent by the task, and nobody to say that there will be none. */
    private static Future<Integer> trustingly(BaseEventLoop home, BaseEventLoop other) {
        Future<Integer> future = home.createFuture();
        other.leaveAtDoor(new Handle(
                () -> other.createTask(() -> home.leaveAtDoor(new Handle(() -> future.setResult(1))))));
        return future;
    }

    /** Closes the other loop at about the time when the task is placed there. */
    private static Outcomes race(Placing placing, int rounds, boolean untilSilence) throws Exception {
        BaseEventLoop[] current = new BaseEventLoop[1];
        CyclicBarrier begin = new CyclicBarrier(2);
        CyclicBarrier end = new CyclicBarrier(2);
        boolean[] over = {false};
        Thread runner = Thread.ofPlatform().start(() -> {
            try {
                while (true) {
                    begin.await();
                    if (over[0]) {
                        return;
                    }
                    try (BaseEventLoop loop = current[0]) {
                        loop.stop();
                        loop.runForever(); // one iteration
                    }
                    end.await();
                }
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
        int results = 0;
        int failures = 0;
        int silences = 0;
        try (BaseEventLoop home = (BaseEventLoop) EventLoop.create()) {
            home.setExceptionHandler((loop, context) -> {});
            for (int i = 0; i < rounds && !(untilSilence && silences > 0); i++) {
                BaseEventLoop other = (BaseEventLoop) EventLoop.create();
                other.setExceptionHandler((loop, context) -> {}); // tasks that are pending
                current[0] = other;
                int delay = i % 100 * 10;
                try {
                    results += home.runUntilComplete(() -> {
                        begin.await();
                        for (int left = delay; left > 0; left--) {
                            Thread.onSpinWait();
                        }
                        try {
                            return placing.place(home, other).await(Duration.ofSeconds(untilSilence ? 1 : 30));
                        } finally {
                            end.await();
                        }
                    });
                } catch (IllegalStateException e) {
                    assertThat(e).hasMessageContaining("closed");
                    failures++;
                } catch (TimeoutException e) {
                    silences++;
                }
            }
        }
        over[0] = true;
        begin.await();
        runner.join();
        return new Outcomes(results, failures, silences);
    }

    @Test
    void whoeverAwaitsHearsOfTheResultOrOfTheEndOfTheLoop() throws Exception {
        Outcomes outcomes = race(
                (home, other) -> RemoteTask.start(
                        home, other, (Coroutine<Integer, RuntimeException>) () -> 1, TaskOptions.defaults()),
                ROUNDS,
                false);
        assertThat(outcomes.silences).isZero();
        assertThat(outcomes.results + outcomes.failures).isEqualTo(ROUNDS);
        assertThat(outcomes.failures).isPositive();
    }

    @Test
    void aTwinThatReliesOnAnAnswerWaitsForEver() throws Exception {
        assertThat(race(RemoteTaskTest::trustingly, 100_000, true).silences).isPositive();
    }
}
