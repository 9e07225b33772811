package dev.tulip.net;

import dev.tulip.loop.EventLoop;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channel;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Bytes to a stream that blocks. Loop thread only. */
final class BlockingWriteTransport extends LiveTransport implements Transport {
    /*
     * What is written waits in the WriteBuffer. While there is something, a thread writes one piece at a time, which
     * counts as not sent until it is written. When all is written, and the end, too, or this is closing, it is lost:
     * there is nothing else to do with it.
     */

    // set once
    private final BlockingOutput output;
    private final String name;
    private final WriteBuffer out;

    // loop thread only
    private Protocol protocol;
    private int writing; // bytes that a thread writes
    private boolean endWritten; // writeEof() was called
    private int dropped;

    /**
     * A transport that owns {@code stream} from here on; {@link #start} must follow.
     *
     * @param interruptible what ends a write that waits if it is closed, or null
     */
    static BlockingWriteTransport of(
            EventLoop loop, OutputStream stream, @Nullable Channel interruptible, String name, Protocol protocol) {
        BlockingWriteTransport[] made = new BlockingWriteTransport[1];
        BlockingOutput output = new BlockingOutput(loop, stream, interruptible, () -> made[0].pieceIsWritten());
        made[0] = new BlockingWriteTransport(loop, output, name, protocol);
        return made[0];
    }

    private BlockingWriteTransport(EventLoop loop, BlockingOutput output, String name, Protocol protocol) {
        super(loop, output, null);
        this.output = output;
        this.name = name;
        this.out = new WriteBuffer(resources);
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

    // -- reading: there is none -----------------------------------------------------------------------------------

    @Override
    boolean canRead() {
        return false;
    }

    @Override
    void startReading() {}

    @Override
    void stopReading() {}

    // -- writing --------------------------------------------------------------------------------------------------

    @Override
    public void write(ByteBuffer data) {
        checkWrite();
        append(data);
        settleWriting();
    }

    @Override
    public void writeLines(List<ByteBuffer> data) {
        checkWrite();
        data.forEach(this::append);
        settleWriting();
    }

    private void checkWrite() {
        loop.checkThread();
        if (endWritten) {
            throw new IllegalStateException("cannot write to " + this + " after writeEof()");
        }
    }

    private void append(ByteBuffer data) {
        if (!data.hasRemaining()) {
            return;
        }
        if (!isLost()) {
            out.append(data);
            return;
        }
        data.position(data.limit());
        Log.droppedWrite(loop, ++dropped, "nobody can read them any more", this);
    }

    private void settleWriting() {
        if (writing == 0 && !out.isEmpty()) {
            writePiece();
        }
        checkFlow();
    }

    private void writePiece() {
        byte[] piece = new byte[(int) Math.min(out.size(), Defaults.PIECE_SIZE)];
        int filled = 0;
        while (filled < piece.length) {
            ByteBuffer chunk = out.first();
            int count = Math.min(chunk.remaining(), piece.length - filled);
            chunk.get(piece, filled, count);
            out.sent(count);
            filled += count;
        }
        writing = filled;
        try {
            output.write(piece);
        } catch (OutOfMemoryError e) { // so the JDK says that the system has no more threads
            lose(new IOException("cannot start a thread to write to " + name + ": " + e.getMessage(), e));
        }
    }

    private void pieceIsWritten() {
        if (isLost()) {
            return;
        }
        writing = 0;
        IOException failure = output.failure();
        if (failure != null) {
            lose(failure);
            return;
        }
        settleWriting();
        endIfAllIsWritten();
    }

    private void endIfAllIsWritten() {
        if (pending() == 0 && (endWritten || isClosing())) {
            lose(null);
        }
    }

    @Override
    public void writeEof() {
        loop.checkThread();
        if (!isClosing() && !endWritten) {
            endWritten = true;
            loop.callSoon(this::endIfAllIsWritten); // not now: whoever calls this is not to find it lost at once
        }
    }

    @Override
    public boolean canWriteEof() {
        return true;
    }

    @Override
    long pending() {
        return isLost() ? 0 : out.size() + writing;
    }

    @Override
    void forgetPending() {
        out.clear();
    }

    @Override
    void stopWriting() {}

    // -- what it is -----------------------------------------------------------------------------------------------

    @Override
    public @Nullable Object getExtraInfo(String name) {
        return name.equals(ExtraInfo.PIPE_NAME.name()) ? this.name : null;
    }

    /** {@return its state and name, what is to be sent} */
    @Override
    public String toString() {
        return "Transport[" + describeState() + ", to " + name
                + (pending() > 0 ? ", " + pending() + " bytes to send" : "") + "]";
    }
}
