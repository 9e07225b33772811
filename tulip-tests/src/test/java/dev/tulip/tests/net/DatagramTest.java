package dev.tulip.tests.net;

import static dev.tulip.Tulip.createDatagramEndpoint;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.newEventLoop;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.sleep;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Suspends;
import dev.tulip.loop.Task;
import dev.tulip.net.DatagramOptions;
import dev.tulip.net.DatagramTransport;
import dev.tulip.net.ExtraInfo;
import dev.tulip.net.Network;
import dev.tulip.tests.support.DatagramRecorder;
import dev.tulip.tests.support.Errors;
import dev.tulip.tests.support.Ipv6;
import dev.tulip.tests.support.Logs;
import dev.tulip.tests.support.MountedOnly;
import dev.tulip.tests.support.Spawn;
import dev.tulip.tests.support.StallingNetwork;
import dev.tulip.tests.support.Until;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** Datagrams as callbacks: behaviour 55 of asyncio, rows U1 to U5. */
class DatagramTest {
    private static final DatagramOptions LOOPBACK = DatagramOptions.defaults().withLocalAddress("127.0.0.1", 0);

    @Suspends
    private static DatagramRecorder open(DatagramOptions options) throws IOException {
        return createDatagramEndpoint(DatagramRecorder::new, options).protocol();
    }

    @Suspends
    private static DatagramRecorder openConnectedTo(DatagramRecorder peer) throws IOException {
        return open(LOOPBACK.withRemoteAddress(address(peer)));
    }

    private static InetSocketAddress address(DatagramRecorder endpoint) {
        return (InetSocketAddress) endpoint.transport().getExtraInfo(ExtraInfo.SOCKNAME);
    }

    private static int port(DatagramRecorder endpoint) {
        return address(endpoint).getPort();
    }

    private static void abort(DatagramRecorder... endpoints) {
        for (DatagramRecorder endpoint : endpoints) {
            endpoint.transport().abort();
        }
    }

    /** {@return a port of the loopback interface at which nobody is} */
    private static InetSocketAddress deadPort() throws IOException {
        try (DatagramChannel channel = DatagramChannel.open().bind(new InetSocketAddress("127.0.0.1", 0))) {
            return (InetSocketAddress) channel.getLocalAddress();
        }
    }

    private static byte[] random(Random random, int size) {
        byte[] data = new byte[size];
        random.nextBytes(data);
        return data;
    }

    // -- receiving ------------------------------------------------------------------------------------------------

    @Test
    void connectionMadeComesBeforeDatagramsAndBeforeTheCallReturns() throws Exception {
        run(() -> {
            DatagramChannel socket = DatagramChannel.open().bind(new InetSocketAddress("127.0.0.1", 0));
            try (DatagramChannel sender = DatagramChannel.open()) {
                sender.send(ByteBuffer.wrap("early".getBytes(UTF_8)), socket.getLocalAddress());
            }
            DatagramRecorder protocol = new DatagramRecorder();
            DatagramTransport transport =
                    Network.createDatagramEndpoint(() -> protocol, socket).transport();
            assertThat(protocol.events).containsExactly("made");
            assertThat(protocol.transport()).isSameAs(transport);
            protocol.awaitReceived(1);
            assertThat(protocol.events).containsExactly("made", "datagram early");
            transport.close();
            assertThat(protocol.awaitLost()).isNull();
            assertThat(protocol.events).containsExactly("made", "datagram early", "lost");
        });
    }

    @Test
    void anEndpointAnswersWhoeverSends() throws Exception {
        run(() -> {
            DatagramRecorder echo = createDatagramEndpoint(
                            () -> new DatagramRecorder() {
                                @Override
                                public void datagramReceived(ByteBuffer data, SocketAddress sender) {
                                    transport().sendTo(data, sender);
                                }
                            },
                            LOOPBACK)
                    .protocol();
            List<DatagramRecorder> clients = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                clients.add(i % 2 == 0 ? open(LOOPBACK) : openConnectedTo(echo));
                clients.get(i).transport().sendTo(("hello " + i).getBytes(UTF_8), address(echo));
            }
            for (int i = 0; i < 10; i++) {
                clients.get(i).awaitReceived(1);
                assertThat(clients.get(i).events).containsExactly("made", "datagram hello " + i);
                assertThat(clients.get(i).senders).containsExactly(address(echo));
                abort(clients.get(i));
            }
            abort(echo);
        });
    }

    @Test
    void aConnectedEndpointHearsOnlyItsPeer() throws Exception {
        run(() -> {
            DatagramRecorder peer = open(LOOPBACK);
            DatagramRecorder stranger = open(LOOPBACK);
            DatagramRecorder connected = openConnectedTo(peer);
            stranger.transport().sendTo("stranger".getBytes(), address(connected));
            peer.transport().sendTo("peer".getBytes(), address(connected));
            connected.awaitReceived(1);
            Until.settled();
            assertThat(connected.eventsAfterMade()).containsExactly("datagram peer");
            connected.transport().sendTo("back".getBytes());
            peer.awaitReceived(1);
            assertThat(peer.senders).containsExactly(address(connected));
            abort(peer, stranger, connected);
        });
    }

    @Test
    void datagramsKeepTheirBoundsAndTheirOrder() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        run(() -> {
            DatagramRecorder receiver = open(LOOPBACK);
            DatagramRecorder sender = open(LOOPBACK);
            for (int i = 0; i < 500; i++) {
                byte[] data = random(random, random.nextInt(random.nextInt(5) == 0 ? 65_000 : 1_500));
                ByteBuffer buffer = random.nextBoolean()
                        ? ByteBuffer.wrap(data)
                        : ByteBuffer.allocateDirect(data.length).put(data).flip();
                sender.transport().sendTo(buffer, address(receiver));
                assertThat(buffer.hasRemaining()).isFalse();
                receiver.awaitReceived(i + 1);
                assertThat(Arrays.equals(receiver.received.get(i), data)).as("seed " + seed).isTrue();
            }
            abort(receiver, sender);
        });
    }

    @Test
    void theLargestDatagramArrivesWhole() throws Exception {
        run(() -> {
            DatagramRecorder receiver = open(LOOPBACK.withReceiveBuffer(200_000));
            DatagramRecorder sender = open(LOOPBACK.withSocketOption(StandardSocketOptions.SO_SNDBUF, 200_000));
            byte[] data = random(new Random(1), 65_507);
            sender.transport().sendTo(data, address(receiver));
            receiver.awaitReceived(1);
            assertThat(Arrays.equals(receiver.received.getFirst(), data)).isTrue();
            abort(receiver, sender);
        });
    }

    @Test
    void aDatagramMayBeEmpty() throws Exception {
        run(() -> {
            DatagramRecorder receiver = open(LOOPBACK);
            DatagramRecorder sender = open(LOOPBACK);
            sender.transport().sendTo(new byte[0], address(receiver));
            sender.transport().sendTo(ByteBuffer.allocateDirect(0), address(receiver));
            sender.transport().sendTo("not empty".getBytes(), address(receiver));
            receiver.awaitReceived(3);
            assertThat(receiver.eventsAfterMade()).containsExactly("datagram ", "datagram ", "datagram not empty");
            abort(receiver, sender);
        });
    }

    /** The JDK drops it without a word. */
    @Test
    void anEmptyDatagramFromAConnectedEndpointIsAnErrorNotSilence() throws Exception {
        run(() -> {
            DatagramRecorder receiver = open(LOOPBACK);
            DatagramRecorder sender = openConnectedTo(receiver);
            sender.transport().sendTo(new byte[0]);
            Until.holds("error", () -> !sender.errors.isEmpty());
            assertThat(sender.errors.getFirst())
                    .hasMessageContaining("empty datagram")
                    .hasMessageContaining(address(receiver).toString());
            abort(receiver, sender);
        });
    }

    @Test
    void whatTheProtocolDoesToTheBufferTheNextDatagramDoesNotSee() throws Exception {
        run(() -> {
            List<String> seen = new ArrayList<>();
            DatagramRecorder receiver = createDatagramEndpoint(
                            () -> new DatagramRecorder() {
                                @Override
                                public void datagramReceived(ByteBuffer data, SocketAddress sender) {
                                    seen.add(data.order() + " " + data.position() + " " + data.remaining());
                                    data.order(ByteOrder.LITTLE_ENDIAN).position(1).limit(2);
                                }
                            },
                            LOOPBACK)
                    .protocol();
            DatagramRecorder sender = open(LOOPBACK);
            for (int i = 0; i < 3; i++) {
                sender.transport().sendTo(new byte[10], address(receiver));
            }
            Until.holds("three", () -> seen.size() == 3);
            assertThat(seen).containsOnly("BIG_ENDIAN 0 10");
            abort(receiver, sender);
        });
    }

    @Test
    void aFloodedEndpointLeavesTheOthersTheirTurns() throws Exception {
        run(() -> {
            DatagramRecorder flooded = open(LOOPBACK.withReceiveBuffer(1_000_000));
            DatagramRecorder sender = open(LOOPBACK);
            flooded.transport().pauseReading();
            for (int i = 0; i < 100; i++) {
                sender.transport().sendTo(new byte[] {1}, address(flooded));
            }
            flooded.transport().resumeReading();
            int most = 0;
            while (flooded.received.size() < 100) {
                int before = flooded.received.size();
                sleep(Duration.ZERO);
                most = Math.max(most, flooded.received.size() - before);
            }
            assertThat(most).isBetween(2, 16);
            abort(flooded, sender);
        });
    }

    @Test
    void whileItIsPausedNothingIsReceivedAndAfterwardsWhatTheSystemHasKept() throws Exception {
        run(() -> {
            DatagramRecorder receiver = open(LOOPBACK);
            DatagramRecorder sender = open(LOOPBACK);
            receiver.transport().pauseReading();
            receiver.transport().pauseReading();
            assertThat(receiver.transport().isReading()).isFalse();
            sender.transport().sendTo("kept".getBytes(), address(receiver));
            Until.settled();
            assertThat(receiver.received).isEmpty();
            receiver.transport().resumeReading();
            receiver.awaitReceived(1);
            assertThat(receiver.transport().isReading()).isTrue();
            abort(receiver, sender);
            assertThat(receiver.transport().isReading()).isFalse();
        });
    }

    @Test
    void pausingOrClosingInACallStopsAtOnceThoughMoreIsThere() throws Exception {
        for (boolean close : new boolean[] {false, true}) {
            run(() -> {
                DatagramRecorder receiver = createDatagramEndpoint(
                                () -> new DatagramRecorder() {
                                    @Override
                                    public void datagramReceived(ByteBuffer data, SocketAddress sender) {
                                        super.datagramReceived(data, sender);
                                        if (close) {
                                            transport().close();
                                        } else {
                                            transport().pauseReading();
                                        }
                                    }
                                },
                                LOOPBACK)
                        .protocol();
                DatagramRecorder sender = open(LOOPBACK);
                for (int i = 0; i < 5; i++) {
                    sender.transport().sendTo(("" + i).getBytes(), address(receiver));
                }
                Until.holds("the first", () -> receiver.received.size() == 1);
                Until.settled();
                assertThat(receiver.received).hasSize(1);
                abort(receiver, sender);
            });
        }
    }

    // -- sending --------------------------------------------------------------------------------------------------

    @Test
    void onlyWhatRemainsInABufferIsSentAndTheMemoryIsTheCallersAgain() throws Exception {
        run(() -> {
            DatagramRecorder receiver = open(LOOPBACK);
            DatagramRecorder sender = openConnectedTo(receiver);
            for (ByteBuffer buffer : List.of(ByteBuffer.allocate(20), ByteBuffer.allocateDirect(20))) {
                buffer.put("..part..".getBytes()).position(2).limit(6);
                sender.transport().sendTo(buffer);
                assertThat(buffer.position()).isEqualTo(6);
                buffer.clear().put(new byte[20]);
            }
            receiver.awaitReceived(2);
            assertThat(receiver.eventsAfterMade()).containsExactly("datagram part", "datagram part");
            abort(receiver, sender);
        });
    }

    @Test
    void whereToSendIsCheckedAtOnce() throws Exception {
        run(() -> {
            DatagramRecorder receiver = open(LOOPBACK);
            DatagramRecorder connected = openConnectedTo(receiver);
            DatagramRecorder free = open(LOOPBACK);
            byte[] data = "x".getBytes();
            assertThatThrownBy(() -> free.transport().sendTo(data))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("not connected to a peer; say where to send");
            assertThatThrownBy(() -> connected.transport().sendTo(data, address(free)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("is connected to " + address(receiver));
            assertThatThrownBy(() ->
                            free.transport().sendTo(data, InetSocketAddress.createUnresolved("localhost", port(receiver))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("must be looked up");
            connected.transport().sendTo(data, address(receiver));
            receiver.awaitReceived(1);
            abort(receiver, connected, free);
        });
    }

    @Test
    void whatTheNetworkDoesNotTakeIsSentLaterInOrder(Errors errors) throws Exception {
        StallingNetwork network = new StallingNetwork();
        run(
                () -> {
                    DatagramRecorder receiver = open(LOOPBACK);
                    DatagramRecorder sender = open(LOOPBACK);
                    network.takes(2);
                    ByteBuffer memory = ByteBuffer.allocate(1);
                    for (int i = 0; i < 6; i++) {
                        sender.transport().sendTo(memory.clear().put((byte) ('a' + i)).flip(), address(receiver));
                        assertThat(memory.hasRemaining()).isFalse();
                    }
                    assertThat(sender.transport().getWriteBufferSize()).isEqualTo(4 * (1 + 8));
                    assertThat(sender.transport().toString()).contains("4 datagrams to send");
                    receiver.awaitReceived(2);
                    network.takes(1);
                    receiver.awaitReceived(3);
                    assertThat(sender.transport().getWriteBufferSize()).isEqualTo(3 * (1 + 8));
                    network.takes(100);
                    receiver.awaitReceived(6);
                    assertThat(receiver.eventsAfterMade())
                            .containsExactly(
                                    "datagram a",
                                    "datagram b",
                                    "datagram c",
                                    "datagram d",
                                    "datagram e",
                                    "datagram f");
                    assertThat(sender.transport().getWriteBufferSize()).isZero();
                    abort(receiver, sender);
                },
                network.options(errors));
    }

    @Test
    void theProtocolIsPausedOverTheHighMarkAndResumedAtTheLowOne(Errors errors) throws Exception {
        StallingNetwork network = new StallingNetwork();
        run(
                () -> {
                    DatagramRecorder receiver = open(LOOPBACK);
                    DatagramRecorder sender = openConnectedTo(receiver);
                    sender.transport().setWriteBufferLimits(/* high= */ 300, /* low= */ 100);
                    network.takes(0);
                    for (int i = 0; i < 3; i++) {
                        sender.transport().sendTo(new byte[92]);
                    }
                    assertThat(sender.transport().getWriteBufferSize()).isEqualTo(300);
                    assertThat(sender.eventsAfterMade()).isEmpty();
                    sender.transport().sendTo(ByteBuffer.allocate(1));
                    assertThat(sender.eventsAfterMade()).containsExactly("pause");
                    sender.transport().sendTo(new byte[91]);
                    network.takes(3);
                    receiver.awaitReceived(3);
                    assertThat(sender.transport().getWriteBufferSize()).isEqualTo(108);
                    assertThat(sender.eventsAfterMade()).containsExactly("pause");
                    network.takes(1);
                    receiver.awaitReceived(4);
                    assertThat(sender.eventsAfterMade()).containsExactly("pause", "resume");
                    abort(receiver, sender);
                },
                network.options(errors));
    }

    @Test
    void closeSendsWhatIsLeftAndAbortDropsIt(Errors errors) throws Exception {
        StallingNetwork network = new StallingNetwork();
        run(
                () -> {
                    DatagramRecorder receiver = open(LOOPBACK);
                    DatagramRecorder closed = openConnectedTo(receiver);
                    DatagramRecorder aborted = openConnectedTo(receiver);
                    network.takes(0);
                    closed.transport().sendTo("one".getBytes());
                    aborted.transport().sendTo("never".getBytes());
                    closed.transport().close();
                    closed.transport().sendTo("two".getBytes());
                    aborted.transport().abort();
                    assertThat(aborted.transport().getWriteBufferSize()).isZero();
                    assertThat(aborted.awaitLost()).isNull();
                    assertThat(closed.transport().isClosing()).isTrue();
                    assertThat(closed.eventsAfterMade()).isEmpty();
                    network.takes(100);
                    assertThat(closed.awaitLost()).isNull();
                    receiver.awaitReceived(2);
                    assertThat(receiver.eventsAfterMade()).containsExactly("datagram one", "datagram two");
                    abort(receiver);
                },
                network.options(errors));
    }

    @Test
    void closeAbortCloseIsOneConnectionLostAndNeverFromWithin() throws Exception {
        run(() -> {
            DatagramRecorder endpoint = open(LOOPBACK);
            endpoint.transport().close();
            endpoint.transport().abort();
            endpoint.transport().close();
            assertThat(endpoint.events).containsExactly("made");
            assertThat(endpoint.transport().isClosing()).isTrue();
            assertThat(endpoint.awaitLost()).isNull();
            Until.settled();
            assertThat(endpoint.events).containsExactly("made", "lost");
        });
    }

    @Test
    void whatIsSentAfterTheEndIsDroppedAndThenTheLogSaysSo(Logs logs) throws Exception {
        run(() -> {
            DatagramRecorder receiver = open(LOOPBACK);
            DatagramRecorder closed = openConnectedTo(receiver);
            closed.transport().close();
            ByteBuffer data = ByteBuffer.allocate(3);
            for (int i = 0; i < 10; i++) {
                closed.transport().sendTo(data.clear());
                assertThat(data.hasRemaining()).isFalse();
            }
            Until.settled();
            assertThat(receiver.received).isEmpty();
            abort(receiver);
        });
        assertThat(logs.take()).singleElement().satisfies(record -> assertThat(record.getMessage())
                .contains("5 datagrams were dropped"));
    }

    // -- errors ---------------------------------------------------------------------------------------------------

    /** Behaviour 55. */
    @Test
    void aDeadPortIsToldAfterEachSendAndTheEndpointStaysOpen() throws Exception {
        run(() -> {
            DatagramRecorder endpoint = open(DatagramOptions.defaults().withRemoteAddress(deadPort()));
            for (int i = 1; i <= 3; i++) {
                int count = i;
                endpoint.transport().sendTo("anybody?".getBytes());
                Until.holds("error " + i, () -> endpoint.errors.size() == count);
                assertThat(endpoint.errors.getLast()).isInstanceOf(PortUnreachableException.class);
            }
            assertThat(endpoint.transport().isClosing()).isFalse();
            abort(endpoint);
        });
    }

    /** The error of one datagram may come out of the sending of the next, which then was not sent. */
    @Test
    void aPeerThatComesBackIsHeardAgain() throws Exception {
        run(() -> {
            InetSocketAddress port = deadPort();
            DatagramRecorder endpoint = open(LOOPBACK.withRemoteAddress(port));
            endpoint.transport().sendTo("lost".getBytes());
            endpoint.transport().sendTo("lost, too".getBytes());
            Until.holds("error", () -> !endpoint.errors.isEmpty());
            DatagramRecorder peer = open(DatagramOptions.defaults().withLocalAddress(port));
            endpoint.transport().sendTo("there".getBytes());
            peer.awaitReceived(1);
            peer.transport().sendTo("yes".getBytes(), address(endpoint));
            endpoint.awaitReceived(1);
            abort(endpoint, peer);
        });
    }

    @Test
    void aDatagramThatIsTooLongIsAnErrorAndTheNextOneIsSent() throws Exception {
        run(() -> {
            DatagramRecorder receiver = open(LOOPBACK);
            DatagramRecorder sender = open(LOOPBACK);
            for (int size : new int[] {65_508, 65_535, 65_536, 10_000_000}) {
                int before = sender.errors.size();
                ByteBuffer data = ByteBuffer.allocate(size);
                sender.transport().sendTo(data, address(receiver));
                assertThat(data.hasRemaining()).isFalse();
                assertThat(sender.errors).hasSize(before); // never from within
                Until.holds("error", () -> sender.errors.size() == before + 1);
                assertThat(sender.errors.getLast().getMessage()).contains("too long");
            }
            sender.transport().sendTo("short".getBytes(), address(receiver));
            receiver.awaitReceived(1);
            abort(receiver, sender);
        });
    }

    @Test
    void anAddressOfTheOtherFamilyIsAnErrorAndTheEndpointGoesOn() throws Exception {
        run(() -> {
            DatagramRecorder receiver = open(LOOPBACK);
            DatagramRecorder sender = open(LOOPBACK);
            sender.transport().sendTo("x".getBytes(), new InetSocketAddress("::1", port(receiver)));
            Until.holds("error", () -> !sender.errors.isEmpty());
            assertThat(sender.errors.getFirst()).hasMessageContaining("another family");
            sender.transport().sendTo("y".getBytes(), address(receiver));
            receiver.awaitReceived(1);
            abort(receiver, sender);
        });
    }

    @Test
    void anErrorOfADatagramThatWaitedDropsOnlyThatOne(Errors errors) throws Exception {
        StallingNetwork network = new StallingNetwork();
        run(
                () -> {
                    DatagramRecorder receiver = open(LOOPBACK);
                    DatagramRecorder sender = openConnectedTo(receiver);
                    network.takes(0);
                    for (String text : List.of("a", "b", "c", "d")) {
                        sender.transport().sendTo(text.getBytes());
                    }
                    network.fails(new IOException("first"), new IOException("second"));
                    network.takes(100);
                    receiver.awaitReceived(2);
                    assertThat(receiver.eventsAfterMade()).containsExactly("datagram c", "datagram d");
                    Until.holds("errors", () -> sender.errors.size() == 2);
                    assertThat(sender.errors).map(Throwable::getMessage).containsExactly("first", "second");
                    abort(receiver, sender);
                },
                network.options(errors));
    }

    @Test
    void anErrorIsToldBeforeConnectionLostAlsoIfTheEndpointWasClosedAtOnce(Errors errors) throws Exception {
        StallingNetwork network = new StallingNetwork();
        run(
                () -> {
                    DatagramRecorder direct = open(LOOPBACK.withRemoteAddress(deadPort()));
                    network.fails(new IOException());
                    direct.transport().sendTo("x".getBytes());
                    direct.transport().close();
                    direct.awaitLost();
                    assertThat(direct.events).containsExactly("made", "error IOException", "lost");
                    DatagramRecorder queued = open(LOOPBACK.withRemoteAddress(deadPort()));
                    network.takes(0);
                    queued.transport().sendTo("x".getBytes());
                    queued.transport().close();
                    network.fails(new IOException());
                    network.takes(1);
                    queued.awaitLost();
                    assertThat(queued.events).containsExactly("made", "error IOException", "lost");
                },
                network.options(errors));
    }

    @Test
    void aProtocolThatSendsAgainAtEveryErrorDoesNotHoldTheLoop(Errors errors) throws Exception {
        StallingNetwork network = new StallingNetwork();
        run(
                () -> {
                    for (int i = 0; i < 50; i++) {
                        network.fails(new IOException("" + i));
                    }
                    DatagramRecorder stubborn = createDatagramEndpoint(
                                    () -> new DatagramRecorder() {
                                        private boolean inside;

                                        @Override
                                        public void errorReceived(IOException error) {
                                            assertThat(inside).isFalse();
                                            inside = true;
                                            super.errorReceived(error);
                                            transport().sendTo("again".getBytes());
                                            inside = false;
                                        }
                                    },
                                    LOOPBACK.withRemoteAddress(deadPort()))
                            .protocol();
                    stubborn.transport().sendTo("x".getBytes());
                    int rounds = 0;
                    while (stubborn.errors.size() < 50) {
                        sleep(Duration.ZERO);
                        rounds++;
                    }
                    assertThat(rounds).isGreaterThanOrEqualTo(50);
                    abort(stubborn);
                },
                network.options(errors));
    }

    @Test
    void ofVeryManyErrorsAtATimeSomeAreToldAndTheLogSaysHowManyNot(Errors errors, Logs logs) throws Exception {
        StallingNetwork network = new StallingNetwork();
        run(
                () -> {
                    DatagramRecorder sender = open(LOOPBACK.withRemoteAddress(deadPort()));
                    for (int i = 0; i < 1000; i++) {
                        network.fails(new IOException("" + i));
                        sender.transport().sendTo("x".getBytes());
                    }
                    Until.holds("errors", () -> !sender.errors.isEmpty());
                    assertThat(sender.errors).hasSize(16);
                    network.fails(new IOException("later"));
                    sender.transport().sendTo("x".getBytes());
                    Until.holds("one more", () -> sender.errors.size() == 17);
                    abort(sender);
                },
                network.options(errors));
        assertThat(logs.take()).singleElement().satisfies(record -> assertThat(record.getMessage())
                .contains("984 errors were not told"));
    }

    @Test
    void whatTheProtocolThrowsIsReportedAndTheEndpointGoesOn(Errors errors) throws Exception {
        run(() -> {
            DatagramRecorder failing = createDatagramEndpoint(
                            () -> new DatagramRecorder() {
                                @Override
                                public void connectionMade(DatagramTransport transport) {
                                    super.connectionMade(transport);
                                    throw new IllegalStateException("made");
                                }

                                @Override
                                public void datagramReceived(ByteBuffer data, SocketAddress sender) {
                                    super.datagramReceived(data, sender);
                                    throw new IllegalStateException("datagram");
                                }

                                @Override
                                public void errorReceived(IOException error) {
                                    super.errorReceived(error);
                                    throw new IllegalStateException("error");
                                }

                                @Override
                                public void connectionLost(Exception exception) {
                                    super.connectionLost(exception);
                                    throw new IllegalStateException("lost");
                                }
                            },
                            LOOPBACK)
                    .protocol();
            DatagramRecorder sender = open(LOOPBACK);
            for (int i = 1; i <= 2; i++) {
                sender.transport().sendTo(new byte[1], address(failing));
                failing.awaitReceived(i);
            }
            failing.transport().sendTo(new byte[70_000], address(sender));
            Until.holds("error", () -> !failing.errors.isEmpty());
            failing.transport().sendTo("still here".getBytes(), address(sender));
            sender.awaitReceived(1);
            failing.transport().close();
            failing.awaitLost();
            Until.settled();
            assertThat(errors.take())
                    .allSatisfy(context -> {
                        assertThat(context.get("transport")).isSameAs(failing.transport());
                        assertThat(context.get("protocol")).isSameAs(failing);
                    })
                    .map(context -> Objects.requireNonNull(context.exception()).getMessage())
                    .containsExactly("made", "datagram", "datagram", "error", "lost");
            abort(sender);
        });
    }

    @Test
    void aChannelThatItsUserClosesEndsTheEndpoint() throws Exception {
        run(() -> {
            DatagramRecorder endpoint = open(LOOPBACK);
            endpoint.transport().getExtraInfo(ExtraInfo.SOCKET).close();
            endpoint.transport().sendTo("x".getBytes(), deadPort());
            assertThat(endpoint.awaitLost()).isInstanceOf(ClosedChannelException.class);
        });
    }

    // -- options and addresses ------------------------------------------------------------------------------------

    @Test
    void withoutAddressesItGetsAFreePort() throws Exception {
        run(() -> {
            DatagramRecorder any = open(DatagramOptions.defaults());
            DatagramRecorder four = open(DatagramOptions.defaults().withFamily(StandardProtocolFamily.INET));
            assertThat(port(any)).isPositive();
            for (DatagramRecorder receiver : List.of(any, four)) {
                four.transport().sendTo("x".getBytes(), new InetSocketAddress("127.0.0.1", port(receiver)));
                receiver.awaitReceived(1);
            }
            abort(any, four);
        });
    }

    @Test
    void namesAreLookedUpWhenItIsOpened() throws Exception {
        run(() -> {
            DatagramOptions localhost =
                    DatagramOptions.defaults().withLocalAddress("localhost", 0).withFamily(StandardProtocolFamily.INET);
            DatagramRecorder receiver = open(localhost);
            assertThat(address(receiver).getAddress()).isEqualTo(InetAddress.ofLiteral("127.0.0.1"));
            DatagramRecorder sender = open(localhost.withRemoteAddress("localhost", port(receiver)));
            assertThat(sender.transport().getExtraInfo(ExtraInfo.PEERNAME)).isEqualTo(address(receiver));
            sender.transport().sendTo("x".getBytes());
            receiver.awaitReceived(1);
            abort(receiver, sender);
            assertThatThrownBy(() -> open(DatagramOptions.defaults().withRemoteAddress("no-such-host.invalid", 9)))
                    .isInstanceOf(UnknownHostException.class);
        });
    }

    @Test
    void addressesOfTwoFamiliesCannotBeConnected() throws Exception {
        run(() -> assertThatThrownBy(() -> open(LOOPBACK.withRemoteAddress("::1", 9)))
                .isInstanceOf(ConnectException.class)
                .hasMessageContaining("no family of addresses in common"));
        assertThatThrownBy(() -> DatagramOptions.defaults()
                        .withLocalAddress(new InetSocketAddress("127.0.0.1", 0))
                        .withFamily(StandardProtocolFamily.INET6))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> DatagramOptions.defaults().withFamily(StandardProtocolFamily.UNIX))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void ipv6WorksAsWell() throws Exception {
        assumeTrue(Ipv6.isAvailable(), "no IPv6");
        run(() -> {
            DatagramRecorder receiver = open(DatagramOptions.defaults().withLocalAddress("::1", 0));
            DatagramRecorder sender = open(DatagramOptions.defaults().withRemoteAddress(address(receiver)));
            sender.transport().sendTo("six".getBytes());
            receiver.awaitReceived(1);
            receiver.transport().sendTo("back".getBytes(), receiver.senders.getFirst());
            sender.awaitReceived(1);
            abort(receiver, sender);
            DatagramRecorder dead = open(DatagramOptions.defaults().withRemoteAddress("::1", port(receiver)));
            dead.transport().sendTo("x".getBytes());
            Until.holds("error", () -> !dead.errors.isEmpty());
            assertThat(dead.errors.getFirst()).isInstanceOf(PortUnreachableException.class);
            abort(dead);
        });
    }

    @Test
    void everyInterfaceMeansBothFamilies() throws Exception {
        assumeTrue(Ipv6.isAvailable(), "no IPv6");
        run(() -> {
            DatagramRecorder receiver = open(DatagramOptions.defaults().withLocalAddress("", 0));
            DatagramRecorder four = open(DatagramOptions.defaults().withRemoteAddress("127.0.0.1", port(receiver)));
            DatagramRecorder six = open(DatagramOptions.defaults().withRemoteAddress("::1", port(receiver)));
            four.transport().sendTo("4".getBytes());
            receiver.awaitReceived(1);
            six.transport().sendTo("6".getBytes());
            receiver.awaitReceived(2);
            for (SocketAddress sender : receiver.senders) {
                receiver.transport().sendTo("answer".getBytes(), sender);
            }
            four.awaitReceived(1);
            six.awaitReceived(1);
            abort(receiver, four, six);
        });
    }

    @Test
    void aPortThatIsTakenIsNamed() throws Exception {
        run(() -> {
            DatagramRecorder first = open(LOOPBACK);
            assertThatThrownBy(() -> open(DatagramOptions.defaults().withLocalAddress(address(first))))
                    .isInstanceOf(BindException.class)
                    .hasMessageContaining("cannot receive at " + address(first));
            abort(first);
        });
    }

    @Test
    void aPortCanBeUsedAgainAtOnce() throws Exception {
        run(() -> {
            DatagramRecorder first = open(LOOPBACK);
            first.transport().close();
            first.awaitLost();
            DatagramRecorder second = open(DatagramOptions.defaults().withLocalAddress(address(first)));
            assertThat(port(second)).isEqualTo(port(first));
            abort(second);
        });
    }

    @Test
    void aPortCanBeSharedIfBothWant() throws Exception {
        run(() -> {
            DatagramRecorder first = open(LOOPBACK.withReusePort(true));
            DatagramRecorder second =
                    open(DatagramOptions.defaults().withLocalAddress(address(first)).withReusePort(true));
            assertThat(port(second)).isEqualTo(port(first));
            abort(first, second);
        });
    }

    @Test
    void broadcastingNeedsLeave() throws Exception {
        run(() -> {
            DatagramOptions four = DatagramOptions.defaults().withFamily(StandardProtocolFamily.INET);
            DatagramRecorder receiver = open(four);
            SocketAddress everybody = new InetSocketAddress("127.255.255.255", port(receiver));
            DatagramRecorder without = open(four);
            without.transport().sendTo("no".getBytes(), everybody);
            Until.holds("error", () -> !without.errors.isEmpty());
            DatagramRecorder with = open(four.withBroadcast(true));
            with.transport().sendTo("yes".getBytes(), everybody);
            receiver.awaitReceived(1);
            assertThat(receiver.eventsAfterMade()).containsExactly("datagram yes");
            abort(receiver, without, with);
        });
    }

    @Test
    void anOptionThatTheSocketDoesNotHaveOrALocalAddressOfElsewhereOpensNothing() throws Exception {
        run(() -> {
            assertThatThrownBy(() -> open(LOOPBACK.withSocketOption(StandardSocketOptions.TCP_NODELAY, true)))
                    .isInstanceOf(UnsupportedOperationException.class);
            assertThatThrownBy(() -> open(DatagramOptions.defaults().withLocalAddress("192.0.2.77", 0)))
                    .isInstanceOf(BindException.class);
        });
    }

    // -- life -----------------------------------------------------------------------------------------------------

    @Test
    void aFactoryThatFailsLeavesNothingOpen() throws Exception {
        run(() -> {
            assertThatThrownBy(() -> createDatagramEndpoint(
                            () -> {
                                throw new IllegalStateException("factory");
                            },
                            LOOPBACK))
                    .hasMessage("factory");
            assertThatThrownBy(() -> createDatagramEndpoint(() -> null, LOOPBACK))
                    .isInstanceOf(NullPointerException.class);
        });
    }

    @Test
    void cancellingTheCallClosesTheEndpoint() throws Exception {
        run(() -> {
            List<DatagramRecorder> made = new ArrayList<>();
            Task<?> task = createTask(() -> createDatagramEndpoint(
                    () -> {
                        made.add(new DatagramRecorder());
                        return made.getFirst();
                    },
                    LOOPBACK));
            Until.holds("the factory was called", () -> !made.isEmpty());
            if (!task.done()) {
                task.cancel();
                assertThatThrownBy(task::await).isInstanceOf(CancelledError.class);
            }
            Until.settled();
            if (made.getFirst().transport() != null) {
                made.getFirst().transport().abort();
            }
        });
    }

    @Test
    void aLoopThatIsClosedClosesItsEndpoints() throws Exception {
        EventLoop loop = newEventLoop();
        DatagramRecorder[] left = new DatagramRecorder[1];
        loop.runUntilComplete(() -> {
            left[0] = open(LOOPBACK);
        });
        loop.close();
        assertThat(((DatagramChannel) left[0].transport().getExtraInfo("socket")).isOpen()).isFalse();
        left[0].transport().close();
        left[0].transport().sendTo("x".getBytes(), address(left[0]));
        assertThat(left[0].events).containsExactly("made");
    }

    @Test
    void otherThreadsAreRefused() throws Exception {
        run(() -> {
            DatagramRecorder endpoint = open(LOOPBACK);
            List<Throwable> thrown = new ArrayList<>();
            Thread other = Spawn.platform("other", () -> {
                for (Runnable method : List.<Runnable>of(
                        () -> endpoint.transport().sendTo(new byte[1], address(endpoint)),
                        endpoint.transport()::close,
                        endpoint.transport()::pauseReading)) {
                    try {
                        method.run();
                    } catch (WrongThreadException e) {
                        thrown.add(e);
                    }
                }
            });
            Until.holds("the other thread has tried", () -> !other.isAlive());
            assertThat(thrown).hasSize(3);
            abort(endpoint);
        });
    }

    @Test
    void anotherProtocolCanTakeOver() throws Exception {
        run(() -> {
            DatagramRecorder first = open(LOOPBACK);
            DatagramRecorder second = new DatagramRecorder();
            first.transport().setProtocol(second);
            assertThat(first.transport().getProtocol()).isSameAs(second);
            first.transport().sendTo("me".getBytes(), address(first));
            second.awaitReceived(1);
            assertThat(second.events).containsExactly("datagram me");
            first.transport().close();
            second.awaitLost();
            assertThat(first.events).containsExactly("made");
        });
    }

    @Test
    void itTellsWhatItIs() throws Exception {
        run(() -> {
            DatagramRecorder receiver = open(LOOPBACK);
            DatagramRecorder sender = openConnectedTo(receiver);
            assertThat(receiver.transport())
                    .hasToString("DatagramTransport[open, " + address(receiver) + ", reading]");
            sender.transport().pauseReading();
            assertThat(sender.transport())
                    .hasToString("DatagramTransport[open, " + address(sender) + " -> " + address(receiver)
                            + ", reading paused]");
            assertThat(sender.transport().getLoop()).isSameAs(runningLoop());
            assertThat(sender.transport().getExtraInfo("socket")).isInstanceOf(DatagramChannel.class);
            assertThat(sender.transport().getExtraInfo("nothing")).isNull();
            abort(receiver, sender);
            sender.awaitLost();
            assertThat(sender.transport().toString()).startsWith("DatagramTransport[closed, ");
            assertThat(sender.transport().getExtraInfo(ExtraInfo.PEERNAME)).isEqualTo(address(receiver));
        });
    }

    /** The guard of all tests counts the descriptors. */
    @Test
    void tenThousandEndpointsComeAndGoWithoutALeak() throws Exception {
        run(() -> {
            DatagramRecorder receiver = open(LOOPBACK);
            for (int i = 0; i < 10_000; i++) {
                DatagramRecorder endpoint = openConnectedTo(receiver);
                endpoint.transport().sendTo("x".getBytes());
                if (i % 2 == 0) {
                    endpoint.transport().close();
                } else {
                    endpoint.transport().abort();
                }
            }
            receiver.awaitReceived(1);
            abort(receiver);
        });
    }

    // -- floods ---------------------------------------------------------------------------------------------------

    /** {@return how many datagrams for {@code port} the system has dropped} */
    static long droppedBySystem(int port) throws IOException {
        for (String file : List.of("/proc/net/udp", "/proc/net/udp6")) {
            for (String line : Files.readAllLines(Path.of(file))) {
                String[] fields = line.trim().split(" +");
                if (fields[1].endsWith(String.format(":%04X", port))) {
                    return Long.parseLong(fields[fields.length - 1]);
                }
            }
        }
        throw new AssertionError("no socket at port " + port);
    }

    @Test
    void ofAFloodEachDatagramIsReceivedOrDroppedByTheSystemAndNoneTwice() throws Exception {
        assumeTrue(Files.isReadable(Path.of("/proc/net/udp")), "the system does not count what it drops");
        int flood = 100_000;
        run(() -> {
            int[] last = {-1};
            int[] count = {0};
            DatagramRecorder slow = createDatagramEndpoint(
                            () -> new DatagramRecorder() {
                                @Override
                                public void datagramReceived(ByteBuffer data, SocketAddress sender) {
                                    int number = data.getInt();
                                    assertThat(number).isGreaterThan(last[0]);
                                    last[0] = number;
                                    count[0]++;
                                    for (long end = System.nanoTime() + 20_000; System.nanoTime() < end; ) {
                                        Thread.onSpinWait();
                                    }
                                }
                            },
                            LOOPBACK)
                    .protocol();
            Thread sender = Spawn.platform("sender", () -> {
                try (DatagramChannel channel = DatagramChannel.open()) {
                    ByteBuffer data = ByteBuffer.allocateDirect(200);
                    for (int i = 0; i < flood; i++) {
                        channel.send(data.clear().putInt(0, i), address(slow));
                    }
                }
            });
            Until.holds("all were sent", () -> !sender.isAlive());
            Until.holds("each was received or dropped", () -> {
                try {
                    return count[0] + droppedBySystem(port(slow)) == flood;
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            assertThat(count[0]).isPositive();
            assertThat(slow.errors).isEmpty();
            abort(slow);
        });
    }

    // -- a protocol that waits in a call of the JDK ----------------------------------------------------------------

    /** Waits in its first datagram, and checks that no other call comes meanwhile. */
    private static final class Blocking extends DatagramRecorder {
        private final CountDownLatch gate = new CountDownLatch(1);
        private boolean inside;

        private void enter() {
            assertThat(inside).isFalse();
        }

        @Override
        public void datagramReceived(ByteBuffer data, SocketAddress sender) {
            enter();
            if (gate.getCount() > 0) {
                inside = true;
                events.add("waits");
                try {
                    gate.await();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
                inside = false;
            }
            super.datagramReceived(data, sender);
        }

        @Override
        public void errorReceived(IOException error) {
            enter();
            super.errorReceived(error);
        }

        @Override
        public void connectionLost(Exception exception) {
            enter();
            super.connectionLost(exception);
        }

        @Suspends
        private void awaitBlocked() {
            Until.holds("it waits", () -> inside);
        }
    }

    @Test
    @MountedOnly
    void aProtocolThatWaitsIsCalledAgainOnlyWhenItReturns() throws Exception {
        run(() -> {
            DatagramRecorder sender = open(LOOPBACK);
            Blocking blocked = createDatagramEndpoint(Blocking::new, LOOPBACK).protocol();
            DatagramRecorder other = open(LOOPBACK);
            sender.transport().sendTo("first".getBytes(), address(blocked));
            blocked.awaitBlocked();
            for (int i = 0; i < 100; i++) {
                sender.transport().sendTo("second".getBytes(), address(blocked));
                sender.transport().sendTo(random(new Random(i), 1000), address(other));
                other.awaitReceived(i + 1);
            }
            blocked.transport().sendTo(new byte[70_000], address(sender));
            blocked.transport().sendTo("goes out".getBytes(), address(sender));
            sender.awaitReceived(1);
            assertThat(blocked.events).containsExactly("made", "waits");
            blocked.gate.countDown();
            blocked.awaitReceived(101);
            Until.holds("error", () -> !blocked.errors.isEmpty());
            assertThat(blocked.events.subList(0, 3)).containsExactly("made", "waits", "datagram first");
            assertThat(blocked.events.subList(3, blocked.events.size()))
                    .containsOnly("datagram second", "error IOException")
                    .containsOnlyOnce("error IOException");
            abort(sender, blocked, other);
        });
    }

    @Test
    @MountedOnly
    void aProtocolThatWaitsIsToldOfErrorsAndTheEndWhenItReturns() throws Exception {
        run(() -> {
            DatagramRecorder sender = open(LOOPBACK);
            Blocking blocked = createDatagramEndpoint(Blocking::new, LOOPBACK).protocol();
            sender.transport().sendTo("first".getBytes(), address(blocked));
            blocked.awaitBlocked();
            blocked.transport().sendTo(new byte[70_000], address(sender));
            Until.settled();
            blocked.transport().close();
            Until.settled();
            assertThat(blocked.events).containsExactly("made", "waits");
            blocked.gate.countDown();
            blocked.awaitLost();
            assertThat(blocked.events)
                    .containsExactly("made", "waits", "datagram first", "error IOException", "lost");
            abort(sender);
        });
    }
}
