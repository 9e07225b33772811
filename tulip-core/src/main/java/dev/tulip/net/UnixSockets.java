package dev.tulip.net;

import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Suspends;
import dev.tulip.loop.Task;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;

/** Unix sockets: connecting, and listening where a socket's file may have been left behind. */
final class UnixSockets {
    private UnixSockets() {}

    // -- connecting -----------------------------------------------------------------------------------------------

    /**
     * {@return a connected socket, in non-blocking mode; it belongs to the caller} If the server's backlog is full,
     * tries again for a while.
     *
     * @throws ConnectException if there is nobody, or this process may not
     */
    @Suspends
    static SocketChannel connect(EventLoop loop, Path path) throws IOException {
        UnixDomainSocketAddress address = addressOf(path);
        long patience = loop.time() + Defaults.BACKLOG_PATIENCE.toNanos();
        Duration pause = Defaults.BACKLOG_PAUSE;
        while (true) {
            try {
                return connectNow(loop, address);
            } catch (SocketException e) {
                if (!isBacklogFull(e, path) || loop.time() - patience > 0) {
                    ConnectException named = new ConnectException("cannot connect to " + path + ": " + e.getMessage());
                    named.initCause(e);
                    throw named;
                }
            }
            Task.sleep(pause);
            if (pause.compareTo(Defaults.BACKLOG_LONGEST_PAUSE) < 0) {
                pause = pause.multipliedBy(2);
            }
        }
    }

    /** Connects at once or not at all: a Unix socket does not wait for its peer. */
    private static SocketChannel connectNow(EventLoop loop, UnixDomainSocketAddress address) throws IOException {
        SocketChannel channel = loop.selectorProvider().openSocketChannel(StandardProtocolFamily.UNIX);
        boolean connected = false;
        try {
            channel.configureBlocking(false);
            connected = channel.connect(address) || channel.finishConnect();
            if (!connected) {
                throw new SocketException("the connection is still pending");
            }
            return channel;
        } finally {
            if (!connected) {
                Closing.quietly(channel);
            }
        }
    }

    /**
     * {@return whether {@code error} may be that of a full backlog (EAGAIN)} The JDK has no class of its own for that
     * one, only for those of nobody listening and of missing permission; and none for a missing file.
     */
    private static boolean isBacklogFull(SocketException error, Path path) {
        return error.getClass() == SocketException.class && SocketFile.at(path) != null;
    }

    // -- listening ------------------------------------------------------------------------------------------------

    /**
     * {@return a socket that listens at {@code path}, in non-blocking mode} If the file of a socket is there to which
     * nobody listens, it is replaced.
     *
     * @throws BindException if somebody listens there, the file is of another kind, or it cannot be made
     */
    @Suspends
    static ServerSocketChannel listen(EventLoop loop, Path path, int backlog) throws IOException {
        UnixDomainSocketAddress address = addressOf(path);
        ServerSocketChannel listener = loop.selectorProvider().openServerSocketChannel(StandardProtocolFamily.UNIX);
        boolean complete = false;
        try {
            listener.configureBlocking(false);
            bind(loop, listener, address, backlog);
            complete = true;
            return listener;
        } catch (SocketException e) {
            BindException named = new BindException("cannot listen on " + path + ": " + e.getMessage());
            named.initCause(e);
            throw named;
        } finally {
            if (!complete) {
                Closing.quietly(listener);
            }
        }
    }

    @Suspends
    private static void bind(EventLoop loop, ServerSocketChannel listener, UnixDomainSocketAddress address, int backlog)
            throws IOException {
        try {
            listener.bind(address, backlog);
        } catch (BindException e) {
            // The JDK closes the socket of a server that was closed at the loop's next select, not before.
            Task.sleep(Duration.ZERO);
            SocketFile left = SocketFile.at(address.getPath(), LinkOption.NOFOLLOW_LINKS);
            if (left == null) {
                throw e;
            }
            if (isAlive(loop, address)) {
                throw new BindException("another server listens there: " + e.getMessage());
            }
            left.removeIfSame();
            listener.bind(address, backlog);
        }
    }

    /** {@return whether somebody listens at {@code address}} If that cannot be known, then yes. */
    private static boolean isAlive(EventLoop loop, UnixDomainSocketAddress address) throws IOException {
        try (SocketChannel probe = loop.selectorProvider().openSocketChannel(StandardProtocolFamily.UNIX)) {
            probe.configureBlocking(false);
            probe.connect(address);
            return true;
        } catch (ConnectException e) {
            return false;
        } catch (SocketException e) {
            return true; // a full backlog, or no permission to ask
        }
    }

    // -- common to both -------------------------------------------------------------------------------------------

    private static UnixDomainSocketAddress addressOf(Path path) {
        if (path.toString().isEmpty()) {
            throw new IllegalArgumentException("a Unix socket needs a path; this one is empty");
        }
        return UnixDomainSocketAddress.of(path);
    }
}
