package dev.tulip.benchmarks.servers;

import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.startServer;

import dev.tulip.net.Server;
import java.io.IOException;

/** Tulip, streams: a task for each connection, which passes everything on and has no buffer of its own. */
final class TulipTransferServer {
    private TulipTransferServer() {}

    static void main(String[] args) throws IOException {
        ServerArguments arguments = ServerArguments.of(args);
        run(() -> {
            Server server = startServer(
                    ServerArguments.HOST,
                    0,
                    arguments.listenOptions(),
                    connection -> connection.reader().transferTo(connection.writer()));
            ServerArguments.announce(server.sockets().getFirst().getLocalAddress());
            server.serveForever();
        });
    }
}
