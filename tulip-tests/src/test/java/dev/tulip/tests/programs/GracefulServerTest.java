package dev.tulip.tests.programs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tulip.loop.Terminated;
import dev.tulip.tests.support.Program;
import dev.tulip.tests.support.Spawn;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ConnectException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** SIGTERM to a server that {@code ./tulip run} runs, with clients in the middle of their requests. */
class GracefulServerTest {
    private static final Duration GRACE = Duration.ofSeconds(20);

    /** Greets who is accepted, so that clients know; takes a while for an answer; tells what it has done. */
    private static final String SERVER = """
        import static dev.tulip.Tulip.*;
        import dev.tulip.loop.*;
        import dev.tulip.net.*;
        import java.io.IOException;
        import java.time.Duration;
        import java.util.concurrent.atomic.AtomicInteger;

        AtomicInteger accepted = new AtomicInteger();
        AtomicInteger answered = new AtomicInteger();

        void main() throws IOException {
            try {
                run(this::serve, RunnerOptions.defaults().withGrace(Duration.ofSeconds(GRACE)));
            } finally {
                IO.println("accepted " + accepted + ", answered " + answered);
            }
        }

        void serve() throws IOException {
            try (var group = LoopGroup.of(2)) {
                var server = startServer(WHERE, connection -> {
                    accepted.incrementAndGet();
                    connection.writer().write("welcome\\n");
                    String request = connection.reader().readLine();
                    if (request == null) {
                        return;
                    }
                    sleep(Duration.ofMillis(Long.parseLong(request)));
                    connection.writer().write("took " + request + " ms\\n");
                    answered.incrementAndGet();
                });
                IO.println("server on " + server.sockets().getFirst().getLocalAddress());
                server.serveForever();
            }
        }
        """.replace("GRACE", Long.toString(GRACE.toSeconds()));

    private static final String ONE_LOOP = "\"127.0.0.1\", 0";
    private static final String HANDED_OVER = "group, \"127.0.0.1\", 0";
    private static final String PORT_SHARED = "group, \"127.0.0.1\", 0, ListenOptions.defaults().withReusePort(true)";

    @TempDir
    Path folder;

    private Path program(String where) throws IOException {
        return Files.writeString(folder.resolve("Server.java"), SERVER.replace("WHERE", where));
    }

    private static int port(Program server) {
        String line = server.readLineThatStartsWith("server on ");
        return Integer.parseInt(line.substring(line.lastIndexOf(':') + 1));
    }

    @ParameterizedTest
    @ValueSource(strings = {ONE_LOOP, HANDED_OVER, PORT_SHARED})
    void sigtermEndsAServerWithinTheGraceAndEveryAcceptedRequestIsAnswered(String where) throws Exception {
        Path file = program(where);
        try (Program server = Program.tulip("run", file.toString())) {
            int port = port(server);
            int before = 40;
            CountDownLatch greeted = new CountDownLatch(before);
            AtomicInteger accepted = new AtomicInteger();
            AtomicInteger answered = new AtomicInteger();
            List<Thread> clients = new ArrayList<>();
            for (int i = 0; i < before; i++) { // these have sent their requests, or are about to, when it comes
                int millis = i % 2 == 0 ? 0 : 300 + 10 * i;
                clients.add(Spawn.platform("client-" + i, () -> {
                    assertThat(ask(port, millis, greeted, accepted, answered)).isTrue();
                }));
            }
            clients.add(Spawn.platform(
                    "client-next",
                    () -> { // this one goes on asking until nobody listens any more
                        CountDownLatch asked = new CountDownLatch(1);
                        while (ask(port, 1, asked, accepted, answered)) {
                            Thread.onSpinWait();
                        }
                    }));
            assertThat(greeted.await(GRACE.toSeconds(), TimeUnit.SECONDS)).isTrue();
            long start = System.nanoTime();
            server.signal("TERM");
            assertThat(server.status()).as(server.error()).isEqualTo(Terminated.EXIT_STATUS);
            Duration took = Duration.ofNanos(System.nanoTime() - start);
            for (Thread client : clients) {
                client.join();
            }
            assertThat(answered).hasValue(accepted.get());
            assertThat(server.readAllLines()).containsExactly("accepted " + accepted + ", answered " + answered);
            assertThat(server.error()).isEmpty();
            assertThat(took).isLessThan(GRACE);
        }
    }

    /** A client's whole life. {@return whether it was accepted} */
    private static boolean ask(
            int port, int millis, CountDownLatch greeted, AtomicInteger accepted, AtomicInteger answered)
            throws IOException {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            BufferedReader reader =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
            String welcome;
            try {
                welcome = reader.readLine();
            } catch (IOException e) {
                return false; // the system had made the connection, and the server was closed before it took it
            }
            if (welcome == null) {
                return false;
            }
            accepted.incrementAndGet();
            greeted.countDown();
            socket.getOutputStream().write((millis + "\n").getBytes(StandardCharsets.US_ASCII));
            assertThat(reader.readLine()).isEqualTo("took " + millis + " ms");
            answered.incrementAndGet();
            assertThat(reader.readLine()).isNull();
            return true;
        } catch (ConnectException e) {
            return false;
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {ONE_LOOP, HANDED_OVER, PORT_SHARED})
    void aRequestThatIsNotDoneWithinTheGraceIsAbortedAndTheServerEnds(String where) throws Exception {
        Path file = program(where);
        Files.writeString(file, Files.readString(file).replace("ofSeconds(" + GRACE.toSeconds(), "ofMillis(100"));
        try (Program server = Program.tulip("run", file.toString());
                Socket client = new Socket("127.0.0.1", port(server))) {
            BufferedReader reader =
                    new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.US_ASCII));
            assertThat(reader.readLine()).isEqualTo("welcome");
            client.getOutputStream().write("1000000000\n".getBytes(StandardCharsets.US_ASCII));
            server.signal("TERM");
            assertThat(server.status()).isEqualTo(Terminated.EXIT_STATUS);
            assertThat(server.readAllLines()).containsExactly("accepted 1, answered 0");
            assertThat(server.error()).isEmpty();
        }
    }

    @Test
    void aSecondSignalEndsItAtOnce() throws Exception {
        Path file = program(ONE_LOOP);
        try (Program server = Program.tulip("run", file.toString())) {
            int port = port(server);
            try (Socket client = new Socket("127.0.0.1", port)) {
                BufferedReader reader =
                        new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.US_ASCII));
                assertThat(reader.readLine()).isEqualTo("welcome");
                server.signal("TERM");
                while (isListening(port)) {
                    Thread.onSpinWait();
                }
                server.signal("TERM");
                assertThat(server.status()).isEqualTo(Terminated.EXIT_STATUS);
                assertThat(server.readAllLines()).isEmpty(); // not even main has gone on
            }
        }
    }

    private static boolean isListening(int port) throws IOException {
        try {
            new Socket("127.0.0.1", port).close();
            return true;
        } catch (ConnectException e) {
            return false;
        }
    }
}
