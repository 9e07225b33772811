package dev.tulip.tests.net;

import static dev.tulip.Tulip.createDatagramEndpoint;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.sleep;
import static dev.tulip.tests.net.Datagrams.LOOPBACK;
import static dev.tulip.tests.net.Datagrams.abort;
import static dev.tulip.tests.net.Datagrams.address;
import static dev.tulip.tests.net.Datagrams.deadPort;
import static dev.tulip.tests.net.Datagrams.open;
import static dev.tulip.tests.net.Datagrams.openConnectedTo;
import static dev.tulip.tests.net.Datagrams.port;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tulip.loop.Suspends;
import dev.tulip.net.DatagramOptions;
import dev.tulip.net.DatagramTransport;
import dev.tulip.net.ExtraInfo;
import dev.tulip.tests.support.DatagramRecorder;
import dev.tulip.tests.support.Errors;
import dev.tulip.tests.support.Logs;
import dev.tulip.tests.support.MountedOnly;
import dev.tulip.tests.support.StallingNetwork;
import dev.tulip.tests.support.Until;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** What goes wrong with datagrams as callbacks: behaviour 55 of asyncio, row U3; and protocols that wait. */
class DatagramErrorTest {
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
        assertThat(logs.take())
                .singleElement()
                .satisfies(record -> assertThat(record.getMessage()).contains("984 errors were not told"));
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
                sender.transport().sendTo(new byte[1000], address(other));
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
            assertThat(blocked.events).containsExactly("made", "waits", "datagram first", "error IOException", "lost");
            abort(sender);
        });
    }

    @Test
    @MountedOnly
    void whatIsSentWhileResumeWritingWaitsIsSent(Errors errors) throws Exception {
        StallingNetwork network = new StallingNetwork();
        run(
                () -> {
                    CountDownLatch gate = new CountDownLatch(1);
                    DatagramRecorder receiver = open(LOOPBACK);
                    DatagramRecorder sender = createDatagramEndpoint(
                                    () -> new DatagramRecorder() {
                                        @Override
                                        public void resumeWriting() {
                                            events.add("waits");
                                            try {
                                                gate.await();
                                            } catch (InterruptedException e) {
                                                throw new AssertionError(e);
                                            }
                                            super.resumeWriting();
                                        }
                                    },
                                    LOOPBACK.withRemoteAddress(address(receiver)))
                            .protocol();
                    sender.transport().setWriteBufferLimits(0, 0);
                    network.takes(0);
                    sender.transport().sendTo("first".getBytes());
                    network.takes(1);
                    Until.holds("it waits", () -> sender.events.contains("waits"));
                    sender.transport().sendTo("second".getBytes());
                    sender.transport().close();
                    network.takes(100);
                    receiver.awaitReceived(2);
                    gate.countDown();
                    sender.awaitLost();
                    assertThat(sender.events).containsExactly("made", "pause", "waits", "resume", "lost");
                    abort(receiver);
                },
                network.options(errors));
    }
}
