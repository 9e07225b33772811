package dev.tulip.net;

import dev.tulip.loop.EventLoop;
import dev.tulip.loop.ExceptionContext;
import dev.tulip.loop.Future;
import dev.tulip.loop.KeyboardInterrupt;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectableChannel;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A transport over one channel: its life, from {@code connectionMade} to {@code connectionLost}, waiting for the
 * channel, the flow control of writing, and the rule that a protocol is called one call at a time. What kind of bytes,
 * the subclasses know. Loop thread only.
 */
abstract class ChannelTransport implements BaseTransport {
    /*
     *     NEW -> OPEN       // made(): connectionMade is called
     *    OPEN -> CLOSING    // close(), or the peer's end of stream: what was written is still sent
     * NEW, OPEN, CLOSING -> LOST    // lose(): nothing is sent or read any more; lost() stands in the ready queue
     *    LOST -> CLOSED     // lost(): the channel is closed, then connectionLost is called
     *
     * One call at a time. A protocol's method that waits in a call of the JDK gives its coroutine up to that, and the
     * loop goes on: with callbacks for this very transport, with tasks that write to it. So a call notes on which
     * coroutine it runs, in caller, and nobody else calls meanwhile: what would have been called is marked unsettled,
     * and made up for when the first call returns. A call from within a call (pauseWriting in a write in dataReceived)
     * is on the same coroutine, and allowed. What needs no protocol goes on: sending, and giving the channel back.
     *
     * Reading stays armed from connectionMade to the end, except while it is paused: no request changes the interest
     * set. The loop watches the channel for writing only while there is something that it did not take.
     */
    private static final byte NEW = 0;

    private static final byte OPEN = 1;
    private static final byte CLOSING = 2;
    private static final byte LOST = 3;
    private static final byte CLOSED = 4;

    // set once
    final EventLoop loop;
    final LoopResources resources;
    private final SelectableChannel channel;
    private final @Nullable SocketServer server;
    private final Runnable onReadable = this::readable;
    private final Runnable onWritable = this::writable;

    // loop thread only
    private byte state = NEW;
    private boolean made; // connectionMade was called, so connectionLost must be
    private @Nullable Exception cause;
    private @Nullable Thread caller;
    private boolean unsettled;
    private boolean readingPaused;
    private boolean readerArmed;
    private boolean writerArmed;
    private boolean protocolPaused;
    private WaterMarks marks = WaterMarks.defaults();

    /**
     * A transport that owns {@code channel} from here on.
     *
     * @param server whose connection it is, or null
     */
    ChannelTransport(EventLoop loop, SelectableChannel channel, @Nullable SocketServer server) {
        this.loop = loop;
        this.resources = LoopResources.of(loop);
        this.channel = channel;
        this.server = server;
        resources.opened(channel, this);
    }

    // -- what the subclasses know ---------------------------------------------------------------------------------

    /** {@return whose connection this is, or null} */
    @Nullable
    SocketServer server() {
        return server;
    }

    /** {@return who is called} */
    abstract BaseProtocol protocol();

    /** Calls {@code connectionMade}. */
    abstract void callConnectionMade();

    /** {@return whether something may come and be read, unless reading is paused} */
    boolean canRead() {
        return true;
    }

    /** Something has come, or an error: reads it and calls the protocol, which is {@linkplain #enter entered}. */
    abstract void read();

    /** The channel takes more, or has failed: sends what it did not take before. */
    abstract void flush();

    /** {@return how many bytes are still to be sent} */
    abstract long pending();

    /** Forgets what is still to be sent. */
    abstract void forgetPending();

    /** Calls {@code connectionLost}. */
    void callConnectionLost(@Nullable Exception cause) {
        protocol().connectionLost(cause);
    }

    /**
     * {@return whether another thread uses the channel, so that it must not be closed yet; {@link #lostLater} follows}
     */
    boolean isHeld() {
        return false;
    }

    // -- life -----------------------------------------------------------------------------------------------------

    /**
     * Calls {@code connectionMade}, soon, and then begins to read.
     *
     * @return a future that is done after that; also if the transport was aborted before
     */
    final Future<@Nullable Void> start() {
        Future<@Nullable Void> started = loop.createFuture();
        loop.callSoon(() -> {
            try {
                made();
            } finally {
                if (!started.done()) {
                    started.setResult(null);
                }
            }
        });
        return started;
    }

    private void made() {
        if (state != NEW) {
            return;
        }
        state = OPEN;
        made = true;
        enter();
        try {
            callConnectionMade();
        } catch (KeyboardInterrupt e) {
            throw e;
        } catch (Throwable e) {
            report("protocol.connectionMade() failed; the connection goes on", e);
        } finally {
            leave();
        }
        settleReading();
    }

    /** {@return whether bytes may come and be wanted: after connectionMade, before the end} */
    final boolean isOpen() {
        return state == OPEN;
    }

    @Override
    public final boolean isClosing() {
        return state >= CLOSING;
    }

    /** {@return whether nothing can be sent any more} */
    final boolean isLost() {
        return state >= LOST;
    }

    @Override
    public final @Nullable Exception failure() {
        return cause;
    }

    @Override
    public final void close() {
        loop.checkThread();
        if (state >= CLOSING) {
            return;
        }
        state = CLOSING;
        settleReading();
        if (pending() == 0) {
            lose(null);
        }
    }

    @Override
    public final void abort() {
        loop.checkThread();
        lose(null);
    }

    /** Ends the connection: nothing is sent or read any more, and the protocol is told, soon. */
    final void lose(@Nullable Exception cause) {
        if (state >= LOST) {
            return;
        }
        state = LOST;
        this.cause = cause;
        settleReading();
        forgetPending();
        disarmWriter();
        lostLater();
    }

    /** The protocol has failed in {@code method}: reports that, and ends the connection. */
    final void fatal(String method, Throwable failure) {
        if (failure instanceof KeyboardInterrupt interrupt) {
            throw interrupt;
        }
        try {
            report("Fatal error: protocol." + method + "() call failed.", failure);
        } finally {
            lose(
                    failure instanceof Exception exception
                            ? exception
                            : new IOException("protocol." + method + "() call failed: " + failure, failure));
        }
    }

    final void lostLater() {
        try {
            loop.callSoon(this::lost);
        } catch (IllegalStateException e) { // the loop is closed: nobody is told any more
            closeChannel();
        }
    }

    private void lost() {
        if (state != LOST || isHeld()) {
            return;
        }
        closeChannel();
        if (!enter()) {
            return;
        }
        state = CLOSED;
        try {
            if (made) {
                callConnectionLost(cause);
            }
        } catch (KeyboardInterrupt e) {
            throw e;
        } catch (Throwable e) {
            report("protocol.connectionLost() failed", e);
        } finally {
            leave();
        }
    }

    /** Gives the channel back. If the protocol waits in a call, that may be long before it is told. */
    private void closeChannel() {
        Closing.quietly(channel);
        loop.removeReader(channel); // the loop forgets a channel that is closed
        resources.closed(channel);
        if (server != null) {
            server.detach(this); // wakes who waits for that, in the next iteration: after connectionLost
        }
    }

    // -- one call at a time ---------------------------------------------------------------------------------------

    /**
     * Begins a call of the protocol, unless there is one: then that will make up for it. {@link #leave} must follow.
     */
    final boolean enter() {
        if (caller != null) {
            unsettled = true;
            return false;
        }
        caller = Thread.currentThread();
        return true;
    }

    /** Ends what {@link #enter} began. */
    final void leave() {
        caller = null;
        if (unsettled) {
            unsettled = false;
            settle();
        }
    }

    private void settle() {
        if (state == LOST) {
            lostLater();
        } else if (state < LOST) {
            checkFlow();
            settleReading();
        }
    }

    final void report(String message, Throwable failure) {
        Map<String, Object> subjects = new LinkedHashMap<>();
        subjects.put("transport", this);
        subjects.put("protocol", protocol());
        loop.callExceptionHandler(new ExceptionContext(message, failure, subjects));
    }

    // -- waiting for the channel ----------------------------------------------------------------------------------

    /** See {@link Transport#pauseReading}, {@link DatagramTransport#pauseReading}. */
    public final void pauseReading() {
        loop.checkThread();
        if (!isClosing() && !readingPaused) {
            readingPaused = true;
            settleReading();
        }
    }

    /** See {@link Transport#resumeReading}, {@link DatagramTransport#resumeReading}. */
    public final void resumeReading() {
        loop.checkThread();
        if (!isClosing() && readingPaused) {
            readingPaused = false;
            settleReading();
        }
    }

    /** See {@link Transport#isReading}, {@link DatagramTransport#isReading}. */
    public final boolean isReading() {
        return !isClosing() && !readingPaused;
    }

    /** Begins to wait for what comes, or ends it, as the state of things asks for. */
    void settleReading() {
        boolean wanted = isOpen() && !readingPaused && canRead();
        if (wanted == readerArmed) {
            return;
        }
        readerArmed = wanted;
        if (!wanted) {
            loop.removeReader(channel);
            return;
        }
        try {
            loop.addReader(channel, onReadable);
        } catch (ClosedChannelException e) { // by its user, who had no right to do so
            lose(e);
        }
    }

    /** {@return whether what comes is to be read} */
    final boolean isReaderArmed() {
        return readerArmed;
    }

    private void readable() {
        assert readerArmed : this;
        if (!enter()) { // the protocol waits in an earlier call: read again when that returns
            readerArmed = false;
            loop.removeReader(channel);
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
        } catch (ClosedChannelException e) { // by its user, who had no right to do so
            lose(e);
        }
    }

    final void disarmWriter() {
        if (writerArmed) {
            writerArmed = false;
            loop.removeWriter(channel);
        }
    }

    // -- flow control ---------------------------------------------------------------------------------------------

    @Override
    public final int getWriteBufferSize() {
        return (int) Math.min(pending(), Integer.MAX_VALUE);
    }

    @Override
    public final WaterMarks getWriteBufferLimits() {
        return marks;
    }

    @Override
    public final void setWriteBufferLimits(WaterMarks marks) {
        loop.checkThread();
        this.marks = marks;
        checkFlow();
    }

    /** The same as {@link #checkFlow}, in {@link #flush}. */
    final void checkFlowAfterFlush() {
        if (protocolPaused && pending() <= marks.low()) {
            addWriter(); // anew: this call of it does not end before resumeWriting does, and that may wait
        }
        checkFlow();
    }

    /** Tells the protocol to stop writing, or to go on, if it is time. */
    final void checkFlow() {
        long pending = pending();
        if (state >= LOST || (protocolPaused ? pending > marks.low() : pending <= marks.high())) {
            return;
        }
        Thread outer = caller;
        Thread current = Thread.currentThread();
        if (outer != null && outer != current) {
            unsettled = true;
            return;
        }
        caller = current;
        boolean pause = !protocolPaused;
        protocolPaused = pause;
        try {
            if (pause) {
                protocol().pauseWriting();
            } else {
                protocol().resumeWriting();
            }
        } catch (KeyboardInterrupt e) {
            throw e;
        } catch (Throwable e) {
            report("protocol." + (pause ? "pause" : "resume") + "Writing() failed", e);
        } finally {
            caller = outer;
            if (outer == null) {
                leave();
            }
        }
    }

    // -- what it is -----------------------------------------------------------------------------------------------

    @Override
    public final EventLoop getLoop() {
        return loop;
    }

    /** {@return a word for the state} */
    final String describeState() {
        return switch (state) {
            case NEW -> "new";
            case OPEN -> "open";
            case CLOSING -> "closing";
            case LOST -> "lost";
            default -> "closed";
        };
    }
}
