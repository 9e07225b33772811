package dev.tulip.net;

import dev.tulip.loop.Suspends;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * A transport from which a task can read by itself, into its own memory, when it wants to: for code that is written
 * straight down, such as {@code dev.tulip.streams}. What nobody reads stays with the system, which slows the peer down.
 *
 * <p>Sockets have it. A transport over another transport, TLS for instance, has not: it calls its protocol.
 *
 * <p>{@linkplain Transport#pauseReading Pause} the transport first, in {@code connectionMade} at best: then it never calls
 * the protocol with what comes. Nor does it notice the end of the stream or a reset by itself: the task that reads or
 * writes does.
 */
public interface DirectReading extends Transport {
    /**
     * Waits until there is something to read: bytes, the end of the stream, or a failure; also until this is closed. The
     * next {@link #read} tells. The task suspends even if there is something already, except after the end of the stream.
     *
     * <p>Cancelling this takes nothing from the stream.
     *
     * @throws IOException if the connection has ended or is closing
     * @throws IllegalStateException if called outside a task, if reading is not paused, or if another task waits here
     */
    @Suspends
    void awaitReadable() throws IOException;

    /**
     * Reads what is there, without waiting: up to 256 KiB at a time, so that other connections have their turn.
     *
     * @param buffer where to: one outside the heap saves a copy
     * @return how many bytes were read; 0 if there are none now or {@code buffer} has no room; -1 at the end of the
     *     stream. Of that the protocol is not told
     * @throws IOException if reading fails, which ends the connection; if it has ended, or is closing
     * @throws IllegalStateException if reading is not paused
     */
    int read(ByteBuffer buffer) throws IOException;
}
