package dev.tulip.tests.net;

import static dev.tulip.Tulip.createDatagramEndpoint;

import dev.tulip.loop.Suspends;
import dev.tulip.net.DatagramOptions;
import dev.tulip.net.ExtraInfo;
import dev.tulip.tests.support.DatagramRecorder;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.DatagramChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What the tests of datagrams have in common. */
final class Datagrams {
    /** A free port of the loopback interface. */
    static final DatagramOptions LOOPBACK = DatagramOptions.defaults().withLocalAddress("127.0.0.1", 0);

    private Datagrams() {}

    /** {@return the protocol of a new endpoint} */
    @Suspends
    static DatagramRecorder open(DatagramOptions options) throws IOException {
        return createDatagramEndpoint(DatagramRecorder::new, options).protocol();
    }

    /** {@return the protocol of a new endpoint with one peer} */
    @Suspends
    static DatagramRecorder openConnectedTo(DatagramRecorder peer) throws IOException {
        return open(LOOPBACK.withRemoteAddress(address(peer)));
    }

    static InetSocketAddress address(DatagramRecorder endpoint) {
        return (InetSocketAddress) endpoint.transport().getExtraInfo(ExtraInfo.SOCKNAME);
    }

    static int port(DatagramRecorder endpoint) {
        return address(endpoint).getPort();
    }

    static void abort(DatagramRecorder... endpoints) {
        for (DatagramRecorder endpoint : endpoints) {
            endpoint.transport().abort();
        }
    }

    /** {@return a port of the loopback interface at which nobody is} */
    static InetSocketAddress deadPort() throws IOException {
        try (DatagramChannel channel = DatagramChannel.open().bind(new InetSocketAddress("127.0.0.1", 0))) {
            return (InetSocketAddress) channel.getLocalAddress();
        }
    }

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
}
