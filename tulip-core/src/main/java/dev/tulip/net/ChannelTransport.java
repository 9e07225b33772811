package dev.tulip.net;

import dev.tulip.loop.EventLoop;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectableChannel;
import org.jspecify.annotations.Nullable;

/** A transport over one channel that the loop's selector watches. Loop thread only. */
abstract class ChannelTransport extends LiveTransport {
    /*
     * Reading stays armed from connectionMade to the end, except while it is paused: no request changes the interest
     * set. The loop watches the channel for writing only while there is something that it did not take.
     */

    // set once
    private final SelectableChannel channel;
    private final Runnable onReadable = this::readable;
    private final Runnable onWritable = this::writable;

    // loop thread only
    private boolean writerArmed;
    boolean watched; // the loop's selector knows the channel, to the end

    /**
     * A transport that owns {@code channel} from here on.
     *
     * @param server whose connection it is, or null
     */
    ChannelTransport(EventLoop loop, SelectableChannel channel, @Nullable SocketServer server) {
        super(loop, channel, server);
        this.channel = channel;
    }

    /** Something has come, or an error: reads it and calls the protocol, which is {@linkplain #enter entered}. */
    abstract void read();

    /** The channel takes more, or has failed: sends what it did not take before. */
    abstract void flush();

    @Override
    void channelClosed() {
        loop.removeReader(channel); // the loop forgets a channel that is closed
    }

    // -- waiting for the channel ----------------------------------------------------------------------------------

    @Override
    final void startReading() {
        try {
            loop.addReader(channel, onReadable);
            watched = true;
        } catch (ClosedChannelException e) { // by its user, who had no right to do so
            lose(e);
        }
    }

    @Override
    final void stopReading() {
        loop.removeReader(channel);
    }

    private void readable() {
        assert isReadingWanted() : this;
        if (!enter()) {
            readLater();
            return;
        }
        try {
            read();
        } finally {
            leave();
        }
    }

    private void writable() {
        assert writerArmed : this;
        flush();
    }

    /** Begins to wait until the channel takes more. */
    final void armWriter() {
        if (!writerArmed) {
            writerArmed = true;
            addWriter();
        }
    }

    private void addWriter() {
        try {
            loop.addWriter(channel, onWritable);
            watched = true;
        } catch (ClosedChannelException e) { // by its user, who had no right to do so
            lose(e);
        }
    }

    /** Everything is sent. */
    final void disarmWriter() {
        if (writerArmed) {
            writerArmed = false;
            loop.removeWriter(channel);
        }
    }

    @Override
    final void stopWriting() {
        disarmWriter();
    }

    /** The same as {@link #checkFlow}, in {@link #flush}. */
    final void checkFlowAfterFlush() {
        if (isToBeResumed()) {
            addWriter(); // anew: this call of it does not end before resumeWriting does, and that may wait
        }
        checkFlow();
    }
}
