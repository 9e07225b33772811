package dev.tulip.process;

import dev.tulip.net.Protocol;
import dev.tulip.net.Transport;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** What a {@link SubprocessProtocol} is told of one of the pipes. */
final class PipeCalls implements Protocol {
    private final Calls calls;
    private final SubprocessProtocol protocol;
    private final int fd;

    // set once, by connectionMade
    private @Nullable Transport transport;

    PipeCalls(Calls calls, SubprocessProtocol protocol, int fd) {
        this.calls = calls;
        this.protocol = protocol;
        this.fd = fd;
    }

    @Override
    public void connectionMade(Transport transport) {
        this.transport = transport;
    }

    @Override
    public void dataReceived(ByteBuffer data) {
        if (!calls.isBusy()) {
            calls.call("pipeDataReceived", () -> protocol.pipeDataReceived(fd, data));
            return;
        }
        // The protocol waits in an earlier call, or does not know of the child yet: this piece waits, and no other.
        ByteBuffer copy = ByteBuffer.allocate(data.remaining()).put(data).flip();
        Transport transport = this.transport;
        if (transport == null) {
            throw new AssertionError("unreachable: nothing comes before connectionMade");
        }
        boolean wasReading = transport.isReading();
        transport.pauseReading();
        calls.call("pipeDataReceived", () -> {
            if (wasReading) {
                transport.resumeReading();
            }
            protocol.pipeDataReceived(fd, copy);
        });
    }

    @Override
    public void pauseWriting() {
        calls.call("pauseWriting", protocol::pauseWriting);
    }

    @Override
    public void resumeWriting() {
        calls.call("resumeWriting", protocol::resumeWriting);
    }

    @Override
    public void connectionLost(@Nullable Exception exception) {
        calls.call("pipeConnectionLost", () -> protocol.pipeConnectionLost(fd, exception));
    }
}
