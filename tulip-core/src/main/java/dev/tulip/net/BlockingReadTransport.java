package dev.tulip.net;

import dev.tulip.loop.EventLoop;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channel;
import java.util.Objects;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** Bytes from a stream that blocks. Loop thread only. */
final class BlockingReadTransport extends LiveTransport implements ReadOnlyTransport {
    /*
     * While reading is wanted, one piece is asked for at a time. One that comes when nobody wants it, because reading
     * was paused meanwhile or the protocol waits in a call, is kept, and no other is asked for: so a thread that reads
     * what nobody wants has read one piece, and the rest stays with the system, which slows the writer down.
     */

    // set once
    private final BlockingInput input;
    private final String name;

    // loop thread only
    private Protocol protocol;
    private boolean asked; // the thread has the piece
    private boolean kept; // the piece has come, and something is left in it
    private boolean handing; // the protocol looks at it
    private boolean endReceived;

    /**
     * A transport that owns {@code stream} from here on; {@link #start} must follow.
     *
     * @param interruptible what ends a read that waits if it is closed, or null
     * @param reader has the thread that reads
     */
    static BlockingReadTransport of(
            EventLoop loop,
            InputStream stream,
            @Nullable Channel interruptible,
            Executor reader,
            String name,
            Protocol protocol) {
        BlockingReadTransport[] made = new BlockingReadTransport[1];
        BlockingInput input = new BlockingInput(loop, stream, interruptible, reader, () -> made[0].pieceHasCome());
        made[0] = new BlockingReadTransport(loop, input, name, protocol);
        return made[0];
    }

    private BlockingReadTransport(EventLoop loop, BlockingInput input, String name, Protocol protocol) {
        super(loop, input, null);
        this.input = input;
        this.name = name;
        this.protocol = protocol;
    }

    // -- protocol -------------------------------------------------------------------------------------------------

    @Override
    public void setProtocol(Protocol protocol) {
        loop.checkThread();
        this.protocol = Objects.requireNonNull(protocol, "protocol");
    }

    @Override
    public Protocol getProtocol() {
        return protocol;
    }

    @Override
    BaseProtocol protocol() {
        return protocol;
    }

    @Override
    void callConnectionMade() {
        protocol.connectionMade(this);
    }

    // -- reading --------------------------------------------------------------------------------------------------

    @Override
    boolean canRead() {
        return !endReceived;
    }

    @Override
    void startReading() {
        if (kept) {
            loop.callSoon(this::handOver); // not from within resumeReading()
        } else {
            ask();
        }
    }

    @Override
    void stopReading() {}

    private void ask() {
        if (!asked && !handing) {
            asked = true;
            try {
                input.ask();
            } catch (OutOfMemoryError e) { // so the JDK says that the system has no more threads
                lose(new IOException("cannot start a thread to read from " + name + ": " + e.getMessage(), e));
            }
        }
    }

    private void pieceHasCome() {
        asked = false;
        kept = true;
        handOver();
    }

    private void handOver() {
        if (!kept || !isReadingWanted()) {
            return;
        }
        if (!enter()) {
            readLater();
            return;
        }
        kept = false;
        handing = true;
        try {
            IOException failure = input.failure();
            if (failure != null) {
                lose(failure);
            } else if (input.hasEnded()) {
                endReceived();
            } else {
                handOver(input.piece());
            }
        } finally {
            handing = false;
            leave();
        }
        if (isReadingWanted() && !kept) {
            ask();
        }
    }

    private void handOver(ByteBuffer piece) {
        while (piece.hasRemaining() && isReadingWanted()) {
            if (protocol instanceof BufferedProtocol buffered) {
                fill(buffered, piece);
            } else {
                try {
                    protocol.dataReceived(piece);
                } catch (Throwable e) {
                    fatal("dataReceived", e);
                } finally {
                    piece.position(piece.limit());
                }
            }
        }
        kept = piece.hasRemaining();
    }

    private void fill(BufferedProtocol buffered, ByteBuffer piece) {
        int count;
        try {
            ByteBuffer room = buffered.getBuffer(piece.remaining());
            if (!isReadingWanted()) { // it has paused or closed the transport
                return;
            }
            count = Math.min(room.remaining(), piece.remaining());
            if (count == 0) {
                throw new IllegalStateException(
                        "getBuffer() returned a buffer without room; to stop reading, pause the transport");
            }
            room.put(room.position(), piece, piece.position(), count);
            room.position(room.position() + count);
            piece.position(piece.position() + count);
        } catch (Throwable e) {
            fatal("getBuffer", e);
            return;
        }
        try {
            buffered.bufferUpdated(count);
        } catch (Throwable e) {
            fatal("bufferUpdated", e);
        }
    }

    private void endReceived() {
        endReceived = true;
        settleReading();
        try {
            protocol.eofReceived(); // what it returns has no effect: there is no other direction
        } catch (Throwable e) {
            fatal("eofReceived", e);
            return;
        }
        close();
    }

    // -- writing: there is none -----------------------------------------------------------------------------------

    @Override
    long pending() {
        return 0;
    }

    @Override
    void forgetPending() {}

    @Override
    void stopWriting() {}

    // -- what it is -----------------------------------------------------------------------------------------------

    @Override
    public @Nullable Object getExtraInfo(String name) {
        return name.equals(ExtraInfo.PIPE_NAME.name()) ? this.name : null;
    }

    /** {@return its state and name, whether it reads} */
    @Override
    public String toString() {
        return "Transport[" + describeState() + ", from " + name
                + (isOpen() ? isReading() ? ", reading" : ", reading paused" : "") + "]";
    }
}
