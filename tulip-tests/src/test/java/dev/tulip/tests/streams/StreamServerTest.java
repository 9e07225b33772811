package dev.tulip.tests.streams;

import static dev.tulip.Tulip.allTasks;
import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.currentTask;
import static dev.tulip.Tulip.openConnection;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.sleep;
import static dev.tulip.Tulip.startServer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.ExceptionContext;
import dev.tulip.loop.Suspends;
import dev.tulip.loop.Task;
import dev.tulip.net.ListenOptions;
import dev.tulip.net.Server;
import dev.tulip.net.Transport;
import dev.tulip.streams.Connection;
import dev.tulip.streams.ConnectionLostException;
import dev.tulip.tests.support.Errors;
import dev.tulip.tests.support.Peer;
import dev.tulip.tests.support.Until;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Servers whose connections are handled by tasks: row Z2, and what shutting them down does to the handlers. */
class StreamServerTest {
    private static final Duration LONG = Duration.ofMinutes(1);

    private static int port(Server server) throws IOException {
        return ((InetSocketAddress) server.sockets().getFirst().getLocalAddress()).getPort();
    }

    @Suspends
    private static Peer peer(Server server) throws IOException {
        return Peer.connect(new InetSocketAddress("127.0.0.1", port(server)));
    }

    private static void echo(Connection connection) throws IOException {
        byte[] data;
        while ((data = connection.reader().read(10_000)).length > 0) {
            connection.writer().write(data);
            connection.writer().drain();
        }
    }

    @Suspends
    private static void assertEchoes(Peer peer) throws IOException {
        peer.send("hello");
        assertThat(peer.receive(5)).isEqualTo("hello");
    }

    // -- handlers -------------------------------------------------------------------------------------------------

    @Test
    void eachConnectionHasATaskThatIsNamedAfterThePeer() throws Exception {
        run(() -> {
            List<String> names = new ArrayList<>();
            Server server = startServer("127.0.0.1", 0, connection -> {
                names.add(currentTask().getName());
                echo(connection);
            });
            try (Peer first = peer(server);
                    Peer second = peer(server)) {
                assertEchoes(second);
                assertEchoes(first);
                assertThat(names)
                        .containsExactlyInAnyOrder(
                                "handler of /127.0.0.1:" + first.port(), "handler of /127.0.0.1:" + second.port());
                assertThat(server.toString()).contains("serving", "2 connections");
                assertThat(server.getLoop()).isSameAs(runningLoop());
            }
            server.shutdown(LONG);
        });
    }

    @Test
    void theConnectionIsClosedInOrderWhenItsHandlerReturns() throws Exception {
        run(() -> {
            Server server = startServer(
                    "127.0.0.1", 0, connection -> connection.writer().write(new byte[20_000_000]));
            try (Peer peer = peer(server)) {
                assertThat(peer.receiveAll()).hasSize(20_000_000);
            }
            assertThat(server.shutdown(LONG)).isZero();
        });
    }

    @Test
    void aHandlerThatThrowsIsReportedWithItsPeerAndItsConnectionIsClosed(Errors errors) throws Exception {
        run(() -> {
            Server server = startServer("127.0.0.1", 0, connection -> {
                connection.writer().write("before");
                throw new IllegalArgumentException("on purpose");
            });
            try (Peer peer = peer(server)) {
                assertThat(new String(peer.receiveAll())).isEqualTo("before");
                Until.settled();
                ExceptionContext context = errors.takeOnly();
                assertThat(context.message())
                        .isEqualTo(
                                "Unhandled exception in the handler of the connection from /127.0.0.1:" + peer.port());
                assertThat(context.exception()).hasMessage("on purpose");
                assertThat(context.get("transport")).isInstanceOf(Transport.class);
                assertThat(context.get("task").toString()).contains("handler of /127.0.0.1:" + peer.port());
            }
            try (Peer peer = peer(server)) {
                assertThat(peer.receive(6)).as("the server goes on").isEqualTo("before");
                peer.receiveAll();
            }
            server.shutdown(LONG);
            errors.takeOnly();
        });
    }

    @Test
    void aHandlerThatDoesNotCatchAResetIsReported(Errors errors) throws Exception {
        run(() -> {
            Server server = startServer("127.0.0.1", 0, StreamServerTest::echo);
            Peer peer = peer(server);
            assertEchoes(peer);
            peer.reset();
            server.close();
            server.waitClosed();
            assertThat(errors.takeOnly().exception()).isInstanceOf(ConnectionLostException.class);
        });
    }

    @Test
    void aHandlerThatIsCancelledClosesItsConnectionInSilence() throws Exception {
        run(() -> {
            Server server = startServer("127.0.0.1", 0, StreamServerTest::echo);
            try (Peer peer = peer(server)) {
                assertEchoes(peer);
                handlers().forEach(Task::cancel);
                assertThat(peer.receiveAll()).isEmpty();
            }
            server.shutdown(LONG);
        });
    }

    @Test
    void aHandlerThatIsCancelledBeforeItsFirstStepLeavesNoConnection() throws Exception {
        run(() -> {
            boolean[] ran = {false};
            Server server = startServer("127.0.0.1", 0, connection -> ran[0] = true);
            try (Peer peer = peer(server)) {
                Until.holds("the handler is there", () -> {
                    handlers().forEach(Task::cancel);
                    return !handlers().isEmpty() || ran[0];
                });
                peer.receiveAll();
            }
            server.shutdown(LONG);
        });
    }

    private static List<Task<?>> handlers() {
        return allTasks().stream()
                .filter(task -> task.getName().startsWith("handler of "))
                .toList();
    }

    @Test
    void aSlowHandlerDoesNotHoldUpTheOthers() throws Exception {
        run(() -> {
            boolean[] first = {true};
            Server server = startServer("127.0.0.1", 0, connection -> {
                if (first[0]) {
                    first[0] = false;
                    sleep(LONG);
                }
                echo(connection);
            });
            try (Peer slow = peer(server);
                    Peer quick = peer(server)) {
                assertEchoes(quick);
                assertThat(slow.socket().read(ByteBuffer.allocate(1))).isZero();
                assertThat(server.shutdown(Duration.ofMillis(1))).isEqualTo(2);
            }
        });
    }

    // -- ending ---------------------------------------------------------------------------------------------------

    @Test
    void shutdownLetsHandlersFinish() throws Exception {
        run(() -> {
            Server server = startServer("127.0.0.1", 0, StreamServerTest::echo);
            try (Peer peer = peer(server)) {
                assertEchoes(peer);
                Task<Integer> shutdown = createTask(() -> server.shutdown(LONG));
                Until.settled();
                assertThat(shutdown.done()).isFalse();
                assertThat(server.isServing()).isFalse();
                assertThat(server.sockets()).isEmpty();
                assertEchoes(peer);
                peer.sendEnd();
                assertThat(await(shutdown)).isZero();
                assertThat(handlers()).isEmpty();
            }
        });
    }

    @Test
    void whoeverIsNotDoneInTimeIsCancelledAndAborted() throws Exception {
        run(() -> {
            List<String> ends = new ArrayList<>();
            Server server = startServer("127.0.0.1", 0, connection -> {
                try {
                    if (connection.reader().readLine().equals("sleep")) {
                        sleep(LONG);
                    } else {
                        connection.writer().write(new byte[20_000_000]);
                        connection.writer().drain();
                    }
                } catch (CancelledError e) {
                    ends.add(e.getMessage());
                    sleep(Duration.ofMillis(5)); // cleaning up may take its time
                    ends.add("cleaned up");
                    throw e;
                }
            });
            try (Peer sleeping = peer(server);
                    Peer deaf = peer(server)) {
                sleeping.send("sleep\n");
                deaf.send("write\n");
                Until.holds("both run", () -> handlers().size() == 2);
                assertThat(server.shutdown(Duration.ofMillis(20))).isEqualTo(2);
                assertThat(ends)
                        .containsExactly(
                                "the server is shut down", "the server is shut down", "cleaned up", "cleaned up");
                assertThat(handlers()).isEmpty();
            }
        });
    }

    @Test
    void shutdownWithoutGraceAbortsAtOnce() throws Exception {
        run(() -> {
            Server server = startServer("127.0.0.1", 0, StreamServerTest::echo);
            try (Peer peer = peer(server)) {
                assertEchoes(peer);
                assertThat(server.shutdown(Duration.ZERO)).isEqualTo(1);
                assertThat(server.shutdown(Duration.ZERO)).isZero();
            }
        });
    }

    @Test
    void shutdownWaitsForAHandlerWhoseConnectionHasEnded() throws Exception {
        run(() -> {
            boolean[] done = {false};
            Server server = startServer("127.0.0.1", 0, connection -> {
                connection.close();
                sleep(Duration.ofMillis(30));
                done[0] = true;
            });
            try (Peer peer = peer(server)) {
                peer.receiveAll();
                assertThat(server.shutdown(LONG)).isZero();
                assertThat(done[0]).isTrue();
            }
        });
    }

    @Test
    void cancellingShutdownLeavesTheHandlersToThemselves() throws Exception {
        run(() -> {
            Server server = startServer("127.0.0.1", 0, StreamServerTest::echo);
            try (Peer peer = peer(server)) {
                assertEchoes(peer);
                Task<Integer> shutdown = createTask(() -> server.shutdown(Duration.ofSeconds(1)));
                Until.settled();
                shutdown.cancel();
                assertThatThrownBy(() -> await(shutdown)).isInstanceOf(CancelledError.class);
                sleep(Duration.ofMillis(1_100));
                assertEchoes(peer);
            }
            server.waitClosed();
        });
    }

    @Test
    void handlersWhoseConnectionsTheServerClosesAreNotReported() throws Exception {
        run(() -> {
            for (boolean abort : new boolean[] {false, true}) {
                Server server = startServer("127.0.0.1", 0, StreamServerTest::echo);
                try (Peer peer = peer(server)) {
                    assertEchoes(peer);
                    if (abort) {
                        server.abortClients();
                    } else {
                        server.closeClients();
                    }
                    assertThat(peer.receiveAll()).isEmpty();
                    assertThat(server.isServing()).isTrue();
                }
                try (Peer peer = peer(server)) {
                    assertEchoes(peer);
                }
                server.shutdown(LONG);
            }
        });
    }

    @Test
    void closeLeavesTheHandlersAndWaitClosedWaitsForThem() throws Exception {
        run(() -> {
            Server server = startServer("127.0.0.1", 0, StreamServerTest::echo);
            try (Peer peer = peer(server)) {
                assertEchoes(peer);
                server.close();
                Task<Void> closed = createTask(server::waitClosed);
                assertEchoes(peer);
                assertThat(closed.done()).isFalse();
                peer.sendEnd();
                await(closed);
                assertThat(handlers()).isEmpty();
            }
        });
    }

    @Test
    void aServerCanStartLaterAndServeUntilItIsCancelled() throws Exception {
        run(() -> {
            Server server = startServer(
                    "127.0.0.1", 0, ListenOptions.defaults().withStartServing(false), StreamServerTest::echo);
            assertThat(server.isServing()).isFalse();
            server.startServing();
            Task<Void> serving = createTask(server::serveForever);
            try (Peer peer = peer(server)) {
                assertEchoes(peer);
                serving.cancel();
                assertThatThrownBy(() -> await(serving)).isInstanceOf(CancelledError.class);
                assertThat(server.isServing()).isFalse();
                assertEchoes(peer);
            }
            server.shutdown(LONG);
        });
    }

    @Test
    void theEndOfTheProgramEndsTheHandlers() throws Exception {
        List<String> ends = new ArrayList<>();
        run(() -> {
            Server server = startServer("127.0.0.1", 0, connection -> {
                try {
                    echo(connection);
                } finally {
                    ends.add("ended");
                }
            });
            Peer peer = peer(server);
            assertEchoes(peer);
            peer.close();
            Connection connection = openConnection("127.0.0.1", port(server));
            connection.writer().write("x");
            assertThat(connection.reader().read(1)).hasSize(1);
            connection.abort();
            try (Peer last = peer(server)) {
                assertEchoes(last);
            }
        });
        assertThat(ends).hasSize(3);
    }

    // -- many -----------------------------------------------------------------------------------------------------

    @Test
    void tenThousandConnectionsComeAndGo() throws Exception {
        run(() -> {
            int[] handled = {0};
            Server server = startServer("127.0.0.1", 0, connection -> {
                String line;
                while ((line = connection.reader().readLine()) != null) {
                    connection.writer().write(line + "\n");
                }
                handled[0]++;
            });
            int port = port(server);
            List<Task<Void>> clients = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                clients.add(createTask(() -> {
                    for (int j = 0; j < 200; j++) {
                        try (Connection connection = openConnection("127.0.0.1", port)) {
                            connection.writer().write("line " + j + "\n");
                            assertThat(connection.reader().readLine()).isEqualTo("line " + j);
                        }
                    }
                }));
            }
            for (Task<Void> client : clients) {
                await(client);
            }
            assertThat(server.shutdown(LONG)).isZero();
            assertThat(handled[0]).isEqualTo(10_000);
        });
    }
}
