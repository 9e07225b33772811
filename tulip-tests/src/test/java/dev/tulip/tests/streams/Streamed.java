package dev.tulip.tests.streams;

import dev.tulip.loop.Suspends;
import dev.tulip.net.Network;
import dev.tulip.streams.Connection;
import dev.tulip.streams.StreamOptions;
import dev.tulip.streams.StreamReader;
import dev.tulip.streams.StreamReaderProtocol;
import dev.tulip.streams.StreamWriter;
import dev.tulip.tests.support.Peer;
import dev.tulip.tests.support.SocketPair;
import java.io.IOException;

/** Streams over a real TCP connection, and the peer. */
record Streamed(Connection connection, Peer peer) implements AutoCloseable {
    /** Connects. The reader reads from the socket itself. */
    @Suspends
    static Streamed directly() throws IOException {
        return directly(StreamOptions.defaults());
    }

    /** Connects. The reader reads from the socket itself. */
    @Suspends
    static Streamed directly(StreamOptions options) throws IOException {
        SocketPair pair = SocketPair.open();
        pair.there().configureBlocking(false);
        Connection connection = Network.createConnection(() -> new StreamReaderProtocol(options), pair.here())
                .protocol()
                .connection();
        return new Streamed(connection, new Peer(pair.there()));
    }

    /** Connects. The reader gets what its transport calls the protocol with. */
    @Suspends
    static Streamed overAnotherTransport(StreamOptions options) throws IOException {
        SocketPair pair = SocketPair.open();
        pair.there().configureBlocking(false);
        StreamReaderProtocol protocol = new StreamReaderProtocol(options);
        Network.createConnection(() -> PlainTransport.under(protocol), pair.here());
        return new Streamed(protocol.connection(), new Peer(pair.there()));
    }

    StreamReader reader() {
        return connection.reader();
    }

    StreamWriter writer() {
        return connection.writer();
    }

    @Override
    public void close() {
        connection.abort();
        peer.close();
    }
}
