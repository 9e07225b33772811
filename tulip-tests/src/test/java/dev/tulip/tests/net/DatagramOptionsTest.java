package dev.tulip.tests.net;

import static dev.tulip.Tulip.run;
import static dev.tulip.tests.net.Datagrams.LOOPBACK;
import static dev.tulip.tests.net.Datagrams.abort;
import static dev.tulip.tests.net.Datagrams.address;
import static dev.tulip.tests.net.Datagrams.open;
import static dev.tulip.tests.net.Datagrams.port;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tulip.net.DatagramOptions;
import dev.tulip.net.ExtraInfo;
import dev.tulip.tests.support.DatagramRecorder;
import dev.tulip.tests.support.Ipv6;
import dev.tulip.tests.support.Until;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Addresses and options of endpoints for datagrams: row U1 of asyncio. */
class DatagramOptionsTest {
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
            assertThatThrownBy(() -> open(DatagramOptions.defaults().withRemoteAddress("no-such-host.tulip.test", 9)))
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
            DatagramRecorder second = open(
                    DatagramOptions.defaults().withLocalAddress(address(first)).withReusePort(true));
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
}
