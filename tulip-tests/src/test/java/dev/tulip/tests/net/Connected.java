package dev.tulip.tests.net;

import dev.tulip.loop.Suspends;
import dev.tulip.net.Network;
import dev.tulip.net.Protocol;
import dev.tulip.net.Transport;
import dev.tulip.tests.support.Peer;
import dev.tulip.tests.support.SocketPair;
import java.io.IOException;

/**
 * A transport over a real TCP connection, its protocol, and the peer.
 *
 * @param <P> the protocol
 */
record Connected<P extends Protocol>(Transport transport, P protocol, Peer peer) implements AutoCloseable {
    /** Connects; connectionMade has been called. */
    @Suspends
    static <P extends Protocol> Connected<P> with(P protocol) throws IOException {
        SocketPair pair = SocketPair.open();
        pair.there().configureBlocking(false);
        Transport transport =
                Network.createConnection(() -> protocol, pair.here()).transport();
        return new Connected<>(transport, protocol, new Peer(pair.there()));
    }

    @Override
    public void close() {
        transport.abort();
        peer.close();
    }
}
