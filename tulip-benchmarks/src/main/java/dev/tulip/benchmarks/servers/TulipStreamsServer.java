package dev.tulip.benchmarks.servers;

import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.startServer;

import dev.tulip.net.Server;
import dev.tulip.streams.Connection;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Tulip, streams: a task for each connection. */
final class TulipStreamsServer {
    private TulipStreamsServer() {}

    static void main(String[] args) throws IOException {
        ServerArguments arguments = ServerArguments.of(args);
        run(() -> {
            Server server = startServer(
                    ServerArguments.HOST,
                    0,
                    arguments.listenOptions(),
                    connection -> echo(connection, arguments.bufferSize()));
            ServerArguments.announce(server.sockets().getFirst().getLocalAddress());
            server.serveForever();
        });
    }

    private static void echo(Connection connection, int bufferSize) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(bufferSize);
        while (connection.reader().read(buffer) >= 0) {
            connection.writer().write(buffer.flip());
            connection.writer().drain();
            buffer.clear();
        }
    }
}
