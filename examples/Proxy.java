// A TCP proxy: passes on what comes, in both directions, until both sides have ended. Each direction is a task; one that
// fails ends the other, too. No connection has a buffer of its own.
//   ./tulip run examples/Proxy.java TARGET_HOST TARGET_PORT [PORT]

import static dev.tulip.Tulip.*;

import dev.tulip.loop.TaskGroupException;
import dev.tulip.net.Server;
import dev.tulip.streams.Connection;
import java.io.IOException;

void main(String[] args) throws IOException {
    if (args.length < 2) {
        IO.println("usage: Proxy TARGET_HOST TARGET_PORT [PORT]");
        return;
    }
    int targetPort = Integer.parseInt(args[1]);
    int port = args.length > 2 ? Integer.parseInt(args[2]) : 0;
    run(() -> {
        Server server = startServer("127.0.0.1", port, client -> serve(client, args[0], targetPort));
        IO.println("proxy on " + server.sockets().getFirst().getLocalAddress());
        server.serveForever();
    });
}

void serve(Connection client, String host, int port) {
    try (Connection target = openConnection(host, port)) {
        taskGroup(group -> {
            group.createTask(() -> pass(client, target));
            group.createTask(() -> pass(target, client));
        });
    } catch (IOException | TaskGroupException e) { // nobody listens there, or one of the two is gone
        IO.println(e.getMessage());
        client.abort();
    }
}

void pass(Connection from, Connection to) throws IOException {
    from.reader().transferTo(to.writer());
    to.writer().writeEof(); // this direction has ended, the other goes on
}
