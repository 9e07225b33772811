package dev.tulip.tests.streams;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.Task;
import dev.tulip.streams.ConnectionLostException;
import dev.tulip.streams.StreamOptions;
import dev.tulip.tests.support.Until;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.Scanner;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;

/** A connection as the JDK's streams: what reads from or writes to those runs on it, inside a task. */
class JdkStreamsTest {
    /** Two connections, one to the other, in one loop: whatever waits must let the other side run. */
    private record Two(Streamed near, Streamed far, Task<Void> there, Task<Void> back) implements AutoCloseable {
        static Two open() throws IOException {
            Streamed near = Streamed.directly();
            Streamed far = Streamed.overAnotherTransport(StreamOptions.defaults());
            return new Two(near, far, createTask(() -> pump(near, far)), createTask(() -> pump(far, near)));
        }

        /** Moves what comes out of one connection's peer into that of the other. */
        private static void pump(Streamed from, Streamed to) throws IOException {
            byte[] data;
            while ((data = runningLoop().sockRecv(from.peer().socket(), 7_000)).length > 0) {
                to.peer().send(data);
            }
            to.peer().sendEnd();
        }

        OutputStream out() {
            return near.writer().asOutputStream();
        }

        InputStream in() {
            return far.reader().asInputStream();
        }

        @Override
        public void close() {
            there.cancel();
            back.cancel();
            near.close();
            far.close();
        }
    }

    private static byte[] random(int size) {
        byte[] data = new byte[size];
        new Random(size).nextBytes(data);
        return data;
    }

    @Test
    void gzip() throws Exception {
        run(() -> {
            try (Two two = Two.open()) {
                byte[] data = random(1_000_000);
                Task<Void> writer = createTask(() -> {
                    try (OutputStream gzip = new GZIPOutputStream(two.out())) {
                        gzip.write(data);
                    }
                    two.near().writer().writeEof();
                });
                assertThat(new GZIPInputStream(two.in()).readAllBytes()).isEqualTo(data);
                await(writer);
            }
        });
    }

    @Test
    void zip() throws Exception {
        run(() -> {
            try (Two two = Two.open()) {
                createTask(() -> {
                    try (ZipOutputStream zip = new ZipOutputStream(two.out())) {
                        zip.putNextEntry(new ZipEntry("one.txt"));
                        zip.write("first".getBytes());
                        zip.putNextEntry(new ZipEntry("two.txt"));
                        zip.write("second".getBytes());
                    }
                    // Else the JDK's PushbackInputStream waits for more than it needs, on any connection.
                    two.near().writer().writeEof();
                });
                ZipInputStream zip = new ZipInputStream(two.in());
                assertThat(zip.getNextEntry().getName()).isEqualTo("one.txt");
                assertThat(zip.readAllBytes()).isEqualTo("first".getBytes());
                assertThat(zip.getNextEntry().getName()).isEqualTo("two.txt");
                assertThat(zip.readAllBytes()).isEqualTo("second".getBytes());
            }
        });
    }

    @Test
    void objects() throws Exception {
        run(() -> {
            try (Two two = Two.open()) {
                List<Map<String, List<Integer>>> objects = new ArrayList<>();
                for (int i = 0; i < 1000; i++) {
                    objects.add(Map.of("number " + i, List.of(i, i + 1)));
                }
                createTask(() -> {
                    ObjectOutputStream out = new ObjectOutputStream(two.out());
                    for (Object object : objects) {
                        out.writeObject(object);
                    }
                    out.flush();
                });
                ObjectInputStream in = new ObjectInputStream(two.in());
                for (Object object : objects) {
                    assertThat(in.readObject()).isEqualTo(object);
                }
            }
        });
    }

    @Test
    void data() throws Exception {
        run(() -> {
            try (Two two = Two.open()) {
                DataOutputStream out = new DataOutputStream(two.out());
                out.writeInt(42);
                out.writeUTF("Grüße");
                out.writeDouble(1.5);
                out.writeBoolean(true);
                DataInputStream in = new DataInputStream(two.in());
                assertThat(in.readInt()).isEqualTo(42);
                assertThat(in.readUTF()).isEqualTo("Grüße");
                assertThat(in.readDouble()).isEqualTo(1.5);
                assertThat(in.readBoolean()).isTrue();
            }
        });
    }

    @Test
    void readersAndPrinters() throws Exception {
        run(() -> {
            try (Two two = Two.open()) {
                createTask(() -> {
                    PrintStream out = new PrintStream(two.out(), true, UTF_8);
                    out.printf("%d lines%n", 2);
                    out.println("Grüße");
                    out.print("3 4.5 word");
                    two.near().writer().writeEof();
                });
                BufferedReader reader = new BufferedReader(new InputStreamReader(two.in(), UTF_8));
                assertThat(reader.readLine()).isEqualTo("2 lines");
                assertThat(reader.readLine()).isEqualTo("Grüße");
                Scanner scanner = new Scanner(reader);
                assertThat(scanner.nextInt()).isEqualTo(3);
                assertThat(scanner.next()).isEqualTo("4.5");
                assertThat(scanner.next()).isEqualTo("word");
                assertThat(scanner.hasNext()).isFalse();
            }
        });
    }

    @Test
    void properties() throws Exception {
        run(() -> {
            try (Two two = Two.open()) {
                Properties written = new Properties();
                written.load(new StringReader("a=1\nb=zwei\nlong=" + "x".repeat(100_000)));
                createTask(() -> {
                    written.store(two.out(), "a comment");
                    two.near().writer().writeEof();
                });
                Properties read = new Properties();
                read.load(two.in());
                assertThat(read).isEqualTo(written);
            }
        });
    }

    @Test
    void transferTo() throws Exception {
        run(() -> {
            try (Two two = Two.open()) {
                byte[] data = random(3_000_000);
                Task<Void> writer = createTask(() -> {
                    new java.io.ByteArrayInputStream(data).transferTo(two.out());
                    two.near().writer().writeEof();
                });
                ByteArrayOutputStream received = new ByteArrayOutputStream();
                assertThat(two.in().transferTo(received)).isEqualTo(data.length);
                assertThat(received.toByteArray()).isEqualTo(data);
                await(writer);
            }
        });
    }

    @Test
    void singleBytesAreUnsignedAndTheEndIsMinusOne() throws Exception {
        run(() -> {
            try (Streamed s = Streamed.directly()) {
                s.peer().send(new byte[] {(byte) 0xff, 0, 1});
                s.peer().sendEnd();
                InputStream in = s.reader().asInputStream();
                assertThat(in.read()).isEqualTo(0xff);
                assertThat(in.read()).isZero();
                assertThat(in.read(new byte[0])).isZero();
                assertThat(in.skip(1)).isEqualTo(1);
                assertThat(in.read()).isEqualTo(-1);
                assertThat(in.read(new byte[5])).isEqualTo(-1);
                s.writer().asOutputStream().write(0x1ff);
                assertThat(s.peer().receiveBytes(1)).containsExactly(0xff);
            }
        });
    }

    @Test
    void closingAViewLeavesTheConnectionOpen() throws Exception {
        run(() -> {
            try (Streamed s = Streamed.directly()) {
                InputStream in = s.reader().asInputStream();
                OutputStream out = s.writer().asOutputStream();
                in.close();
                out.close();
                out.close();
                out.flush();
                assertThatThrownBy(in::read).isInstanceOf(IOException.class).hasMessageContaining("is closed");
                assertThatThrownBy(in::available).isInstanceOf(IOException.class);
                assertThatThrownBy(() -> out.write(1))
                        .isInstanceOf(IOException.class)
                        .hasMessageContaining("is closed");
                s.writer().write("still there");
                assertThat(s.peer().receive(11)).isEqualTo("still there");
            }
        });
    }

    @Test
    void aWriteWaitsForAPeerThatDoesNotRead() throws Exception {
        run(() -> {
            try (Streamed s = Streamed.directly()) {
                int[] written = {0};
                Task<Void> writer = createTask(() -> {
                    OutputStream out = s.writer().asOutputStream();
                    for (int i = 0; i < 2000; i++) {
                        out.write(new byte[10_000]);
                        written[0] += 10_000;
                    }
                });
                Until.holds("the writer waits", () -> writer.toString().contains("waiting on"));
                assertThat(s.connection().transport().getWriteBufferSize()).isLessThan(64 * 1024 + 10_001);
                assertThat(s.peer().receiveBytes(20_000_000)).hasSize(20_000_000);
                await(writer);
            }
        });
    }

    @Test
    void aLostConnectionIsAnIoException() throws Exception {
        run(() -> {
            try (Streamed s = Streamed.directly()) {
                s.peer().reset();
                assertThatThrownBy(() -> s.reader().asInputStream().read()).isInstanceOf(ConnectionLostException.class);
                assertThatThrownBy(() -> s.writer().asOutputStream().write(1))
                        .isInstanceOf(ConnectionLostException.class);
                assertThatThrownBy(() -> s.writer().asOutputStream().flush())
                        .isInstanceOf(ConnectionLostException.class);
            }
        });
    }

    @Test
    void viewsAreForTasks() throws Exception {
        run(() -> {
            try (Streamed s = Streamed.directly()) {
                List<Throwable> thrown = new ArrayList<>();
                runningLoop().callSoon(() -> {
                    try {
                        s.writer().asOutputStream().write(1);
                    } catch (IllegalStateException | IOException e) {
                        thrown.add(e);
                    }
                    try {
                        s.reader().asInputStream().read();
                    } catch (IllegalStateException | IOException e) {
                        thrown.add(e);
                    }
                });
                Until.settled();
                assertThat(thrown).hasSize(2).allMatch(IllegalStateException.class::isInstance);
                s.writer().writeEof();
                assertThat(s.peer().receiveAll()).isEmpty();
            }
        });
    }
}
