package dev.tulip.tests.net;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createServer;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.ExceptionContext;
import dev.tulip.loop.Task;
import dev.tulip.net.ListenOptions;
import dev.tulip.net.Network;
import dev.tulip.net.Protocol;
import dev.tulip.net.Server;
import dev.tulip.net.Transport;
import dev.tulip.tests.support.Errors;
import dev.tulip.tests.support.Ipv6;
import dev.tulip.tests.support.Peer;
import dev.tulip.tests.support.Recorder;
import dev.tulip.tests.support.SocketPair;
import dev.tulip.tests.support.Spawn;
import dev.tulip.tests.support.Until;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Servers: behaviour 53 of asyncio, rows N3, N4 and V1 to V5. */
class ServerTest {
    private static final Duration LONG = Duration.ofMinutes(1);

    /** All protocols that the servers of this test have made. */
    private final List<Recorder> protocols = new ArrayList<>();

    private Recorder echo() {
        Recorder protocol = new Recorder() {
            @Override
            public void dataReceived(ByteBuffer data) {
                super.dataReceived(data.duplicate());
                transport().write(data);
            }
        };
        protocols.add(protocol);
        return protocol;
    }

    private static int port(Server server) throws IOException {
        return ((InetSocketAddress) server.sockets().getFirst().getLocalAddress()).getPort();
    }

    private static Peer peer(Server server) throws IOException {
        return Peer.connect(new InetSocketAddress("127.0.0.1", port(server)));
    }

    private static void assertEchoes(Peer peer) throws IOException {
        peer.send("hello");
        assertThat(peer.receive(5)).isEqualTo("hello");
    }

    // -- listening ------------------------------------------------------------------------------------------------

    @Test
    void eachConnectionHasAProtocolOfItsOwn() throws Exception {
        run(() -> {
            Server server = createServer(this::echo, "127.0.0.1", 0);
            assertThat(server.isServing()).isTrue();
            assertThat(server.getLoop()).isSameAs(runningLoop());
            try (Peer first = peer(server);
                    Peer second = peer(server)) {
                assertEchoes(second);
                assertEchoes(first);
                assertThat(protocols).hasSize(2);
                assertThat(protocols.get(0)).isNotSameAs(protocols.get(1));
                assertThat(protocols.get(0).transport().getExtraInfo("peername"))
                        .isIn(first.socket().getLocalAddress(), second.socket().getLocalAddress());
                assertThat(server.toString()).contains("serving", "127.0.0.1:" + port(server), "2 connections");
            }
            server.close();
            server.waitClosed();
            assertThat(protocols).allMatch(Recorder::isLost);
        });
    }

    @Test
    void connectionsHaveNoDelayAndProbesIfWanted() throws Exception {
        run(() -> {
            for (boolean keepAlive : new boolean[] {false, true}) {
                protocols.clear();
                Server server = createServer(
                        this::echo,
                        "127.0.0.1",
                        0,
                        ListenOptions.defaults().withKeepAlive(keepAlive).withBacklog(5));
                try (Peer peer = peer(server)) {
                    assertEchoes(peer);
                    SocketChannel socket =
                            (SocketChannel) protocols.getFirst().transport().getExtraInfo("socket");
                    assertThat(socket.getOption(StandardSocketOptions.TCP_NODELAY))
                            .isTrue();
                    assertThat(socket.getOption(StandardSocketOptions.SO_KEEPALIVE))
                            .isEqualTo(keepAlive);
                }
                server.shutdown(LONG);
            }
        });
    }

    @Test
    void everyInterfaceMeansBothFamiliesOnOnePort() throws Exception {
        run(() -> {
            for (String host : new String[] {null, ""}) {
                Server server = createServer(this::echo, host, 0);
                assertThat(server.sockets()).hasSize(1);
                try (Peer peer = peer(server)) {
                    assertEchoes(peer);
                    InetSocketAddress name =
                            (InetSocketAddress) protocols.getLast().transport().getExtraInfo("peername");
                    assertThat(name.getAddress()).isInstanceOf(Inet4Address.class);
                }
                if (Ipv6.isAvailable()) {
                    try (Peer peer = Peer.connect(new InetSocketAddress("::1", port(server)))) {
                        assertEchoes(peer);
                    }
                }
                server.shutdown(LONG);
            }
        });
    }

    @Test
    void oneFamilyOnlyIfTheOptionsSaySo() throws Exception {
        assumeTrue(Ipv6.isAvailable(), "this machine has no IPv6");
        run(() -> {
            Server server =
                    createServer(this::echo, null, 0, ListenOptions.defaults().withFamily(StandardProtocolFamily.INET));
            try (Peer peer = peer(server)) {
                assertEchoes(peer);
            }
            assertThatThrownBy(() -> Peer.connect(new InetSocketAddress("::1", port(server))))
                    .isInstanceOf(ConnectException.class);
            server.shutdown(LONG);
            assertThatThrownBy(() -> createServer(
                            this::echo,
                            "127.0.0.1",
                            0,
                            ListenOptions.defaults().withFamily(StandardProtocolFamily.INET6)))
                    .isInstanceOf(UnknownHostException.class)
                    .hasMessage("127.0.0.1: no address of the family INET6");
        });
    }

    @Test
    void severalAddressesAreSeveralSockets() throws Exception {
        assumeTrue(Ipv6.isAvailable(), "this machine has no IPv6");
        run(() -> {
            Server server = Network.createServer(
                    this::echo, List.of("127.0.0.1", "::1", "127.0.0.1"), 0, ListenOptions.defaults());
            assertThat(server.sockets()).hasSize(2);
            for (ServerSocketChannel socket : server.sockets()) {
                try (Peer peer = Peer.connect(socket.getLocalAddress())) {
                    assertEchoes(peer);
                }
            }
            server.shutdown(LONG);
            Server both = Network.createServer(this::echo, List.of("0.0.0.0", "::"), 0, ListenOptions.defaults());
            try (Peer four = peer(both);
                    Peer six = Peer.connect(new InetSocketAddress("::1", port(both)))) {
                assertEchoes(four);
                assertEchoes(six);
            }
            both.shutdown(LONG);
        });
    }

    @Test
    void aNameIsLookedUp() throws Exception {
        run(() -> {
            Server server = createServer(this::echo, "localhost", 0);
            try (Peer peer = Peer.connect(server.sockets().getFirst().getLocalAddress())) {
                assertEchoes(peer);
            }
            server.shutdown(LONG);
            assertThatThrownBy(() -> createServer(this::echo, "no-such-host.tulip.test", 0))
                    .isInstanceOf(UnknownHostException.class)
                    .hasMessageContaining("no-such-host.tulip.test");
        });
    }

    @Test
    void aPortThatIsTakenIsNamed() throws Exception {
        run(() -> {
            Server server = createServer(this::echo, "127.0.0.1", 0);
            assertThatThrownBy(() -> createServer(this::echo, "127.0.0.1", port(server)))
                    .isInstanceOf(BindException.class)
                    .hasMessageContaining("cannot listen on /127.0.0.1:" + port(server));
            server.close();
        });
    }

    @Test
    void anAddressOfAnotherMachineIsLeftOutAsLongAsOneRemains() throws Exception {
        run(() -> {
            String foreign = "192.0.2.1"; // for documentation only: RFC 5737
            assertThatThrownBy(() -> createServer(this::echo, foreign, 0))
                    .isInstanceOf(BindException.class)
                    .hasMessageContaining(foreign);
            Server server =
                    Network.createServer(this::echo, List.of(foreign, "127.0.0.1"), 0, ListenOptions.defaults());
            assertThat(server.sockets()).hasSize(1);
            server.close();
        });
    }

    /** The guard of all tests counts the descriptors. */
    @Test
    void ifOneAddressCannotBeBoundAllAreGivenBack() throws Exception {
        run(() -> {
            try (ServerSocketChannel taken = SocketPair.listener()) {
                int port = ((InetSocketAddress) taken.getLocalAddress()).getPort();
                assertThatThrownBy(() -> Network.createServer(
                                this::echo, List.of("127.0.0.2", "127.0.0.1"), port, ListenOptions.defaults()))
                        .isInstanceOf(BindException.class);
                try (ServerSocketChannel again = ServerSocketChannel.open()) {
                    again.bind(new InetSocketAddress("127.0.0.2", port));
                }
            }
        });
    }

    @Test
    void aPortCanBeSharedIfBothWant() throws Exception {
        run(() -> {
            ListenOptions shared = ListenOptions.defaults().withReusePort(true);
            Server first = createServer(this::echo, "127.0.0.1", 0, shared);
            Server second = createServer(this::echo, "127.0.0.1", port(first), shared);
            assertThat(port(second)).isEqualTo(port(first));
            first.close();
            Until.settled(); // the JDK gives the socket back in the next select; until then it gets its share
            try (Peer peer = peer(second)) {
                assertEchoes(peer);
            }
            second.shutdown(LONG);
        });
    }

    @Test
    void aPortCanBeUsedAgainAtOnce() throws Exception {
        run(() -> {
            Server first = createServer(this::echo, "127.0.0.1", 0);
            int port = port(first);
            try (Peer peer = peer(first)) {
                assertEchoes(peer);
                first.shutdown(Duration.ZERO); // the server ends the connection: its port stays in TIME_WAIT
                assertThat(peer.receiveAll()).isEmpty();
            }
            Server second = createServer(this::echo, "127.0.0.1", port);
            second.close();
            assertThat(ListenOptions.defaults().withReuseAddress(false).reuseAddress())
                    .isFalse();
            Server third = createServer(
                    this::echo, "127.0.0.1", 0, ListenOptions.defaults().withReuseAddress(false));
            assertThat(third.sockets().getFirst().getOption(StandardSocketOptions.SO_REUSEADDR))
                    .isFalse();
            third.close();
        });
    }

    @Test
    void thePortOfAServerThatWasJustClosedIsFree() throws Exception {
        run(() -> {
            Server first = createServer(this::echo, "127.0.0.1", 0);
            int port = port(first);
            first.close();
            Server second = createServer(this::echo, "127.0.0.1", port);
            second.close();
        });
    }

    @Test
    void badOptionsAreRefused() {
        assertThatThrownBy(() -> ListenOptions.defaults().withBacklog(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ListenOptions.defaults().withFamily(StandardProtocolFamily.UNIX))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aListeningSocketOfSomebodyElseCanBeServed() throws Exception {
        run(() -> {
            ServerSocketChannel listener = SocketPair.listener();
            Server server = Network.createServer(this::echo, listener, ListenOptions.defaults());
            assertThat(server.sockets()).containsExactly(listener);
            try (Peer peer = peer(server)) {
                assertEchoes(peer);
            }
            server.shutdown(LONG);
            assertThat(listener.isOpen()).isFalse();
            try (ServerSocketChannel unbound = ServerSocketChannel.open()) {
                assertThatThrownBy(() -> Network.createServer(this::echo, unbound, ListenOptions.defaults()))
                        .isInstanceOf(IOException.class)
                        .hasMessageContaining("not bound");
            }
        });
    }

    @Test
    void aUnixSocketIsServedByTheSameTransports(@TempDir Path folder) throws Exception {
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(folder.resolve("socket"));
        run(() -> {
            ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            listener.bind(address);
            Server server = Network.createServer(this::echo, listener, ListenOptions.defaults());
            SocketChannel socket = SocketChannel.open(address);
            Recorder client = new Recorder();
            Transport transport = Network.createConnection(() -> client, socket).transport();
            assertThat(transport.getExtraInfo("peername")).isEqualTo(address);
            transport.write("over a file".getBytes());
            Until.holds("the echo", () -> client.text().equals("over a file"));
            transport.close();
            assertThat(client.awaitLost()).isNull();
            assertThat(server.shutdown(LONG)).isZero();
        });
    }

    @Test
    void anAcceptedSocketOfSomebodyElseCanBeServed() throws Exception {
        run(() -> {
            SocketPair pair = SocketPair.open();
            Recorder protocol = echo();
            Network.connectAcceptedSocket(() -> protocol, pair.there());
            try (Peer peer = new Peer(pair.here())) {
                assertEchoes(peer);
            }
            assertThat(protocol.awaitLost()).isNull();
        });
    }

    // -- serving --------------------------------------------------------------------------------------------------

    @Test
    void aServerMayBeginToServeLaterAndConnectionsWait() throws Exception {
        run(() -> {
            Server server = createServer(
                    this::echo, "127.0.0.1", 0, ListenOptions.defaults().withStartServing(false));
            assertThat(server.isServing()).isFalse();
            assertThat(server.toString()).contains("not serving");
            try (Peer peer = peer(server)) {
                peer.send("hello");
                Until.settled();
                assertThat(protocols).isEmpty();
                server.startServing();
                server.startServing();
                assertThat(server.isServing()).isTrue();
                assertThat(peer.receive(5)).isEqualTo("hello");
            }
            server.shutdown(LONG);
            assertThatThrownBy(server::startServing)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("closed");
        });
    }

    @Test
    void serveForeverReturnsWhenTheServerIsClosed() throws Exception {
        run(() -> {
            Server server = createServer(
                    this::echo, "127.0.0.1", 0, ListenOptions.defaults().withStartServing(false));
            Task<?> serving = createTask(server::serveForever);
            sleep(Duration.ZERO);
            assertThat(server.isServing()).isTrue();
            try (Peer peer = peer(server)) {
                assertEchoes(peer);
                assertThatThrownBy(server::serveForever)
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("by another task");
                server.close();
                await(serving);
                assertEchoes(peer); // the connection goes on
            }
            server.waitClosed();
            assertThatThrownBy(server::serveForever).isInstanceOf(IllegalStateException.class);
        });
    }

    @Test
    void cancellingServeForeverClosesTheServerAndDoesNotWaitForClients() throws Exception {
        run(() -> {
            Server server = createServer(this::echo, "127.0.0.1", 0);
            Task<?> serving = createTask(server::serveForever);
            try (Peer peer = peer(server)) {
                assertEchoes(peer);
                serving.cancel();
                assertThatThrownBy(() -> await(serving)).isInstanceOf(CancelledError.class);
                assertThat(server.isServing()).isFalse();
                assertThat(server.sockets()).isEmpty();
                assertEchoes(peer);
            }
            server.waitClosed();
        });
    }

    // -- closing --------------------------------------------------------------------------------------------------

    /** Behaviour 53. */
    @Test
    void closeEndsTheListeningOnly() throws Exception {
        run(() -> {
            Server server = createServer(this::echo, "127.0.0.1", 0);
            int port = port(server);
            Task<?> waiting = createTask(server::waitClosed);
            try (Peer peer = peer(server)) {
                assertEchoes(peer);
                server.close();
                server.close();
                assertThat(server.sockets()).isEmpty();
                assertThat(server.isServing()).isFalse();
                assertThat(server.toString()).contains("closed", "1 connections");
                Until.settled();
                assertThatThrownBy(() -> Peer.connect(new InetSocketAddress("127.0.0.1", port)))
                        .isInstanceOf(ConnectException.class);
                assertEchoes(peer);
                assertThat(waiting.done()).isFalse();
            }
            await(waiting);
            assertThat(protocols).allMatch(Recorder::isLost);
        });
    }

    @Test
    void waitClosedAlsoWaitsForTheClosingAndCancellingOneWaiterLeavesTheOthers() throws Exception {
        run(() -> {
            Server server = createServer(this::echo, "127.0.0.1", 0);
            Task<?> first = createTask(server::waitClosed);
            Task<?> second = createTask(server::waitClosed);
            Until.settled();
            assertThat(first.done()).isFalse();
            first.cancel();
            assertThatThrownBy(() -> await(first)).isInstanceOf(CancelledError.class);
            assertThat(second.done()).isFalse();
            server.close();
            await(second);
            server.waitClosed(); // does not suspend
        });
    }

    @Test
    void closeClientsSendsWhatWasWrittenAndAbortClientsDoesNot() throws Exception {
        run(() -> {
            List<Integer> received = new ArrayList<>();
            for (boolean abort : new boolean[] {false, true}) {
                Server server = createServer(
                        () -> new Recorder() {
                            @Override
                            public void connectionMade(Transport transport) {
                                super.connectionMade(transport);
                                transport.write(new byte[20_000_000]);
                                protocols.add(this);
                            }
                        },
                        "127.0.0.1",
                        0);
                try (Peer peer = peer(server)) {
                    Until.holds("connected", () -> !protocols.isEmpty());
                    if (abort) {
                        server.abortClients();
                    } else {
                        server.closeClients();
                    }
                    assertThat(server.isServing()).isTrue();
                    received.add(peer.receiveAll().length);
                    assertThat(protocols.removeLast().awaitLost()).isNull();
                }
                server.close();
                server.waitClosed();
            }
            assertThat(received.get(0)).isEqualTo(20_000_000);
            assertThat(received.get(1)).isLessThan(20_000_000);
        });
    }

    @Test
    void shutdownLetsConnectionsFinish() throws Exception {
        run(() -> {
            Server server = createServer(this::echo, "127.0.0.1", 0);
            Peer peer = peer(server);
            try (Peer other = peer(server)) {
                assertEchoes(peer);
                assertEchoes(other);
                Task<Integer> shutdown = createTask(() -> server.shutdown(LONG));
                Until.settled();
                assertThat(server.isServing()).isFalse();
                assertEchoes(peer);
                peer.close();
                Until.settled();
                assertThat(shutdown.done()).isFalse();
                other.sendEnd();
                assertThat(await(shutdown)).isZero();
                assertThat(protocols).allMatch(Recorder::isLost);
            }
        });
    }

    @Test
    void shutdownAbortsWhatDoesNotFinishInTimeAndCountsIt() throws Exception {
        run(() -> {
            Server server = createServer(this::echo, "127.0.0.1", 0);
            Peer finishes = peer(server);
            try (Peer idle = peer(server);
                    Peer neverReads = peer(server)) {
                assertEchoes(finishes);
                assertEchoes(idle);
                neverReads.send("x");
                Until.holds(
                        "three",
                        () -> protocols.size() == 3 && protocols.get(2).text().equals("x"));
                protocols.getLast().transport().write(new byte[20_000_000]);
                protocols.getLast().transport().close();
                Task<Integer> shutdown = createTask(() -> server.shutdown(Duration.ofMillis(50)));
                finishes.close();
                assertThat(await(shutdown)).isEqualTo(2);
                assertThat(protocols).allMatch(Recorder::isLost);
                assertThat(idle.receiveAll()).isEmpty();
            }
            assertThat(server.shutdown(LONG)).isZero();
        });
    }

    @Test
    void shutdownWithoutGraceAbortsAtOnce() throws Exception {
        run(() -> {
            Server server = createServer(this::echo, "127.0.0.1", 0);
            try (Peer peer = peer(server)) {
                assertEchoes(peer);
                assertThat(server.shutdown(Duration.ZERO)).isOne();
                assertThat(protocols.getFirst().isLost()).isTrue();
            }
        });
    }

    @Test
    void shutdownOfWhatNeverServedOrIsClosedAlready() throws Exception {
        run(() -> {
            Server never = createServer(
                    this::echo, "127.0.0.1", 0, ListenOptions.defaults().withStartServing(false));
            assertThat(never.shutdown(LONG)).isZero();
            Server closed = createServer(this::echo, "127.0.0.1", 0);
            closed.close();
            assertThat(closed.shutdown(LONG)).isZero();
            assertThat(closed.shutdown(LONG)).isZero();
        });
    }

    @Test
    void shutdownByTwoTasksAtATimeEndsForBoth() throws Exception {
        run(() -> {
            Server server = createServer(this::echo, "127.0.0.1", 0);
            try (Peer peer = peer(server)) {
                assertEchoes(peer);
                Task<Integer> patient = createTask(() -> server.shutdown(LONG));
                Task<Integer> impatient = createTask(() -> server.shutdown(Duration.ofMillis(5)));
                Task<?> serving = createTask(() -> server.waitClosed());
                assertThat(await(impatient)).isOne();
                assertThat(await(patient)).isZero();
                await(serving);
            }
        });
    }

    @Test
    void cancellingAShutdownLeavesTheServerClosedAndTheConnections() throws Exception {
        run(() -> {
            Server server = createServer(this::echo, "127.0.0.1", 0);
            try (Peer peer = peer(server)) {
                assertEchoes(peer);
                Task<?> shutdown = createTask(() -> server.shutdown(LONG));
                Until.settled();
                shutdown.cancel();
                assertThatThrownBy(() -> await(shutdown)).isInstanceOf(CancelledError.class);
                assertThat(server.isServing()).isFalse();
                assertEchoes(peer);
            }
            server.waitClosed();
        });
    }

    @Test
    void aConnectionIsAbortedBetweenItsAcceptAndConnectionMade() throws Exception {
        run(() -> {
            Server[] server = new Server[1];
            server[0] = createServer(
                    () -> {
                        runningLoop().callSoon(() -> server[0].abortClients()); // runs before connectionMade
                        server[0].abortClients();
                        return echo();
                    },
                    "127.0.0.1",
                    0);
            try (Peer peer = peer(server[0])) {
                assertThat(peer.receiveAll()).isEmpty();
                server[0].close();
                server[0].waitClosed();
                assertThat(protocols.getFirst().events).isEmpty();
            }
        });
    }

    @Test
    void aServerIsAResource() throws Exception {
        run(() -> {
            try (Server server = createServer(this::echo, "127.0.0.1", 0);
                    Peer peer = peer(server)) {
                assertEchoes(peer);
            }
        });
    }

    @Test
    void anotherThreadIsRefused() throws Exception {
        run(() -> {
            Server server = createServer(this::echo, "127.0.0.1", 0);
            List<Throwable> thrown = new ArrayList<>();
            List<Runnable> calls =
                    List.of(server::close, server::startServing, server::closeClients, server::abortClients);
            Thread thread = Spawn.platform("other", () -> {
                for (Runnable call : calls) {
                    try {
                        call.run();
                    } catch (WrongThreadException e) {
                        thrown.add(e);
                    }
                }
            });
            Until.holds("the thread has ended", () -> !thread.isAlive());
            assertThat(thrown).hasSize(4);
            assertThat(server.isServing()).isTrue();
            server.close();
        });
    }

    // -- accepting ------------------------------------------------------------------------------------------------

    @Test
    void aFactoryThatFailsIsReportedAndTheServerGoesOn(Errors errors) throws Exception {
        run(() -> {
            boolean[] fail = {true};
            Server server = createServer(
                    () -> {
                        if (fail[0]) {
                            throw new IllegalStateException("deliberate");
                        }
                        return echo();
                    },
                    "127.0.0.1",
                    0);
            try (Peer refused = peer(server)) {
                assertThat(refused.receiveAll()).isEmpty();
            }
            ExceptionContext context = errors.takeOnly();
            assertThat(context.message()).isEqualTo("Error on transport creation for incoming connection");
            assertThat(context.exception()).hasMessage("deliberate");
            assertThat(context.get("server")).isSameAs(server);
            fail[0] = false;
            try (Peer peer = peer(server)) {
                assertEchoes(peer);
            }
            server.shutdown(LONG);
        });
    }

    @Test
    void aFactoryThatReturnsNullIsReported(Errors errors) throws Exception {
        run(() -> {
            Server server = createServer(() -> (Protocol) null, "127.0.0.1", 0);
            try (Peer refused = peer(server)) {
                assertThat(refused.receiveAll()).isEmpty();
            }
            assertThat(errors.takeOnly().exception()).isInstanceOf(NullPointerException.class);
            server.close();
        });
    }

    @Test
    void aPeerThatIsGoneBeforeItIsAcceptedIsAConnectionThatIsLost(Errors errors) throws Exception {
        run(() -> {
            Server server = createServer(
                    this::echo, "127.0.0.1", 0, ListenOptions.defaults().withStartServing(false));
            for (int i = 0; i < 20; i++) {
                peer(server).reset();
            }
            Until.settled();
            server.startServing();
            try (Peer peer = peer(server)) {
                assertEchoes(peer);
            }
            assertThat(server.shutdown(LONG)).isZero();
            for (Recorder protocol : protocols) {
                assertThat(protocol.events.getFirst()).isEqualTo("made");
                assertThat(protocol.isLost()).isTrue();
            }
            assertThat(errors.take()).isEmpty();
        });
    }

    @Test
    void anAcceptStormDoesNotKeepAConnectionWaiting() throws Exception {
        run(() -> {
            int[] accepted = new int[1];
            List<Peer> storm = new ArrayList<>();
            Server quiet = createServer(this::echo, "127.0.0.1", 0);
            Server stormy = createServer(
                    () -> {
                        accepted[0]++;
                        return new Recorder();
                    },
                    "127.0.0.1",
                    0,
                    ListenOptions.defaults().withBacklog(1000).withStartServing(false));
            try (Peer peer = peer(quiet)) {
                assertEchoes(peer);
                for (int i = 0; i < 500; i++) {
                    storm.add(peer(stormy));
                }
                peer.send("and me?");
                stormy.startServing();
                int before = 0;
                while (!protocols.getFirst().text().endsWith("and me?")) {
                    before = accepted[0];
                    sleep(Duration.ZERO);
                }
                assertThat(before).isLessThanOrEqualTo(300);
                Until.holds("all", () -> accepted[0] == 500);
            }
            storm.forEach(Peer::close);
            assertThat(stormy.shutdown(LONG)).isZero();
            assertThat(quiet.shutdown(LONG)).isZero();
        });
    }

    /** The guard of all tests counts the descriptors. */
    @Test
    void tenThousandConnectionsComeAndGo() throws Exception {
        run(() -> {
            int[] made = new int[1];
            int[] lost = new int[1];
            Server server = createServer(
                    () -> new Protocol() {
                        @Override
                        public void connectionMade(Transport transport) {
                            made[0]++;
                        }

                        @Override
                        public void connectionLost(Exception exception) {
                            lost[0]++;
                        }
                    },
                    "127.0.0.1",
                    0);
            InetSocketAddress address = new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port(server));
            for (int i = 0; i < 10_000; i++) {
                Peer peer = Peer.connect(address);
                if (i % 2 == 0) {
                    peer.close();
                } else {
                    peer.reset();
                }
            }
            Until.holds("all have come", () -> made[0] == 10_000);
            assertThat(server.shutdown(LONG)).isZero();
            assertThat(lost[0]).isEqualTo(10_000);
        });
    }
}
