package dev.tulip.tests.net;

import dev.tulip.loop.Suspends;
import dev.tulip.net.ConnectOptions;
import dev.tulip.net.ListenOptions;
import dev.tulip.net.Network;
import dev.tulip.net.Protocol;
import dev.tulip.net.Server;
import dev.tulip.net.TlsOptions;
import dev.tulip.net.Transport;
import dev.tulip.net.TransportAndProtocol;
import dev.tulip.tests.support.Certificates;
import dev.tulip.tests.support.Recorder;
import dev.tulip.tests.support.Until;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** A TLS server on the loop under test, the protocols that it has made, and clients for it. */
final class Tls implements AutoCloseable {
    static final TlsOptions SERVER = Certificates.LOCALHOST.identity();
    static final TlsOptions CLIENT = Certificates.ROOT.trusted();

    final Server server;
    final List<Recorder> protocols = new ArrayList<>();
    private final List<Transport> clients = new ArrayList<>();

    private Tls(TlsOptions options, Supplier<? extends Recorder> factory) throws IOException {
        server = Network.createServer(
                () -> {
                    Recorder protocol = factory.get();
                    protocols.add(protocol);
                    return protocol;
                },
                "127.0.0.1",
                0,
                ListenOptions.defaults().withTls(options));
    }

    /** Starts a server whose protocols write down what they are told. */
    @Suspends
    static Tls server(TlsOptions options) throws IOException {
        return new Tls(options, Recorder::new);
    }

    /** Starts a server. */
    @Suspends
    static Tls server(TlsOptions options, Supplier<? extends Recorder> factory) throws IOException {
        return new Tls(options, factory);
    }

    /** Starts a server that sends back what it gets. */
    @Suspends
    static Tls echo(TlsOptions options) throws IOException {
        return new Tls(options, Echo::new);
    }

    /** Sends back what it gets. */
    static class Echo extends Recorder {
        Echo() {
            quiet();
        }

        @Override
        public void dataReceived(ByteBuffer data) {
            super.dataReceived(data.duplicate());
            transport().write(data);
        }
    }

    int port() throws IOException {
        return ((InetSocketAddress) server.sockets().getFirst().getLocalAddress()).getPort();
    }

    /** Connects to the server. */
    @Suspends
    <P extends Protocol> P connect(P protocol, TlsOptions options) throws IOException {
        return connect(protocol, options, port());
    }

    /** Connects to the server by way of another port. */
    @Suspends
    <P extends Protocol> P connect(P protocol, TlsOptions options, int port) throws IOException {
        TransportAndProtocol<P> connection = Network.createConnection(
                () -> protocol, "localhost", port, ConnectOptions.defaults().withTls(options));
        clients.add(connection.transport());
        return connection.protocol();
    }

    /** {@return the protocol of the only connection, when it has been made} */
    @Suspends
    Recorder accepted() {
        Until.holds(
                "the server's side",
                () -> !protocols.isEmpty() && protocols.getFirst().transport() != null);
        return protocols.getFirst();
    }

    /** Has the server send {@code text} back. */
    @Suspends
    static void assertEchoes(Recorder client, String text) {
        int before = client.received.size();
        client.transport().write(text.getBytes(StandardCharsets.UTF_8));
        Until.holds("the echo of " + text, () -> client.text().length() >= before + text.length());
        if (!client.text().substring(before).equals(text)) {
            throw new AssertionError(
                    "expected " + text + ", got " + client.text().substring(before));
        }
    }

    @Override
    public void close() {
        clients.forEach(Transport::abort);
        if (server.shutdown(Duration.ZERO) > 1000) {
            throw new AssertionError("too many connections");
        }
    }
}
