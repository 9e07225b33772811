package dev.tulip.net;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;

/**
 * What to do with the datagrams of one endpoint: a program implements this, and a {@link DatagramTransport} calls it.
 *
 * <p>The calls come in this order; {@code pauseWriting} and {@code resumeWriting} alternate in between:
 *
 * <pre>{@code
 * connectionMade  (datagramReceived | errorReceived)*  connectionLost
 * }</pre>
 *
 * <p>What a method throws goes to the loop's exception handler, and the endpoint goes on: the next datagram has nothing
 * to do with the one that could not be handled.
 *
 * @see Network#createDatagramEndpoint(java.util.function.Supplier, DatagramOptions)
 * @see <a href="https://docs.python.org/3.14/library/asyncio-protocol.html#datagram-protocols">asyncio: Datagram
 *     Protocols</a>
 */
public interface DatagramProtocol extends BaseProtocol {
    /** The endpoint is open. Keep the transport, to send; receiving starts when this returns. */
    default void connectionMade(DatagramTransport transport) {}

    /**
     * A datagram has come, as a whole.
     *
     * @param data holds it between its position and its limit, during this call only: afterwards the memory is used for
     *     the next one. Take it apart, send it, or copy it. It may be empty
     * @param sender where it came from
     */
    default void datagramReceived(ByteBuffer data, SocketAddress sender) {}

    /**
     * Sending or receiving has failed: the network cannot be reached, a datagram was too long, or the peer's machine
     * has answered that nobody listens there ({@link java.net.PortUnreachableException}; connected endpoints only). The
     * datagram is lost; the endpoint stays open. Never called from within {@code sendTo}. If errors pile up faster than
     * they can be told, some are left out, and the log says how many.
     */
    default void errorReceived(IOException error) {}
}
