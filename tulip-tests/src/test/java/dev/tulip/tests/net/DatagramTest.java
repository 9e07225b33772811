package dev.tulip.tests.net;

import static dev.tulip.Tulip.createDatagramEndpoint;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.sleep;
import static dev.tulip.tests.net.Datagrams.LOOPBACK;
import static dev.tulip.tests.net.Datagrams.abort;
import static dev.tulip.tests.net.Datagrams.address;
import static dev.tulip.tests.net.Datagrams.open;
import static dev.tulip.tests.net.Datagrams.openConnectedTo;
import static dev.tulip.tests.net.Datagrams.port;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.net.DatagramTransport;
import dev.tulip.net.Network;
import dev.tulip.tests.support.DatagramRecorder;
import dev.tulip.tests.support.Errors;
import dev.tulip.tests.support.Logs;
import dev.tulip.tests.support.StallingNetwork;
import dev.tulip.tests.support.Until;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.DatagramChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Datagrams as callbacks: rows U2 and U5 of asyncio. */
class DatagramTest {
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
                assertThat(Arrays.equals(receiver.received.get(i), data))
                        .as("seed " + seed)
                        .isTrue();
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
                                    data.order(ByteOrder.LITTLE_ENDIAN)
                                            .position(1)
                                            .limit(2);
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
            assertThatThrownBy(() -> free.transport()
                            .sendTo(data, InetSocketAddress.createUnresolved("localhost", port(receiver))))
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
                        sender.transport()
                                .sendTo(memory.clear().put((byte) ('a' + i)).flip(), address(receiver));
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
                                    "datagram a", "datagram b", "datagram c", "datagram d", "datagram e", "datagram f");
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
        assertThat(logs.take())
                .singleElement()
                .satisfies(record -> assertThat(record.getMessage()).contains("5 datagrams were dropped"));
    }
}
