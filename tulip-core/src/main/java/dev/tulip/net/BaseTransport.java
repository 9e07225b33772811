package dev.tulip.net;

import dev.tulip.loop.EventLoop;
import org.jspecify.annotations.Nullable;

/**
 * What every kind of transport offers: closing, the buffer of what is still to be sent, and facts about the connection.
 * Not for other threads than its loop's: they get a {@link WrongThreadException}.
 */
public interface BaseTransport {
    /**
     * Closes in order: stops reading now, sends what was written, then ends the connection and calls
     * {@code connectionLost(null)}, from the loop. Calling this again is harmless.
     *
     * <p>A peer that does not read can delay that for ever: see {@link #abort}.
     */
    void close();

    /**
     * Closes at once: drops what was not sent yet, calls {@code connectionLost(null)}, from the loop. Calling this
     * again is harmless.
     */
    void abort();

    /** {@return whether this is closed or about to be: by either method, by the peer, or by an error} */
    boolean isClosing();

    /** {@return the loop on whose thread this is used} */
    EventLoop getLoop();

    /**
     * {@return a fact about this connection, or null if it has none of that name} See {@link ExtraInfo} for the names.
     * Works after closing, too.
     */
    @Nullable
    Object getExtraInfo(String name);

    /**
     * {@return a fact about this connection, or null if it has none of that kind}
     *
     * @param <T> what it is
     */
    default <T> @Nullable T getExtraInfo(ExtraInfo<T> info) {
        return info.type().cast(getExtraInfo(info.name()));
    }

    // -- flow control ---------------------------------------------------------------------------------------------

    /** {@return how many bytes were written and not sent yet; {@link Integer#MAX_VALUE} if more than that} */
    int getWriteBufferSize();

    /** {@return the marks between which the protocol is told to stop writing and to go on} */
    WaterMarks getWriteBufferLimits();

    /**
     * Sets the marks: more than {@code high} bytes to send call {@link BaseProtocol#pauseWriting}, {@code low} or fewer
     * {@link BaseProtocol#resumeWriting}. Takes effect at once. With {@code high} 0 the protocol is paused whenever
     * anything is left to send.
     *
     * @throws IllegalArgumentException unless {@code 0 <= low <= high}
     */
    default void setWriteBufferLimits(int high, int low) {
        setWriteBufferLimits(new WaterMarks(high, low));
    }

    /** Sets the marks. See {@link #setWriteBufferLimits(int, int)}. */
    void setWriteBufferLimits(WaterMarks marks);
}
