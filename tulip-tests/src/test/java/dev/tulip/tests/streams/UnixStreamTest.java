package dev.tulip.tests.streams;

import static dev.tulip.Tulip.openUnixConnection;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.startUnixServer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.net.ExtraInfo;
import dev.tulip.net.Server;
import dev.tulip.net.TlsOptions;
import dev.tulip.net.UnixListenOptions;
import dev.tulip.streams.Connection;
import dev.tulip.streams.StreamOptions;
import dev.tulip.streams.Streams;
import dev.tulip.tests.support.Certificates;
import dev.tulip.tests.support.Errors;
import dev.tulip.tests.support.Until;
import java.net.ConnectException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Streams over Unix sockets. */
class UnixStreamTest {
    @TempDir
    Path folder;

    @Test
    void aClientTalksToAServer() throws Exception {
        Path path = folder.resolve("socket");
        run(() -> {
            Server server = startUnixServer(path, connection -> {
                for (String line : connection.reader().lines()) {
                    connection.writer().write("you said: " + line + "\n");
                }
            });
            try (Connection connection = openUnixConnection(path)) {
                connection.writer().write("hello\n");
                assertThat(connection.reader().readLine()).isEqualTo("you said: hello");
                connection.writer().writeEof();
                assertThat(connection.reader().readLine()).isNull();
            }
            assertThat(server.shutdown(Duration.ofMinutes(1))).isZero();
            assertThat(Files.exists(path)).isFalse();
            assertThatThrownBy(() -> openUnixConnection(path)).isInstanceOf(ConnectException.class);
        });
    }

    @Test
    void aPeerWithoutAnAddressIsCalledThePeer(Errors errors) throws Exception {
        Path path = folder.resolve("socket");
        run(() -> {
            Server server = startUnixServer(path, connection -> {
                throw new IllegalStateException("on purpose");
            });
            try (Connection connection = openUnixConnection(path)) {
                assertThat(connection.reader().readLine()).isNull();
            }
            server.shutdown(Duration.ofMinutes(1));
            Until.settled();
            assertThat(errors.takeOnly().message())
                    .isEqualTo("Unhandled exception in the handler of the connection from the peer");
        });
    }

    @Test
    void tlsOverAUnixSocket() throws Exception {
        Path path = folder.resolve("socket");
        TlsOptions identity = Certificates.LOCALHOST.identity();
        TlsOptions trust = Certificates.ROOT.trusted();
        run(() -> {
            UnixListenOptions options = UnixListenOptions.defaults().withTls(identity);
            Server server = Streams.startUnixServer(path, options, StreamOptions.defaults(), connection -> {
                connection.writer().write(connection.reader().readLine() + "\n");
            });
            TlsOptions named = trust.withServerName("localhost");
            try (Connection connection = Streams.openUnixConnection(path, named, StreamOptions.defaults())) {
                assertThat(connection.getExtraInfo(ExtraInfo.SSL_SESSION).getProtocol())
                        .isEqualTo("TLSv1.3");
                connection.writer().write("hello\n");
                assertThat(connection.reader().readLine()).isEqualTo("hello");
            }
            assertThatThrownBy(() -> Streams.openUnixConnection(path, trust, StreamOptions.defaults()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("withServerName");
            UnixListenOptions lacking = UnixListenOptions.defaults().withTls(trust);
            assertThatThrownBy(() -> Streams.startUnixServer(
                            folder.resolve("other"), lacking, StreamOptions.defaults(), connection -> {}))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("withIdentity");
            assertThat(Files.exists(folder.resolve("other"))).isFalse();
            assertThat(server.shutdown(Duration.ofMinutes(1))).isZero();
        });
    }
}
