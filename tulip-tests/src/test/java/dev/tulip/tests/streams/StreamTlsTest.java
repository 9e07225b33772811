package dev.tulip.tests.streams;

import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.openConnection;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.sleep;
import static dev.tulip.Tulip.startServer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.Suspends;
import dev.tulip.loop.Task;
import dev.tulip.net.ExtraInfo;
import dev.tulip.net.Server;
import dev.tulip.net.TlsOptions;
import dev.tulip.streams.Connection;
import dev.tulip.streams.ConnectionHandler;
import dev.tulip.streams.ConnectionLostException;
import dev.tulip.tests.support.Certificates;
import dev.tulip.tests.support.Errors;
import dev.tulip.tests.support.Until;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Streams that go from plain to TLS: row Z12 of asyncio. */
class StreamTlsTest {
    private static final Duration LONG = Duration.ofMinutes(1);
    private static final TlsOptions SERVER = Certificates.LOCALHOST.identity();
    private static final TlsOptions CLIENT = Certificates.ROOT.trusted().withServerName("localhost");

    /** A small mail server: answers NOOP, and STARTTLS with TLS. */
    private static void mail(Connection connection) throws IOException {
        for (String line = connection.reader().readLine();
                line != null;
                line = connection.reader().readLine()) {
            connection.writer().write("220 " + line + "\r\n");
            if (line.equals("STARTTLS")) {
                connection.writer().startTls(SERVER);
            }
        }
    }

    @Suspends
    private static Connection connect(Server server) throws IOException {
        InetSocketAddress address =
                (InetSocketAddress) server.sockets().getFirst().getLocalAddress();
        return openConnection("127.0.0.1", address.getPort());
    }

    @Suspends
    private static void assertSays(Connection connection, String line) throws IOException {
        connection.writer().write(line + "\r\n");
        assertThat(connection.reader().readLine()).isEqualTo("220 " + line);
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void theSameReaderAndWriterGoOnWithTls(String version) throws Exception {
        run(() -> {
            Server server = startServer("127.0.0.1", 0, StreamTlsTest::mail);
            try (Connection connection = connect(server)) {
                assertSays(connection, "NOOP");
                assertSays(connection, "STARTTLS");
                connection.writer().startTls(CLIENT.withProtocols(version));
                assertThat(connection.getExtraInfo(ExtraInfo.SSL_SESSION).getProtocol())
                        .isEqualTo(version);
                assertSays(connection, "NOOP");
                String much = "x".repeat(60_000);
                for (int i = 0; i < 100; i++) {
                    assertSays(connection, much);
                    connection.writer().drain();
                }
            }
            assertThat(server.shutdown(LONG)).isZero();
        });
    }

    @Test
    void tlsInTls() throws Exception {
        run(() -> {
            Server server = startServer("127.0.0.1", 0, StreamTlsTest::mail);
            try (Connection connection = connect(server)) {
                for (int i = 0; i < 3; i++) {
                    assertSays(connection, "STARTTLS");
                    connection.writer().startTls(CLIENT);
                }
                assertSays(connection, "deep");
            }
            assertThat(server.shutdown(LONG)).isZero();
        });
    }

    /** The attack: what stands behind STARTTLS in the same packet must not be taken for something secured. */
    @Test
    void whatCameInTheClearAndWasNotReadIsRefused(Errors errors) throws Exception {
        run(() -> {
            Server server = startServer("127.0.0.1", 0, StreamTlsTest::mail);
            try (Connection connection = connect(server)) {
                connection.writer().write("STARTTLS\r\nDELETE everything\r\n");
                assertThat(connection.reader().readLine()).isEqualTo("220 STARTTLS");
                assertThat(connection.reader().readToEnd()).isEmpty();
            }
            assertThat(server.shutdown(LONG)).isZero();
        });
        assertThat(errors.takeOnly().exception())
                .isInstanceOf(IOException.class)
                .hasMessageContainingAll("19 bytes came in the clear from /127.0.0.1:", "attacker", "aborted");
    }

    @Test
    void aHandshakeThatFailsEndsTheConnectionOnBothSides(Errors errors) throws Exception {
        run(() -> {
            Server server = startServer("127.0.0.1", 0, StreamTlsTest::mail);
            Connection connection = connect(server);
            assertSays(connection, "STARTTLS");
            assertThatThrownBy(() ->
                            connection.writer().startTls(TlsOptions.defaults().withServerName("localhost")))
                    .isInstanceOf(SSLException.class);
            assertThat(connection.isClosing()).isTrue();
            assertThatThrownBy(() -> connection.writer().write("clear")).isInstanceOf(ConnectionLostException.class);
            assertThatThrownBy(() -> connection.reader().readLine()).isInstanceOf(ConnectionLostException.class);
            connection.close();
            assertThat(server.shutdown(LONG)).isZero();
        });
        assertThat(errors.takeOnly().exception()).isInstanceOf(SSLException.class);
    }

    @Test
    void cancellingItAbortsTheConnection() throws Exception {
        run(() -> {
            List<String> ends = new ArrayList<>();
            ConnectionHandler stalls = connection -> {
                connection.reader().readToEnd();
                ends.add("end");
            };
            Server server = startServer("127.0.0.1", 0, stalls);
            Connection connection = connect(server);
            Task<?> securing = createTask(() -> connection.writer().startTls(CLIENT));
            sleep(Duration.ofMillis(5));
            securing.cancel();
            assertThatThrownBy(securing::await).isInstanceOf(CancelledError.class);
            assertThat(connection.isClosing()).isTrue();
            server.shutdown(LONG);
            assertThat(ends).hasSizeLessThanOrEqualTo(1); // a reset or an end: both may come first
        });
    }

    @Test
    void nobodyElseReadsOrWritesMeanwhile() throws Exception {
        run(() -> {
            Server server = startServer(
                    "127.0.0.1", 0, connection -> connection.reader().readToEnd());
            Connection connection = connect(server);
            Task<?> securing = createTask(() -> connection.writer().startTls(CLIENT));
            sleep(Duration.ofMillis(5));
            assertThatThrownBy(() -> connection.writer().write("secret"))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("in the clear");
            assertThatThrownBy(() -> connection.reader().readLine())
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("reads from");
            assertThatThrownBy(() -> connection.writer().startTls(CLIENT)).isInstanceOf(IllegalStateException.class);
            securing.cancel();
            assertThatThrownBy(securing::await).isInstanceOf(CancelledError.class);
            server.shutdown(LONG);
        });
    }

    @Test
    void afterTheEndThereIsNothingToSecure() throws Exception {
        run(() -> {
            Server server = startServer(
                    "127.0.0.1", 0, connection -> connection.reader().readToEnd());
            try (Connection connection = connect(server)) {
                connection.writer().writeEof();
                assertThatThrownBy(() -> connection.writer().startTls(CLIENT))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("after writeEof()");
            }
            Connection closed = connect(server);
            closed.close();
            assertThatThrownBy(() -> closed.writer().startTls(CLIENT)).isInstanceOf(ConnectionLostException.class);
            assertThat(server.shutdown(LONG)).isZero();
        });
    }

    @Test
    void optionsThatLackSomethingLeaveTheConnectionAsItIs() throws Exception {
        run(() -> {
            Server server = startServer("127.0.0.1", 0, StreamTlsTest::mail);
            try (Connection connection = connect(server)) {
                assertThatThrownBy(() -> connection.writer().startTls(TlsOptions.defaults()))
                        .isInstanceOf(IllegalArgumentException.class);
                assertThatThrownBy(() -> connection.writer().startTls(TlsOptions.defaults(), /* serverSide= */ true))
                        .isInstanceOf(IllegalArgumentException.class);
                assertSays(connection, "NOOP");
            }
            assertThat(server.shutdown(LONG)).isZero();
            Until.settled();
        });
    }
}
