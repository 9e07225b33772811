package dev.tulip.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ./tulip bench}, from the command line to the files. Runs when the jar is built; takes no figure seriously. */
class BenchLauncherTest {
    private static final Path ROOT =
            Path.of(System.getProperty("basedir")).resolveSibling(".").normalize();
    private static final int DEADLINE_SECONDS = 180;

    @TempDir
    Path folder;

    private record Result(int status, String out, String err) {}

    private Result bench(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(ROOT.resolve("tulip").toString(), "bench"));
        command.addAll(List.of(arguments));
        Path out = folder.resolve("out.txt");
        Path err = folder.resolve("err.txt");
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().remove("TULIP_ENGINE");
        Process process = builder.start();
        process.getOutputStream().close();
        if (!process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)) {
            process.destroy();
            throw new AssertionError("did not end: " + command + "\n" + Files.readString(err));
        }
        return new Result(process.exitValue(), Files.readString(out), Files.readString(err));
    }

    @Test
    void echoMeasuresTheContendersItWasAskedForAndWritesATableAndAChart() throws Exception {
        Result result = bench(
                "echo",
                "--quick",
                "--only",
                "tulip-streams,jdk-virtual-threads",
                "--loads",
                "1kx2,tls-1kx2",
                "--output",
                folder.toString());
        assertThat(result.status()).as(result.err()).isZero();
        assertThat(result.err()).doesNotContain("failed");
        assertThat(result.out())
                .contains("| 1 KiB x 2 ")
                .contains("| 1 KiB x 2, TLS 1.3 ")
                .containsPattern("\\*\\*Tulip streams\\*\\* +\\| +[0-9.,]+ \\|")
                .containsPattern("JDK virtual threads +\\| +[0-9.,]+ \\|");
        assertThat(Files.readString(folder.resolve("echo.md")))
                .contains("| 1 KiB x 2 ", "| 1 KiB x 2, TLS 1.3 ")
                .contains("`./tulip bench echo --quick --only");
        assertThat(folder.resolve("echo.svg")).content().startsWith("<svg").contains("Tulip streams");
    }

    @Test
    void growthMeasuresTheQuestionsItWasAskedAndWritesATableAndAChart() throws Exception {
        Result result = bench(
                "growth",
                "--quick",
                "--only",
                "connections,timers",
                "--with",
                "tulip-protocol",
                "--most",
                "10",
                "--output",
                folder.toString());
        assertThat(result.status()).as(result.err()).isZero();
        assertThat(result.out())
                .contains("| connections | Tulip protocol |")
                .containsPattern("\\| 10 +\\| +[0-9.,]+ \\|")
                .contains("| timers | Tulip callLater |");
        assertThat(folder.resolve("growth.md")).content().contains("| timers |");
        assertThat(folder.resolve("growth.svg")).content().startsWith("<svg").contains("Tulip protocol");
    }

    @Test
    void microRunsJmhAndWritesATable() throws Exception {
        Result result = bench(
                "micro",
                "TaskSwitchBenchmark.tulip$",
                "-p",
                "tasks=1",
                "-f",
                "1",
                "-wi",
                "0",
                "-i",
                "1",
                "-r",
                "50ms",
                "--output",
                folder.toString());
        assertThat(result.status()).as(result.err()).isZero();
        assertThat(folder.resolve("micro.md"))
                .content()
                .containsPattern("\\| \\*\\*TaskSwitch\\*\\*, tasks 1 +\\| `tulip` +\\| +[0-9.,]+ \\|");
    }

    @Test
    void wrongUseGetsOneLineAndStatus2() throws Exception {
        Result result = bench("echo", "--only", "nobody");
        assertThat(result.err()).isEqualTo("tulip: no contender: nobody; see --help\n");
        assertThat(result.status()).isEqualTo(2);
        assertThat(result.out()).isEmpty();
    }
}
