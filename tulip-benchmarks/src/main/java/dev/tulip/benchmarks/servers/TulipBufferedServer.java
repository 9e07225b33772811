package dev.tulip.benchmarks.servers;

import static dev.tulip.Tulip.createServer;
import static dev.tulip.Tulip.run;

import dev.tulip.net.BufferedProtocol;
import dev.tulip.net.Server;
import dev.tulip.net.Transport;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Tulip, buffered protocol: a callback for what has come, in memory of the connection's own. */
final class TulipBufferedServer implements BufferedProtocol {
    private final ByteBuffer buffer;
    private Transport transport;

    private TulipBufferedServer(int bufferSize) {
        buffer = ByteBuffer.allocateDirect(bufferSize);
    }

    static void main(String[] args) throws IOException {
        ServerArguments arguments = ServerArguments.of(args);
        run(() -> {
            Server server = createServer(
                    () -> new TulipBufferedServer(arguments.bufferSize()),
                    ServerArguments.HOST,
                    0,
                    arguments.listenOptions());
            ServerArguments.announce(server.sockets().getFirst().getLocalAddress());
            server.serveForever();
        });
    }

    @Override
    public void connectionMade(Transport transport) {
        this.transport = transport;
    }

    @Override
    public ByteBuffer getBuffer(int sizeHint) {
        return buffer.clear();
    }

    @Override
    public void bufferUpdated(int count) {
        transport.write(buffer.flip());
    }
}
