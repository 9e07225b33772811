package dev.tulip.net;

import java.nio.ByteBuffer;

/**
 * A protocol that brings its own memory: the transport reads straight into it.
 *
 * <pre>{@code
 * connectionMade  (getBuffer  bufferUpdated?)*  eofReceived?  connectionLost
 * }</pre>
 *
 * <p>An exception from {@code getBuffer} or {@code bufferUpdated} aborts the connection, as one from
 * {@link Protocol#dataReceived} does.
 *
 * @see <a href="https://docs.python.org/3.14/library/asyncio-protocol.html#buffered-streaming-protocols">asyncio:
 *     Buffered Streaming Protocols</a>
 */
public interface BufferedProtocol extends Protocol {
    /**
     * Says where the next bytes go.
     *
     * @param sizeHint how many there may be; -1 if nobody knows. A smaller buffer is fine
     * @return a buffer with room between its position and its limit; the transport moves the position. A buffer outside
     *     the heap saves a copy. Having no room is an error: to stop reading, use {@link Transport#pauseReading}
     */
    ByteBuffer getBuffer(int sizeHint);

    /**
     * Bytes were read into the buffer that {@link #getBuffer} returned last.
     *
     * @param count how many; at least one
     */
    void bufferUpdated(int count);

    /** For callers that have the bytes already: copies them into this protocol's buffers. */
    @Override
    default void dataReceived(ByteBuffer data) {
        while (data.hasRemaining()) {
            ByteBuffer buffer = getBuffer(data.remaining());
            int count = Math.min(buffer.remaining(), data.remaining());
            if (count == 0) {
                throw new IllegalStateException(this + ".getBuffer() returned a buffer without room; to stop reading,"
                        + " pause the transport");
            }
            buffer.put(buffer.position(), data, data.position(), count);
            buffer.position(buffer.position() + count);
            data.position(data.position() + count);
            bufferUpdated(count);
        }
    }
}
