package dev.tulip.process;

import dev.tulip.net.Protocol;
import dev.tulip.net.Transport;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** The protocol of one of a child's pipes: tells the child when it begins and ends, and somebody else the rest. */
final class PipeProtocol implements Protocol {
    private final ChildTransport child;
    private final int fd;
    private final Protocol delegate;

    PipeProtocol(ChildTransport child, int fd, Protocol delegate) {
        this.child = child;
        this.fd = fd;
        this.delegate = delegate;
    }

    @Override
    public void connectionMade(Transport transport) {
        child.pipeMade(fd, transport);
        delegate.connectionMade(transport);
    }

    @Override
    public void dataReceived(ByteBuffer data) {
        delegate.dataReceived(data);
    }

    @Override
    public boolean eofReceived() {
        return delegate.eofReceived();
    }

    @Override
    public void pauseWriting() {
        delegate.pauseWriting();
    }

    @Override
    public void resumeWriting() {
        delegate.resumeWriting();
    }

    @Override
    public void connectionLost(@Nullable Exception exception) {
        try {
            delegate.connectionLost(exception);
        } finally {
            child.pipeLost();
        }
    }

    /** {@return which pipe of which child} */
    @Override
    public String toString() {
        return "PipeProtocol[" + fd + " of " + child + "]";
    }
}
