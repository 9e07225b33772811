package dev.tulip.net;

import dev.tulip.loop.EventLoop;
import dev.tulip.loop.ExceptionContext;
import dev.tulip.loop.Future;
import dev.tulip.loop.KeyboardInterrupt;
import java.io.IOException;
import java.nio.channels.Channel;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What every transport of this package has: its life, from {@code connectionMade} to {@code connectionLost}, the flow
 * control of writing, and the rule that a protocol is called one call at a time. What is under it, and how to wait for
 * that, the subclasses know. Loop thread only.
 */
abstract class LiveTransport implements BaseTransport {
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
     */
    private static final byte NEW = 0;

    private static final byte OPEN = 1;
    private static final byte CLOSING = 2;
    private static final byte LOST = 3;
    private static final byte CLOSED = 4;

    // set once
    final EventLoop loop;
    final LoopResources resources;
    private final Channel channel;
    private final @Nullable SocketServer server;

    // loop thread only
    private byte state = NEW;
    private boolean made; // connectionMade was called, so connectionLost must be
    private @Nullable Exception cause;
    private @Nullable Thread caller;
    private boolean unsettled;
    private boolean readingPaused;
    private boolean readingWanted; // the subclass was told so
    private boolean protocolPaused;
    private WaterMarks marks = WaterMarks.defaults();

    /**
     * A transport that owns {@code channel} from here on.
     *
     * @param server whose connection it is, or null
     */
    LiveTransport(EventLoop loop, Channel channel, @Nullable SocketServer server) {
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

    /** What comes is wanted from now on. {@link #enter} before the protocol is called with it. */
    abstract void startReading();

    /** What comes is not wanted from now on. */
    abstract void stopReading();

    /** Nothing is to be sent any more. */
    abstract void stopWriting();

    /** {@return how many bytes are still to be sent} */
    abstract long pending();

    /** Forgets what is still to be sent. */
    abstract void forgetPending();

    /** The channel was closed. */
    void channelClosed() {}

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
        stopWriting();
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
        channelClosed();
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

    // -- reading --------------------------------------------------------------------------------------------------

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
        if (wanted != readingWanted) {
            readingWanted = wanted;
            if (wanted) {
                startReading();
            } else {
                stopReading();
            }
        }
    }

    /** {@return whether what comes is to be read} */
    final boolean isReadingWanted() {
        return readingWanted;
    }

    /** The protocol waits in an earlier call: what has come is not wanted before that returns. */
    final void readLater() {
        readingWanted = false;
        stopReading();
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

    /** {@return whether the protocol will be told to go on, when {@link #checkFlow} is called} */
    final boolean isToBeResumed() {
        return protocolPaused && pending() <= marks.low();
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
