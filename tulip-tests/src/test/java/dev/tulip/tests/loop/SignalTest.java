package dev.tulip.tests.loop;

import static dev.tulip.Tulip.addSignalHandler;
import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.currentTask;
import static dev.tulip.Tulip.newEventLoop;
import static dev.tulip.Tulip.removeSignalHandler;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.ContextVar;
import dev.tulip.loop.EventLoop;
import dev.tulip.loop.ExceptionContext;
import dev.tulip.loop.Future;
import dev.tulip.tests.support.BackgroundLoop;
import dev.tulip.tests.support.ChildJvm;
import dev.tulip.tests.support.Deadline;
import dev.tulip.tests.support.Errors;
import dev.tulip.tests.support.Program;
import dev.tulip.tests.support.Spawn;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/** Signals of the operating system as callbacks of a loop: rows G1 and G2 of asyncio. */
class SignalTest {
    private static final Signal USR1 = new Signal("USR1");

    /** Has SIGUSR1 as long as no loop has. */
    private final AtomicInteger atProgram = new AtomicInteger();

    private final SignalHandler programs = signal -> atProgram.incrementAndGet();
    private SignalHandler before;

    @BeforeEach
    void theProgramHasAHandler() {
        before = Signal.handle(USR1, programs);
    }

    @AfterEach
    void theProgramHasItsHandlerAgain() {
        assertThat(Signal.handle(USR1, before)).isSameAs(programs);
    }

    /** What stands at the JDK now: to call it is to get the signal, without waiting for the JDK's thread. */
    private static SignalHandler installed() {
        SignalHandler now = Signal.handle(USR1, SignalHandler.SIG_DFL);
        Signal.handle(USR1, now);
        return now;
    }

    private static void arrive() {
        installed().handle(USR1);
    }

    // -- getting them ---------------------------------------------------------------------------------------------

    @Test
    void aSignalFromOutsideRunsItsCallbackOnTheLoop() throws Exception {
        String pid = Long.toString(ProcessHandle.current().pid());
        run(() -> {
            Future<EventLoop> got = runningLoop().createFuture();
            addSignalHandler("SIGUSR1", () -> got.setResult(runningLoop()));
            Thread kill = Spawn.platform("kill", () -> Program.isInstalled("kill", "-USR1", pid));
            assertThat(await(got)).isSameAs(runningLoop()); // which waits without a timer: it is woken
            kill.join();
        });
        assertThat(atProgram).hasValue(0);
    }

    @Test
    void theCallbackIsNoTaskAndNeverRunsInTheMiddleOfOne() {
        run(() -> {
            List<String> order = new ArrayList<>();
            addSignalHandler("USR1", () -> order.add("handler in " + currentTask()));
            arrive();
            order.add("task goes on");
            sleep(Duration.ofMillis(1));
            assertThat(order).containsExactly("task goes on", "handler in null");
        });
    }

    @Test
    void everySignalRunsItOnceMore() {
        run(() -> {
            AtomicInteger count = new AtomicInteger();
            addSignalHandler("USR1", count::incrementAndGet);
            for (int i = 1; i <= 3; i++) {
                arrive();
                sleep(Duration.ZERO);
                sleep(Duration.ZERO);
                assertThat(count).hasValue(i);
            }
        });
    }

    @Test
    void aSignalForALoopThatDoesNotRunWaitsUntilItRuns() {
        try (EventLoop loop = newEventLoop()) {
            AtomicInteger count = new AtomicInteger();
            loop.addSignalHandler("USR1", count::incrementAndGet);
            arrive();
            assertThat(count).hasValue(0);
            loop.runUntilComplete(() -> sleep(Duration.ofMillis(1)));
            assertThat(count).hasValue(1);
        }
    }

    @Test
    void theCallbackRunsInACopyOfTheContextOfWhoAddedIt() {
        ContextVar<String> who = new ContextVar<>("who");
        run(() -> {
            Future<String> seen = runningLoop().createFuture();
            who.set("adder");
            addSignalHandler("USR1", () -> {
                seen.setResult(who.get());
                who.set("handler");
            });
            who.set("later");
            arrive();
            assertThat(await(seen)).isEqualTo("adder");
            assertThat(who.get()).isEqualTo("later");
        });
    }

    @Test
    void whatTheCallbackThrowsGoesToTheExceptionHandlerAndTheNextSignalComes(Errors errors) {
        run(() -> {
            AtomicInteger count = new AtomicInteger();
            addSignalHandler("USR1", () -> {
                if (count.incrementAndGet() == 1) {
                    throw new IllegalArgumentException("bad configuration");
                }
            });
            arrive();
            arrive();
            sleep(Duration.ofMillis(1));
            assertThat(count).hasValue(2);
        });
        ExceptionContext error = errors.takeOnly();
        assertThat(error.message()).isEqualTo("Exception in the handler of SIGUSR1");
        assertThat(error.exception()).hasMessage("bad configuration");
    }

    // -- giving them back -----------------------------------------------------------------------------------------

    @Test
    void removingItGivesTheSignalBackAndTellsWhetherThereWasOne() {
        run(() -> {
            assertThat(removeSignalHandler("SIGUSR1")).isFalse();
            addSignalHandler("SIGUSR1", () -> {
                throw new AssertionError("was removed");
            });
            assertThat(removeSignalHandler("USR1")).isTrue();
            assertThat(removeSignalHandler("USR1")).isFalse();
            assertThat(installed()).isSameAs(programs);
        });
    }

    @Test
    void aSignalThatHasComeButWasNotHandledYetIsDroppedByRemoving() {
        run(() -> {
            addSignalHandler("USR1", () -> {
                throw new AssertionError("was removed");
            });
            arrive();
            removeSignalHandler("USR1");
            sleep(Duration.ofMillis(1));
        });
    }

    @Test
    void aSecondCallbackReplacesTheFirstAlsoForASignalThatHasCome() {
        run(() -> {
            Future<String> got = runningLoop().createFuture();
            addSignalHandler("USR1", () -> got.setResult("first"));
            arrive();
            addSignalHandler("SIGUSR1", () -> got.setResult("second"));
            assertThat(await(got)).isEqualTo("second");
        });
    }

    @Test
    void aLoopThatIsClosedGivesItsSignalsBack() {
        EventLoop loop = newEventLoop();
        loop.addSignalHandler("USR1", () -> {
            throw new AssertionError("the loop is closed");
        });
        SignalHandler ours = installed();
        loop.close();
        assertThat(installed()).isSameAs(programs);
        ours.handle(USR1); // one that was on its way
        assertThat(atProgram).hasValue(1);
    }

    /** In whatever order loops come and go: {@link #savingAndRestoringPutsBackADeadHandler} is the broken twin. */
    @Test
    void ofSeveralLoopsTheOneThatCameLastAndIsStillThereGetsIt() {
        List<String> got = new ArrayList<>();
        EventLoop first = newEventLoop();
        EventLoop second = newEventLoop();
        EventLoop third = newEventLoop();
        first.addSignalHandler("USR1", () -> got.add("first"));
        second.addSignalHandler("USR1", () -> got.add("second"));
        third.addSignalHandler("USR1", () -> got.add("third"));
        arriveFor(third);
        second.close();
        arriveFor(third);
        third.removeSignalHandler("USR1");
        arriveFor(first);
        first.close();
        assertThat(installed()).isSameAs(programs);
        third.close();
        assertThat(got).containsExactly("third", "third", "first");
        assertThat(atProgram).hasValue(0);
    }

    private static void arriveFor(EventLoop loop) {
        arrive();
        loop.runUntilComplete(() -> sleep(Duration.ofMillis(1)));
    }

    @Test
    void savingAndRestoringPutsBackADeadHandler() {
        SignalHandler first = signal -> {};
        SignalHandler second = signal -> {};
        SignalHandler beforeFirst = Signal.handle(USR1, first);
        SignalHandler beforeSecond = Signal.handle(USR1, second);
        Signal.handle(USR1, beforeFirst); // the first one goes first, and takes the second one's signal with it
        assertThat(installed()).isSameAs(programs);
        Signal.handle(USR1, beforeSecond); // and then the second one brings the first one back
        assertThat(installed()).isSameAs(first);
        Signal.handle(USR1, programs);
    }

    @Test
    void aHandlerThatTheProgramPutInPlaceOfOursStays() {
        SignalHandler foreign = signal -> {};
        try (EventLoop loop = newEventLoop()) {
            loop.addSignalHandler("USR1", () -> {});
            Signal.handle(USR1, foreign);
        }
        assertThat(Signal.handle(USR1, programs)).isSameAs(foreign);
    }

    @Test
    void signalsFromManyThreadsWhileLoopsComeAndGoAreLostByNobodyWhoStays() {
        try (BackgroundLoop background = new BackgroundLoop()) {
            AtomicInteger count = new AtomicInteger();
            EventLoop stays = background.loop();
            stays.runCoroutineThreadsafe(() -> stays.addSignalHandler("USR1", count::incrementAndGet))
                    .join();
            List<Thread> senders = new ArrayList<>();
            SignalHandler ours = installed();
            for (int i = 0; i < 4; i++) {
                senders.add(Spawn.platform("sender", () -> {
                    for (int signal = 0; signal < 250; signal++) {
                        ours.handle(USR1);
                    }
                }));
            }
            AtomicInteger elsewhere = new AtomicInteger();
            while (senders.stream().anyMatch(Thread::isAlive)) {
                EventLoop comesAndGoes = newEventLoop();
                comesAndGoes.addSignalHandler("CHLD", elsewhere::incrementAndGet); // another signal's
                comesAndGoes.close();
            }
            Deadline.until("all signals were handled", () -> count.get() == 1000);
            assertThat(elsewhere.get()).isZero();
        }
    }

    // -- misuse ---------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(strings = {"SIGNAL", "sigterm", "", "15", "SIGSIGTERM"})
    void anUnknownSignalIsRefused(String name) {
        run(() -> assertThatThrownBy(() -> addSignalHandler(name, () -> {}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("no signal is called ")
                .hasMessageContaining("there are SIGHUP, SIGINT, SIGTERM"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        KILL | no program can: it ends the process at once. SIGTERM asks first
        STOP | no program can: it stops the process at once. SIGTSTP asks first
        QUIT | it is the JVM's, which prints the stacks of all threads. Use SIGUSR1 or SIGTERM
        SEGV | it is the JVM's, which finds errors in programs by it. Use SIGUSR1
        BUS  | it is the JVM's, which finds errors in programs by it. Use SIGUSR1
        FPE  | it is the JVM's, which finds errors in programs by it. Use SIGUSR1
        ILL  | it is the JVM's, which finds errors in programs by it. Use SIGUSR1\
        """)
    void aSignalThatCannotBeHandledIsRefusedWithAReason(String name, String reason) {
        run(() -> assertThatThrownBy(() -> addSignalHandler(name, () -> {}))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("SIG" + name + " cannot be handled: " + reason));
    }

    @Test
    void aRefusedHandlerLeavesTheFormerOneInPlace() {
        run(() -> {
            assertThatThrownBy(() -> addSignalHandler("USR1", null)).isInstanceOf(NullPointerException.class);
            assertThatThrownBy(() -> addSignalHandler(null, () -> {})).isInstanceOf(NullPointerException.class);
            assertThat(installed()).isSameAs(programs);
        });
    }

    @Test
    void anotherThreadIsRefusedAndSoIsAClosedLoop() {
        EventLoop closed = newEventLoop();
        closed.close();
        assertThatThrownBy(() -> closed.addSignalHandler("USR1", () -> {}))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("Event loop is closed");
        assertThat(closed.removeSignalHandler("USR1")).isFalse();
        try (BackgroundLoop background = new BackgroundLoop()) {
            assertThatThrownBy(() -> background.loop().addSignalHandler("USR1", () -> {}))
                    .isInstanceOf(WrongThreadException.class);
            assertThatThrownBy(() -> background.loop().removeSignalHandler("USR1"))
                    .isInstanceOf(WrongThreadException.class);
        }
        assertThatThrownBy(() -> addSignalHandler("USR1", () -> {}))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("no running event loop");
    }

    // -- other JVMs -----------------------------------------------------------------------------------------------

    /** Adds a handler for the signal that its argument names, and says how that went. */
    public static final class Adder {
        public static void main(String[] args) {
            run(() -> {
                try {
                    addSignalHandler(args[0], () -> {});
                    System.out.println("added");
                } catch (RuntimeException e) {
                    System.out.println(e.getClass().getSimpleName() + ": " + e.getMessage());
                }
            });
        }
    }

    private static ChildJvm.Result adder(String option, String signal) {
        List<String> options = new ArrayList<>(ChildJvm.engineOptions());
        options.add(option);
        return ChildJvm.run(Adder.class, options, List.of(signal));
    }

    @Test
    void aJvmThatWasToldToLeaveSignalsAloneSaysSo() {
        ChildJvm.Result result = adder("-Xrs", "SIGTERM");
        assertThat(result.out())
                .isEqualTo(
                        "IllegalStateException: SIGTERM cannot be handled: the JVM was started with -Xrs, which leaves"
                                + " it to the system. Start it without\n");
        assertThat(result.err()).isEmpty();
        assertThat(adder("-Xrs", "SIGUSR1").out()).isEqualTo("added\n");
    }

    @Test
    void aRuntimeWithoutTheModuleRunsAndSaysWhatIsMissing() {
        ChildJvm.Result result = adder("--limit-modules=java.logging", "SIGTERM");
        assertThat(result.out())
                .isEqualTo("UnsupportedOperationException: signals need the module jdk.unsupported, which this Java"
                        + " runtime was made without; make it with jlink --add-modules jdk.unsupported,...\n");
        assertThat(result.err()).isEmpty();
        assertThat(result.status()).isZero();
    }

    @Test
    void aSignalThatIsIgnoredHereIsNamedInTheLog() {
        List<String> command = new ArrayList<>(List.of("sh", "-c", "trap '' HUP; exec \"$@\"", "sh"));
        command.add(ProcessHandle.current().info().command().orElseThrow());
        command.addAll(ChildJvm.engineOptions());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Adder.class.getName(), "HUP"));
        ChildJvm.Result result = ChildJvm.run(new ProcessBuilder(command));
        assertThat(result.out()).isEqualTo("added\n");
        assertThat(result.err())
                .contains(
                        "SIGHUP is ignored in this process, as nohup and a shell's background jobs have it, and the JVM"
                                + " keeps it so: its handler will not be called");
    }
}
