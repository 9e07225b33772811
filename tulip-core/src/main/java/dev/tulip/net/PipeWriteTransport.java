package dev.tulip.net;

import dev.tulip.loop.EventLoop;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Bytes to the sink of a pipe of the JDK, which the selector watches. Loop thread only. */
final class PipeWriteTransport extends ChannelTransport implements Transport {
    // set once
    private final Pipe.SinkChannel channel;
    private final WriteBuffer out;

    // loop thread only
    private Protocol protocol;
    private boolean endWritten; // writeEof() was called
    private int dropped;

    /** A transport that owns {@code channel}, which does not block, from here on; {@link #start} must follow. */
    PipeWriteTransport(EventLoop loop, Pipe.SinkChannel channel, Protocol protocol) {
        super(loop, channel, null);
        this.channel = channel;
        this.out = new WriteBuffer(resources);
        this.protocol = protocol;
    }

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

    @Override
    boolean canRead() {
        return false;
    }

    @Override
    void read() {
        throw new AssertionError("unreachable: the writing end of a pipe is not watched for reading");
    }

    // -- writing --------------------------------------------------------------------------------------------------

    @Override
    public void write(ByteBuffer data) {
        writeLines(List.of(data));
    }

    @Override
    public void writeLines(List<ByteBuffer> data) {
        loop.checkThread();
        if (endWritten) {
            throw new IllegalStateException("cannot write to " + this + " after writeEof()");
        }
        boolean idle = out.isEmpty();
        data.forEach(this::append);
        if (idle && !out.isEmpty()) {
            send();
        }
        checkFlow();
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

    /** Sends what the pipe takes; waits until it takes more. */
    private void send() {
        try {
            out.sendTo(channel);
        } catch (IOException e) {
            lose(e);
            return;
        }
        if (!out.isEmpty()) {
            armWriter();
        }
    }

    @Override
    void flush() {
        send();
        if (isLost()) {
            return;
        }
        checkFlowAfterFlush();
        if (out.isEmpty() && !isLost()) {
            disarmWriter();
            endIfAllIsWritten();
        }
    }

    private void endIfAllIsWritten() {
        if (out.isEmpty() && (endWritten || isClosing())) {
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
        return out.size();
    }

    @Override
    void forgetPending() {
        out.clear();
    }

    // -- what it is -----------------------------------------------------------------------------------------------

    @Override
    public @Nullable Object getExtraInfo(String name) {
        return name.equals(ExtraInfo.PIPE.name()) ? channel : null;
    }

    /** {@return its state, what is to be sent} */
    @Override
    public String toString() {
        return "Transport[" + describeState() + ", to a pipe"
                + (out.isEmpty() ? "" : ", " + out.size() + " bytes to send") + "]";
    }
}
