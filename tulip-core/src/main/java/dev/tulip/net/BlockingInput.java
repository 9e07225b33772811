package dev.tulip.net;

import dev.tulip.loop.EventLoop;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channel;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/** A stream that blocks, read on a thread of its own: one piece at a time, each when the loop asks for it. */
final class BlockingInput implements Channel {
    /*
     * The piece (the buffer, the end, the failure) belongs to one of two at a time:
     *
     *     LOOP -> THREAD    // ask(): a permit
     *     THREAD -> LOOP    // it has read: an entry at the loop's door
     *
     * close() may come at any time, also from whoever closes the loop: it sets a flag, then gives a permit; so the
     * thread, which looks at the flag after each permit, does not sleep over it, and never touches the piece again.
     *
     * Only the thread closes the stream: the number of a descriptor that is closed under a thread which is about to
     * read from it may be somebody else's by then. Nor would that end a read that waits. What can be closed under a
     * reader, a FileChannel, says so by being given as interruptible.
     */

    // set once
    private final EventLoop loop;
    private final Executor reader;
    private final Executor threads;
    private final InputStream stream;
    private final @Nullable Channel interruptible;
    private final Runnable onRead;

    // both, in turns
    private ByteBuffer piece = ByteBuffer.allocate(Defaults.LEAST_PIECE_SIZE);
    private boolean ended;
    private @Nullable IOException failure;

    // loop thread only
    private boolean started;

    // any thread
    private final Semaphore asked = new Semaphore(0);
    private volatile boolean closed;

    /**
     * A stream that is not read yet.
     *
     * @param interruptible what ends a read that waits if it is closed, or null
     * @param reader has the thread
     * @param onRead runs on the loop when a piece that was asked for is there
     */
    BlockingInput(
            EventLoop loop, InputStream stream, @Nullable Channel interruptible, Executor reader, Runnable onRead) {
        this.loop = loop;
        this.reader = reader;
        this.threads = loop.blockingExecutor();
        this.stream = stream;
        this.interruptible = interruptible;
        this.onRead = onRead;
    }

    // -- on the loop ----------------------------------------------------------------------------------------------

    /** Asks for the next piece. The one before belongs to the thread again. */
    void ask() {
        asked.release();
        start();
    }

    /** {@return the piece that was asked for, between its position and its limit} */
    ByteBuffer piece() {
        return piece;
    }

    /** {@return whether the stream has ended, instead} */
    boolean hasEnded() {
        return ended;
    }

    /** {@return what has ended it, instead} */
    @Nullable
    IOException failure() {
        return failure;
    }

    private void start() {
        if (!started) {
            started = true;
            reader.execute(this::readOnRequest);
        }
    }

    @Override
    public boolean isOpen() {
        return !closed;
    }

    /** Has the thread close the stream, as soon as it does not read. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            asked.release();
            Channel interruptible = this.interruptible;
            if (started && interruptible != null) {
                threads.execute(() -> Closing.quietly(interruptible));
            }
            start();
        }
    }

    // -- on the thread --------------------------------------------------------------------------------------------

    private void readOnRequest() {
        synchronized (stream) { // from the first read to the last: see Pipes.connectReadPipe
            boolean more = true;
            while (more && mayRead()) {
                more = read();
                more &= tell();
            }
        }
        try {
            stream.close();
        } catch (IOException e) {
            // what was to be read was read
        }
    }

    private boolean mayRead() {
        asked.acquireUninterruptibly();
        return !closed;
    }

    /** Reads once. {@return whether there may be more} */
    private boolean read() {
        if (piece.limit() == piece.capacity() && piece.capacity() < Defaults.PIECE_SIZE) {
            piece = ByteBuffer.allocate(Defaults.PIECE_SIZE); // it was filled: there is much to read
        }
        int count = 0;
        try {
            count = stream.read(piece.array());
            ended = count < 0;
        } catch (IOException e) {
            // A terminal whose other side is gone has no better way to say so. As CPython.
            ended = "Input/output error".equals(e.getMessage());
            failure = ended ? null : e;
        } catch (RuntimeException e) {
            failure = new IOException("reading from " + stream + " failed: " + e, e);
        }
        piece.clear().limit(Math.max(count, 0));
        return !ended && failure == null;
    }

    /** {@return whether anybody is there} */
    private boolean tell() {
        try {
            loop.callSoonThreadsafe(onRead);
            return true;
        } catch (IllegalStateException e) { // the loop is closed
            return false;
        }
    }
}
