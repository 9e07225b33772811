package dev.tulip.net;

import dev.tulip.loop.EventLoop;
import dev.tulip.loop.LoopGroup;
import dev.tulip.loop.Suspends;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.channels.DatagramChannel;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes connections, servers and endpoints for datagrams on the running loop. {@code dev.tulip.Tulip} has the most used
 * of these methods, too.
 *
 * <p>They may look a name up or wait for a peer, so they are for tasks.
 */
public final class Network {
    private Network() {}

    // -- connections ----------------------------------------------------------------------------------------------

    /**
     * Connects to {@code host}. See {@link #createConnection(Supplier, String, int, ConnectOptions)}.
     *
     * @param <P> the protocol's class
     */
    @Suspends
    public static <P extends Protocol> TransportAndProtocol<P> createConnection(
            Supplier<? extends P> protocolFactory, String host, int port) throws IOException {
        return createConnection(protocolFactory, host, port, ConnectOptions.defaults());
    }

    /**
     * Connects to {@code host}, with the first of its addresses that answers, and returns when the protocol's
     * {@code connectionMade} has been called.
     *
     * <p>If one address takes long, the next one is tried beside it, and the first connection wins. With TLS, its
     * handshake follows.
     *
     * <p>If this is cancelled, all attempts end and their sockets are closed. If the connection stands already, it is
     * aborted.
     *
     * @param <P> the protocol's class
     * @param protocolFactory makes the protocol, once the connection stands
     * @param host a name or an address
     * @param port from 1 to 65535
     * @param options which addresses are tried, and in what way
     * @throws java.net.UnknownHostException if the name has no address
     * @throws java.net.ConnectException if no address answers; the message names the host and the port, and the error
     *     of every attempt is among the suppressed exceptions
     * @throws javax.net.ssl.SSLException if the TLS handshake fails: the message says why; usually a
     *     {@link javax.net.ssl.SSLHandshakeException}
     * @throws java.net.SocketTimeoutException if the TLS handshake takes too long
     * @throws IOException if the address cannot be looked up, or no socket can be opened
     * @throws IllegalStateException if called outside a task
     */
    @Suspends
    public static <P extends Protocol> TransportAndProtocol<P> createConnection(
            Supplier<? extends P> protocolFactory, String host, int port, ConnectOptions options) throws IOException {
        EventLoop loop = Callers.loopOfTask("createConnection");
        List<InetAddress> addresses = Resolver.addressesOf(loop, host, options.family());
        SocketChannel connected = new HappyEyeballs(loop, host, port, options, addresses).connect();
        TlsOptions tls = options.tls();
        return tls == null
                ? establish(loop, protocolFactory, connected)
                : establish(
                        loop, protocolFactory, connected, made -> TlsTransport.ofClient(loop, tls, host, port, made));
    }

    /**
     * Puts a transport on a socket that is connected, and returns when the protocol's {@code connectionMade} has been
     * called. The socket belongs to the transport from here on, also if this fails.
     *
     * <p>If this is cancelled, the connection is aborted.
     *
     * @param <P> the protocol's class
     * @param protocolFactory makes the protocol
     * @param connected a TCP or Unix socket; it is put into non-blocking mode
     * @throws IOException if it is not connected, or closed
     * @throws IllegalStateException if called outside a task
     */
    @Suspends
    public static <P extends Protocol> TransportAndProtocol<P> createConnection(
            Supplier<? extends P> protocolFactory, SocketChannel connected) throws IOException {
        return establish(Callers.loopOfTask("createConnection"), protocolFactory, connected);
    }

    /**
     * Puts a transport with TLS on a socket that is connected: the client's side. Returns when the handshake is done and
     * the protocol's {@code connectionMade} has been called. The socket belongs to the transport from here on, also if
     * this fails.
     *
     * <p>If this is cancelled, the connection is aborted.
     *
     * @param <P> the protocol's class
     * @param protocolFactory makes the protocol, once the handshake is done
     * @param connected a TCP or Unix socket; it is put into non-blocking mode
     * @param tls with the name of the server, which the socket does not tell: {@link TlsOptions#withServerName}
     * @throws IOException if it is not connected, or closed, or the handshake fails
     * @throws IllegalStateException if called outside a task
     */
    @Suspends
    public static <P extends Protocol> TransportAndProtocol<P> createConnection(
            Supplier<? extends P> protocolFactory, SocketChannel connected, TlsOptions tls) throws IOException {
        EventLoop loop = Callers.loopOfTask("createConnection");
        int port = connected.isOpen() ? portOf(connected.getRemoteAddress()) : -1;
        return establish(loop, protocolFactory, connected, made -> TlsTransport.ofClient(loop, tls, null, port, made));
    }

    /**
     * Puts a transport on a socket that was accepted elsewhere: {@link #createConnection(Supplier, SocketChannel)} for
     * the server's side.
     *
     * @param <P> the protocol's class
     * @param protocolFactory makes the protocol
     * @param accepted a TCP or Unix socket; it is put into non-blocking mode
     * @throws IOException if it is closed
     * @throws IllegalStateException if called outside a task
     */
    @Suspends
    public static <P extends Protocol> TransportAndProtocol<P> connectAcceptedSocket(
            Supplier<? extends P> protocolFactory, SocketChannel accepted) throws IOException {
        return createConnection(protocolFactory, accepted);
    }

    /**
     * Puts a transport with TLS on a socket that was accepted elsewhere: the server's side. See
     * {@link #createConnection(Supplier, SocketChannel, TlsOptions)}.
     *
     * @param <P> the protocol's class
     * @param protocolFactory makes the protocol, once the handshake is done
     * @param accepted a TCP or Unix socket; it is put into non-blocking mode
     * @param tls with a certificate: {@link TlsOptions#withIdentity}
     * @throws IOException if it is closed, or the handshake fails
     * @throws IllegalStateException if called outside a task
     */
    @Suspends
    public static <P extends Protocol> TransportAndProtocol<P> connectAcceptedSocket(
            Supplier<? extends P> protocolFactory, SocketChannel accepted, TlsOptions tls) throws IOException {
        EventLoop loop = Callers.loopOfTask("connectAcceptedSocket");
        return establish(
                loop, protocolFactory, accepted, made -> TlsTransport.ofServer(loop, tls, made, /* awaited= */ true));
    }

    // -- from plain to TLS ----------------------------------------------------------------------------------------

    /**
     * Secures a connection that stands already, as its client. See
     * {@link #startTls(Transport, Protocol, TlsOptions, boolean)}.
     */
    @Suspends
    public static Transport startTls(Transport transport, Protocol protocol, TlsOptions options) throws IOException {
        return startTls(transport, protocol, options, /* serverSide= */ false);
    }

    /**
     * Secures a connection that stands already, and returns the transport with which it goes on; nobody uses the other
     * one any more. That may be one with TLS already: then there is TLS in TLS.
     *
     * <p>What was written before is still sent plain. What has come before is the protocol's; whoever goes on with
     * plaintext that came before the handshake would take what an attacker has slipped in for secured, so drop it, or
     * better, refuse. What comes from now on must be TLS: anything else fails the handshake. So that nothing of the
     * handshake gets to the protocol, pause reading before the peer is told to begin; this resumes it.
     *
     * <p>The protocol's {@code connectionMade} is not called. What comes is handed to it only after this has returned,
     * when the task suspends next.
     *
     * <p>If this fails or is cancelled, the connection is aborted, and the protocol's {@code connectionLost} called.
     *
     * @param transport of the connection
     * @param protocol is called from now on; usually the one that was before
     * @param options as the client they need a server name, which the transport does not tell
     *     ({@link TlsOptions#withServerName}); as the server a certificate ({@link TlsOptions#withIdentity})
     * @param serverSide whether this is the server, which waits for the client to begin
     * @throws IOException if the handshake fails, or the connection has ended
     * @throws IllegalArgumentException if the options lack what that side needs
     * @throws IllegalStateException if called outside a task
     */
    @Suspends
    public static Transport startTls(Transport transport, Protocol protocol, TlsOptions options, boolean serverSide)
            throws IOException {
        EventLoop loop = Callers.loopOfTask("startTls");
        if (transport.isClosing()) {
            throw new IOException("the connection has ended before TLS could start: " + transport);
        }
        TlsTransport secured = serverSide
                ? TlsTransport.ofServer(loop, options, () -> protocol, /* awaited= */ true)
                : TlsTransport.ofClient(
                        loop, options, null, portOf(transport.getExtraInfo("peername")), () -> protocol);
        secured.takeOver(transport, protocol);
        try {
            secured.handshake().await();
        } catch (Throwable e) {
            secured.abort();
            throw e;
        }
        secured.release();
        return secured;
    }

    // -- servers --------------------------------------------------------------------------------------------------

    /** Listens on {@code host}. See {@link #createServer(Supplier, List, int, ListenOptions)}. */
    @Suspends
    public static Server createServer(Supplier<? extends Protocol> protocolFactory, @Nullable String host, int port)
            throws IOException {
        return createServer(protocolFactory, host, port, ListenOptions.defaults());
    }

    /**
     * Listens on {@code host}. See {@link #createServer(Supplier, List, int, ListenOptions)}.
     *
     * @param host a name or an address; null or empty for every interface
     */
    @Suspends
    public static Server createServer(
            Supplier<? extends Protocol> protocolFactory, @Nullable String host, int port, ListenOptions options)
            throws IOException {
        return createServer(protocolFactory, host == null ? List.of("") : List.of(host), port, options);
    }

    /**
     * Listens on every address of {@code hosts} and makes a protocol for each connection.
     *
     * <p>With TLS, the protocol of a connection is made when its handshake is done. A handshake that fails is reported to
     * the loop's exception handler; not so a client that goes without a word.
     *
     * @param protocolFactory makes the protocol of a connection
     * @param hosts names or addresses; an empty string for every interface, of both families where there are both
     * @param port 0 for a free one, which the server's sockets tell; then each address gets one of its own
     * @param options how to listen
     * @throws java.net.UnknownHostException if a name has no address
     * @throws java.net.BindException if an address is taken, not allowed, or none is one of this machine
     * @throws IOException if an address cannot be looked up, or no socket can be opened
     * @throws UnsupportedOperationException if the options want something that the system does not have
     * @throws IllegalArgumentException if the options want TLS without a certificate, or in a way that the JDK does not
     *     know
     * @throws IllegalStateException if called outside a task
     */
    @Suspends
    public static Server createServer(
            Supplier<? extends Protocol> protocolFactory, List<String> hosts, int port, ListenOptions options)
            throws IOException {
        EventLoop loop = Callers.loopOfTask("createServer");
        checkTls(loop, options);
        List<ServerSocketChannel> listeners =
                Sockets.listen(loop, addressesOf(loop, hosts, options.family()), port, options);
        return new SocketServer(loop, protocolFactory, listeners, options);
    }

    /**
     * Accepts connections from a socket that listens already, a Unix socket for instance. The socket belongs to the
     * server from here on.
     *
     * @param protocolFactory makes the protocol of a connection
     * @param listener a socket that is bound; it is put into non-blocking mode
     * @param options how to accept; what they say about binding comes too late
     * @throws IOException if the socket is not bound, or closed
     */
    public static Server createServer(
            Supplier<? extends Protocol> protocolFactory, ServerSocketChannel listener, ListenOptions options)
            throws IOException {
        EventLoop loop = EventLoop.running();
        checkTls(loop, options);
        if (listener.getLocalAddress() == null) {
            throw new IOException(listener + " is not bound");
        }
        listener.configureBlocking(false);
        return new SocketServer(loop, protocolFactory, List.of(listener), options);
    }

    // -- servers for several loops --------------------------------------------------------------------------------

    /** Listens on {@code host}. See {@link #createServer(LoopGroup, Supplier, List, int, ListenOptions)}. */
    @Suspends
    public static Server createServer(
            LoopGroup group, Supplier<? extends Protocol> protocolFactory, @Nullable String host, int port)
            throws IOException {
        return createServer(group, protocolFactory, host, port, ListenOptions.defaults());
    }

    /**
     * Listens on {@code host}. See {@link #createServer(LoopGroup, Supplier, List, int, ListenOptions)}.
     *
     * @param host a name or an address; null or empty for every interface
     */
    @Suspends
    public static Server createServer(
            LoopGroup group,
            Supplier<? extends Protocol> protocolFactory,
            @Nullable String host,
            int port,
            ListenOptions options)
            throws IOException {
        return createServer(group, protocolFactory, host == null ? List.of("") : List.of(host), port, options);
    }

    /**
     * Listens on every address of {@code hosts}, and spreads the connections over the loops of {@code group}: each lives
     * on one of them from its first byte to its last. Otherwise as
     * {@link #createServer(Supplier, List, int, ListenOptions)}.
     *
     * <p>The running loop, which need not be one of the group, accepts the connections and hands them to the loops in turn.
     * With {@link ListenOptions#withReusePort} each loop has listening sockets of its own instead, and the system spreads
     * the connections by their addresses: nothing is handed over, but a few connections may all come to the same loop,
     * and other processes of the same user may take a part.
     *
     * <p>The server is used on the running loop. What its methods have to do on other loops, {@link Server#close},
     * {@link Server#closeClients} and {@link Server#abortClients} leave at their doors; those that suspend wait for all.
     * An error of a connection goes to the exception handler of its loop. A loop that is closed closes its connections; if
     * all are closed, the server ends when the next connection comes.
     *
     * @param group whose loops serve; they take their network from where the running one does
     * @param protocolFactory makes the protocol of a connection, on the connection's loop: several threads call it at the
     *     same time
     * @param hosts names or addresses; an empty string for every interface, of both families where there are both
     * @param port 0 for a free one, which the server's sockets tell
     * @param options how to listen
     * @throws IOException as {@link #createServer(Supplier, List, int, ListenOptions)}
     * @throws UnsupportedOperationException if the options want something that the system does not have
     * @throws IllegalStateException if called outside a task, or a loop of the group is closed
     */
    @Suspends
    public static Server createServer(
            LoopGroup group,
            Supplier<? extends Protocol> protocolFactory,
            List<String> hosts,
            int port,
            ListenOptions options)
            throws IOException {
        EventLoop loop = Callers.loopOfTask("createServer");
        Objects.requireNonNull(protocolFactory, "protocolFactory");
        checkTls(loop, options);
        Set<InetAddress> addresses = addressesOf(loop, hosts, options.family());
        return options.reusePort()
                ? SharedServer.sharingPort(
                        loop,
                        group,
                        protocolFactory,
                        Sockets.listenOnEach(group.loops(), addresses, port, options),
                        options)
                : SharedServer.handingOver(
                        loop, group, protocolFactory, Sockets.listen(loop, addresses, port, options), options, null);
    }

    /** Listens on a Unix socket. See {@link #createUnixServer(LoopGroup, Supplier, Path, UnixListenOptions)}. */
    @Suspends
    public static Server createUnixServer(LoopGroup group, Supplier<? extends Protocol> protocolFactory, Path path)
            throws IOException {
        return createUnixServer(group, protocolFactory, path, UnixListenOptions.defaults());
    }

    /**
     * Listens on a Unix socket, and hands the connections to the loops of {@code group} in turn. For the rest see
     * {@link #createUnixServer(Supplier, Path, UnixListenOptions)} and
     * {@link #createServer(LoopGroup, Supplier, List, int, ListenOptions)}.
     */
    @Suspends
    public static Server createUnixServer(
            LoopGroup group, Supplier<? extends Protocol> protocolFactory, Path path, UnixListenOptions options)
            throws IOException {
        EventLoop loop = Callers.loopOfTask("createUnixServer");
        Objects.requireNonNull(protocolFactory, "protocolFactory");
        ListenOptions listening = listening(options);
        checkTls(loop, listening);
        ServerSocketChannel listener = UnixSockets.listen(loop, path, options.backlog());
        return SharedServer.handingOver(
                loop, group, protocolFactory, List.of(listener), listening, fileOf(path, options));
    }

    // -- Unix sockets ---------------------------------------------------------------------------------------------

    /**
     * Connects to the Unix socket at {@code path}, and returns when the protocol's {@code connectionMade} has been
     * called.
     *
     * <p>If the server's backlog is full, tries again for five seconds. Unix sockets without a file (the abstract ones
     * of Linux) the JDK does not have.
     *
     * <p>If this is cancelled, the connection is aborted.
     *
     * @param <P> the protocol's class
     * @param protocolFactory makes the protocol, once the connection stands
     * @param path of the socket's file; the system limits its length, to 107 bytes usually
     * @throws java.net.ConnectException if there is no such file, nobody listens there, or this process may not
     *     connect; the message names the path
     * @throws IOException if no socket can be opened
     * @throws UnsupportedOperationException if the system has no Unix sockets
     * @throws IllegalStateException if called outside a task
     */
    @Suspends
    public static <P extends Protocol> TransportAndProtocol<P> createUnixConnection(
            Supplier<? extends P> protocolFactory, Path path) throws IOException {
        EventLoop loop = Callers.loopOfTask("createUnixConnection");
        return establish(loop, protocolFactory, UnixSockets.connect(loop, path));
    }

    /**
     * Connects to the Unix socket at {@code path}, with TLS: the client's side. See
     * {@link #createUnixConnection(Supplier, Path)}.
     *
     * @param <P> the protocol's class
     * @param protocolFactory makes the protocol, once the handshake is done
     * @param path of the socket's file
     * @param tls with the name of the server, which the path does not tell: {@link TlsOptions#withServerName}
     * @throws java.net.ConnectException if there is no such file, nobody listens there, or this process may not
     * @throws IOException if no socket can be opened, or the handshake fails
     * @throws IllegalArgumentException if there is no name to check the server's certificate for
     */
    @Suspends
    public static <P extends Protocol> TransportAndProtocol<P> createUnixConnection(
            Supplier<? extends P> protocolFactory, Path path, TlsOptions tls) throws IOException {
        EventLoop loop = Callers.loopOfTask("createUnixConnection");
        SocketChannel connected = UnixSockets.connect(loop, path);
        return establish(loop, protocolFactory, connected, made -> TlsTransport.ofClient(loop, tls, null, -1, made));
    }

    /** Listens on a Unix socket. See {@link #createUnixServer(Supplier, Path, UnixListenOptions)}. */
    @Suspends
    public static Server createUnixServer(Supplier<? extends Protocol> protocolFactory, Path path) throws IOException {
        return createUnixServer(protocolFactory, path, UnixListenOptions.defaults());
    }

    /**
     * Listens on a Unix socket and makes a protocol for each connection.
     *
     * <p>A socket's file that another server has left behind is replaced. One at which somebody listens is not: to find
     * out, this connects to it, and hangs up. When the server is closed, its file is removed, if it is still the same.
     *
     * <p>Who may connect, the permissions of the file and of its folders say; the file gets those that the process's
     * umask leaves. To be safe from the first moment on, put it into a folder that others cannot enter.
     *
     * @param protocolFactory makes the protocol of a connection
     * @param path of the socket's file; the system limits its length, to 107 bytes usually
     * @param options how to listen
     * @throws java.net.BindException if somebody listens there, another kind of file is there, or none can be made; the
     *     message names the path
     * @throws IOException if no socket can be opened
     * @throws UnsupportedOperationException if the system has no Unix sockets
     * @throws IllegalArgumentException if the options want TLS without a certificate
     * @throws IllegalStateException if called outside a task
     */
    @Suspends
    public static Server createUnixServer(
            Supplier<? extends Protocol> protocolFactory, Path path, UnixListenOptions options) throws IOException {
        EventLoop loop = Callers.loopOfTask("createUnixServer");
        Objects.requireNonNull(protocolFactory, "protocolFactory");
        ListenOptions listening = listening(options);
        checkTls(loop, listening);
        ServerSocketChannel listener = UnixSockets.listen(loop, path, options.backlog());
        return new SocketServer(loop, protocolFactory, List.of(listener), listening, fileOf(path, options));
    }

    private static ListenOptions listening(UnixListenOptions options) {
        ListenOptions listening =
                ListenOptions.defaults().withBacklog(options.backlog()).withStartServing(options.startServing());
        TlsOptions tls = options.tls();
        return tls == null ? listening : listening.withTls(tls);
    }

    /** {@return the file that goes with a server, or null if it shall stay} */
    private static @Nullable SocketFile fileOf(Path path, UnixListenOptions options) {
        return options.removeFile() ? SocketFile.at(path.toAbsolutePath(), LinkOption.NOFOLLOW_LINKS) : null;
    }

    // -- datagrams ------------------------------------------------------------------------------------------------

    /**
     * Opens an endpoint for datagrams, and returns when the protocol's {@code connectionMade} has been called.
     *
     * <p>If this is cancelled, the endpoint is closed.
     *
     * @param <P> the protocol's class
     * @param protocolFactory makes the protocol
     * @param options where it receives, whether it is connected to a peer, and more
     * @throws java.net.UnknownHostException if a name has no address
     * @throws java.net.BindException if the local address is taken, or not one of this machine
     * @throws java.net.ConnectException if the system knows no way to the peer, or the addresses are of two families
     * @throws IOException if no socket can be opened
     * @throws UnsupportedOperationException if the options want something that the system does not have
     * @throws IllegalStateException if called outside a task
     */
    @Suspends
    public static <P extends DatagramProtocol> DatagramTransportAndProtocol<P> createDatagramEndpoint(
            Supplier<? extends P> protocolFactory, DatagramOptions options) throws IOException {
        EventLoop loop = Callers.loopOfTask("createDatagramEndpoint");
        return establish(loop, protocolFactory, DatagramSockets.open(loop, options));
    }

    /**
     * Puts a transport on a socket for datagrams, and returns when the protocol's {@code connectionMade} has been
     * called. The socket belongs to the transport from here on, also if this fails.
     *
     * <p>If this is cancelled, the endpoint is closed.
     *
     * @param <P> the protocol's class
     * @param protocolFactory makes the protocol
     * @param socket bound, or else it is bound to a free port; it is put into non-blocking mode
     * @throws IOException if it is closed
     * @throws IllegalStateException if called outside a task
     */
    @Suspends
    public static <P extends DatagramProtocol> DatagramTransportAndProtocol<P> createDatagramEndpoint(
            Supplier<? extends P> protocolFactory, DatagramChannel socket) throws IOException {
        return establish(Callers.loopOfTask("createDatagramEndpoint"), protocolFactory, socket);
    }

    /**
     * Opens an endpoint for datagrams that tasks receive and send in straight-line code.
     *
     * <p>If this is cancelled, nothing is left behind. Close the endpoint: it is for {@code try (...)}.
     *
     * @param options where it receives, whether it is connected to a peer, and more
     * @throws IOException as {@link #createDatagramEndpoint(Supplier, DatagramOptions)} does
     * @throws UnsupportedOperationException if the options want something that the system does not have
     * @throws IllegalStateException if called outside a task
     */
    @Suspends
    public static DatagramEndpoint openDatagramEndpoint(DatagramOptions options) throws IOException {
        EventLoop loop = Callers.loopOfTask("openDatagramEndpoint");
        return new DatagramEndpoint(loop, DatagramSockets.open(loop, options));
    }

    // -- files ----------------------------------------------------------------------------------------------------

    /**
     * Sends a part of a file, without a copy in this process where the system can do that, and returns when it is sent:
     * handed to the system's network, that is. What was written before is sent first.
     *
     * <p>Nothing is read from the transport meanwhile. Do not write to it: a plain one refuses that. If this fails or
     * is cancelled, some, all or none of it was sent. A cancelled call returns when the thread that reads or sends has
     * come back, which does not wait for the peer; that thread is not interrupted, because the JDK would close the file.
     * If the call is cancelled once more, it returns at once; a plain transport is aborted then, because that thread
     * still has its socket.
     *
     * @param transport where to
     * @param file where from; its position is neither used nor changed
     * @param offset the first byte
     * @param count how many bytes at most; the file may end before
     * @return how many bytes were sent
     * @throws IOException if the file cannot be read, or the connection ends meanwhile
     * @throws IllegalStateException if called outside a task, or the transport is closing, has sent its end of stream,
     *     or sends a file already
     */
    @Suspends
    public static long sendFile(Transport transport, FileChannel file, long offset, long count) throws IOException {
        EventLoop loop = Callers.loopOfTask("sendFile");
        return SendFile.send(loop, transport, file, offset, count);
    }

    // -- common to several ----------------------------------------------------------------------------------------

    @Suspends
    private static <P extends Protocol> TransportAndProtocol<P> establish(
            EventLoop loop, Supplier<? extends P> protocolFactory, SocketChannel connected) throws IOException {
        P protocol;
        SocketTransport transport;
        try {
            if (connected.isOpen() && !connected.isConnected()) {
                throw new IOException(connected + " is not connected");
            }
            Sockets.prepare(connected, /* keepAlive= */ false);
            protocol = Objects.requireNonNull(protocolFactory.get(), "the protocol factory returned null");
            transport = new SocketTransport(loop, connected, protocol, null);
        } catch (Throwable e) {
            Closing.quietly(connected);
            throw e;
        }
        try {
            transport.start().await();
        } catch (Throwable e) {
            transport.abort();
            throw e;
        }
        return new TransportAndProtocol<>(transport, protocol);
    }

    /**
     * The same with TLS.
     *
     * @param secured makes the transport, from what makes the protocol
     */
    @Suspends
    private static <P extends Protocol> TransportAndProtocol<P> establish(
            EventLoop loop,
            Supplier<? extends P> protocolFactory,
            SocketChannel connected,
            Function<Supplier<P>, TlsTransport> secured)
            throws IOException {
        List<P> made = new ArrayList<>(1);
        TlsTransport transport;
        SocketTransport below;
        try {
            if (connected.isOpen() && !connected.isConnected()) {
                throw new IOException(connected + " is not connected");
            }
            Sockets.prepare(connected, /* keepAlive= */ false);
            transport = secured.apply(() -> {
                P protocol = Objects.requireNonNull(protocolFactory.get(), "the protocol factory returned null");
                made.add(protocol);
                return protocol;
            });
            below = new SocketTransport(loop, connected, transport.below(), null);
        } catch (Throwable e) {
            Closing.quietly(connected);
            throw e;
        }
        transport.carriedBy(below);
        below.start();
        try {
            transport.handshake().await();
        } catch (Throwable e) {
            transport.abort();
            throw e;
        }
        return new TransportAndProtocol<>(transport, made.getFirst());
    }

    /** Says what is wrong with the options now, and not at each connection. */
    private static void checkTls(EventLoop loop, ListenOptions options) {
        if (options.tls() != null) {
            TlsEngine.forServer(LoopResources.of(loop), options.tls());
        }
    }

    /** {@return the port in {@code address}, or -1 if it has none} */
    private static int portOf(@Nullable Object address) {
        return address instanceof InetSocketAddress internet ? internet.getPort() : -1;
    }

    @Suspends
    private static <P extends DatagramProtocol> DatagramTransportAndProtocol<P> establish(
            EventLoop loop, Supplier<? extends P> protocolFactory, DatagramChannel socket) throws IOException {
        P protocol;
        DatagramSocketTransport transport;
        try {
            socket.configureBlocking(false);
            if (socket.getLocalAddress() == null) {
                socket.bind(null);
            }
            protocol = Objects.requireNonNull(protocolFactory.get(), "the protocol factory returned null");
            transport = new DatagramSocketTransport(loop, socket, protocol);
        } catch (Throwable e) {
            Closing.quietly(socket);
            throw e;
        }
        try {
            transport.start().await();
        } catch (Throwable e) {
            transport.abort();
            throw e;
        }
        return new DatagramTransportAndProtocol<>(transport, protocol);
    }

    @Suspends
    private static Set<InetAddress> addressesOf(
            EventLoop loop, List<String> hosts, @Nullable StandardProtocolFamily family) throws IOException {
        Set<InetAddress> addresses = new LinkedHashSet<>();
        for (String host : hosts) {
            if (host.isEmpty()) {
                addresses.add(Sockets.everyInterface(loop, family));
            } else {
                addresses.addAll(Resolver.addressesOf(loop, host, family));
            }
        }
        if (addresses.contains(InetAddress.ofLiteral("::"))) {
            addresses.remove(InetAddress.ofLiteral("0.0.0.0")); // the other one takes IPv4 connections, too
        }
        return addresses;
    }
}
