package dev.tulip.tests.streams;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.openConnection;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.startServer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.Task;
import dev.tulip.net.ConnectOptions;
import dev.tulip.net.Server;
import dev.tulip.streams.Connection;
import dev.tulip.streams.ConnectionLostException;
import dev.tulip.streams.StreamOptions;
import dev.tulip.streams.StreamReaderProtocol;
import dev.tulip.streams.Streams;
import dev.tulip.tests.support.SocketPair;
import dev.tulip.tests.support.Until;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** Connections as a whole: how they are opened, and how they end. */
class ConnectionTest {
    private static int port(Server server) throws IOException {
        return ((InetSocketAddress) server.sockets().getFirst().getLocalAddress()).getPort();
    }

    /** Writes much more than a peer takes that does not read. {@return how much} */
    private static int fill(Connection connection) throws IOException {
        connection.writer().write(new byte[20_000_000]);
        assertThat(connection.transport().getWriteBufferSize()).isPositive();
        return 20_000_000;
    }

    // -- opening --------------------------------------------------------------------------------------------------

    @Test
    void aClientTalksToAServer() throws Exception {
        run(() -> {
            Server server = startServer("127.0.0.1", 0, connection -> {
                for (String line : connection.reader().lines()) {
                    connection.writer().write("you said: " + line + "\n");
                }
            });
            try (Connection connection = openConnection("localhost", port(server))) {
                connection.writer().write("hello\nworld\n");
                connection.writer().writeEof();
                assertThat(connection.reader().lines()).containsExactly("you said: hello", "you said: world");
            }
            try (Connection connection = openConnection(
                    "127.0.0.1", port(server), ConnectOptions.defaults().withoutHappyEyeballs())) {
                connection.writer().write("again\n");
                assertThat(connection.reader().readLine()).isEqualTo("you said: again");
            }
            assertThat(server.shutdown(Duration.ofMinutes(1))).isZero();
        });
    }

    @Test
    void optionsReachReaderAndWriter() throws Exception {
        run(() -> {
            StreamOptions options = StreamOptions.defaults().withLimit(3);
            Server server =
                    Streams.startServer("127.0.0.1", 0, dev.tulip.net.ListenOptions.defaults(), options, connection -> {
                        try {
                            connection.reader().readLine();
                        } catch (IOException e) {
                            connection.writer().write(e.getMessage() + "\n");
                        }
                    });
            try (Connection connection =
                    Streams.openConnection("127.0.0.1", port(server), ConnectOptions.defaults(), options)) {
                connection.writer().write("long line\n");
                assertThat(connection.reader().readLine(1000)).contains("the limit of 3");
            }
            server.shutdown(Duration.ofMinutes(1));
        });
    }

    @Test
    void openConnectionNamesWhatItCannotReach() throws Exception {
        int unused;
        try (ServerSocketChannel listener = SocketPair.listener()) {
            unused = ((InetSocketAddress) listener.getLocalAddress()).getPort();
        }
        run(() -> {
            assertThatThrownBy(() -> openConnection("127.0.0.1", unused))
                    .isInstanceOf(ConnectException.class)
                    .hasMessageContaining("127.0.0.1");
            assertThatThrownBy(() -> openConnection("no-such-host.tulip.test", 80))
                    .isInstanceOf(UnknownHostException.class);
        });
    }

    @Test
    void aProtocolWithoutATransportHasNoConnection() {
        assertThatThrownBy(() -> new StreamReaderProtocol().connection())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("connectionMade() was not called");
        assertThat(new StreamReaderProtocol().toString()).isEqualTo("StreamReaderProtocol[not connected]");
    }

    // -- closing --------------------------------------------------------------------------------------------------

    @Test
    void closeWaitsUntilEverythingIsSent() throws Exception {
        int[] received = {0};
        int sent = run(() -> {
            try (Streamed s = Streamed.directly()) {
                int written = fill(s.connection());
                Task<Void> closing = createTask(() -> s.connection().close());
                Until.settled();
                assertThat(closing.done()).isFalse();
                received[0] = s.peer().receiveAll().length;
                await(closing);
                return written;
            }
        });
        assertThat(received[0]).isEqualTo(sent);
    }

    @Test
    void aProgramThatWritesAndEndsLosesNothing() throws Exception {
        try (ServerSocketChannel listener = SocketPair.listener()) {
            int port = ((InetSocketAddress) listener.getLocalAddress()).getPort();
            int[] received = {0};
            CountDownLatch filled = new CountDownLatch(1);
            Thread peer = dev.tulip.tests.support.Spawn.platform("peer", () -> {
                filled.await();
                try (var socket = listener.accept()) {
                    received[0] = socket.socket().getInputStream().readAllBytes().length;
                }
            });
            run(() -> {
                try (Connection connection = openConnection("127.0.0.1", port)) {
                    fill(connection);
                    filled.countDown();
                }
            });
            peer.join();
            assertThat(received[0]).isEqualTo(20_000_000);
        }
    }

    @Test
    void closingTwiceAndClosingWhatIsLostIsHarmless() throws Exception {
        run(() -> {
            try (Streamed s = Streamed.directly()) {
                s.connection().close();
                s.connection().close();
                s.connection().abort();
                assertThat(s.connection().isClosing()).isTrue();
                assertThat(s.peer().receiveAll()).isEmpty();
            }
            try (Streamed s = Streamed.directly()) {
                s.peer().reset();
                assertThatThrownBy(() -> s.reader().read(1)).isInstanceOf(ConnectionLostException.class);
                s.connection().close();
            }
        });
    }

    @Test
    void closeTellsThatBytesWereLostIfNobodyElseHas() throws Exception {
        run(() -> {
            try (Streamed s = Streamed.directly()) { // while close waits
                fill(s.connection());
                Task<Void> closing = createTask(() -> s.connection().close());
                Until.settled();
                s.peer().reset();
                assertThatThrownBy(() -> await(closing))
                        .isInstanceOf(ConnectionLostException.class)
                        .hasCauseInstanceOf(IOException.class);
            }
            try (Streamed s = Streamed.directly()) { // before it is called
                fill(s.connection());
                s.peer().reset();
                Until.holds("lost", () -> s.connection().isClosing());
                Until.settled();
                assertThatThrownBy(() -> s.connection().close()).isInstanceOf(ConnectionLostException.class);
                s.connection().close();
            }
            try (Streamed s = Streamed.directly()) { // said already, by drain
                fill(s.connection());
                s.peer().reset();
                assertThatThrownBy(() -> s.writer().drain()).isInstanceOf(ConnectionLostException.class);
                s.connection().close();
            }
        });
    }

    @Test
    void aCancelledTaskDoesNotWaitForAPeerThatNeverReads() throws Exception {
        run(() -> {
            try (Streamed s = Streamed.directly()) {
                Task<Void> task = createTask(() -> {
                    try (Connection connection = s.connection()) {
                        fill(connection);
                        connection.writer().drain();
                    }
                });
                Until.settled();
                task.cancel("enough");
                assertThatThrownBy(() -> await(task))
                        .isInstanceOf(CancelledError.class)
                        .hasMessage("enough");
                assertThat(s.connection().transport().getWriteBufferSize()).isZero();
            }
        });
    }

    @Test
    void cancellingCloseAborts() throws Exception {
        run(() -> {
            try (Streamed s = Streamed.directly()) {
                fill(s.connection());
                Task<Void> closing = createTask(() -> s.connection().close());
                Until.settled();
                closing.cancel();
                assertThatThrownBy(() -> await(closing)).isInstanceOf(CancelledError.class);
                assertThat(s.connection().transport().getWriteBufferSize()).isZero();
            }
        });
    }

    @Test
    void aTaskThatIsCancelledCanStillSayGoodbye() throws Exception {
        run(() -> {
            try (Streamed s = Streamed.directly()) {
                Task<Void> task = createTask(() -> {
                    try (Connection connection = s.connection()) {
                        try {
                            connection.reader().readLine();
                        } finally {
                            connection.writer().write("goodbye");
                        }
                    }
                });
                Until.settled();
                task.cancel();
                assertThat(new String(s.peer().receiveAll())).isEqualTo("goodbye");
                assertThatThrownBy(() -> await(task)).isInstanceOf(CancelledError.class);
            }
        });
    }

    @Test
    void aCallbackClosesWithoutWaiting() throws Exception {
        run(() -> {
            try (Streamed s = Streamed.directly()) {
                int written = fill(s.connection());
                List<Throwable> thrown = new ArrayList<>();
                runningLoop().callSoon(() -> {
                    try {
                        s.connection().close();
                    } catch (IOException e) {
                        thrown.add(e);
                    }
                });
                assertThat(s.peer().receiveAll()).hasSize(written);
                assertThat(thrown).isEmpty();
            }
        });
    }
}
