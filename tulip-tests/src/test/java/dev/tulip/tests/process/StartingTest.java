package dev.tulip.tests.process;

import static dev.tulip.Tulip.createSubprocessExec;
import static dev.tulip.Tulip.createSubprocessShell;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.Task;
import dev.tulip.process.ChildProcess;
import dev.tulip.process.ProcessOptions;
import dev.tulip.process.Stdio;
import dev.tulip.tests.support.ChildJvm;
import dev.tulip.tests.support.Deadline;
import dev.tulip.tests.support.Errors;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** How children are started, and why they are not: row Y1 of asyncio. */
class StartingTest {
    private static final ProcessOptions OUTPUT =
            ProcessOptions.defaults().withStdin(Stdio.DEVNULL).withStdout(Stdio.PIPE);

    @TempDir
    Path directory;

    private static String output(List<String> command, ProcessOptions options) throws IOException {
        try (ChildProcess child = createSubprocessExec(command, options)) {
            return child.communicate().stdoutText();
        }
    }

    // -- options --------------------------------------------------------------------------------------------------

    @Test
    void argumentsReachTheProgramAsTheyAre() throws Exception {
        run(() -> {
            List<String> command = List.of("printf", "%s|", "a b", "", "$HOME", "*", "quote\"'");
            assertThat(output(command, OUTPUT)).isEqualTo("a b||$HOME|*|quote\"'|");
        });
    }

    /** Passes letters to a child, or says that it cannot. */
    static final class LetterProgram {
        public static void main(String[] args) throws IOException {
            run(() -> {
                try {
                    List<String> shell = List.of("/bin/sh", "-c", "printf %s $1$A", "sh", "\u20ac");
                    String text = output(shell, OUTPUT.withEnvironmentVariable("A", "\u20ac"));
                    System.out.println("\u20ac\u20ac".equals(text));
                } catch (IllegalArgumentException e) {
                    System.out.println(e.getMessage());
                }
            });
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX) // elsewhere the locale does not matter
    void lettersReachTheProgramOrAreRefused() {
        assertThat(lettersIn("C.UTF-8")).isEqualTo("true\n");
        assertThat(lettersIn("C")).startsWith("argument 4 of /bin/sh has letters that the encoding of this process, ");
    }

    private static String lettersIn(String locale) {
        ProcessBuilder builder =
                new ProcessBuilder(ChildJvm.command(LetterProgram.class, ChildJvm.engineOptions(), List.of()));
        builder.environment().put("LC_ALL", locale);
        return ChildJvm.run(builder).out();
    }

    @Test
    void aShellInterpretsItsCommand() throws Exception {
        run(() -> {
            ProcessOptions options = OUTPUT.withEnvironmentVariable("NAME", "world");
            try (ChildProcess child = createSubprocessShell("echo hello $NAME | tr a-z A-Z", options)) {
                assertThat(child.communicate().stdoutText()).isEqualTo("HELLO WORLD\n");
            }
        });
    }

    @Test
    void aChildStartsInItsWorkingDirectory() throws Exception {
        run(() -> {
            Path real = directory.toRealPath();
            assertThat(output(List.of("pwd"), OUTPUT.withDirectory(real)).strip())
                    .isEqualTo(real.toString());
        });
    }

    @Test
    void theEnvironmentIsInheritedExtendedOrReplaced() throws Exception {
        run(() -> {
            String print = "echo \"${PATH:+path} $A $B\"";
            List<String> command = List.of("/bin/sh", "-c", print);
            assertThat(output(command, OUTPUT)).isEqualTo("path  \n");
            ProcessOptions extended = OUTPUT.withEnvironmentVariable("A", "1").withEnvironmentVariable("B", "2");
            assertThat(output(command, extended)).isEqualTo("path 1 2\n");
            List<String> env = List.of("/usr/bin/env");
            assertThat(output(env, OUTPUT.withEnvironment(Map.of("A", "3")))).isEqualTo("A=3\n");
            assertThat(output(env, OUTPUT.withEnvironment(Map.of()).withEnvironmentVariable("B", "4")))
                    .isEqualTo("B=4\n");
        });
    }

    @Test
    void standardStreamsMayBeFiles() throws Exception {
        run(() -> {
            Path in = Files.writeString(directory.resolve("in"), "input\n");
            Path out = Files.writeString(directory.resolve("out"), "replaced, because it is longer than what comes\n");
            Path err = Files.writeString(directory.resolve("err"), "kept\n");
            ProcessOptions options = ProcessOptions.defaults()
                    .withStdin(Stdio.file(in))
                    .withStdout(Stdio.file(out))
                    .withStderr(Stdio.append(err));
            try (ChildProcess child = createSubprocessShell("cat; echo error >&2", options)) {
                assertThat(child.await()).isZero();
            }
            assertThat(out).hasContent("input\n");
            assertThat(err).hasContent("kept\nerror\n");
        });
    }

    @Test
    void standardErrorMayGoWhereStandardOutputGoes() throws Exception {
        run(() -> {
            try (ChildProcess child =
                    createSubprocessShell("echo one; echo two >&2; echo three", OUTPUT.withStderr(Stdio.STDOUT))) {
                assertThat(child.communicate().stdoutText()).isEqualTo("one\ntwo\nthree\n");
            }
        });
    }

    @Test
    void devnullIsEmptyAndSwallowsEverything() throws Exception {
        run(() -> {
            ProcessOptions options = ProcessOptions.defaults()
                    .withStdin(Stdio.DEVNULL)
                    .withStdout(Stdio.DEVNULL)
                    .withStderr(Stdio.DEVNULL);
            try (ChildProcess child = createSubprocessShell("cat; echo x; echo y >&2", options)) {
                assertThat(child.await()).isZero();
            }
        });
    }

    @Test
    void optionsThatMakeNoSenseAreRefused() {
        ProcessOptions options = ProcessOptions.defaults();
        assertThatThrownBy(() -> options.withStdin(Stdio.STDOUT)).hasMessage("standard input cannot come from STDOUT");
        assertThatThrownBy(() -> options.withStdin(Stdio.append(Path.of("x"))))
                .hasMessage("standard input cannot come from APPEND x");
        assertThatThrownBy(() -> options.withStdout(Stdio.STDOUT)).hasMessageContaining("cannot go to itself");
        assertThatThrownBy(() -> options.withEnvironmentVariable("A=B", "x"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'A=B'");
        assertThatThrownBy(() -> options.withEnvironmentVariable("A", "x\0y")).hasMessageContaining("A has a NUL");
    }

    // -- errors ---------------------------------------------------------------------------------------------------

    private static Throwable failure(List<String> command, ProcessOptions options) {
        try {
            createSubprocessExec(command, options).close();
        } catch (Exception e) {
            return e;
        }
        throw new AssertionError("was started: " + command);
    }

    @Test
    void aProgramThatIsNotThereIsNamed() throws Exception {
        run(() -> {
            assertThat(failure(List.of("no-such-program", "x"), OUTPUT))
                    .isInstanceOf(NoSuchFileException.class)
                    .hasMessage("no-such-program: there is no such program in the PATH, " + System.getenv("PATH"));
            assertThat(failure(List.of("/no/such/program"), OUTPUT))
                    .isInstanceOf(NoSuchFileException.class)
                    .hasMessage("/no/such/program: there is no such program");
            assertThat(failure(List.of(""), OUTPUT)).hasMessageContaining("the name of the program to start is empty");
        });
    }

    @Test
    void aScriptWhoseInterpreterIsNotThereSaysSo() throws Exception {
        run(() -> {
            Path script = Files.writeString(directory.resolve("script"), "#!/no/such/shell\n");
            assertThat(script.toFile().setExecutable(true)).isTrue();
            assertThat(failure(List.of(script.toString()), OUTPUT))
                    .isInstanceOf(NoSuchFileException.class)
                    .hasMessageContaining("the interpreter that its first line names does not exist");
        });
    }

    @Test
    void aFileThatMayNotBeExecutedSaysSo() throws Exception {
        run(() -> {
            Path file = Files.writeString(directory.resolve("file"), "#!/bin/sh\n");
            assertThat(failure(List.of(file.toString()), OUTPUT))
                    .isInstanceOf(AccessDeniedException.class)
                    .hasMessageContaining("no permission to execute it");
            assertThat(failure(List.of("./file"), OUTPUT.withDirectory(directory)))
                    .isInstanceOf(AccessDeniedException.class);
            assertThat(failure(List.of(directory.toString()), OUTPUT))
                    .isInstanceOf(AccessDeniedException.class)
                    .hasMessageContaining("it is a directory");
        });
    }

    @Test
    void aWorkingDirectoryThatIsNoneIsNamed() throws Exception {
        run(() -> {
            Path missing = directory.resolve("missing");
            assertThat(failure(List.of("true"), OUTPUT.withDirectory(missing)))
                    .isInstanceOf(NoSuchFileException.class)
                    .hasMessage(missing + ": cannot start true there: the working directory does not exist");
            Path file = Files.writeString(directory.resolve("file"), "");
            assertThat(failure(List.of("true"), OUTPUT.withDirectory(file)))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("cannot start true there: it is not a directory");
            assertThat(failure(List.of("true"), OUTPUT.withDirectory(file)))
                    .isInstanceOfAny(NotDirectoryException.class, IOException.class);
        });
    }

    @Test
    void aFileForAStandardStreamThatIsNotThereIsNamed() throws Exception {
        run(() -> assertThat(failure(List.of("cat"), OUTPUT.withStdin(Stdio.file(directory.resolve("nothing")))))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("cannot start cat: cannot open the file for one of its standard streams")
                .hasMessageContaining("nothing"));
    }

    @Test
    void argumentsThatCannotBePassedAreRefused() throws Exception {
        run(() -> {
            assertThat(failure(List.of("echo", "a", "b\0c"), OUTPUT))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("argument 2 of echo has a NUL");
            assertThat(failure(List.of(), OUTPUT))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("the command is empty");
            assertThat(failure(List.of("echo", "x".repeat(10_000_000)), OUTPUT))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("Argument list too long");
        });
    }

    // -- cancelling, closing --------------------------------------------------------------------------------------

    @Test
    void aCreationThatIsCancelledLeavesNoChild() throws Exception {
        Path marks = directory.resolve("marks");
        run(() -> {
            for (int steps = 0; steps < 40; steps++) {
                Task<ChildProcess> creation = createTask(() -> createSubprocessExec(
                        List.of("sh", "-c", "echo $$ >> " + marks + "; exec cat"),
                        ProcessOptions.defaults().withPipes()));
                for (int i = 0; i < steps / 4; i++) {
                    sleep(i % 2 == 0 ? Duration.ZERO : Duration.ofMillis(1));
                }
                creation.cancel();
                try {
                    creation.await().close();
                } catch (CancelledError e) {
                    // it was in time
                }
            }
        });
        Deadline.until("all that were started are gone", () -> {
            try {
                return !Files.exists(marks)
                        || Files.readAllLines(marks).stream()
                                .noneMatch(pid ->
                                        ProcessHandle.of(Long.parseLong(pid)).isPresent());
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
    }

    @Test
    void aLoopThatIsClosedWhileAChildStartsLeavesNoChild() throws Exception {
        for (int i = 0; i < 20; i++) {
            int millis = i % 4;
            run(() -> {
                createTask(() -> createSubprocessExec(
                        List.of("cat"), ProcessOptions.defaults().withPipes()));
                sleep(Duration.ofMillis(millis));
            });
        }
        Deadline.until(
                "nobody is left", () -> ProcessHandle.current().children().noneMatch(StartingTest::isCat));
    }

    private static boolean isCat(ProcessHandle child) {
        return child.info().command().filter(path -> path.endsWith("/cat")).isPresent();
    }

    /** Starts a child, is cancelled at once, and ends. */
    static final class ImpatientProgram {
        public static void main(String[] args) {
            run(() -> {
                createTask(() -> createSubprocessExec(List.of("sh", "-c", "echo $$ >&2; exec sleep 60")));
                sleep(Duration.ZERO);
                sleep(Duration.ZERO);
            });
        }
    }

    @Test
    void aProgramThatEndsWhileAChildStartsLeavesNoChild() {
        ChildJvm.Result result =
                ChildJvm.run(ImpatientProgram.class, ChildJvm.engineOptions().toArray(String[]::new));
        assertThat(result.status()).as(result.err()).isZero();
        result.err()
                .lines()
                .forEach(pid -> Deadline.until(
                        "it is gone",
                        () -> ProcessHandle.of(Long.parseLong(pid)).isEmpty()));
    }

    @Test
    void aChildThatRunsWhenItsLoopIsClosedIsKilled() throws Exception {
        long pid = run(() -> createSubprocessExec(
                        List.of("sleep", "60"), ProcessOptions.defaults().withPipes())
                .pid());
        Deadline.until("it is gone", () -> ProcessHandle.of(pid).isEmpty());
    }

    @Test
    void inDebugModeAChildThatIsLeftRunningIsReported(Errors errors) throws Exception {
        run(() -> {
            dev.tulip.Tulip.runningLoop().setDebug(true);
            createSubprocessExec(List.of("sleep", "60"), ProcessOptions.defaults());
        });
        assertThat(errors.take())
                .anySatisfy(error -> assertThat(error.message())
                        .contains("SubprocessTransport[sleep (pid ")
                        .contains("was left running when "));
    }
}
