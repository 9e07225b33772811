package dev.tulip.benchmarks.servers;

import static dev.tulip.Tulip.createServer;
import static dev.tulip.Tulip.run;

import dev.tulip.net.Protocol;
import dev.tulip.net.Server;
import dev.tulip.net.Transport;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Tulip, protocol: a callback for what has come. */
final class TulipProtocolServer implements Protocol {
    private Transport transport;

    private TulipProtocolServer() {}

    static void main(String[] args) throws IOException {
        ServerArguments arguments = ServerArguments.of(args);
        run(() -> {
            Server server = createServer(TulipProtocolServer::new, ServerArguments.HOST, 0, arguments.listenOptions());
            ServerArguments.announce(server.sockets().getFirst().getLocalAddress());
            server.serveForever();
        });
    }

    @Override
    public void connectionMade(Transport transport) {
        this.transport = transport;
    }

    @Override
    public void dataReceived(ByteBuffer data) {
        transport.write(data);
    }
}
