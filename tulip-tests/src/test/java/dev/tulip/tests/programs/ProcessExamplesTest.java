package dev.tulip.tests.programs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tulip.loop.KeyboardInterrupt;
import dev.tulip.tests.support.ChildJvm;
import dev.tulip.tests.support.Program;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The programs in examples/ that have children do what they say. */
class ProcessExamplesTest {
    @TempDir
    Path directory;

    private static ChildJvm.Result pipeline(String from, String to) {
        return ChildJvm.run(Program.tulipCommand("run", "examples/Pipeline.java", from, to));
    }

    @Test
    void thePipelineCopiesEverythingAndShowsHowMuch() {
        ChildJvm.Result result = pipeline("seq 1 100000", "sort -rn | head -n 2");
        assertThat(result.out()).as(result.err()).isEqualTo("100000\n99999\n");
        assertThat(result.err()).contains("\r588895 bytes\n").contains("ChildProcess[sh -c 'seq 1 100000' (pid ");
        assertThat(result.err().lines().filter(line -> line.endsWith("exited with 0]")))
                .hasSize(2);
        assertThat(result.status()).isZero();
    }

    @Test
    void aConsumerThatHasSeenEnoughEndsThePipeline() {
        ChildJvm.Result result = pipeline("exec yes", "head -n 2");
        assertThat(result.out()).as(result.err()).isEqualTo("y\ny\n");
        assertThat(result.err()).contains("killed by SIGPIPE").contains("exited with 0");
    }

    @Test
    void theSupervisorStartsItsProgramAgainUntilItSucceeds() throws Exception {
        Path count = directory.resolve("count");
        String command = "echo x >> " + count + "; test $(wc -l < " + count + ") -ge 3";
        ChildJvm.Result result = ChildJvm.run(Program.tulipCommand("run", "examples/Supervisor.java", command));
        String started = "started " + command;
        assertThat(result.out().lines())
                .as(result.err())
                .containsExactly(
                        started,
                        "exited with 1",
                        "again in 100 ms",
                        started,
                        "exited with 1",
                        "again in 200 ms",
                        started,
                        "exited with 0");
        assertThat(Files.readAllLines(count)).hasSize(3);
        assertThat(result.status()).isZero();
    }

    @Test
    void ctrlCStopsTheSupervisorAndItsProgram() {
        String command = "trap 'echo goodbye; exit 0' TERM; echo ready; while :; do sleep 0.05; done";
        try (Program supervisor = Program.tulip("run", "examples/Supervisor.java", command)) {
            // One line is the child's, the other the supervisor's, in any order.
            assertThat(List.of(supervisor.readLine(), supervisor.readLine()))
                    .containsExactlyInAnyOrder("ready", "started " + command);
            supervisor.signal("INT");
            assertThat(supervisor.readAllLines()).containsExactly("goodbye", "stopped");
            assertThat(supervisor.status()).isEqualTo(KeyboardInterrupt.EXIT_STATUS);
        }
    }
}
