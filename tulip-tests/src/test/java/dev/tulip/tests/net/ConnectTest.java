package dev.tulip.tests.net;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createConnection;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.Task;
import dev.tulip.net.ConnectOptions;
import dev.tulip.net.ExtraInfo;
import dev.tulip.net.ListenOptions;
import dev.tulip.net.Network;
import dev.tulip.net.Server;
import dev.tulip.net.TransportAndProtocol;
import dev.tulip.tests.support.BlackHole;
import dev.tulip.tests.support.Ipv6;
import dev.tulip.tests.support.NameServer;
import dev.tulip.tests.support.Recorder;
import dev.tulip.tests.support.SocketPair;
import dev.tulip.tests.support.Until;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Making connections: rows N1 and N2 of asyncio, RFC 8305. */
class ConnectTest {
    private static final Duration LONG = Duration.ofHours(1);

    private static int freePort() throws IOException {
        try (ServerSocketChannel listener = SocketPair.listener()) {
            return ((InetSocketAddress) listener.getLocalAddress()).getPort();
        }
    }

    private static Server server(int port, String... hosts) throws IOException {
        return Network.createServer(Recorder::new, List.of(hosts), port, ListenOptions.defaults());
    }

    private static int port(Server server) throws IOException {
        return ((InetSocketAddress) server.sockets().getFirst().getLocalAddress()).getPort();
    }

    private static String peerOf(TransportAndProtocol<?> connection) {
        InetSocketAddress peer = (InetSocketAddress) connection.transport().getExtraInfo(ExtraInfo.PEERNAME);
        return peer.getAddress().getHostAddress();
    }

    @Test
    void itConnectsToNamesAndAddresses() throws Exception {
        run(() -> {
            try (Server server = server(0, "127.0.0.1")) {
                for (String host : List.of("127.0.0.1", "localhost", NameServer.name("127.0.0.1"))) {
                    TransportAndProtocol<Recorder> c = createConnection(Recorder::new, host, port(server));
                    assertThat(c.protocol().events).containsExactly("made");
                    assertThat(c.protocol().transport()).isSameAs(c.transport());
                    assertThat(peerOf(c)).isEqualTo("127.0.0.1");
                    assertThat(c.transport()
                                    .getExtraInfo(ExtraInfo.SOCKET)
                                    .getOption(StandardSocketOptions.TCP_NODELAY))
                            .isTrue();
                    c.transport().close();
                    assertThat(c.protocol().awaitLost()).isNull();
                }
            }
        });
    }

    @Test
    void itConnectsToIpv6() throws Exception {
        assumeTrue(Ipv6.isAvailable(), "this machine has no IPv6");
        run(() -> {
            try (Server server = server(0, "::1")) {
                for (String host : List.of("::1", "[::1]", NameServer.name("127.0.0.1", "::1"))) {
                    TransportAndProtocol<Recorder> c = createConnection(Recorder::new, host, port(server));
                    assertThat(peerOf(c)).isEqualTo("0:0:0:0:0:0:0:1");
                    c.transport().abort();
                }
            }
        });
    }

    @Test
    void theProtocolIsMadeWhenTheConnectionStands() throws Exception {
        run(() -> {
            int port = freePort();
            List<String> made = new ArrayList<>();
            assertThatThrownBy(() -> createConnection(
                            () -> {
                                made.add("made");
                                return new Recorder();
                            },
                            "127.0.0.1",
                            port))
                    .isInstanceOf(ConnectException.class);
            assertThat(made).isEmpty();
        });
    }

    @Test
    void aRefusalNamesHostAndPortAndEveryAttempt() throws Exception {
        run(() -> {
            int port = freePort();
            assertThatThrownBy(() -> createConnection(Recorder::new, "127.0.0.1", port))
                    .isInstanceOf(ConnectException.class)
                    .hasMessage("cannot connect to 127.0.0.1:" + port + ": Connection refused")
                    .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));
            String name = NameServer.name("127.0.0.1", "127.0.0.2", "127.0.0.3");
            for (ConnectOptions options :
                    List.of(ConnectOptions.defaults(), ConnectOptions.defaults().withoutHappyEyeballs())) {
                assertThatThrownBy(() -> createConnection(Recorder::new, name, port, options))
                        .isInstanceOf(ConnectException.class)
                        .hasMessage("cannot connect to " + name + ":" + port + ": 127.0.0.1: Connection refused;"
                                + " 127.0.0.2: Connection refused; 127.0.0.3: Connection refused")
                        .satisfies(
                                e -> assertThat(e.getSuppressed()).hasSize(3).allMatch(IOException.class::isInstance));
            }
        });
    }

    @Test
    void aNameWithoutAddressIsNamed() throws Exception {
        run(() -> {
            assertThatThrownBy(() -> createConnection(Recorder::new, "no-such-host.tulip.test", 80))
                    .isInstanceOf(UnknownHostException.class)
                    .hasMessageContaining("no-such-host.tulip.test");
            assertThatThrownBy(() -> createConnection(
                            Recorder::new,
                            "127.0.0.1",
                            80,
                            ConnectOptions.defaults().withFamily(StandardProtocolFamily.INET6)))
                    .isInstanceOf(UnknownHostException.class)
                    .hasMessage("127.0.0.1: no address of the family INET6");
        });
    }

    @Test
    void theFamilyMayBeChosen() throws Exception {
        assumeTrue(Ipv6.isAvailable(), "this machine has no IPv6");
        run(() -> {
            try (Server server = server(0, "")) {
                String name = NameServer.name("127.0.0.1", "::1");
                TransportAndProtocol<Recorder> six = createConnection(
                        Recorder::new,
                        name,
                        port(server),
                        ConnectOptions.defaults().withFamily(StandardProtocolFamily.INET6));
                assertThat(peerOf(six)).isEqualTo("0:0:0:0:0:0:0:1");
                TransportAndProtocol<Recorder> first = createConnection(Recorder::new, name, port(server));
                assertThat(peerOf(first)).isEqualTo("127.0.0.1");
                six.transport().abort();
                first.transport().abort();
                server.shutdown(LONG);
            }
        });
    }

    @Test
    void theLocalAddressMayBeChosen() throws Exception {
        run(() -> {
            try (Server server = server(0, "127.0.0.1")) {
                InetSocketAddress local = new InetSocketAddress("127.0.0.5", 0);
                ConnectOptions options = ConnectOptions.defaults().withLocalAddress(local);
                TransportAndProtocol<Recorder> c = createConnection(Recorder::new, "127.0.0.1", port(server), options);
                InetSocketAddress own = (InetSocketAddress) c.transport().getExtraInfo("sockname");
                assertThat(own.getAddress()).isEqualTo(local.getAddress());
                c.transport().abort();
                assertThatThrownBy(() -> createConnection(Recorder::new, "::1", port(server), options))
                        .isInstanceOf(ConnectException.class)
                        .hasMessageContaining("of another family");
                assertThatThrownBy(() -> createConnection(
                                Recorder::new,
                                "127.0.0.1",
                                port(server),
                                ConnectOptions.defaults().withLocalAddress(new InetSocketAddress("192.0.2.1", 0))))
                        .isInstanceOf(ConnectException.class)
                        .hasMessageContaining("cannot connect to 127.0.0.1");
            }
        });
    }

    @Test
    void badOptionsAreRefused() {
        ConnectOptions options = ConnectOptions.defaults();
        assertThat(options.happyEyeballsDelay()).isEqualTo(Duration.ofMillis(250));
        assertThatThrownBy(() -> options.withFamily(StandardProtocolFamily.UNIX))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> options.withHappyEyeballsDelay(Duration.ofMillis(-1)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> options.withInterleave(-1)).isInstanceOf(IllegalArgumentException.class);
    }

    // -- happy eyeballs -------------------------------------------------------------------------------------------

    @Test
    void ifOneAddressTakesLongTheNextIsTriedBesideIt() throws Exception {
        run(() -> {
            try (Server server = server(0, "127.0.0.1");
                    BlackHole slow = new BlackHole("127.0.0.2", port(server))) {
                TransportAndProtocol<Recorder> c = createConnection(
                        Recorder::new,
                        NameServer.name("127.0.0.2", "127.0.0.1"),
                        slow.port(),
                        ConnectOptions.defaults().withHappyEyeballsDelay(Duration.ofMillis(20)));
                assertThat(peerOf(c)).isEqualTo("127.0.0.1");
                assertThat(runningLoop().allTasks()).hasSizeLessThanOrEqualTo(2);
                Until.holds(
                        "the other attempt has ended",
                        () -> runningLoop().allTasks().size() == 1);
                c.transport().abort();
            }
        });
    }

    @Test
    void ifOneAddressFailsTheNextIsTriedAtOnce() throws Exception {
        run(() -> {
            try (Server server = server(0, "127.0.0.1")) {
                TransportAndProtocol<Recorder> c = createConnection(
                        Recorder::new,
                        NameServer.name("127.0.0.2", "127.0.0.3", "127.0.0.1"),
                        port(server),
                        ConnectOptions.defaults().withHappyEyeballsDelay(LONG));
                assertThat(peerOf(c)).isEqualTo("127.0.0.1");
                c.transport().abort();
            }
        });
    }

    @Test
    void anAddressThatAnswersInTimeIsTakenAndNoOtherIsTried() throws Exception {
        run(() -> {
            int[] accepted = new int[1];
            try (Server first = server(0, "127.0.0.1");
                    Server second = Network.createServer(
                            () -> {
                                accepted[0]++;
                                return new Recorder();
                            },
                            "127.0.0.2",
                            port(first))) {
                TransportAndProtocol<Recorder> c = createConnection(
                        Recorder::new,
                        NameServer.name("127.0.0.1", "127.0.0.2"),
                        port(first),
                        ConnectOptions.defaults().withHappyEyeballsDelay(LONG));
                assertThat(peerOf(c)).isEqualTo("127.0.0.1");
                sleep(Duration.ofMillis(20));
                assertThat(accepted[0]).isZero();
                c.transport().abort();
                assertThat(second.isServing()).isTrue();
            }
        });
    }

    @Test
    void aFailureAfterAllWereStartedIsWaitedFor() throws Exception {
        try (BlackHole slow = new BlackHole("127.0.0.2", 0)) {
            run(() -> {
                // The first hangs, the second is refused: still waiting for the first.
                Task<?> connecting = createTask(() -> createConnection(
                        Recorder::new,
                        NameServer.name("127.0.0.2", "127.0.0.1"),
                        slow.port(),
                        ConnectOptions.defaults().withHappyEyeballsDelay(Duration.ofMillis(1))));
                sleep(Duration.ofMillis(30));
                assertThat(connecting.done()).isFalse();
                connecting.cancel();
                assertThatThrownBy(() -> await(connecting)).isInstanceOf(CancelledError.class);
            });
        }
    }

    @Test
    void theFamiliesTakeTurns() throws Exception {
        assumeTrue(Ipv6.isAvailable(), "this machine has no IPv6");
        run(() -> {
            int port = freePort();
            String name = NameServer.name("127.0.0.1", "127.0.0.2", "127.0.0.3", "::1");
            assertThatThrownBy(() -> createConnection(Recorder::new, name, port))
                    .hasMessageMatching(".*127.0.0.1: .*; 0:0:0:0:0:0:0:1: .*; 127.0.0.2: .*; 127.0.0.3: .*");
            assertThatThrownBy(() -> createConnection(
                            Recorder::new, name, port, ConnectOptions.defaults().withInterleave(2)))
                    .hasMessageMatching(".*127.0.0.1: .*; 127.0.0.2: .*; 0:0:0:0:0:0:0:1: .*; 127.0.0.3: .*");
            assertThatThrownBy(() -> createConnection(
                            Recorder::new, name, port, ConnectOptions.defaults().withInterleave(9)))
                    .hasMessageMatching(".*127.0.0.1: .*; 127.0.0.2: .*; 127.0.0.3: .*; 0:0:0:0:0:0:0:1: .*");
            assertThatThrownBy(() -> createConnection(
                            Recorder::new, name, port, ConnectOptions.defaults().withInterleave(0)))
                    .hasMessageMatching(".*127.0.0.1: .*; 127.0.0.2: .*; 127.0.0.3: .*; 0:0:0:0:0:0:0:1: .*");
        });
    }

    @Test
    void withoutHappyEyeballsAnAddressThatHangsHoldsTheOthersUp() throws Exception {
        run(() -> {
            try (Server server = server(0, "127.0.0.1");
                    BlackHole slow = new BlackHole("127.0.0.2", port(server))) {
                Task<?> connecting = createTask(() -> createConnection(
                        Recorder::new,
                        NameServer.name("127.0.0.2", "127.0.0.1"),
                        slow.port(),
                        ConnectOptions.defaults().withoutHappyEyeballs()));
                sleep(Duration.ofMillis(300));
                assertThat(connecting.done()).isFalse();
                connecting.cancel();
                assertThatThrownBy(() -> await(connecting)).isInstanceOf(CancelledError.class);
            }
        });
    }

    /** The guard of all tests counts the descriptors. */
    @Test
    void cancellingClosesTheSocketsOfAllAttempts() throws Exception {
        try (BlackHole one = new BlackHole("127.0.0.2", 0);
                BlackHole two = new BlackHole("127.0.0.3", one.port())) {
            run(() -> {
                for (int millis : new int[] {0, 1, 5, 20}) {
                    Task<?> connecting = createTask(() -> createConnection(
                            Recorder::new,
                            NameServer.name("127.0.0.2", "127.0.0.3"),
                            two.port(),
                            ConnectOptions.defaults().withHappyEyeballsDelay(Duration.ofMillis(3))));
                    sleep(Duration.ofMillis(millis));
                    connecting.cancel();
                    assertThatThrownBy(() -> await(connecting)).isInstanceOf(CancelledError.class);
                    Until.holds(
                            "the attempts have ended",
                            () -> runningLoop().allTasks().size() == 1);
                }
            });
        }
    }

    @Test
    void aCancelAndAConnectionAtOnceLeaveNothingBehind() throws Exception {
        run(() -> {
            try (Server server = server(0, "127.0.0.1")) {
                for (int turns = 0; turns < 12; turns++) {
                    List<Recorder> made = new ArrayList<>();
                    Task<TransportAndProtocol<Recorder>> connecting = createTask(() -> createConnection(
                            () -> {
                                Recorder protocol = new Recorder();
                                made.add(protocol);
                                return protocol;
                            },
                            NameServer.name("127.0.0.1", "127.0.0.2"),
                            port(server)));
                    for (int i = 0; i < turns; i++) {
                        sleep(Duration.ZERO);
                    }
                    if (connecting.cancel()) {
                        assertThatThrownBy(() -> await(connecting)).isInstanceOf(CancelledError.class);
                    } else {
                        await(connecting).transport().abort();
                    }
                    Until.settled();
                    assertThat(made).allMatch(protocol -> protocol.events.isEmpty() || protocol.isLost());
                }
                server.shutdown(LONG);
            }
        });
    }
}
