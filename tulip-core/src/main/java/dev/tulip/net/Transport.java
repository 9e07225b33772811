package dev.tulip.net;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * One connection: takes what a {@link Protocol} writes, and calls it with what comes. Not for other threads than its
 * loop's: they get a {@link WrongThreadException}.
 *
 * <p>Nothing here suspends or waits. What the peer does not take is kept and sent later; {@link
 * BaseProtocol#pauseWriting} says when that gets too much.
 *
 * @see <a href="https://docs.python.org/3.14/library/asyncio-protocol.html#transports">asyncio: Transports</a>
 */
public interface Transport extends BaseTransport {
    // -- writing --------------------------------------------------------------------------------------------------

    /**
     * Sends all that remains in {@code data}: at once what the connection takes, the rest later. Does not keep
     * {@code data}: all of it is taken, and the caller may use the memory again.
     *
     * <p>On a transport that has nothing to send any more and is closed, the bytes are dropped, as they are after an
     * error, of which {@code connectionLost} tells. On one that still sends what was written before {@link #close},
     * they are sent, too.
     *
     * @throws IllegalStateException after {@link #writeEof}, or while a file is sent
     */
    void write(ByteBuffer data);

    /** Sends all of {@code data}. See {@link #write(ByteBuffer)}. */
    default void write(byte[] data) {
        write(ByteBuffer.wrap(data));
    }

    /**
     * Sends all that remains in all of {@code data}, one after the other, without first copying them together. See
     * {@link #write(ByteBuffer)}.
     */
    void writeLines(List<ByteBuffer> data);

    /**
     * Ends the stream to the peer, once all that was written is sent; reading goes on. Calling this again is harmless,
     * as it is on a transport that is closing.
     *
     * @throws UnsupportedOperationException if {@link #canWriteEof} says no
     */
    void writeEof();

    /** {@return whether one direction can be ended without the other} */
    boolean canWriteEof();

    // -- reading --------------------------------------------------------------------------------------------------

    /**
     * Stops calling the protocol with what comes; the peer notices when the network's buffers are full. Does nothing if
     * this is paused or closing.
     */
    void pauseReading();

    /** Ends {@link #pauseReading}. Does nothing if this is not paused, or closing. */
    void resumeReading();

    /** {@return whether this is neither paused nor closing} */
    boolean isReading();

    // -- protocol -------------------------------------------------------------------------------------------------

    /**
     * Has {@code protocol} called from now on, in the place of the one before. Neither is told; {@code connectionMade}
     * is not called. If the one before was paused, the new one gets the {@code resumeWriting}.
     */
    void setProtocol(Protocol protocol);

    /** {@return the protocol that is called} */
    Protocol getProtocol();
}
