package dev.tulip.tests.net;

import static dev.tulip.Tulip.createDatagramEndpoint;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.openDatagramEndpoint;
import static dev.tulip.Tulip.run;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tulip.loop.Datagram;
import dev.tulip.loop.Suspends;
import dev.tulip.loop.Task;
import dev.tulip.net.DatagramEndpoint;
import dev.tulip.net.DatagramOptions;
import dev.tulip.tests.support.DatagramRecorder;
import dev.tulip.tests.support.Ipv6;
import dev.tulip.tests.support.Until;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ProtocolFamily;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.MembershipKey;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Groups, on the loopback interface. */
class MulticastTest {
    private static final InetAddress GROUP = InetAddress.ofLiteral("239.255.77.88");
    private static final InetAddress OTHER_GROUP = InetAddress.ofLiteral("239.255.77.89");
    private static final DatagramOptions FOUR = DatagramOptions.defaults().withFamily(StandardProtocolFamily.INET);

    private NetworkInterface loopback;

    @BeforeEach
    void findLoopback() throws IOException {
        loopback = NetworkInterface.getByInetAddress(InetAddress.ofLiteral("127.0.0.1"));
        assumeTrue(works(GROUP, StandardProtocolFamily.INET, loopback), "no multicast on the loopback interface");
    }

    /** {@return whether the system carries a datagram to a group on one of its interfaces, and back} */
    private static boolean works(InetAddress group, ProtocolFamily family, NetworkInterface network) {
        try (DatagramChannel receiver = DatagramChannel.open(family).bind(null);
                DatagramChannel sender = DatagramChannel.open(family)) {
            receiver.configureBlocking(false);
            receiver.join(group, network);
            sender.setOption(StandardSocketOptions.IP_MULTICAST_IF, network);
            int port = ((InetSocketAddress) receiver.getLocalAddress()).getPort();
            sender.send(ByteBuffer.allocate(1), new InetSocketAddress(group, port));
            return receiver.receive(ByteBuffer.allocate(1)) != null;
        } catch (IOException e) {
            return false;
        }
    }

    private static int port(DatagramEndpoint endpoint) {
        return ((InetSocketAddress) endpoint.localAddress()).getPort();
    }

    @Suspends
    private DatagramEndpoint sender() throws IOException {
        return openDatagramEndpoint(FOUR.withMulticastInterface(loopback));
    }

    private static String text(Datagram datagram) {
        return new String(datagram.data(), UTF_8);
    }

    @Test
    void aMemberHearsItsGroupAndNoOtherUntilItLeaves() throws Exception {
        run(() -> {
            try (DatagramEndpoint member = openDatagramEndpoint(FOUR);
                    DatagramEndpoint sender = sender()) {
                InetSocketAddress group = new InetSocketAddress(GROUP, port(member));
                sender.sendTo("too early".getBytes(), group);
                MembershipKey membership = member.join(GROUP, loopback);
                assertThat(membership.group()).isEqualTo(GROUP);
                sender.sendTo("other group".getBytes(), new InetSocketAddress(OTHER_GROUP, port(member)));
                sender.sendTo("mine".getBytes(), group);
                assertThat(text(member.receive())).isEqualTo("mine");
                membership.drop();
                sender.sendTo("too late".getBytes(), group);
                sender.sendTo("direct".getBytes(), new InetSocketAddress("127.0.0.1", port(member)));
                Task<Datagram> next = createTask(() -> member.receive());
                Until.holds("a datagram", next::done);
                assertThat(text(next.await())).isEqualTo("direct");
            }
        });
    }

    @Test
    void membersOfOneMachineShareThePortAndAllHear() throws Exception {
        run(() -> {
            try (DatagramEndpoint first = openDatagramEndpoint(FOUR.withReuseAddress(true));
                    DatagramEndpoint second =
                            openDatagramEndpoint(FOUR.withReuseAddress(true).withLocalAddress("0.0.0.0", port(first)));
                    DatagramEndpoint sender = sender()) {
                first.join(GROUP, loopback);
                second.join(GROUP, loopback);
                sender.sendTo("all".getBytes(), new InetSocketAddress(GROUP, port(first)));
                assertThat(text(first.receive())).isEqualTo("all");
                assertThat(text(second.receive())).isEqualTo("all");
            }
        });
    }

    @Test
    void aMemberMayWantOneSourceOnly() throws Exception {
        run(() -> {
            try (DatagramEndpoint member = openDatagramEndpoint(FOUR);
                    DatagramEndpoint sender = sender();
                    DatagramEndpoint wanted = openDatagramEndpoint(
                            FOUR.withMulticastInterface(loopback).withLocalAddress("127.0.0.2", 0))) {
                member.join(GROUP, loopback, InetAddress.ofLiteral("127.0.0.2"));
                InetSocketAddress group = new InetSocketAddress(GROUP, port(member));
                sender.sendTo("not wanted".getBytes(), group);
                wanted.sendTo("wanted".getBytes(), group);
                assertThat(text(member.receive())).isEqualTo("wanted");
            }
        });
    }

    @Test
    void aSenderCanKeepItsDatagramsOffThisMachine() throws Exception {
        run(() -> {
            try (DatagramEndpoint member = openDatagramEndpoint(FOUR);
                    DatagramEndpoint silent = openDatagramEndpoint(
                            FOUR.withMulticastInterface(loopback).withMulticastLoopback(false));
                    DatagramEndpoint local = openDatagramEndpoint(
                            FOUR.withMulticastInterface(loopback).withMulticastTimeToLive(0))) {
                member.join(GROUP, loopback);
                InetSocketAddress group = new InetSocketAddress(GROUP, port(member));
                assertThat(silent.channel().getOption(StandardSocketOptions.IP_MULTICAST_LOOP))
                        .isFalse();
                assertThat(local.channel().getOption(StandardSocketOptions.IP_MULTICAST_TTL))
                        .isZero();
                local.sendTo("stays on this machine".getBytes(), group);
                assertThat(text(member.receive())).isEqualTo("stays on this machine");
            }
        });
    }

    @Test
    void aProtocolHearsAGroupToo() throws Exception {
        run(() -> {
            DatagramRecorder member =
                    createDatagramEndpoint(DatagramRecorder::new, FOUR).protocol();
            member.transport().join(GROUP, loopback);
            try (DatagramEndpoint sender = sender()) {
                int port = ((InetSocketAddress) member.transport().getExtraInfo("sockname")).getPort();
                sender.sendTo("to the group".getBytes(), new InetSocketAddress(GROUP, port));
                member.awaitReceived(1);
                assertThat(member.eventsAfterMade()).containsExactly("datagram to the group");
            }
            member.transport().close();
        });
    }

    @Test
    void whatIsNoGroupOrOfAnotherFamilyIsRefused() throws Exception {
        run(() -> {
            try (DatagramEndpoint endpoint = openDatagramEndpoint(FOUR)) {
                assertThatThrownBy(() -> endpoint.join(InetAddress.ofLiteral("10.1.2.3"), loopback))
                        .isInstanceOf(IllegalArgumentException.class);
                assertThatThrownBy(() -> endpoint.join(InetAddress.ofLiteral("ff02::1"), loopback))
                        .isInstanceOf(IllegalArgumentException.class);
            }
        });
    }

    @Test
    void ipv6HasGroupsAsWell() throws Exception {
        assumeTrue(Ipv6.isAvailable(), "no IPv6");
        InetAddress group = InetAddress.ofLiteral("ff02::77:88");
        Optional<NetworkInterface> network = NetworkInterface.networkInterfaces()
                .filter(each -> works(group, StandardProtocolFamily.INET6, each))
                .findFirst();
        assumeTrue(network.isPresent(), "no interface with IPv6 multicast");
        run(() -> {
            DatagramOptions six = DatagramOptions.defaults().withFamily(StandardProtocolFamily.INET6);
            try (DatagramEndpoint member = openDatagramEndpoint(six);
                    DatagramEndpoint sender = openDatagramEndpoint(six.withMulticastInterface(network.get()))) {
                member.join(group, network.get());
                sender.sendTo("six".getBytes(), new InetSocketAddress(group, port(member)));
                assertThat(text(member.receive())).isEqualTo("six");
            }
        });
    }
}
