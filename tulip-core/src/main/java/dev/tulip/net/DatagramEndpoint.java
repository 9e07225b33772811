package dev.tulip.net;

import dev.tulip.loop.Datagram;
import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Suspends;
import dev.tulip.loop.Task;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.MembershipKey;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * An endpoint for datagrams in straight-line code: a task receives and sends, one datagram a call. Not for other
 * threads than its loop's.
 *
 * <p>There is no queue in between: a task that receives reads straight off the socket, and what nobody receives, the
 * system keeps, up to a limit, and then drops; see {@link DatagramOptions#withReceiveBuffer}. A task that sends waits
 * while the network takes no more.
 *
 * <p>What is ready does not suspend, except that after some datagrams in a row the other tasks have their turn: whoever
 * floods this endpoint does not get the whole loop.
 *
 * <p>An error that a call throws is that of one datagram, perhaps an earlier one: {@link
 * java.net.PortUnreachableException} means that nobody listens where one was sent to (connected endpoints only). The
 * endpoint stays open.
 *
 * <p>The same as callbacks: {@link DatagramTransport}. asyncio has nothing like this.
 *
 * @see Network#openDatagramEndpoint(DatagramOptions)
 */
public final class DatagramEndpoint implements AutoCloseable {
    // set once
    private final EventLoop loop;
    private final DatagramChannel channel;
    private final SocketAddress localAddress;
    private final @Nullable SocketAddress remoteAddress;
    private final LoopResources resources;
    private final Waiters senders;

    // loop thread only
    private boolean sending; // a task waits until the socket takes its datagram
    private int inARow; // calls since others had their turn

    /**
     * An endpoint that owns {@code channel} from here on.
     *
     * @param channel bound, in non-blocking mode
     * @throws IOException if the channel is closed; then it is still the caller's
     */
    DatagramEndpoint(EventLoop loop, DatagramChannel channel) throws IOException {
        this.loop = loop;
        this.channel = channel;
        this.localAddress = channel.getLocalAddress();
        this.remoteAddress = channel.getRemoteAddress();
        this.senders = new Waiters(loop);
        this.resources = LoopResources.of(loop);
        resources.opened(channel, this);
    }

    // -- receiving ------------------------------------------------------------------------------------------------

    /**
     * Waits for a datagram and returns it.
     *
     * <p>Cancelling this takes no datagram.
     *
     * @throws IOException if an earlier datagram met an error, or this is or gets closed
     * @throws IllegalStateException if called outside a task, or another task waits for a datagram
     */
    @Suspends
    public Datagram receive() throws IOException {
        takeTurns("receive");
        return loop.sockRecvfrom(channel, Defaults.MAX_DATAGRAM);
    }

    /**
     * Waits for a datagram and puts it into {@code buffer}, behind its position. What does not fit is lost.
     *
     * <p>Cancelling this takes no datagram.
     *
     * @return who sent it
     * @throws IOException if an earlier datagram met an error, or this is or gets closed
     * @throws IllegalStateException if called outside a task, or another task waits for a datagram
     */
    @Suspends
    public SocketAddress receive(ByteBuffer buffer) throws IOException {
        takeTurns("receive");
        return loop.sockRecvfromInto(channel, buffer);
    }

    /**
     * Receives, from now on, what is sent to a multicast group, too. See {@link DatagramTransport#join(InetAddress,
     * NetworkInterface, InetAddress)}.
     *
     * @param group its address, of the same family as the endpoint's
     * @param network from where
     * @param source whose datagrams only; null for everybody's
     * @return the membership, which {@link MembershipKey#drop} ends, as does closing this
     * @throws IllegalArgumentException if that is no address of a group, or of another family
     * @throws IOException if the system refuses, or this is closed
     */
    public MembershipKey join(InetAddress group, NetworkInterface network, @Nullable InetAddress source)
            throws IOException {
        loop.checkThread();
        return DatagramSockets.join(channel, group, network, source);
    }

    /** Receives what anybody sends to a group. See {@link #join(InetAddress, NetworkInterface, InetAddress)}. */
    public MembershipKey join(InetAddress group, NetworkInterface network) throws IOException {
        return join(group, network, null);
    }

    // -- sending --------------------------------------------------------------------------------------------------

    /**
     * Sends all that remains in {@code data}, as one datagram, to the peer; waits while the network takes no more.
     *
     * <p>Cancelling this sends nothing. Several tasks may send at a time.
     *
     * @throws IOException if it cannot be sent, an earlier one met an error, or this is closed
     * @throws IllegalStateException if called outside a task, or this is not connected to a peer
     */
    @Suspends
    public void send(ByteBuffer data) throws IOException {
        sendOrWait(data, DatagramSockets.checkConnected(remoteAddress, this));
    }

    /** Sends {@code data} to the peer. See {@link #send(ByteBuffer)}. */
    @Suspends
    public void send(byte[] data) throws IOException {
        send(ByteBuffer.wrap(data));
    }

    /**
     * Sends all that remains in {@code data}, as one datagram, to {@code target}. See {@link #send(ByteBuffer)}.
     *
     * @throws IllegalArgumentException if the target is a name that was not looked up, or this is connected to another
     *     peer
     */
    @Suspends
    public void sendTo(ByteBuffer data, SocketAddress target) throws IOException {
        sendOrWait(data, DatagramSockets.checkTarget(target, remoteAddress, this));
    }

    /** Sends {@code data} to {@code target}. See {@link #sendTo(ByteBuffer, SocketAddress)}. */
    @Suspends
    public void sendTo(byte[] data, SocketAddress target) throws IOException {
        sendTo(ByteBuffer.wrap(data), target);
    }

    @Suspends
    private void sendOrWait(ByteBuffer data, SocketAddress target) throws IOException {
        takeTurns("send");
        while (sending) {
            senders.await();
        }
        if (DatagramSockets.send(channel, data, target)) {
            return;
        }
        sending = true;
        try {
            loop.sockSendto(channel, data, target);
        } finally {
            sending = false;
            senders.wakeAll();
        }
    }

    /** Before anything is received or sent, so that a cancel loses nothing. */
    @Suspends
    private void takeTurns(String method) {
        Callers.checkTaskOf(loop, method);
        if (++inARow > Defaults.DATAGRAMS) {
            inARow = 0;
            Task.sleep(Duration.ZERO);
        }
    }

    // -- what it is -----------------------------------------------------------------------------------------------

    /** {@return where it receives; with the port that the system has chosen} */
    public SocketAddress localAddress() {
        return localAddress;
    }

    /** {@return the peer that it is connected to, or null} */
    public @Nullable SocketAddress remoteAddress() {
        return remoteAddress;
    }

    /** {@return the socket, for its options; it belongs to this endpoint} */
    public DatagramChannel channel() {
        return channel;
    }

    /** {@return the loop on whose thread this is used} */
    public EventLoop getLoop() {
        return loop;
    }

    /**
     * Closes this. A task that waits in one of its methods gets a {@link java.nio.channels.ClosedChannelException}.
     * Calling this again is harmless.
     */
    @Override
    public void close() {
        loop.checkThread();
        if (channel.isOpen()) {
            Closing.quietly(channel);
            loop.removeReader(channel); // the loop forgets a channel that is closed, and wakes who waits
            resources.closed(channel);
        }
    }

    /** {@return its state and addresses} */
    @Override
    public String toString() {
        return "DatagramEndpoint[" + (channel.isOpen() ? "open" : "closed") + ", " + localAddress
                + (remoteAddress == null ? "" : " -> " + remoteAddress) + "]";
    }
}
