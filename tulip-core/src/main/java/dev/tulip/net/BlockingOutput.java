package dev.tulip.net;

import dev.tulip.loop.EventLoop;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channel;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** A stream that blocks, written to on a thread: one piece at a time, so that an idle one has none. */
final class BlockingOutput implements Channel {
    /*
     *    IDLE -> WRITING    // write(): a thread has the piece, the loop does not touch it
     * WRITING -> IDLE       // it is written, or that has failed; then an entry at the loop's door says so
     *    IDLE -> CLOSED     // close(): a thread closes the stream
     * WRITING -> CLOSED     // close(): the thread that writes closes the stream when it has, and tells nobody
     *
     * close() may come from whoever closes the loop; so of it and the thread that has written, a compare-and-set
     * decides who sees to the stream.
     */
    private enum State {
        IDLE,
        WRITING,
        CLOSED
    }

    // set once
    private final EventLoop loop;
    private final Executor threads;
    private final OutputStream stream;
    private final @Nullable Channel interruptible;
    private final Runnable onWritten;

    // both, in turns
    private @Nullable IOException failure;

    // any thread
    private final AtomicReference<State> state = new AtomicReference<>(State.IDLE);

    /**
     * A stream to which nothing is written yet.
     *
     * @param interruptible what ends a write that waits if it is closed, or null
     * @param onWritten runs on the loop when a piece was written
     */
    BlockingOutput(EventLoop loop, OutputStream stream, @Nullable Channel interruptible, Runnable onWritten) {
        this.loop = loop;
        this.threads = loop.blockingExecutor();
        this.stream = stream;
        this.interruptible = interruptible;
        this.onWritten = onWritten;
    }

    // -- on the loop ----------------------------------------------------------------------------------------------

    /** Writes {@code piece}. The one before was written; this is open. */
    void write(byte[] piece) {
        boolean idle = state.compareAndSet(State.IDLE, State.WRITING);
        assert idle : state;
        threads.execute(() -> writeAndTell(piece));
    }

    /** {@return why the last piece could not be written, or null if it was} */
    @Nullable
    IOException failure() {
        return failure;
    }

    @Override
    public boolean isOpen() {
        return state.get() != State.CLOSED;
    }

    /** Has a thread close the stream: now, or when it has written what it writes. */
    @Override
    public void close() {
        switch (state.getAndSet(State.CLOSED)) {
            case IDLE -> threads.execute(this::closeStream);
            case WRITING -> {
                Channel interruptible = this.interruptible;
                if (interruptible != null) {
                    threads.execute(() -> Closing.quietly(interruptible));
                }
            }
            case CLOSED -> {
                // as it is
            }
        }
    }

    // -- on a thread ----------------------------------------------------------------------------------------------

    private void writeAndTell(byte[] piece) {
        try {
            stream.write(piece);
            stream.flush();
        } catch (IOException e) {
            failure = e;
        } catch (RuntimeException e) {
            failure = new IOException("writing to " + stream + " failed: " + e, e);
        }
        if (!state.compareAndSet(State.WRITING, State.IDLE)) {
            closeStream();
            return;
        }
        try {
            loop.callSoonThreadsafe(onWritten);
        } catch (IllegalStateException e) {
            // the loop is closed: that closes this, too
        }
    }

    private void closeStream() {
        try {
            stream.close();
        } catch (IOException e) {
            // everything was flushed, or is not to be written any more
        }
    }
}
