package dev.tulip.tests.loop;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.newEventLoop;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.sleep;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Handle;
import dev.tulip.loop.RunnerOptions;
import dev.tulip.loop.Suspends;
import dev.tulip.loop.Task;
import dev.tulip.loop.TaskOptions;
import dev.tulip.tests.support.Deadline;
import dev.tulip.tests.support.HandoffOnly;
import dev.tulip.tests.support.Logs;
import dev.tulip.tests.support.MountedOnly;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Debug mode: row O4 of asyncio, and better: what holds the loop is named while it does so. */
class DebugModeTest {
    private static final RunnerOptions DEBUG = RunnerOptions.defaults().withDebug(true);

    @Test
    void debugModeIsOffUnlessAskedFor() {
        run(() -> assertThat(runningLoop().isDebug()).isFalse());
        run(() -> assertThat(runningLoop().isDebug()).isTrue(), DEBUG);
        run(() -> {
            runningLoop().setDebug(true);
            assertThat(runningLoop().isDebug()).isTrue();
            assertThat(runningLoop().slowCallbackDuration()).isEqualTo(Duration.ofMillis(100));
            runningLoop().setDebug(false);
            assertThat(runningLoop().isDebug()).isFalse();
        });
    }

    @Test
    void handlesAndTasksRememberWhereTheyWereCreated() {
        run(
                () -> {
                    Handle handle = runningLoop().callSoon(() -> {});
                    Task<?> task = createTask(() -> {});
                    Task<?> withResult = createTask(() -> 1);
                    assertThat(handle.toString()).contains("created at", "DebugModeTest.java:");
                    assertThat(task.toString()).contains("created at", "DebugModeTest.java:");
                    assertThat(withResult.toString()).contains("created at", "DebugModeTest.java:");
                    await(task);
                    await(withResult);
                },
                DEBUG);
    }

    @Test
    void aSlowCallbackIsNamedWithItsCreationPlace(Logs logs) {
        run(
                () -> {
                    EventLoop loop = runningLoop();
                    loop.setSlowCallbackDuration(Duration.ofMillis(5));
                    loop.callSoon(() -> spin(Duration.ofMillis(20)));
                    sleep(Duration.ZERO);
                    sleep(Duration.ZERO);
                },
                DEBUG);
        expectSlow(logs, "Executing Handle[", "created at", "DebugModeTest.java:");
    }

    @Test
    void aSlowStepOfATaskIsNamed(Logs logs) {
        run(
                () -> {
                    runningLoop().setSlowCallbackDuration(Duration.ofMillis(5));
                    await(createTask(() -> spin(Duration.ofMillis(20)), TaskOptions.named("slow-one")));
                },
                DEBUG);
        expectSlow(logs, "Executing Task[slow-one", "created at", "DebugModeTest.java:");
    }

    @Test
    void whatComputesTooLongIsNamedWhileItDoesSo(Logs logs) {
        run(
                () -> {
                    runningLoop().setSlowCallbackDuration(Duration.ofMillis(5));
                    await(createTask(() -> spinUntilReported(logs), TaskOptions.named("busy")));
                },
                DEBUG);
        expect(logs, "held for", "Task[busy", "DebugModeTest.spinUntilReported");
    }

    /** On the fallback engine a call of the JDK that waits holds the loop: debug mode names the task and the call. */
    @HandoffOnly
    @Test
    void aCallThatHoldsTheLoopIsNamedWithItsTask(Logs logs) {
        run(
                () -> {
                    runningLoop().setSlowCallbackDuration(Duration.ofMillis(20));
                    await(createTask(
                            () -> {
                                while (noneHas(logs, "in java.base/java.lang.Thread.sleep(")) {
                                    Thread.sleep(100);
                                    sleep(Duration.ZERO); // a new step: each is reported once
                                }
                            },
                            TaskOptions.named("sleeper")));
                },
                DEBUG);
        expect(logs, "held for", "Task[sleeper", "in java.base/java.lang.Thread.sleep(", "DebugModeTest.java:");
    }

    @MountedOnly
    @Test
    void aCallThatWaitsIsNotReportedWhereItHoldsNobody(Logs logs) {
        run(
                () -> {
                    runningLoop().setSlowCallbackDuration(Duration.ofSeconds(1));
                    Task<?> sleeper = createTask(() -> Thread.sleep(1_500));
                    runningLoop().callSoon(() -> Deadline.within(Duration.ofMillis(1_500), () -> false)); // parks, too
                    await(sleeper);
                },
                DEBUG);
        assertThat(logs.take()).isEmpty();
    }

    @Test
    void theWatchdogEndsWithTheLoop() {
        try (EventLoop loop = newEventLoop()) {
            loop.setDebug(true);
            loop.callSoon(loop::stop);
            loop.runForever();
        }
        // LeakGuard waits for its thread to end.
    }

    /** Takes the warnings, of which one must have all of {@code parts}. */
    private static void expect(Logs logs, String... parts) {
        assertThat(logs.take())
                .anySatisfy(record -> assertThat(record.getMessage()).contains(parts));
    }

    /** The same, and it says that it took 20 ms, or longer on a busy machine. */
    private static void expectSlow(Logs logs, String... parts) {
        assertThat(logs.take())
                .anySatisfy(record -> assertThat(record.getMessage())
                        .contains(parts)
                        .containsPattern("took (0\\.0[2-9]|0\\.[1-9]|[1-9])"));
    }

    private static void spin(Duration duration) {
        long end = System.nanoTime() + duration.toNanos();
        while (System.nanoTime() < end) {
            Thread.onSpinWait();
        }
    }

    private static boolean noneHas(Logs logs, String... parts) {
        return logs.messages().stream().noneMatch(message -> Stream.of(parts).allMatch(message::contains));
    }

    @Suspends
    private static void spinUntilReported(Logs logs) {
        long end = System.nanoTime() + Deadline.LONG.toNanos();
        while (noneHas(logs, "held for", "Task[busy", "DebugModeTest.spinUntilReported") && System.nanoTime() < end) {
            spin(Duration.ofMillis(20));
            sleep(Duration.ZERO); // a new step: each is reported once
        }
    }
}
