package dev.tulip.streams;

import dev.tulip.net.Protocol;
import dev.tulip.net.Transport;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The protocol under a {@link Connection}: turns the calls of a transport, of whatever kind, into streams.
 *
 * <p>Programs use it where they make the transport themselves:
 *
 * {@snippet :
 * Connection connection = createConnection(StreamReaderProtocol::new, socket).protocol().connection();
 * }
 *
 * @see <a href="https://docs.python.org/3.14/library/asyncio-stream.html">asyncio: Streams</a>
 */
public final class StreamReaderProtocol implements Protocol {
    // set once
    private final StreamOptions options;
    private final @Nullable Handlers handlers;

    // loop thread only
    private @Nullable Connection connection;

    /** A protocol for one connection, with the options' defaults. */
    public StreamReaderProtocol() {
        this(StreamOptions.defaults());
    }

    /** A protocol for one connection. */
    public StreamReaderProtocol(StreamOptions options) {
        this(options, null);
    }

    /**
     * A protocol for a connection of a server, perhaps.
     *
     * @param handlers has the connection handled, once it stands; or null
     */
    StreamReaderProtocol(StreamOptions options, @Nullable Handlers handlers) {
        this.options = options;
        this.handlers = handlers;
    }

    /**
     * {@return the connection}
     *
     * @throws IllegalStateException before {@code connectionMade}
     */
    public Connection connection() {
        if (connection == null) {
            throw new IllegalStateException("there is no connection yet: connectionMade() was not called");
        }
        return connection;
    }

    /** {@return whether the connection is one of a server's} */
    boolean isServerSide() {
        return handlers != null;
    }

    @Override
    public void connectionMade(Transport transport) {
        StreamReader reader = new StreamReader(transport.getLoop(), options);
        reader.setTransport(transport);
        Connection made = new Connection(reader, new StreamWriter(this, transport, options));
        connection = made;
        if (handlers != null) {
            handlers.start(made);
        }
    }

    @Override
    public void dataReceived(ByteBuffer data) {
        connection().reader().feedData(data);
    }

    @Override
    public boolean eofReceived() {
        Connection connection = connection();
        connection.reader().feedEof();
        return connection.writer().canWriteEof();
    }

    @Override
    public void pauseWriting() {
        connection().writer().pause();
    }

    @Override
    public void resumeWriting() {
        connection().writer().resume();
    }

    @Override
    public void connectionLost(@Nullable Exception exception) {
        Connection connection = connection();
        connection.reader().lose(exception);
        connection.writer().lose(exception);
    }

    /** {@return what it connects} */
    @Override
    public String toString() {
        return "StreamReaderProtocol[" + (connection == null ? "not connected" : connection) + "]";
    }
}
