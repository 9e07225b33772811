package dev.tulip.net;

import dev.tulip.loop.EventLoop;
import dev.tulip.loop.ExceptionContext;
import dev.tulip.loop.KeyboardInterrupt;
import dev.tulip.loop.Suspends;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A server over listening sockets, TCP or Unix. Loop thread only. */
final class SocketServer implements Server {
    // set once
    final EventLoop loop;
    private final Supplier<? extends Protocol> protocolFactory;
    private final boolean keepAlive;
    private final @Nullable SocketFile file;
    private final @Nullable TlsOptions tls;
    private final Consumer<SocketChannel> accepting;
    private final List<Acceptor> acceptors = new ArrayList<>();
    private final LoopResources resources;
    private final Waiters changes;

    // loop thread only
    private final Set<SocketTransport> connections = new LinkedHashSet<>();
    private boolean serving;
    private boolean servingForever;
    private boolean closed;
    private boolean drained; // or about to be: the program ends

    /** A server that owns {@code listeners}, which are bound and in non-blocking mode, from here on. */
    SocketServer(
            EventLoop loop,
            Supplier<? extends Protocol> protocolFactory,
            List<ServerSocketChannel> listeners,
            ListenOptions options) {
        this(loop, protocolFactory, listeners, options, null);
    }

    /**
     * A server that owns {@code listeners}, which are bound and in non-blocking mode, from here on.
     *
     * @param file is removed when it is closed; or null
     */
    SocketServer(
            EventLoop loop,
            Supplier<? extends Protocol> protocolFactory,
            List<ServerSocketChannel> listeners,
            ListenOptions options,
            @Nullable SocketFile file) {
        this(loop, protocolFactory, listeners, options, file, null);
    }

    /**
     * The same.
     *
     * @param accepting gets the connections that this accepts, in place of {@link #serve}; or null
     */
    SocketServer(
            EventLoop loop,
            Supplier<? extends Protocol> protocolFactory,
            List<ServerSocketChannel> listeners,
            ListenOptions options,
            @Nullable SocketFile file,
            @Nullable Consumer<SocketChannel> accepting) {
        this.loop = loop;
        this.protocolFactory = Objects.requireNonNull(protocolFactory, "protocolFactory");
        this.keepAlive = options.keepAlive();
        this.file = file;
        this.tls = options.tls();
        this.accepting = accepting == null ? this::serve : accepting;
        this.changes = new Waiters(loop);
        this.resources = LoopResources.of(loop);
        for (ServerSocketChannel listener : listeners) {
            acceptors.add(new Acceptor(this, listener, options.backlog()));
            resources.opened(listener, this);
        }
        if (options.startServing()) {
            startServing();
        }
    }

    // -- accepting ------------------------------------------------------------------------------------------------

    @Override
    public EventLoop getLoop() {
        return loop;
    }

    @Override
    public List<ServerSocketChannel> sockets() {
        return closed ? List.of() : acceptors.stream().map(Acceptor::listener).toList();
    }

    @Override
    public boolean isServing() {
        return serving;
    }

    @Override
    public void startServing() {
        loop.checkThread();
        if (closed) {
            throw new IllegalStateException(this + " is closed");
        }
        serving = true;
        acceptors.forEach(Acceptor::start);
    }

    /** A connection has come through one of the sockets. */
    void accepted(SocketChannel connection) {
        accepting.accept(connection);
    }

    /** Makes the protocol and the transport of a connection, which belongs to this server from here on. */
    void serve(SocketChannel connection) {
        try {
            Sockets.prepare(connection, keepAlive);
            SocketTransport transport = tls == null ? plain(connection) : secured(connection, tls);
            connections.add(transport);
            transport.start();
        } catch (KeyboardInterrupt e) {
            Closing.quietly(connection);
            throw e;
        } catch (Throwable e) {
            Closing.quietly(connection);
            loop.callExceptionHandler(
                    new ExceptionContext("Error on transport creation for incoming connection", e, "server", this));
        }
    }

    private SocketTransport plain(SocketChannel connection) throws IOException {
        Protocol protocol = Objects.requireNonNull(protocolFactory.get(), "the protocol factory returned null");
        return new SocketTransport(loop, connection, protocol, this);
    }

    /** The protocol is made when the handshake is done. */
    private SocketTransport secured(SocketChannel connection, TlsOptions tls) throws IOException {
        TlsTransport secured = TlsTransport.ofServer(loop, tls, protocolFactory, /* awaited= */ false);
        SocketTransport transport = new SocketTransport(loop, connection, secured.below(), this);
        secured.carriedBy(transport);
        return transport;
    }

    /** A connection has ended. */
    void detach(LiveTransport connection) {
        if (connections.remove(connection) && connections.isEmpty()) {
            changes.wakeAll();
        }
    }

    // -- ending ---------------------------------------------------------------------------------------------------

    @Override
    public void serveForever() {
        Callers.checkTaskOf(loop, "serveForever");
        if (servingForever) {
            throw new IllegalStateException(this + " is already in serveForever(), by another task");
        }
        startServing();
        servingForever = true;
        try {
            while (!closed || drained) { // if drained, the end comes as a cancel, when all is drained
                changes.await();
            }
        } finally {
            servingForever = false;
            close(); // if this was cancelled
        }
    }

    @Override
    public void close() {
        loop.checkThread();
        if (closed) {
            return;
        }
        closed = true;
        serving = false;
        removeFile();
        for (Acceptor acceptor : acceptors) {
            acceptor.close();
            resources.closed(acceptor.listener());
        }
        changes.wakeAll();
    }

    boolean isClosed() {
        return closed;
    }

    /** Removes the file of a Unix socket, before that is closed. */
    void removeFile() {
        if (file != null) {
            try {
                file.removeIfSame();
            } catch (IOException e) {
                Log.warn(loop, "cannot remove the file of a Unix socket that was closed: " + e);
            }
        }
    }

    @Override
    public void waitClosed() {
        Callers.checkTaskOf(loop, "waitClosed");
        while (!closed || !connections.isEmpty()) {
            changes.await();
        }
    }

    @Override
    public void closeClients() {
        loop.checkThread();
        List.copyOf(connections)
                .forEach(connection -> TlsTransport.outermost(connection).close());
    }

    @Override
    public void abortClients() {
        loop.checkThread();
        List.copyOf(connections).forEach(SocketTransport::abort);
    }

    @Override
    @Suspends
    public int shutdown(Duration grace) {
        Callers.checkTaskOf(loop, "shutdown");
        close();
        if (!connections.isEmpty()) {
            changes.await(grace);
        }
        return abortAndWait();
    }

    /** SIGTERM: accepts what has come, and nothing more. */
    void startDraining() {
        drained = true;
        acceptors.forEach(Acceptor::acceptRest);
        close();
    }

    /** Waits until its connections have ended, and aborts those that are left at the deadline. */
    @Suspends
    void drain(long deadline) {
        if (!connections.isEmpty()) {
            changes.awaitUntil(deadline);
        }
        abortAndWait();
    }

    @Suspends
    private int abortAndWait() {
        int aborted = 0;
        for (SocketTransport connection : List.copyOf(connections)) {
            if (!connection.isLost()) {
                aborted++;
                connection.abort();
            }
        }
        while (!connections.isEmpty()) {
            changes.await();
        }
        return aborted;
    }

    /** {@return its state, its addresses, how many connections it has} */
    @Override
    public String toString() {
        return "Server[" + (closed ? "closed" : serving ? "serving" : "not serving") + ", " + addresses(sockets())
                + ", " + connections.size() + " connections]";
    }

    /** {@return where {@code sockets} listen} */
    static List<SocketAddress> addresses(List<ServerSocketChannel> sockets) {
        List<SocketAddress> addresses = new ArrayList<>();
        for (ServerSocketChannel socket : sockets) {
            try {
                addresses.add(socket.getLocalAddress());
            } catch (IOException e) {
                // closed by somebody else; then it has none
            }
        }
        return addresses;
    }
}
