package dev.tulip.net;

import dev.tulip.loop.EventLoop;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Bytes from the source of a pipe of the JDK, which the selector watches. Loop thread only. */
final class PipeReadTransport extends ChannelTransport implements ReadOnlyTransport {
    // set once
    private final Pipe.SourceChannel channel;

    // loop thread only
    private Protocol protocol;
    private boolean endReceived;

    /** A transport that owns {@code channel}, which does not block, from here on; {@link #start} must follow. */
    PipeReadTransport(EventLoop loop, Pipe.SourceChannel channel, Protocol protocol) {
        super(loop, channel, null);
        this.channel = channel;
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
        return !endReceived;
    }

    @Override
    void read() {
        if (protocol instanceof BufferedProtocol buffered) {
            readInto(buffered);
            return;
        }
        ByteBuffer buffer = resources.buffers.take();
        try {
            int count = channel.read(buffer);
            if (count < 0) {
                endReceived();
            } else if (count > 0) {
                callDataReceived(buffer.flip());
            }
        } catch (IOException e) {
            lose(e);
        } finally {
            resources.buffers.give(buffer);
        }
    }

    private void callDataReceived(ByteBuffer data) {
        try {
            protocol.dataReceived(data);
        } catch (Throwable e) {
            fatal("dataReceived", e);
        }
    }

    private void readInto(BufferedProtocol buffered) {
        int count;
        try {
            ByteBuffer room = buffered.getBuffer(-1);
            if (!isReadingWanted()) { // it has paused or closed the transport
                return;
            }
            if (!room.hasRemaining()) {
                throw new IllegalStateException(
                        "getBuffer() returned a buffer without room; to stop reading, pause the transport");
            }
            count = channel.read(room);
        } catch (IOException e) {
            lose(e);
            return;
        } catch (Throwable e) {
            fatal("getBuffer", e);
            return;
        }
        if (count < 0) {
            endReceived();
        } else if (count > 0) {
            try {
                buffered.bufferUpdated(count);
            } catch (Throwable e) {
                fatal("bufferUpdated", e);
            }
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

    @Override
    void flush() {
        throw new AssertionError("unreachable: the reading end of a pipe is not watched for writing");
    }

    @Override
    long pending() {
        return 0;
    }

    @Override
    void forgetPending() {}

    @Override
    public @Nullable Object getExtraInfo(String name) {
        return name.equals(ExtraInfo.PIPE.name()) ? channel : null;
    }

    /** {@return its state, whether it reads} */
    @Override
    public String toString() {
        return "Transport[" + describeState() + ", from a pipe"
                + (isOpen() ? isReading() ? ", reading" : ", reading paused" : "") + "]";
    }
}
