package dev.tulip.tests.streams;

import static dev.tulip.Tulip.allTasks;
import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.createTaskOn;
import static dev.tulip.Tulip.currentTask;
import static dev.tulip.Tulip.openUnixConnection;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.sleep;
import static dev.tulip.Tulip.startServer;
import static dev.tulip.Tulip.startUnixServer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.CoroutineConsumer;
import dev.tulip.loop.EventLoop;
import dev.tulip.loop.LoopGroup;
import dev.tulip.loop.Suspends;
import dev.tulip.loop.Task;
import dev.tulip.net.ListenOptions;
import dev.tulip.net.Server;
import dev.tulip.streams.Connection;
import dev.tulip.tests.support.Errors;
import dev.tulip.tests.support.Peer;
import dev.tulip.tests.support.Until;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Servers whose handlers run on several loops. asyncio has no such thing. */
class SharedStreamServerTest {
    private static final Duration LONG = Duration.ofMinutes(1);

    private final Queue<Object> order = new ConcurrentLinkedQueue<>();
    private final Set<EventLoop> loops = ConcurrentHashMap.newKeySet();

    @Suspends
    private void echo(Connection connection) throws IOException {
        EventLoop loop = runningLoop();
        loops.add(loop);
        byte[] data;
        while ((data = connection.reader().read(10_000)).length > 0) {
            assertThat(runningLoop()).isSameAs(loop);
            connection.writer().write(data);
            connection.writer().drain();
        }
    }

    private static ListenOptions options(boolean reusePort) throws IOException {
        try (ServerSocketChannel socket = ServerSocketChannel.open()) {
            assumeTrue(
                    !reusePort || socket.supportedOptions().contains(StandardSocketOptions.SO_REUSEPORT),
                    "this system cannot share ports");
        }
        return ListenOptions.defaults().withReusePort(reusePort);
    }

    private static void withGroup(CoroutineConsumer<LoopGroup, ? extends Exception> body) throws Exception {
        run(() -> {
            try (LoopGroup group = LoopGroup.of(2)) {
                body.accept(group);
            }
        });
    }

    @Suspends
    private static Peer peer(Server server) throws IOException {
        InetSocketAddress address =
                (InetSocketAddress) server.sockets().getFirst().getLocalAddress();
        return Peer.connect(new InetSocketAddress("127.0.0.1", address.getPort()));
    }

    @Suspends
    private static void assertEchoes(Peer peer) throws IOException {
        peer.send("hello");
        assertThat(peer.receive(5)).isEqualTo("hello");
    }

    /** Connects until both loops have handlers. */
    @Suspends
    private List<Peer> peersOnBothLoops(Server server) throws IOException {
        List<Peer> peers = new ArrayList<>();
        while (loops.size() < 2) {
            peers.add(peer(server));
            assertEchoes(peers.getLast());
        }
        return peers;
    }

    /** {@return the handlers that run on the loops of the group} */
    private static Set<Task<?>> handlers(LoopGroup group) {
        Set<Task<?>> handlers = new HashSet<>();
        group.loops().forEach(loop -> handlers.addAll(loop.allTasks()));
        handlers.removeIf(task -> !task.getName().startsWith("handler of "));
        return handlers;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void handlersRunOnAllLoopsAndFinishWhenTheServerIsShutDown(boolean reusePort) throws Exception {
        withGroup(group -> {
            Server server = startServer(group, "127.0.0.1", 0, options(reusePort), this::echo);
            List<Peer> peers = peersOnBothLoops(server);
            assertThat(loops).containsExactlyInAnyOrderElementsOf(group.loops());
            assertThat(server.getLoop()).isSameAs(runningLoop());
            assertThat(server.isServing()).isTrue();
            assertThat(server.toString()).contains(group.toString());
            Task<Integer> shutdown = createTask(() -> server.shutdown(LONG));
            Until.holds("nobody listens", () -> server.sockets().isEmpty());
            for (Peer peer : peers) {
                assertEchoes(peer);
                assertThat(shutdown.done()).isFalse();
                peer.sendEnd();
            }
            assertThat(await(shutdown)).isZero();
            assertThat(handlers(group)).isEmpty();
            peers.forEach(Peer::close);
        });
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whoeverIsNotDoneInTimeIsCancelledAndCounted(boolean reusePort) throws Exception {
        withGroup(group -> {
            Server server = startServer(group, "127.0.0.1", 0, options(reusePort), connection -> {
                try {
                    echo(connection);
                } catch (CancelledError e) {
                    sleep(Duration.ofMillis(5)); // cleaning up may take its time
                    order.add(e.getMessage());
                    throw e;
                }
            });
            List<Peer> peers = peersOnBothLoops(server);
            assertThat(server.shutdown(Duration.ofMillis(20))).isEqualTo(peers.size());
            assertThat(order).hasSize(peers.size()).containsOnly("the server is shut down");
            assertThat(handlers(group)).isEmpty();
            assertThat(server.shutdown(LONG)).isZero();
            peers.forEach(Peer::close);
        });
    }

    @Test
    void shutdownWaitsForHandlersWhoseConnectionsHaveEnded() throws Exception {
        withGroup(group -> {
            Server server = startServer(group, "127.0.0.1", 0, connection -> {
                connection.close();
                sleep(Duration.ofMillis(20));
                order.add("done");
            });
            for (int i = 0; i < 2; i++) {
                try (Peer peer = peer(server)) {
                    peer.receiveAll();
                }
            }
            assertThat(server.shutdown(LONG)).isZero();
            assertThat(order).containsExactly("done", "done");
            server.waitClosed();
        });
    }

    @Test
    void cancellingShutdownLeavesTheHandlersToThemselves() throws Exception {
        withGroup(group -> {
            Server server = startServer(group, "127.0.0.1", 0, this::echo);
            List<Peer> peers = peersOnBothLoops(server);
            Task<Integer> shutdown = createTask(() -> server.shutdown(Duration.ofSeconds(1)));
            Until.settled();
            shutdown.cancel();
            assertThatThrownBy(() -> await(shutdown)).isInstanceOf(CancelledError.class);
            sleep(Duration.ofMillis(1_100));
            for (Peer peer : peers) {
                assertEchoes(peer);
                peer.close();
            }
            server.waitClosed();
            assertThat(handlers(group)).isEmpty();
        });
    }

    @Test
    void handlersWhoseConnectionsTheServerClosesAreNotReported() throws Exception {
        withGroup(group -> {
            for (boolean abort : new boolean[] {false, true}) {
                loops.clear();
                Server server = startServer(group, "127.0.0.1", 0, this::echo);
                List<Peer> peers = peersOnBothLoops(server);
                if (abort) {
                    server.abortClients();
                } else {
                    server.closeClients();
                }
                Until.holds("the handlers have ended", () -> handlers(group).isEmpty());
                peers.forEach(Peer::close);
                server.close();
                server.waitClosed();
            }
        });
    }

    @Test
    void aHandlerThatThrowsIsReportedByItsLoopAndTheServerGoesOn(Errors errors) throws Exception {
        withGroup(group -> {
            Server server = startServer(group, "127.0.0.1", 0, connection -> {
                order.add(currentTask().getName());
                throw new IllegalArgumentException("on purpose");
            });
            for (int i = 1; i <= 4; i++) {
                try (Peer peer = peer(server)) {
                    peer.receiveAll();
                    assertThat(order).hasSize(i).contains("handler of /127.0.0.1:" + peer.port());
                }
            }
            server.shutdown(LONG);
            assertThat(errors.take())
                    .hasSize(4)
                    .allMatch(context -> context.exception().getMessage().equals("on purpose"));
        });
    }

    @Test
    void handlersMayAskATaskOfAnotherLoop() throws Exception {
        withGroup(group -> {
            EventLoop home = runningLoop();
            int[] count = {0}; // home's
            Server server = startServer(group, "127.0.0.1", 0, connection -> {
                int mine = await(createTaskOn(home, () -> ++count[0]));
                connection.writer().write(mine + "\n");
            });
            Set<String> answers = new HashSet<>();
            for (int i = 0; i < 10; i++) {
                try (Peer peer = peer(server)) {
                    answers.add(new String(peer.receiveAll()).strip());
                }
            }
            server.shutdown(LONG);
            assertThat(answers).hasSize(10).contains("1", "10");
            assertThat(allTasks()).hasSize(1);
        });
    }

    @Test
    void unixServersAreSharedToo(@TempDir Path folder) throws Exception {
        Path path = folder.resolve("socket");
        withGroup(group -> {
            Server server = startUnixServer(group, path, this::echo);
            for (int i = 0; i < 2; i++) {
                try (Connection connection = openUnixConnection(path)) {
                    connection.writer().write("hello\n");
                    assertThat(connection.reader().readLine()).isEqualTo("hello");
                }
            }
            assertThat(loops).hasSize(2);
            assertThat(server.shutdown(LONG)).isZero();
            assertThat(Files.exists(path)).isFalse();
        });
    }

    @Test
    void aGroupThatIsClosedCancelsTheHandlers() throws Exception {
        run(() -> {
            LoopGroup group = LoopGroup.of(2);
            Server server = startServer(group, "127.0.0.1", 0, connection -> {
                try {
                    echo(connection);
                } catch (CancelledError e) {
                    order.add("cancelled");
                    throw e;
                }
            });
            List<Peer> peers = peersOnBothLoops(server);
            group.close();
            assertThat(order).hasSize(peers.size());
            for (Peer peer : peers) {
                assertThat(peer.receiveAll()).isEmpty();
                peer.close();
            }
            assertThat(server.shutdown(LONG)).isZero();
        });
    }
}
