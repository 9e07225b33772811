package dev.tulip.tests.programs;

import static dev.tulip.Tulip.currentTask;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.sleep;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.EventLoop;
import dev.tulip.loop.KeyboardInterrupt;
import dev.tulip.loop.Runner;
import dev.tulip.tests.support.ChildJvm;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import sun.misc.Signal;

/** Ctrl-C while {@code run} runs: row R4 of asyncio, behaviour 62. In processes of their own: the signal is theirs. */
class CtrlCTest {
    /** Does what its first argument says, and prints how {@code run} ended. */
    public static final class Program {
        public static void main(String[] args) {
            try {
                System.out.println("returned " + program(args[0]));
            } catch (KeyboardInterrupt e) {
                System.out.println("KeyboardInterrupt, cause " + e.getCause());
                if (args[0].equals("uncaught")) {
                    throw e;
                }
            } catch (CancelledError e) {
                System.out.println("CancelledError " + e.getMessage());
            } catch (IllegalStateException e) {
                System.out.println("IllegalStateException " + e.getMessage());
            }
        }

        private static Object program(String name) {
            return switch (name) {
                case "plain", "uncaught" ->
                    run(() -> {
                        pressCtrlC();
                        sleep(Duration.ofDays(1));
                        return "not reached";
                    });
                case "blocked loop" ->
                    run(() -> {
                        Thread.ofPlatform().start(Program::pressCtrlC); // the loop waits in its select by then
                        sleep(Duration.ofDays(1));
                        return "not reached";
                    });
                case "swallows" ->
                    run(() -> {
                        pressCtrlC();
                        try {
                            sleep(Duration.ofDays(1));
                        } catch (CancelledError e) {
                            return "a value";
                        }
                        return "not reached";
                    });
                case "fails" ->
                    run(() -> {
                        pressCtrlC();
                        try {
                            sleep(Duration.ofDays(1));
                        } finally {
                            throwInstead();
                        }
                        return "not reached";
                    });
                case "cancelled too" ->
                    run(() -> {
                        pressCtrlC();
                        EventLoop loop = runningLoop();
                        var main = currentTask();
                        try {
                            sleep(Duration.ofDays(1));
                        } finally { // Ctrl-C has come
                            loop.callSoon(() -> main.cancel("by somebody else"));
                            sleep(Duration.ofDays(1)); // until the second request
                        }
                        return "not reached";
                    });
                case "twice" ->
                    run(() -> {
                        pressCtrlC();
                        try {
                            sleep(Duration.ofDays(1));
                        } catch (CancelledError e) {
                            System.out.println("goes on");
                            pressCtrlC();
                            sleep(Duration.ofDays(1));
                        }
                        return "not reached";
                    });
                case "own handler" -> {
                    CountDownLatch handled = new CountDownLatch(1);
                    Signal.handle(new Signal("INT"), signal -> {
                        System.out.println("own handler");
                        handled.countDown();
                    });
                    yield run(() -> {
                        pressCtrlC();
                        while (handled.getCount() > 0) {
                            sleep(Duration.ofMillis(1));
                        }
                        sleep(Duration.ofMillis(10)); // nothing else comes
                        return "undisturbed";
                    });
                }
                case "handler afterwards" -> {
                    run(() -> {});
                    pressCtrlC(); // nobody runs any more: the JVM exits
                    Thread.onSpinWait();
                    while (true) {
                        java.util.concurrent.locks.LockSupport.park();
                    }
                }
                case "runner" -> {
                    try (Runner runner = new Runner()) {
                        try {
                            runner.run(() -> {
                                pressCtrlC();
                                sleep(Duration.ofDays(1));
                            });
                        } catch (KeyboardInterrupt e) {
                            System.out.println("first run interrupted");
                        }
                        yield runner.<String, RuntimeException>run(() -> "second run");
                    }
                }
                default -> throw new AssertionError(name);
            };
        }

        private static void throwInstead() {
            throw new IllegalStateException("instead");
        }

        private static void pressCtrlC() {
            Signal.raise(new Signal("INT"));
        }
    }

    private static ChildJvm.Result program(String name) {
        return ChildJvm.run(Program.class, ChildJvm.engineOptions(), List.of(name));
    }

    private static void ends(String program, int status, String... lines) {
        ChildJvm.Result result = program(program);
        assertThat(result.out().lines().toList()).as(result.err()).containsExactly(lines);
        assertThat(result.err()).isEmpty();
        assertThat(result.status()).isEqualTo(status);
    }

    /** Behaviour 62. */
    @Test
    void aPlainMainCoroutineIsCancelledAndRunThrowsKeyboardInterrupt() {
        ends("plain", 0, "KeyboardInterrupt, cause dev.tulip.loop.CancelledError");
    }

    @Test
    void aLoopThatWaitsIsWoken() {
        ends("blocked loop", 0, "KeyboardInterrupt, cause dev.tulip.loop.CancelledError");
    }

    /** Behaviour 62. */
    @Test
    void aMainCoroutineThatSwallowsTheCancelHasTheLastWord() {
        ends("swallows", 0, "returned a value");
    }

    /** Behaviour 62. */
    @Test
    void aMainCoroutineThatFailsHasTheLastWord() {
        ends("fails", 0, "IllegalStateException instead");
    }

    @Test
    void aMainCoroutineThatIsAlsoCancelledBySomebodyElseIsCancelled() {
        ends("cancelled too", 0, "CancelledError by somebody else");
    }

    @Test
    void aSecondCtrlCEndsTheProcess() {
        ends("twice", KeyboardInterrupt.EXIT_STATUS, "goes on");
    }

    @Test
    void aKeyboardInterruptThatNobodyCatchesEndsTheProcessQuietlyWith130() {
        ends("uncaught", KeyboardInterrupt.EXIT_STATUS, "KeyboardInterrupt, cause dev.tulip.loop.CancelledError");
    }

    @Test
    void aProgramsOwnHandlerIsLeftAlone() {
        ends("own handler", 0, "own handler", "returned undisturbed");
    }

    @Test
    void afterRunCtrlCIsTheJvmsAgain() {
        ends("handler afterwards", KeyboardInterrupt.EXIT_STATUS);
    }

    @Test
    void aRunnerCanBeUsedAfterCtrlC() {
        ends("runner", 0, "first run interrupted", "returned second run");
    }
}
