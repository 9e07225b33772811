package dev.tulip.tests.process;

import static dev.tulip.Tulip.createSubprocessExec;
import static dev.tulip.Tulip.createSubprocessShell;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.gather;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.sleep;
import static dev.tulip.Tulip.toThread;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.Future;
import dev.tulip.loop.Task;
import dev.tulip.process.ChildProcess;
import dev.tulip.process.CompletedProcess;
import dev.tulip.process.ProcessOptions;
import dev.tulip.process.Stdio;
import dev.tulip.streams.ConnectionLostException;
import dev.tulip.tests.support.Until;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Children as streams: rows Y2 to Y5 and behaviour 60 of asyncio. */
class ChildProcessTest {
    private static final ProcessOptions PIPES = ProcessOptions.defaults().withPipes();
    private static final ProcessOptions QUIET = ProcessOptions.defaults()
            .withStdin(Stdio.DEVNULL)
            .withStdout(Stdio.DEVNULL)
            .withStderr(Stdio.DEVNULL);

    @TempDir
    Path directory;

    // -- the end --------------------------------------------------------------------------------------------------

    @Test
    void awaitReturnsTheExitStatus() throws Exception {
        run(() -> {
            try (ChildProcess child = createSubprocessShell("exit 7", QUIET)) {
                assertThat(child.await()).isEqualTo(7);
                assertThat(child.returnCode()).hasValue(7);
                assertThat(child.await()).as("again, without waiting").isEqualTo(7);
                assertThat(child).hasToString("ChildProcess[sh -c 'exit 7' (pid " + child.pid() + "), exited with 7]");
            }
        });
    }

    @Test
    void whileAChildRunsItHasNoReturnCode() throws Exception {
        run(() -> {
            try (ChildProcess child = createSubprocessExec(List.of("sleep", "60"), QUIET)) {
                assertThat(child.returnCode()).isEmpty();
                assertThat(ProcessHandle.of(child.pid())).isPresent();
                assertThat(child).hasToString("ChildProcess[sleep (pid " + child.pid() + "), running]");
            }
        });
    }

    @Test
    void anyNumberOfTasksMayWaitAndACancelledOneChangesNothing() throws Exception {
        run(() -> {
            try (ChildProcess child = createSubprocessExec(List.of("cat"), QUIET.withStdin(Stdio.PIPE))) {
                List<Future<Integer>> waiters = new ArrayList<>();
                for (int i = 0; i < 5; i++) {
                    waiters.add(createTask(() -> child.await()));
                }
                Task<Integer> impatient = createTask(() -> child.await());
                sleep(Duration.ZERO);
                impatient.cancel();
                assertThatThrownBy(() -> impatient.await()).isInstanceOf(CancelledError.class);
                child.stdin().writeEof();
                assertThat(gather(waiters)).containsExactly(0, 0, 0, 0, 0);
            }
        });
    }

    @Test
    void awaitEndsWithTheChildAlsoIfAGrandchildHoldsItsPipe() throws Exception {
        run(() -> {
            Path fifo = toThread(() -> Fifo.in(directory));
            List<String> command = List.of("sh", "-c", "cat $0 & read go; exit 3", fifo.toString());
            try (ChildProcess child = createSubprocessExec(command, PIPES)) {
                child.stdin().write("go\n");
                assertThat(child.await()).isEqualTo(3);
                Task<String> reader = createTask(() -> child.stdout().readLine());
                Until.settled();
                assertThat(reader.done()).as("the grandchild has it open").isFalse();
                createTask(() -> toThread(() -> Files.writeString(fifo, "late\n" + "x".repeat(500_000))));
                assertThat(reader.await())
                        .as("what comes after the exit is read, too")
                        .isEqualTo("late");
                assertThat(child.stdout().readToEnd()).hasSize(500_000);
            }
        });
    }

    @Test
    void communicateWaitsForWhatAGrandchildWrites() throws Exception {
        run(() -> {
            try (ChildProcess child = createSubprocessShell(
                    "{ while kill -0 $$ 2>&-; do sleep 0.01; done; echo late; } & read go; echo early", PIPES)) {
                assertThat(child.communicate("go\n").stdoutText()).isEqualTo("early\nlate\n");
            }
        });
    }

    // -- pipes ----------------------------------------------------------------------------------------------------

    @Test
    void linesGoToAndFroWhileTheChildRuns() throws Exception {
        run(() -> {
            try (ChildProcess child = createSubprocessExec(List.of("cat"), PIPES)) {
                for (String line : List.of("first", "", "Grüße", "last")) {
                    child.stdin().write(line + "\n");
                    assertThat(child.stdout().readLine()).isEqualTo(line);
                }
                child.stdin().writeEof();
                assertThat(child.stdout().readLine()).isNull();
                assertThat(child.stderr().readToEnd()).isEmpty();
                assertThat(child.await()).isZero();
            }
        });
    }

    @Test
    void whatAChildHasWrittenCanBeReadAfterItsExit() throws Exception {
        run(() -> {
            try (ChildProcess child = createSubprocessShell("echo out; echo err >&2; exit 1", PIPES)) {
                assertThat(child.await()).isEqualTo(1);
                assertThat(child.stdout().readLine()).isEqualTo("out");
                assertThat(child.stderr().readLine()).isEqualTo("err");
                assertThat(child.stdout().readLine()).isNull();
                assertThat(child.stdout().atEof()).isTrue();
            }
        });
    }

    @Test
    void aChildThatWritesMoreThanIsReadWaitsAndMemoryIsBounded() throws Exception {
        run(() -> {
            int size = 20_000_000;
            ProcessOptions options = QUIET.withStdout(Stdio.PIPE).withLimit(10_000);
            try (ChildProcess child = createSubprocessExec(List.of("head", "-c", "" + size, "/dev/zero"), options)) {
                assertThat(child.stdout().read(1)).hasSize(1);
                Until.holds(
                        "reading has paused", () -> child.stdout().toString().contains("bytes buffered"));
                Until.settled();
                sleep(Duration.ofMillis(20)); // however long: the child has to wait
                assertThat(child.returnCode()).isEmpty();
                String state = child.stdout().toString();
                int buffered = Integer.parseInt(state.replaceAll("(?s).*, (\\d+) bytes buffered.*", "$1"));
                assertThat(buffered).isLessThan(2 * 10_000 + 64 * 1024);
                assertThat(child.stdout().readToEnd()).hasSize(size - 1);
                assertThat(child.await()).isZero();
            }
        });
    }

    @Test
    void drainWaitsForAChildThatDoesNotRead() throws Exception {
        run(() -> {
            try (ChildProcess child = createSubprocessExec(List.of("sleep", "60"), QUIET.withStdin(Stdio.PIPE))) {
                child.stdin().write(new byte[1_000_000]);
                Task<Void> drain = createTask(() -> child.stdin().drain());
                Until.holds("the pipe is full", () -> child.stdin().transport().getWriteBufferSize() < 1_000_000);
                Until.settled();
                assertThat(drain.done()).isFalse();
                assertThat(child.stdin().transport().getWriteBufferSize()).isGreaterThan(800_000);
                child.kill();
                assertThatThrownBy(() -> drain.await())
                        .isInstanceOf(ConnectionLostException.class)
                        .hasMessageContaining("standard input of sleep (pid " + child.pid() + ")")
                        .hasMessageFindingMatch("Broken pipe|Stream closed"); // by the system, or already by the JDK
            }
        });
    }

    @Test
    void writingToAChildThatReadsNoMoreSaysSo() throws Exception {
        run(() -> {
            try (ChildProcess child = createSubprocessShell("exec <&-; echo closed; exec sleep 60", PIPES)) {
                assertThat(child.stdout().readLine()).isEqualTo("closed");
                assertThatThrownBy(() -> {
                            while (true) {
                                child.stdin().write("x");
                                sleep(Duration.ofMillis(1));
                            }
                        })
                        .isInstanceOf(ConnectionLostException.class)
                        .hasMessageContaining("cannot write to standard input of sh -c")
                        .hasMessageContaining("reads no more: Broken pipe");
                assertThat(child.returnCode()).isEmpty();
            }
        });
    }

    @Test
    void writingToAChildThatHasExitedSaysSo() throws Exception {
        run(() -> {
            try (ChildProcess child = createSubprocessExec(List.of("true"), QUIET.withStdin(Stdio.PIPE))) {
                child.await();
                assertThatThrownBy(() -> child.stdin().write("x"))
                        .isInstanceOf(ConnectionLostException.class)
                        .hasMessageContaining("cannot write to standard input of true (pid " + child.pid() + ")");
            }
        });
    }

    @Test
    void aPipeThatIsNotThereIsNamed() throws Exception {
        run(() -> {
            try (ChildProcess child = createSubprocessExec(List.of("true"), QUIET)) {
                assertThatThrownBy(() -> child.stdout())
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessage("the standard output of true (pid " + child.pid()
                                + ") is not a pipe; start it with ProcessOptions.defaults().withStdout(Stdio.PIPE)");
                assertThatThrownBy(() -> child.stdin()).hasMessageContaining("withStdin(Stdio.PIPE)");
                assertThatThrownBy(() -> child.stderr()).hasMessageContaining("withStderr(Stdio.PIPE)");
                child.await();
            }
        });
    }

    // -- communicate ----------------------------------------------------------------------------------------------

    @Test
    void communicateFeedsAndReadsBothPipes() throws Exception {
        run(() -> {
            try (ChildProcess child = createSubprocessShell("cat; echo problem >&2; exit 2", PIPES)) {
                CompletedProcess completed = child.communicate("Grüße\n");
                assertThat(completed.stdoutText()).isEqualTo("Grüße\n");
                assertThat(completed.stderrText()).isEqualTo("problem\n");
                assertThat(completed.returnCode()).isEqualTo(2);
                assertThat(completed)
                        .hasToString("CompletedProcess[sh -c 'cat; echo problem >&2; exit 2' (pid " + child.pid()
                                + "), exited with 2, 8 bytes of output, 8 of errors]");
            }
        });
    }

    @Test
    void communicateDoesNotDeadlockHoweverMuchGoesThrough() throws Exception {
        run(() -> {
            byte[] input = new byte[5_000_000];
            new Random(1).nextBytes(input);
            try (ChildProcess child = createSubprocessExec(List.of("cat"), PIPES)) {
                assertThat(child.communicate(input).stdout()).isEqualTo(input);
            }
        });
    }

    @Test
    void communicateIgnoresAChildThatDoesNotReadItsInput() throws Exception {
        run(() -> {
            try (ChildProcess child = createSubprocessExec(List.of("head", "-c", "3"), PIPES)) {
                CompletedProcess completed = child.communicate("abc".repeat(1_000_000));
                assertThat(completed.stdoutText()).isEqualTo("abc");
                assertThat(completed.returnCode()).isZero();
            }
            try (ChildProcess child = createSubprocessExec(List.of("true"), PIPES)) {
                assertThat(child.communicate("x".repeat(1_000_000)).returnCode())
                        .isZero();
            }
        });
    }

    @Test
    void communicateWithoutInputEndsStandardInput() throws Exception {
        run(() -> {
            try (ChildProcess child = createSubprocessExec(List.of("cat"), PIPES)) {
                assertThat(child.communicate().stdout()).isEmpty();
            }
        });
    }

    @Test
    void communicateWithoutPipesIsAwait() throws Exception {
        run(() -> {
            try (ChildProcess child = createSubprocessShell("exit 4", QUIET)) {
                CompletedProcess completed = child.communicate();
                assertThat(completed.returnCode()).isEqualTo(4);
                assertThat(completed.stdout()).isEmpty();
                assertThat(completed.stderr()).isEmpty();
                assertThatThrownBy(() -> child.communicate("input"))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("standard input");
            }
        });
    }

    @Test
    void aCancelledCommunicateLeavesTheChildAndItsOutput() throws Exception {
        run(() -> {
            try (ChildProcess child = createSubprocessShell("cat; exec sleep 60", PIPES)) {
                Task<CompletedProcess> talk = createTask(() -> child.communicate("kept\n".repeat(100_000)));
                Until.holds("it is echoed", () -> child.stdout().toString().matches(".* [1-9]\\d* bytes buff.*"));
                talk.cancel();
                assertThatThrownBy(() -> talk.await()).isInstanceOf(CancelledError.class);
                assertThat(child.returnCode()).isEmpty();
                assertThat(child.stdout().readLine()).isEqualTo("kept");
            }
        });
    }

    // -- signals --------------------------------------------------------------------------------------------------

    @Test
    void terminateAndKillAreSeenInTheReturnCode() throws Exception {
        run(() -> {
            try (ChildProcess child = createSubprocessExec(List.of("sleep", "60"), QUIET)) {
                assertThat(child.terminate()).isTrue();
                assertThat(child.await()).isEqualTo(-15);
                assertThat(child).hasToString("ChildProcess[sleep (pid " + child.pid() + "), killed by SIGTERM]");
            }
            try (ChildProcess child = createSubprocessExec(List.of("sleep", "60"), QUIET)) {
                assertThat(child.kill()).isTrue();
                assertThat(child.await()).isEqualTo(-9);
                assertThat(child.toString()).contains("killed by SIGKILL");
            }
        });
    }

    @Test
    void afterTerminateTheRestOfTheOutputCanBeRead() throws Exception {
        run(() -> {
            String script = "trap 'echo goodbye; exit 5' TERM; echo ready; while :; do sleep 0.01; done";
            try (ChildProcess child = createSubprocessShell(script, PIPES)) {
                assertThat(child.stdout().readLine()).isEqualTo("ready");
                child.terminate();
                assertThat(child.stdout().readLine()).isEqualTo("goodbye");
                assertThat(child.await()).isEqualTo(5);
            }
        });
    }

    @Test
    void otherSignalsAreSentInOrder() throws Exception {
        run(() -> {
            String script = "trap 'echo one' USR1; trap 'echo two' USR2; trap 'echo three; exit 0' TERM; echo ready;"
                    + " while :; do sleep 0.01; done";
            try (ChildProcess child = createSubprocessShell(script, PIPES)) {
                assertThat(child.stdout().readLine()).isEqualTo("ready");
                assertThat(child.sendSignal("SIGUSR1")).isTrue();
                assertThat(child.stdout().readLine()).isEqualTo("one");
                child.sendSignal("usr2");
                child.terminate();
                assertThat(child.stdout().readLine()).isEqualTo("two");
                assertThat(child.stdout().readLine()).isEqualTo("three");
                assertThat(child.await()).isZero();
            }
        });
    }

    @Test
    void aSignalKillsAndHasItsName() throws Exception {
        run(() -> {
            try (ChildProcess child = createSubprocessExec(List.of("sleep", "60"), QUIET)) {
                child.sendSignal("TERM"); // not HUP, which children of nohup ignore
                assertThat(child.await()).isEqualTo(-15);
                assertThat(child.toString()).contains("killed by SIGTERM");
            }
            try (ChildProcess child = createSubprocessShell("kill -s SEGV $$", QUIET)) {
                assertThat(child.await()).isEqualTo(-11);
                assertThat(child.toString()).contains("killed by SIGSEGV");
            }
        });
    }

    @Test
    void statusesThatNoSignalCanHaveStayAsTheyAre() throws Exception {
        run(() -> {
            for (int status : List.of(127, 128, 128 + 17, 200, 255)) {
                try (ChildProcess child = createSubprocessShell("exit " + status, QUIET)) {
                    assertThat(child.await()).isEqualTo(status);
                }
            }
        });
    }

    @Test
    void afterTheExitSignalsAreNotSent() throws Exception {
        run(() -> {
            try (ChildProcess child = createSubprocessExec(List.of("true"), QUIET)) {
                child.await();
                assertThat(child.terminate()).isFalse();
                assertThat(child.kill()).isFalse();
                assertThat(child.sendSignal("HUP")).isFalse();
            }
        });
    }

    @Test
    void aSignalThatRacesWithTheExitIsNoError() throws Exception {
        run(() -> {
            for (int i = 0; i < 20; i++) {
                try (ChildProcess child = createSubprocessExec(List.of("true"), QUIET)) {
                    child.sendSignal(i % 2 == 0 ? "TERM" : "USR1");
                    child.await();
                }
            }
        });
    }

    @Test
    void anUnknownSignalIsRefused() throws Exception {
        run(() -> {
            try (ChildProcess child = createSubprocessExec(List.of("sleep", "60"), QUIET)) {
                assertThatThrownBy(() -> child.sendSignal("SIGNONE"))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("there is no signal 'SIGNONE'; there are: HUP, INT");
            }
        });
    }

    // -- closing --------------------------------------------------------------------------------------------------

    @Test
    void closeKillsAndWaits() throws Exception {
        run(() -> {
            ChildProcess child = createSubprocessExec(List.of("cat"), PIPES);
            child.close();
            child.close();
            assertThat(child.returnCode()).hasValue(-9);
            assertThat(ProcessHandle.of(child.pid()).isPresent()).isFalse();
        });
    }

    @Test
    void closingAChildEndsWhoeverReadsFromIt() throws Exception {
        run(() -> {
            ChildProcess child = createSubprocessExec(List.of("cat"), PIPES);
            Task<byte[]> reader = createTask(() -> child.stdout().read(1));
            Until.settled();
            child.close();
            assertThatThrownBy(() -> reader.await())
                    .isInstanceOf(ConnectionLostException.class)
                    .hasMessageContaining("standard output of cat (pid ");
        });
    }

    @Test
    void closingDoesNotWaitForAGrandchildThatHoldsAPipe() throws Exception {
        Path fifo = Fifo.in(directory);
        run(() -> {
            List<String> command = List.of("sh", "-c", "{ cat $0; } & echo ready; exec cat", fifo.toString());
            ChildProcess child = createSubprocessExec(command, PIPES);
            assertThat(child.stdout().readLine()).isEqualTo("ready");
            child.close();
            assertThat(child.returnCode()).hasValue(-9);
        });
        Files.writeString(fifo, ""); // ends the grandchild, and with it the threads that read from it
    }

    @Test
    void inACallbackCloseDoesNotWait() throws Exception {
        run(() -> {
            ChildProcess child = createSubprocessExec(List.of("cat"), PIPES);
            runningLoop().callSoon(child::close);
            assertThat(child.await()).isEqualTo(-9);
        });
    }

    @Test
    void methodsThatSuspendNeedATask() throws Exception {
        run(() -> {
            try (ChildProcess child = createSubprocessExec(List.of("true"), QUIET)) {
                List<Throwable> refused = new ArrayList<>();
                runningLoop().callSoon(() -> {
                    try {
                        child.await();
                    } catch (IllegalStateException e) {
                        refused.add(e);
                    }
                    try {
                        child.communicate();
                    } catch (IllegalStateException | IOException e) {
                        refused.add(e);
                    }
                    try {
                        createSubprocessExec(List.of("true"));
                    } catch (IllegalStateException | IOException e) {
                        refused.add(e);
                    }
                });
                Until.holds("all were called", () -> refused.size() == 3);
                assertThat(refused).allSatisfy(e -> assertThat(e).hasMessageContaining("needs a task"));
                child.await();
            }
        });
    }
}
