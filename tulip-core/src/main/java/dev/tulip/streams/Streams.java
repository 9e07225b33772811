package dev.tulip.streams;

import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Suspends;
import dev.tulip.net.ConnectOptions;
import dev.tulip.net.ListenOptions;
import dev.tulip.net.Network;
import dev.tulip.net.Server;
import dev.tulip.net.TlsOptions;
import dev.tulip.net.UnixListenOptions;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Makes connections and servers that are used by straight-line code. {@code dev.tulip.Tulip} has these methods, too.
 *
 * <p>They may look a name up or wait for a peer, so they are for tasks.
 */
public final class Streams {
    private Streams() {}

    // -- connections ----------------------------------------------------------------------------------------------

    /** Connects to {@code host}. See {@link #openConnection(String, int, ConnectOptions, StreamOptions)}. */
    @Suspends
    public static Connection openConnection(String host, int port) throws IOException {
        return openConnection(host, port, ConnectOptions.defaults());
    }

    /** Connects to {@code host}. See {@link #openConnection(String, int, ConnectOptions, StreamOptions)}. */
    @Suspends
    public static Connection openConnection(String host, int port, ConnectOptions options) throws IOException {
        return openConnection(host, port, options, StreamOptions.defaults());
    }

    /**
     * Connects to {@code host}, with the first of its addresses that answers.
     *
     * <p>Cancelling this leaves nothing behind.
     *
     * @param host a name or an address
     * @param port from 1 to 65535
     * @param options which addresses are tried, and in what way
     * @param streamOptions how the reader and the writer behave
     * @throws java.net.UnknownHostException if the name has no address
     * @throws java.net.ConnectException if no address answers; the message names the host and the port
     * @throws IOException if the address cannot be looked up, or no socket can be opened
     * @throws IllegalStateException if called outside a task
     */
    @Suspends
    public static Connection openConnection(String host, int port, ConnectOptions options, StreamOptions streamOptions)
            throws IOException {
        return Network.createConnection(() -> new StreamReaderProtocol(streamOptions), host, port, options)
                .protocol()
                .connection();
    }

    /** Connects to the Unix socket at {@code path}. See {@link #openUnixConnection(Path, StreamOptions)}. */
    @Suspends
    public static Connection openUnixConnection(Path path) throws IOException {
        return openUnixConnection(path, StreamOptions.defaults());
    }

    /**
     * Connects to the Unix socket at {@code path}.
     *
     * <p>Cancelling this leaves nothing behind.
     *
     * @param path the socket's file
     * @param streamOptions how the reader and the writer behave
     * @throws java.net.ConnectException if there is no such file, nobody listens there, or this process may not
     * @throws IOException if no socket can be opened
     * @throws UnsupportedOperationException if the system has no Unix sockets
     * @throws IllegalStateException if called outside a task
     */
    @Suspends
    public static Connection openUnixConnection(Path path, StreamOptions streamOptions) throws IOException {
        return Network.createUnixConnection(() -> new StreamReaderProtocol(streamOptions), path)
                .protocol()
                .connection();
    }

    /**
     * Connects to the Unix socket at {@code path}, with TLS. See {@link #openUnixConnection(Path, StreamOptions)}.
     *
     * @param tls with the name of the server, which the path does not tell: {@link TlsOptions#withServerName}
     * @throws IOException also if the handshake fails
     * @throws IllegalArgumentException if there is no name to check the server's certificate for
     */
    @Suspends
    public static Connection openUnixConnection(Path path, TlsOptions tls, StreamOptions streamOptions)
            throws IOException {
        return Network.createUnixConnection(() -> new StreamReaderProtocol(streamOptions), path, tls)
                .protocol()
                .connection();
    }

    // -- servers --------------------------------------------------------------------------------------------------

    /** Listens on {@code host}. See {@link #startServer(String, int, ListenOptions, StreamOptions, ConnectionHandler)}. */
    @Suspends
    public static Server startServer(@Nullable String host, int port, ConnectionHandler handler) throws IOException {
        return startServer(host, port, ListenOptions.defaults(), handler);
    }

    /** Listens on {@code host}. See {@link #startServer(String, int, ListenOptions, StreamOptions, ConnectionHandler)}. */
    @Suspends
    public static Server startServer(@Nullable String host, int port, ListenOptions options, ConnectionHandler handler)
            throws IOException {
        return startServer(host, port, options, StreamOptions.defaults(), handler);
    }

    /**
     * Listens on {@code host}, and has {@code handler} called for each connection, as a task of its own that is named after
     * the client. When the handler returns, the connection is closed in order; so it is when it throws, and the loop's
     * exception handler gets the exception, with the client's address.
     *
     * <p>{@link Server#shutdown} lets the handlers finish; those that are not done in time are cancelled, and their
     * connections aborted. What a handler throws because the server has closed its connection is not reported.
     *
     * @param host a name or an address; null or empty for every interface
     * @param port 0 for a free one, which the server's sockets tell
     * @param options how to listen
     * @param streamOptions how the readers and the writers behave
     * @param handler talks to one client; it runs once for each, at the same time
     * @throws java.net.UnknownHostException if the name has no address
     * @throws java.net.BindException if the address is taken, not allowed, or none of this machine
     * @throws IOException if the address cannot be looked up, or no socket can be opened
     * @throws IllegalStateException if called outside a task
     */
    @Suspends
    public static Server startServer(
            @Nullable String host,
            int port,
            ListenOptions options,
            StreamOptions streamOptions,
            ConnectionHandler handler)
            throws IOException {
        Handlers handlers = new Handlers(EventLoop.running(), handler, streamOptions);
        return new StreamServer(Network.createServer(handlers::newProtocol, host, port, options), handlers);
    }

    /** Listens on a Unix socket. See {@link #startUnixServer(Path, UnixListenOptions, StreamOptions, ConnectionHandler)}. */
    @Suspends
    public static Server startUnixServer(Path path, ConnectionHandler handler) throws IOException {
        return startUnixServer(path, UnixListenOptions.defaults(), StreamOptions.defaults(), handler);
    }

    /**
     * Listens on a Unix socket, and has {@code handler} called for each connection. See
     * {@link #startServer(String, int, ListenOptions, StreamOptions, ConnectionHandler)}.
     *
     * @param path the socket's file, which the server makes; one that a dead server has left is replaced
     * @param options how to listen
     * @param streamOptions how the readers and the writers behave
     * @param handler talks to one client; it runs once for each, at the same time
     * @throws java.net.BindException if somebody listens there, or the file cannot be made
     * @throws IOException if no socket can be opened
     * @throws UnsupportedOperationException if the system has no Unix sockets
     * @throws IllegalStateException if called outside a task
     */
    @Suspends
    public static Server startUnixServer(
            Path path, UnixListenOptions options, StreamOptions streamOptions, ConnectionHandler handler)
            throws IOException {
        Handlers handlers = new Handlers(EventLoop.running(), handler, streamOptions);
        return new StreamServer(Network.createUnixServer(handlers::newProtocol, path, options), handlers);
    }
}
