// An echo server on all processors: one loop each, which share nothing but the counter in this file.
//   ./tulip run examples/ManyLoops.java [--loops N] [--reuse-port] [PORT]
//   nc 127.0.0.1 PORT

import static dev.tulip.Tulip.*;

import dev.tulip.loop.*;
import dev.tulip.net.*;
import dev.tulip.streams.Connection;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

AtomicInteger connections = new AtomicInteger(); // handlers of several loops use it: it must be for several threads

void main(String[] args) throws IOException {
    var options = LoopGroupOptions.defaults().withName("echo");
    var listening = ListenOptions.defaults();
    int port = 0;
    for (int i = 0; i < args.length; i++) {
        switch (args[i]) {
            case "--loops" -> options = options.withLoops(Integer.parseInt(args[++i]));
            case "--reuse-port" -> listening = listening.withReusePort(true);
            default -> port = Integer.parseInt(args[i]);
        }
    }
    serve(options, listening, port);
}

void serve(LoopGroupOptions options, ListenOptions listening, int port) throws IOException {
    run(() -> {
        try (LoopGroup group = LoopGroup.of(options)) {
            Server server = startServer(group, "127.0.0.1", port, listening, this::echo);
            IO.println("echo server on " + server.sockets().getFirst().getLocalAddress() + " for " + group);
            try {
                server.serveForever(); // until Ctrl-C
            } finally {
                int aborted = server.shutdown(Duration.ofSeconds(1));
                IO.println("served " + connections + " connections, aborted " + aborted + " of them");
            }
        }
    });
}

// From here on the code is that of a server with one loop: a handler stays on the loop that it was started on.
void echo(Connection connection) throws IOException {
    IO.println("connection " + connections.incrementAndGet() + " on " + runningLoop());
    ByteBuffer buffer = ByteBuffer.allocateDirect(64 * 1024);
    while (connection.reader().read(buffer) >= 0) {
        connection.writer().write(buffer.flip());
        connection.writer().drain();
        buffer.clear();
    }
}
