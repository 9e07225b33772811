package dev.tulip.net;

import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.MembershipKey;
import org.jspecify.annotations.Nullable;

/**
 * An endpoint for datagrams: sends them, and calls a {@link DatagramProtocol} with those that come. Not for other
 * threads than its loop's: they get a {@link WrongThreadException}.
 *
 * <p>Nothing here suspends or waits. What the network does not take at once is kept and sent later, in order; {@link
 * BaseProtocol#pauseWriting} says when that gets too much. A datagram counts as its bytes and 8 more.
 *
 * <p>The same in straight-line code: {@link DatagramEndpoint}.
 *
 * @see <a href="https://docs.python.org/3.14/library/asyncio-protocol.html#datagram-transports">asyncio: Datagram
 *     Transports</a>
 */
public interface DatagramTransport extends BaseTransport {
    // -- sending --------------------------------------------------------------------------------------------------

    /**
     * Sends all that remains in {@code data}, as one datagram, to the peer. Does not keep {@code data}: all of it is
     * taken, and the caller may use the memory again.
     *
     * <p>What goes wrong, {@link DatagramProtocol#errorReceived} is told. That a datagram arrives, nobody can promise.
     * On a transport that is closed it is dropped; on one that still sends what was sent before {@link #close}, it is
     * sent, too.
     *
     * @throws IllegalStateException if this is not connected to a peer
     */
    void sendTo(ByteBuffer data);

    /** Sends {@code data} to the peer. See {@link #sendTo(ByteBuffer)}. */
    default void sendTo(byte[] data) {
        sendTo(ByteBuffer.wrap(data));
    }

    /**
     * Sends all that remains in {@code data}, as one datagram, to {@code target}. See {@link #sendTo(ByteBuffer)}.
     *
     * @throws IllegalArgumentException if the target is a name that was not looked up, or this is connected to another
     *     peer
     */
    void sendTo(ByteBuffer data, SocketAddress target);

    /** Sends {@code data} to {@code target}. See {@link #sendTo(ByteBuffer, SocketAddress)}. */
    default void sendTo(byte[] data, SocketAddress target) {
        sendTo(ByteBuffer.wrap(data), target);
    }

    // -- receiving ------------------------------------------------------------------------------------------------

    /**
     * Stops calling the protocol with what comes. The system keeps some of it, and drops the rest. Does nothing if this
     * is paused or closing.
     */
    void pauseReading();

    /** Ends {@link #pauseReading}. Does nothing if this is not paused, or closing. */
    void resumeReading();

    /** {@return whether this is neither paused nor closing} */
    boolean isReading();

    /**
     * Receives, from now on, what is sent to a multicast group, too. The endpoint must be bound to the group's port.
     *
     * @param group its address, of the same family as the endpoint's
     * @param network from where; every network has groups of its own
     * @param source whose datagrams only; null for everybody's
     * @return the membership, which {@link MembershipKey#drop} ends, as does closing this
     * @throws IllegalArgumentException if that is no address of a group, or of another family
     * @throws IOException if the system refuses, or this is closed
     */
    MembershipKey join(InetAddress group, NetworkInterface network, @Nullable InetAddress source) throws IOException;

    /** Receives what anybody sends to a group. See {@link #join(InetAddress, NetworkInterface, InetAddress)}. */
    default MembershipKey join(InetAddress group, NetworkInterface network) throws IOException {
        return join(group, network, null);
    }

    // -- protocol -------------------------------------------------------------------------------------------------

    /**
     * Has {@code protocol} called from now on, in the place of the one before. Neither is told; {@code connectionMade}
     * is not called. If the one before was paused, the new one gets the {@code resumeWriting}.
     */
    void setProtocol(DatagramProtocol protocol);

    /** {@return the protocol that is called} */
    DatagramProtocol getProtocol();
}
