package dev.tulip.tests.streams;

import dev.tulip.loop.EventLoop;
import dev.tulip.net.Protocol;
import dev.tulip.net.Transport;
import dev.tulip.net.WaterMarks;
import java.nio.ByteBuffer;
import java.util.List;

/** A transport over another one, as TLS is: what reads directly cannot do so here. */
record PlainTransport(Transport inner) implements Transport {
    /** Puts {@code protocol} on such a transport. */
    static Protocol under(Protocol protocol) {
        return new Protocol() {
            @Override
            public void connectionMade(Transport transport) {
                protocol.connectionMade(new PlainTransport(transport));
            }

            @Override
            public void dataReceived(ByteBuffer data) {
                protocol.dataReceived(data);
            }

            @Override
            public boolean eofReceived() {
                return protocol.eofReceived();
            }

            @Override
            public void connectionLost(Exception exception) {
                protocol.connectionLost(exception);
            }

            @Override
            public void pauseWriting() {
                protocol.pauseWriting();
            }

            @Override
            public void resumeWriting() {
                protocol.resumeWriting();
            }
        };
    }

    @Override
    public void write(ByteBuffer data) {
        inner.write(data);
    }

    @Override
    public void writeLines(List<ByteBuffer> data) {
        inner.writeLines(data);
    }

    @Override
    public void writeEof() {
        inner.writeEof();
    }

    @Override
    public boolean canWriteEof() {
        return inner.canWriteEof();
    }

    @Override
    public void pauseReading() {
        inner.pauseReading();
    }

    @Override
    public void resumeReading() {
        inner.resumeReading();
    }

    @Override
    public boolean isReading() {
        return inner.isReading();
    }

    @Override
    public void setProtocol(Protocol protocol) {
        inner.setProtocol(protocol);
    }

    @Override
    public Protocol getProtocol() {
        return inner.getProtocol();
    }

    @Override
    public void close() {
        inner.close();
    }

    @Override
    public void abort() {
        inner.abort();
    }

    @Override
    public Exception failure() {
        return inner.failure();
    }

    @Override
    public boolean isClosing() {
        return inner.isClosing();
    }

    @Override
    public EventLoop getLoop() {
        return inner.getLoop();
    }

    @Override
    public Object getExtraInfo(String name) {
        return inner.getExtraInfo(name);
    }

    @Override
    public int getWriteBufferSize() {
        return inner.getWriteBufferSize();
    }

    @Override
    public WaterMarks getWriteBufferLimits() {
        return inner.getWriteBufferLimits();
    }

    @Override
    public void setWriteBufferLimits(WaterMarks marks) {
        inner.setWriteBufferLimits(marks);
    }
}
