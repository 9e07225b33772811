package dev.tulip.tests.process;

import static dev.tulip.Tulip.createSubprocessExec;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.taskGroup;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tulip.process.ChildProcess;
import dev.tulip.process.ProcessOptions;
import dev.tulip.process.Stdio;
import dev.tulip.streams.StreamWriter;
import dev.tulip.tests.support.Deadline;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Many children on one loop: nothing is left of them. */
@Timeout(180) // seconds: a busy machine starts programs slowly
class ManyChildrenTest {
    private static long descriptors() {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void ofTwoThousandShortChildrenNoZombieAndNoDescriptorIsLeft() throws Exception {
        long before = descriptors();
        run(() -> taskGroup(group -> {
            for (int i = 0; i < 20; i++) {
                boolean pipes = i % 2 == 0;
                ProcessOptions options = pipes
                        ? ProcessOptions.defaults().withPipes()
                        : ProcessOptions.defaults().withStdin(Stdio.DEVNULL);
                group.createTask(() -> {
                    for (int k = 0; k < 100; k++) {
                        try (ChildProcess child = createSubprocessExec(List.of("true"), options)) {
                            int status = k % 3 == 0 ? child.communicate().returnCode() : child.await();
                            assertThat(status).isZero();
                        }
                    }
                });
            }
        }));
        Deadline.until(
                "no zombie is left",
                () -> ProcessHandle.current().children().findAny().isEmpty());
        Deadline.until("no descriptor is left", () -> descriptors() <= before + 5); // class loading may open a jar
    }

    @Test
    void fiveHundredChildrenAreFedAMegabyteEachAndReadBackByOneLoop() throws Exception {
        byte[] input = new byte[1 << 20];
        for (int i = 0; i < input.length; i++) {
            input[i] = (byte) (i * 31 + i / 257);
        }
        run(() -> {
            ProcessOptions options =
                    ProcessOptions.defaults().withStdin(Stdio.PIPE).withStdout(Stdio.PIPE);
            ChildProcess[] children = new ChildProcess[500];
            taskGroup(group -> {
                for (int i = 0; i < children.length; i++) {
                    int index = i;
                    group.createTask(() -> children[index] = createSubprocessExec(List.of("cat"), options));
                }
            });
            assertThat(children)
                    .allSatisfy(child -> assertThat(child.returnCode()).isEmpty()); // all at the same time
            int[] right = {0};
            taskGroup(group -> {
                for (ChildProcess child : children) {
                    group.createTask(() -> feed(child.stdin(), input));
                    group.createTask(() -> {
                        int count = 0;
                        for (byte[] piece; (piece = child.stdout().read(100_000)).length > 0; count += piece.length) {
                            assertThat(Arrays.equals(piece, 0, piece.length, input, count, count + piece.length))
                                    .isTrue();
                        }
                        assertThat(count).isEqualTo(input.length);
                        assertThat(child.await()).isZero();
                        right[0]++;
                    });
                }
            });
            assertThat(right[0]).isEqualTo(children.length);
        });
    }

    private static void feed(StreamWriter writer, byte[] input) throws IOException {
        for (int start = 0; start < input.length; start += 32 * 1024) {
            writer.write(ByteBuffer.wrap(input, start, 32 * 1024));
            writer.drain();
        }
        writer.writeEof();
    }
}
