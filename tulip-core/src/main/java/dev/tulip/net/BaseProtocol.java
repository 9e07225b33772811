package dev.tulip.net;

import org.jspecify.annotations.Nullable;

/**
 * What every kind of protocol is told: that its connection has ended, and when to stop writing.
 *
 * <p>A transport calls its protocol on the loop's thread, one call at a time: if a method waits in a call of the JDK,
 * nothing else of that connection is called until it returns. So it must not wait for another of its own calls. The
 * methods are plain callbacks: they cannot suspend. Other connections go on meanwhile.
 *
 * @see Protocol
 */
public interface BaseProtocol {
    /**
     * The connection has ended. Called exactly once, after everything else, and never from within a method of the
     * transport. Not called if {@code connectionMade} was not, nor if the loop was closed first.
     *
     * @param exception why, or null if it ended in order: the peer's end of stream, {@code close} or {@code abort}
     */
    default void connectionLost(@Nullable Exception exception) {}

    /**
     * The transport has more to send than its high-water mark: stop writing until {@link #resumeWriting}. Called from
     * within the {@code write} that went over the mark, once; what is written nevertheless is kept and sent.
     */
    default void pauseWriting() {}

    /** The transport has no more to send than its low-water mark: write again. Called once for each pause. */
    default void resumeWriting() {}
}
