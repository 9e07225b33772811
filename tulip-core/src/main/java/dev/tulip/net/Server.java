package dev.tulip.net;

import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Suspends;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.List;

/**
 * Listening sockets, and the connections that came through them. Not for other threads than its loop's: they get a
 * {@link WrongThreadException}.
 *
 * <p>To end it, {@link #shutdown}: stops accepting, lets the connections finish, aborts the rest. {@link #close} alone
 * leaves the connections to themselves.
 *
 * <p>A connection that cannot be accepted, for which the protocol factory fails, or with which the TLS handshake fails, is
 * reported to the loop's exception handler. If the process is out of file descriptors, the server says so once, waits a
 * second and tries again.
 *
 * @see Network#createServer(java.util.function.Supplier, String, int)
 * @see <a href="https://docs.python.org/3.14/library/asyncio-eventloop.html#server-objects">asyncio: Server Objects</a>
 */
public interface Server extends AutoCloseable {
    /** {@return the loop on whose thread this is used} */
    EventLoop getLoop();

    /** {@return the listening sockets, which belong to this server; none once it is closed} */
    List<ServerSocketChannel> sockets();

    /** {@return whether this accepts connections} */
    boolean isServing();

    /**
     * Accepts connections from now on. Does nothing if it does already.
     *
     * @throws IllegalStateException if this is closed
     */
    void startServing();

    /**
     * Accepts connections until this server is closed. Returns then; the connections may go on.
     *
     * <p>Cancelling this closes the server.
     *
     * @throws IllegalStateException if this is closed, or another task is in this method
     */
    @Suspends
    void serveForever();

    /**
     * Stops accepting and closes the listening sockets. The connections go on. Calling this again is harmless.
     */
    @Override
    void close();

    /**
     * Waits until this is closed and its last connection has ended.
     *
     * <p>Cancelling this changes nothing.
     */
    @Suspends
    void waitClosed();

    /** Closes every connection, as {@link Transport#close} does. */
    void closeClients();

    /** Aborts every connection, as {@link Transport#abort} does. */
    void abortClients();

    /**
     * Ends this server: stops accepting, waits until the connections have ended by themselves, but no longer than
     * {@code grace}, and aborts those that are left.
     *
     * <p>Cancelling this leaves the server closed, and the connections that are left to themselves.
     *
     * @param grace how long connections may go on; zero aborts them at once
     * @return how many were aborted
     */
    @Suspends
    int shutdown(Duration grace);
}
