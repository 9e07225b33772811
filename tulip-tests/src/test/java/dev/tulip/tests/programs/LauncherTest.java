package dev.tulip.tests.programs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tulip.loop.KeyboardInterrupt;
import dev.tulip.tests.support.ChildJvm;
import dev.tulip.tests.support.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher ./tulip: programs of both kinds, bad input, exit statuses. */
class LauncherTest {
    @TempDir
    Path folder;

    private Path write(String name, String... lines) throws IOException {
        return Files.write(folder.resolve(name), java.util.List.of(lines));
    }

    private static ChildJvm.Result tulip(String... arguments) {
        return ChildJvm.run(Program.tulipCommand(arguments));
    }

    @Test
    void aCompactSourceFileRunsWithItsArguments() throws Exception {
        Path file = write(
                "Compact.java",
                "import static dev.tulip.Tulip.*;",
                "void main(String[] args) {",
                "    IO.println(run(() -> String.join(\"-\", args) + \" on \" + runningLoop().engine().name()));",
                "}");
        ChildJvm.Result result = tulip("run", file.toString(), "a", "b c");
        assertThat(result.err()).isEmpty();
        assertThat(result.out()).isEqualTo("a-b c on " + System.getProperty("tulip.tests.engine") + "\n");
        assertThat(result.status()).isZero();
    }

    @Test
    void aClassWithAMainMethodRuns() throws Exception {
        Path file = write(
                "Classic.java",
                "import dev.tulip.Tulip;",
                "public class Classic {",
                "    public static void main(String[] args) {",
                "        System.out.println(Tulip.class.getModule() + \" \" + Tulip.<Integer, Error>run(() -> 1));",
                "    }",
                "}");
        ChildJvm.Result result = tulip("run", file.toString());
        assertThat(result.err()).isEmpty();
        assertThat(result.out()).isEqualTo("module dev.tulip 1\n");
    }

    @Test
    void aFolderOrFileWithABlankInItsNameIsNoProblem() throws Exception {
        Path file = write("With Blank.java", "void main() { IO.println(\"ran\"); }");
        assertThat(tulip("run", file.toString()).err()).contains("With Blank"); // no legal class name: javac says so
        Path inside = Files.createDirectory(folder.resolve("with blank")).resolve("Fine.java");
        Files.writeString(inside, "void main() { IO.println(\"ran\"); }");
        assertThat(tulip("run", inside.toString()).out()).isEqualTo("ran\n");
    }

    @Test
    void aProgramThatThrowsEndsWithItsStackTraceAndStatus1() throws Exception {
        Path file = write(
                "Throws.java",
                "import static dev.tulip.Tulip.*;",
                "void main() throws Exception {",
                "    run(() -> fail());",
                "}",
                "int fail() throws java.io.IOException { throw new java.io.IOException(\"disk\"); }");
        ChildJvm.Result result = tulip("run", file.toString());
        assertThat(result.status()).isEqualTo(1);
        assertThat(result.err()).contains("java.io.IOException: disk").contains("at Throws.fail(Throws.java:5)");
    }

    @Test
    void aProgramThatDoesNotCompileSaysWhereAndEndsWithStatus1() throws Exception {
        Path file = write("Broken.java", "void main() { nonsense }");
        ChildJvm.Result result = tulip("run", file.toString());
        assertThat(result.status()).isEqualTo(1);
        assertThat(result.err()).contains("Broken.java:1: error:");
    }

    @Test
    void theExitStatusIsThatOfTheProgram() throws Exception {
        Path file = write("Exits.java", "void main() { System.exit(7); }");
        assertThat(tulip("run", file.toString()).status()).isEqualTo(7);
    }

    @Test
    void ctrlCCancelsTheMainTaskRunsItsFinallyAndEndsWith130() throws Exception {
        Path file = write(
                "Waits.java",
                "import static dev.tulip.Tulip.*;",
                "import java.time.Duration;",
                "void main() {",
                "    run(() -> {",
                "        createTask(() -> {",
                "            try { sleep(Duration.ofDays(1)); } finally { IO.println(\"child finally\"); }",
                "        });",
                "        try {",
                "            IO.println(\"waiting\");",
                "            sleep(Duration.ofDays(1));",
                "        } finally {",
                "            sleep(Duration.ofMillis(10));",
                "            IO.println(\"main finally\");",
                "        }",
                "    });",
                "}");
        try (Program program = Program.tulip("run", file.toString())) {
            program.readLineThatStartsWith("waiting");
            program.signal("INT");
            assertThat(program.readAllLines()).containsExactly("main finally", "child finally");
            assertThat(program.status()).isEqualTo(KeyboardInterrupt.EXIT_STATUS);
            assertThat(program.error()).isEmpty();
        }
    }

    @Test
    void badInputGetsOneClearLineAndAStatus() throws Exception {
        assertRefused(2, "tulip: no such file: nowhere.java", "run", "nowhere.java");
        assertRefused(2, "tulip: which file? usage: ./tulip run FILE.java [ARGUMENT ...]", "run");
        assertRefused(2, "tulip: not a readable file: " + folder, "run", folder.toString());
        Path text = write("notes.txt", "hello");
        assertRefused(2, "tulip: not a Java source file: " + text, "run", text.toString());
        assertRefused(2, "tulip: unknown command: fly; see ./tulip --help", "fly");
        assertRefused(2, "tulip: micro, echo or growth? see ./tulip bench --help", "bench");
        assertRefused(2, "tulip: no such benchmarks: fly; see ./tulip bench --help", "bench", "fly");
    }

    private static void assertRefused(int status, String message, String... arguments) {
        ChildJvm.Result result = tulip(arguments);
        assertThat(result.err()).isEqualTo(message + "\n");
        assertThat(result.status()).isEqualTo(status);
        assertThat(result.out()).isEmpty();
    }

    @Test
    void withoutArgumentsAndWithHelpItSaysHowItIsUsed() {
        ChildJvm.Result nothing = tulip();
        assertThat(nothing.err())
                .startsWith("usage: ./tulip run FILE.java")
                .contains("./tulip repl", "./tulip demo", "130 after Ctrl-C", "143 after SIGTERM");
        assertThat(nothing.status()).isEqualTo(2);
        ChildJvm.Result help = tulip("--help");
        assertThat(help.out()).isEqualTo(nothing.err());
        assertThat(help.status()).isZero();
    }

    @Test
    void theBenchmarksSayHowTheyAreUsedWithoutBeingBuilt() {
        ChildJvm.Result help = tulip("bench", "--help");
        assertThat(help.out()).startsWith("usage: ./tulip bench micro").contains("./tulip bench growth");
        assertThat(help.err()).isEmpty();
        assertThat(help.status()).isZero();
    }

    @Test
    void withoutAJdkItSaysWhatIsMissing() throws Exception {
        // The usual folders cannot be hidden from it; a copy of it that looks elsewhere can.
        String script = Files.readString(dev.tulip.tests.support.Repository.ROOT.resolve("tulip"))
                .replace("/usr/lib/jvm/*", "/nonexistent/*")
                .replace("/usr/java/* /opt/java/* /opt/jdk* /opt/*jdk*", "/nonexistent/*");
        Path copy = Files.writeString(folder.resolve("tulip"), script);
        assertThat(copy.toFile().setExecutable(true)).isTrue();
        Path program = write("Program.java", "void main() {}");
        ProcessBuilder builder = new ProcessBuilder(copy.toString(), "run", program.toString());
        builder.environment().remove("JAVA_HOME");
        builder.environment().put("HOME", folder.toString());
        builder.environment().put("PATH", pathWithoutJava());
        ChildJvm.Result result = ChildJvm.run(builder);
        assertThat(result.err())
                .isEqualTo("tulip: no JDK 25 or newer found in JAVA_HOME, on the PATH or in the usual folders such as"
                        + " /usr/lib/jvm; install one, or set JAVA_HOME\n");
        assertThat(result.status()).isEqualTo(3);
    }

    /** A folder with the tools of the script, and no Java. */
    private String pathWithoutJava() throws IOException {
        Path tools = Files.createDirectory(folder.resolve("tools"));
        for (String tool : new String[] {"sh", "sed", "dirname", "readlink", "find", "head"}) {
            Path script =
                    Files.writeString(tools.resolve(tool), "#!/bin/sh\nPATH=/usr/bin:/bin exec " + tool + " \"$@\"\n");
            assertThat(script.toFile().setExecutable(true)).isTrue();
        }
        return tools.toString();
    }
}
