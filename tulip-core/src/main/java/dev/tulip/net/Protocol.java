package dev.tulip.net;

import java.nio.ByteBuffer;

/**
 * What to do with the bytes of one connection: a program implements this, and a {@link Transport} calls it.
 *
 * <p>The calls come in this order; {@code pauseWriting} and {@code resumeWriting} alternate in between:
 *
 * <pre>{@code
 * connectionMade  dataReceived*  eofReceived?  connectionLost
 * }</pre>
 *
 * <p>What a method throws goes to the loop's exception handler. If it was {@code dataReceived} or {@code eofReceived},
 * the connection is aborted, and {@code connectionLost} gets the exception.
 *
 * @see Network#createConnection(java.util.function.Supplier, String, int)
 * @see Network#createServer(java.util.function.Supplier, String, int)
 * @see <a href="https://docs.python.org/3.14/library/asyncio-protocol.html#streaming-protocols">asyncio: Streaming
 *     Protocols</a>
 */
public interface Protocol extends BaseProtocol {
    /** The connection stands. Keep the transport, to write to it; reading starts when this returns. */
    default void connectionMade(Transport transport) {}

    /**
     * Bytes have come: as the network delivered them, not as the peer wrote them.
     *
     * @param data holds them between its position and its limit, during this call only: afterwards the memory is used
     *     for the next read. Take it apart, write it to a transport, or copy it. What is left in it is lost
     */
    default void dataReceived(ByteBuffer data) {}

    /**
     * The peer will send no more. It may still read.
     *
     * <p>With TLS the connection is closed in any case: TLS 1.2 knows no end of one direction.
     *
     * @return true to keep the connection for writing, until {@link Transport#close}; false to close it now, once all
     *     that was written is sent
     */
    default boolean eofReceived() {
        return false;
    }
}
