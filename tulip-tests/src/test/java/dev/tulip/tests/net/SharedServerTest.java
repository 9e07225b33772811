package dev.tulip.tests.net;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createServer;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.createTaskOn;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tulip.loop.Action;
import dev.tulip.loop.CancelledError;
import dev.tulip.loop.ContextVar;
import dev.tulip.loop.CoroutineConsumer;
import dev.tulip.loop.EventLoop;
import dev.tulip.loop.ExceptionContext;
import dev.tulip.loop.Future;
import dev.tulip.loop.LoopGroup;
import dev.tulip.loop.Suspends;
import dev.tulip.loop.Task;
import dev.tulip.net.ListenOptions;
import dev.tulip.net.Network;
import dev.tulip.net.Protocol;
import dev.tulip.net.Server;
import dev.tulip.net.Transport;
import dev.tulip.tests.support.Errors;
import dev.tulip.tests.support.Hold;
import dev.tulip.tests.support.Ipv6;
import dev.tulip.tests.support.Peer;
import dev.tulip.tests.support.Recorder;
import dev.tulip.tests.support.SocketPair;
import dev.tulip.tests.support.Until;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Servers whose connections live on several loops. asyncio has no such thing. */
class SharedServerTest {
    private static final Duration LONG = Duration.ofMinutes(1);

    /** How connections get to the loops. */
    enum Way {
        HANDED_OVER,
        REUSED_PORT;

        ListenOptions options() {
            return ListenOptions.defaults().withReusePort(this == REUSED_PORT);
        }
    }

    /** Where the protocols of this test's servers live. */
    private final Map<Echo, EventLoop> protocols = new ConcurrentHashMap<>();

    private final Queue<Object> order = new ConcurrentLinkedQueue<>();

    private final class Echo implements Protocol {
        private final EventLoop loop = runningLoop();
        private Transport transport;

        @Override
        public void connectionMade(Transport transport) {
            assertThat(runningLoop()).isSameAs(loop);
            this.transport = transport;
            protocols.put(this, loop);
        }

        @Override
        public void dataReceived(ByteBuffer data) {
            assertThat(runningLoop()).isSameAs(loop);
            transport.write(data);
        }

        @Override
        public void connectionLost(Exception exception) {
            protocols.remove(this);
        }
    }

    @Suspends
    private static void withGroup(int loops, CoroutineConsumer<LoopGroup, ? extends Exception> body) throws Exception {
        run(() -> {
            try (LoopGroup group = LoopGroup.of(loops)) {
                body.accept(group);
            }
        });
    }

    private static int port(Server server) throws IOException {
        return ((InetSocketAddress) server.sockets().getFirst().getLocalAddress()).getPort();
    }

    @Suspends
    private static Peer peer(Server server) throws IOException {
        return Peer.connect(new InetSocketAddress("127.0.0.1", port(server)));
    }

    @Suspends
    private static void assertEchoes(Peer peer) throws IOException {
        peer.send("hello");
        assertThat(peer.receive(5)).isEqualTo("hello");
    }

    private long on(EventLoop loop) {
        return protocols.values().stream().filter(each -> each == loop).count();
    }

    // -- spreading ------------------------------------------------------------------------------------------------

    @Test
    void connectionsAreHandedToTheLoopsInTurn() throws Exception {
        withGroup(3, group -> {
            Server server = createServer(group, Echo::new, "127.0.0.1", 0);
            assertThat(server.getLoop()).isSameAs(runningLoop());
            assertThat(server.sockets()).hasSize(1);
            assertThat(server.isServing()).isTrue();
            assertThat(server.toString()).contains("serving", "127.0.0.1:" + port(server), group.toString());
            List<Peer> peers = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                peers.add(peer(server));
                assertEchoes(peers.getLast());
            }
            assertThat(group.loops()).allMatch(loop -> on(loop) == 4);
            peers.forEach(Peer::close);
            assertThat(server.shutdown(LONG)).isZero();
            assertThat(protocols).isEmpty();
        });
    }

    @Test
    void withAPortThatIsSharedEachLoopListensForItself() throws Exception {
        assumeReusePort();
        withGroup(3, group -> {
            for (String host : Ipv6.isAvailable() ? new String[] {"127.0.0.1", "::1", null} : new String[] {null}) {
                Server server = createServer(group, Echo::new, host, 0, Way.REUSED_PORT.options());
                assertThat(server.sockets()).hasSize(3).allMatch(ServerSocketChannel::isOpen);
                for (ServerSocketChannel socket : server.sockets()) {
                    assertThat(socket.getLocalAddress())
                            .isEqualTo(server.sockets().getFirst().getLocalAddress());
                }
                String to = host == null ? "127.0.0.1" : host;
                List<Peer> peers = new ArrayList<>();
                while (!group.loops().stream().allMatch(loop -> on(loop) > 0)) { // the system spreads by chance
                    peers.add(Peer.connect(new InetSocketAddress(to, port(server))));
                    assertEchoes(peers.getLast());
                }
                peers.forEach(Peer::close);
                assertThat(server.shutdown(LONG)).isZero();
                assertThat(server.sockets()).isEmpty();
            }
        });
    }

    private static void assumeReusePort() throws IOException {
        try (ServerSocketChannel socket = ServerSocketChannel.open()) {
            assumeTrue(
                    socket.supportedOptions().contains(StandardSocketOptions.SO_REUSEPORT),
                    "this system cannot share ports");
        }
    }

    @Test
    void severalAddressesHaveSocketsOfTheirOwnOnEachLoop() throws Exception {
        assumeReusePort();
        withGroup(2, group -> {
            Server server = Network.createServer(
                    group, Echo::new, List.of("127.0.0.1", "127.0.0.2"), 0, Way.REUSED_PORT.options());
            assertThat(server.sockets()).hasSize(4);
            for (ServerSocketChannel socket : server.sockets()) {
                try (Peer peer = Peer.connect(socket.getLocalAddress())) {
                    assertEchoes(peer);
                }
            }
            server.shutdown(LONG);
        });
    }

    @Test
    void theLoopThatAcceptsMayBeOneOfTheGroup() throws Exception {
        withGroup(2, group -> {
            EventLoop member = group.loops().getFirst();
            Future<Void> done = createTaskOn(member, () -> {
                Server server = createServer(group, Echo::new, "127.0.0.1", 0);
                assertThat(server.getLoop()).isSameAs(member);
                try (Peer first = peer(server);
                        Peer second = peer(server)) {
                    assertEchoes(first);
                    assertEchoes(second);
                    assertThat(group.loops()).allMatch(loop -> on(loop) == 1);
                }
                assertThat(server.shutdown(LONG)).isZero();
            });
            await(done);
        });
    }

    @Test
    void unixSocketsAreHandedOver(@TempDir Path folder) throws Exception {
        Path path = folder.resolve("socket");
        withGroup(2, group -> {
            Server server = Network.createUnixServer(group, Echo::new, path);
            try (Peer first = unixPeer(path);
                    Peer second = unixPeer(path)) {
                assertEchoes(first);
                assertEchoes(second);
                assertThat(group.loops()).allMatch(loop -> on(loop) == 1);
            }
            server.shutdown(LONG);
            assertThat(Files.exists(path)).isFalse();
        });
    }

    private static Peer unixPeer(Path path) throws IOException {
        SocketChannel socket = SocketChannel.open(UnixDomainSocketAddress.of(path));
        socket.configureBlocking(false);
        return new Peer(socket);
    }

    @ParameterizedTest
    @EnumSource
    void connectionsWithTlsAreSpreadToo(Way way) throws Exception {
        assumeReusePort();
        withGroup(2, group -> {
            Server server =
                    createServer(group, Echo::new, "127.0.0.1", 0, way.options().withTls(Tls.SERVER));
            for (int i = 0; i < 4; i++) {
                Recorder client = Network.createConnection(
                                Recorder::new,
                                "localhost",
                                port(server),
                                dev.tulip.net.ConnectOptions.defaults().withTls(Tls.CLIENT))
                        .protocol();
                client.transport().write("hello".getBytes(StandardCharsets.UTF_8));
                Until.holds("it echoes", () -> client.text().equals("hello"));
                client.transport().close();
            }
            assertThat(server.shutdown(LONG)).isZero();
        });
    }

    @ParameterizedTest
    @EnumSource
    void protocolsRunInACopyOfTheContextOfWhoeverMadeTheServer(Way way) throws Exception {
        assumeReusePort();
        ContextVar<String> user = new ContextVar<>("user");
        withGroup(2, group -> {
            user.set("somebody");
            Server server = createServer(
                    group,
                    () -> new Protocol() {
                        @Override
                        public void connectionMade(Transport transport) {
                            order.add(user.get());
                            user.set("somebody else");
                            transport.close();
                        }
                    },
                    "127.0.0.1",
                    0,
                    way.options());
            user.set("nobody");
            for (int i = 0; i < 4; i++) {
                try (Peer peer = peer(server)) {
                    peer.receiveAll();
                }
            }
            server.shutdown(LONG);
            assertThat(order).containsExactly("somebody", "somebody", "somebody", "somebody");
        });
    }

    @ParameterizedTest
    @EnumSource
    void aFailingProtocolFactoryIsReportedAndTheServerGoesOn(Way way, Errors errors) throws Exception {
        assumeReusePort();
        AtomicBoolean fails = new AtomicBoolean(true);
        withGroup(2, group -> {
            Server server = createServer(
                    group,
                    () -> {
                        if (fails.get()) {
                            throw new IllegalArgumentException("on purpose");
                        }
                        return new Echo();
                    },
                    "127.0.0.1",
                    0,
                    way.options());
            try (Peer peer = peer(server)) {
                assertThat(peer.receiveAll()).isEmpty();
            }
            fails.set(false);
            try (Peer peer = peer(server)) {
                assertEchoes(peer);
            }
            server.shutdown(LONG);
            ExceptionContext context = errors.takeOnly();
            assertThat(context.message()).isEqualTo("Error on transport creation for incoming connection");
            assertThat(context.exception()).hasMessage("on purpose");
        });
    }

    // -- what cannot be made --------------------------------------------------------------------------------------

    /** The guard of all tests counts the descriptors. */
    @ParameterizedTest
    @EnumSource
    void aPortThatIsTakenIsNamedAndNothingIsLeft(Way way) throws Exception {
        assumeReusePort();
        withGroup(2, group -> {
            try (ServerSocketChannel taken = SocketPair.listener()) {
                int port = ((InetSocketAddress) taken.getLocalAddress()).getPort();
                assertThatThrownBy(() -> createServer(group, Echo::new, "127.0.0.1", port, way.options()))
                        .isInstanceOf(BindException.class)
                        .hasMessageContaining("cannot listen on /127.0.0.1:" + port);
            }
        });
    }

    @ParameterizedTest
    @EnumSource
    void aGroupThatIsClosedIsRefusedAndNothingIsLeft(Way way, @TempDir Path folder) throws Exception {
        assumeReusePort();
        run(() -> {
            LoopGroup group = LoopGroup.of(2);
            group.close();
            assertThatThrownBy(() -> createServer(group, Echo::new, "127.0.0.1", 0, way.options()))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageStartingWith("Event loop is closed");
            Path path = folder.resolve("socket");
            assertThatThrownBy(() -> Network.createUnixServer(group, Echo::new, path))
                    .isInstanceOf(IllegalStateException.class);
            assertThat(Files.exists(path)).isFalse();
        });
    }

    @ParameterizedTest
    @EnumSource
    void cancelledWhileItIsMadeNothingIsLeft(Way way) throws Exception {
        assumeReusePort();
        withGroup(2, group -> {
            CountDownLatch release = new CountDownLatch(1);
            Future<Void> holding = createTaskOn(group.loops().get(1), () -> {
                order.add("held");
                Hold.until(release);
            });
            Until.holds("a loop is held", () -> !order.isEmpty());
            Task<Server> making = createTask(() -> createServer(group, Echo::new, "127.0.0.1", 0, way.options()));
            Until.settled();
            making.cancel();
            Until.settled();
            assertThat(making.done()).isFalse();
            release.countDown();
            assertThatThrownBy(() -> await(making)).isInstanceOf(CancelledError.class);
            await(holding);
        });
    }

    // -- ending ---------------------------------------------------------------------------------------------------

    /** Connects so often that every loop has a connection. */
    @Suspends
    private List<Peer> peersOnAllLoops(LoopGroup group, Server server) throws IOException {
        List<Peer> peers = new ArrayList<>();
        while (!group.loops().stream().allMatch(loop -> on(loop) > 0)) {
            peers.add(peer(server));
            assertEchoes(peers.getLast());
        }
        return peers;
    }

    @ParameterizedTest
    @EnumSource
    void closeStopsAcceptingOnAllLoopsAndConnectionsGoOn(Way way) throws Exception {
        assumeReusePort();
        withGroup(2, group -> {
            Server server = createServer(group, Echo::new, "127.0.0.1", 0, way.options());
            int port = port(server);
            List<Peer> peers = peersOnAllLoops(group, server);
            Task<Void> ended = createTask(server::waitClosed);
            server.close();
            server.close();
            assertThat(server.isServing()).isFalse();
            assertThat(server.sockets()).isEmpty();
            assertThat(server.toString()).contains("closed");
            assertThatThrownBy(server::startServing).isInstanceOf(IllegalStateException.class);
            Until.holds("nobody listens", () -> isRefused(port));
            for (Peer peer : peers) {
                assertEchoes(peer);
            }
            assertThat(ended.done()).isFalse();
            peers.forEach(Peer::close);
            await(ended);
            assertThat(protocols).isEmpty();
        });
    }

    /** {@return whether nobody listens} For a moment after the close a loop may still serve whoever comes. */
    @Suspends
    private static boolean isRefused(int port) {
        try (Peer peer = Peer.connect(new InetSocketAddress("127.0.0.1", port))) {
            return !peer.socket().isConnected();
        } catch (ConnectException e) {
            return true;
        } catch (IOException e) {
            return false; // reset: it was still in the queue of a socket that was closed
        }
    }

    @ParameterizedTest
    @EnumSource
    void shutdownWaitsAndThenAbortsAndCountsOnAllLoops(Way way) throws Exception {
        assumeReusePort();
        withGroup(2, group -> {
            Server server = createServer(group, Echo::new, "127.0.0.1", 0, way.options());
            List<Peer> peers = peersOnAllLoops(group, server);
            Task<Integer> shutdown = createTask(() -> server.shutdown(Duration.ofMillis(50)));
            peers.removeFirst().close();
            assertThat(await(shutdown)).isEqualTo(peers.size());
            assertThat(protocols).isEmpty();
            assertThat(server.shutdown(LONG)).isZero();
            peers.forEach(Peer::close);
        });
    }

    @ParameterizedTest
    @EnumSource
    void cancellingShutdownLeavesTheConnectionsToThemselves(Way way) throws Exception {
        assumeReusePort();
        withGroup(2, group -> {
            Server server = createServer(group, Echo::new, "127.0.0.1", 0, way.options());
            List<Peer> peers = peersOnAllLoops(group, server);
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
        });
    }

    @ParameterizedTest
    @EnumSource
    void closingOrAbortingClientsReachesAllLoops(Way way) throws Exception {
        assumeReusePort();
        withGroup(2, group -> {
            Server server = createServer(group, Echo::new, "127.0.0.1", 0, way.options());
            List<Peer> peers = peersOnAllLoops(group, server);
            server.closeClients();
            for (Peer peer : peers) {
                assertThat(peer.receiveAll()).isEmpty();
                peer.close();
            }
            Until.holds("all have ended", protocols::isEmpty);
            peers = peersOnAllLoops(group, server);
            server.abortClients();
            Until.holds("all have ended", protocols::isEmpty);
            peers.forEach(Peer::close);
            server.shutdown(LONG);
        });
    }

    @ParameterizedTest
    @EnumSource
    void serveForeverIsAsForOneLoop(Way way) throws Exception {
        assumeReusePort();
        withGroup(2, group -> {
            Server server =
                    createServer(group, Echo::new, "127.0.0.1", 0, way.options().withStartServing(false));
            assertThat(server.isServing()).isFalse();
            Peer early = peer(server); // the system takes it
            sleep(Duration.ofMillis(5));
            assertThat(protocols).isEmpty();
            Task<Void> serving = createTask(server::serveForever);
            assertEchoes(early);
            assertThatThrownBy(server::serveForever)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("already in serveForever");
            try (Peer peer = peer(server)) {
                assertEchoes(peer);
            }
            server.close();
            await(serving);
            assertEchoes(early);
            early.close();
            server.waitClosed();

            Server other = createServer(group, Echo::new, "127.0.0.1", 0, way.options());
            int port = port(other);
            Task<Void> cancelled = createTask(other::serveForever);
            Until.settled();
            cancelled.cancel();
            assertThatThrownBy(() -> await(cancelled)).isInstanceOf(CancelledError.class);
            Until.holds("nobody listens", () -> isRefused(port));
            other.waitClosed();
        });
    }

    @Test
    void itIsUsedOnTheLoopThatHasMadeIt() throws Exception {
        withGroup(2, group -> {
            Server server = createServer(group, Echo::new, "127.0.0.1", 0);
            for (Action<?> use : List.<Action<?>>of(
                    server::close, server::closeClients, server::abortClients, server::startServing)) {
                assertThatThrownBy(() -> await(group.createTask(use))).isInstanceOf(WrongThreadException.class);
            }
            assertThatThrownBy(() -> await(group.createTask(() -> server.shutdown(LONG))))
                    .isInstanceOf(IllegalStateException.class);
            server.shutdown(LONG);
        });
    }

    // -- loops that are closed ------------------------------------------------------------------------------------

    @ParameterizedTest
    @EnumSource
    void aGroupThatIsClosedTakesItsConnectionsAlong(Way way, Errors errors) throws Exception {
        assumeReusePort();
        run(() -> {
            LoopGroup group = LoopGroup.of(2);
            Server server = createServer(group, Echo::new, "127.0.0.1", 0, way.options());
            Task<Void> serving = createTask(server::serveForever);
            List<Peer> peers = peersOnAllLoops(group, server);
            InetSocketAddress address =
                    (InetSocketAddress) server.sockets().getFirst().getLocalAddress();
            group.close();
            for (Peer peer : peers) {
                assertThat(peer.receiveAll()).isEmpty();
                peer.close();
            }
            if (way == Way.HANDED_OVER) {
                try (Peer peer = Peer.connect(address)) {
                    assertThat(peer.receiveAll()).isEmpty();
                }
                await(serving); // has ended by itself
                assertThat(errors.takeOnly().message())
                        .isEqualTo("A server has ended because the loops of its group are closed");
            } else {
                assertThatThrownBy(() -> Peer.connect(address)).isInstanceOf(ConnectException.class);
                server.close();
                await(serving);
            }
            assertThat(server.shutdown(LONG)).isZero();
            server.waitClosed();
        });
    }

    /** The guard of all tests counts the descriptors: what is on its way to a loop when that is closed is closed. */
    @ParameterizedTest
    @EnumSource
    void noConnectionIsLeftOpenHoweverTheGroupEnds(Way way, Errors errors) throws Exception {
        assumeReusePort();
        for (int round = 0; round < 20; round++) {
            AtomicInteger served = new AtomicInteger();
            int enough = round * 3;
            run(() -> {
                LoopGroup group = LoopGroup.of(2);
                Server server = createServer(
                        group,
                        () -> {
                            served.incrementAndGet();
                            return new Echo();
                        },
                        "127.0.0.1",
                        0,
                        way.options());
                InetSocketAddress address =
                        (InetSocketAddress) server.sockets().getFirst().getLocalAddress();
                boolean[] closed = {false};
                List<Task<?>> clients = new ArrayList<>();
                for (int i = 0; i < 8; i++) {
                    clients.add(createTask(() -> {
                        while (!closed[0]) {
                            connectAndWaitForTheEnd(address, closed);
                        }
                    }));
                }
                Until.holds("the clients are at it", () -> served.get() >= enough);
                group.close();
                closed[0] = true;
                server.close();
                for (Task<?> client : clients) {
                    await(client);
                }
            });
            assertThat(errors.take()).allMatch(context -> context.message().startsWith("A server has ended"));
        }
    }

    /** Echoes a few times, and goes. */
    @Suspends
    private static void connectAndWaitForTheEnd(InetSocketAddress address, boolean[] closed) {
        try (Peer peer = Peer.connect(address)) {
            peer.send("hello");
            peer.receive(5);
            if (closed[0]) {
                peer.receiveAll();
            }
        } catch (IOException e) {
            sleep(Duration.ZERO); // refused or reset: the server ends
        }
    }
}
