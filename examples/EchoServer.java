// An echo server with streams: each client has a task of its own, written straight down.
//   ./tulip run examples/EchoServer.java [PORT]
//   nc 127.0.0.1 PORT

import static dev.tulip.Tulip.*;

import dev.tulip.net.Server;
import java.io.IOException;

void main(String[] args) throws IOException {
    int port = args.length > 0 ? Integer.parseInt(args[0]) : 0;
    run(() -> {
        Server server = startServer("127.0.0.1", port, connection -> {
            for (String line : connection.reader().lines()) {
                connection.writer().write(line + "\n");
                connection.writer().drain();
            }
        });
        IO.println("echo server on " + server.sockets().getFirst().getLocalAddress());
        server.serveForever();
    });
}
