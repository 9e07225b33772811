// A server that greets as its configuration file says. It reloads that on SIGHUP, and drains on SIGTERM: whoever was
// accepted is answered, for ten seconds at most; then it ends with status 143.
//   ./tulip run examples/ReloadingServer.java GREETING_FILE [PORT]
//   nc 127.0.0.1 PORT
//   kill -HUP PID; kill PID

import static dev.tulip.Tulip.*;

import dev.tulip.loop.RunnerOptions;
import dev.tulip.net.Server;
import dev.tulip.streams.Connection;
import java.io.IOException;
import java.nio.file.*;
import java.time.Duration;

String greeting;

void main(String[] args) throws IOException {
    Path file = Path.of(args[0]);
    int port = args.length > 1 ? Integer.parseInt(args[1]) : 0;
    greeting = Files.readString(file).strip();
    run(() -> {
        addSignalHandler("SIGHUP", () -> createTask(() -> reload(file))); // a handler must not wait; a task may
        Server server = startServer("127.0.0.1", port, this::greet);
        IO.println("process " + ProcessHandle.current().pid() + " greets on "
                + server.sockets().getFirst().getLocalAddress());
        server.serveForever();
    }, RunnerOptions.defaults().withGrace(Duration.ofSeconds(10)));
}

void reload(Path file) {
    try {
        greeting = toThread(() -> Files.readString(file)).strip();
        IO.println("reloaded: " + greeting);
    } catch (IOException e) {
        IO.println("not reloaded, goes on as before: " + e);
    }
}

void greet(Connection connection) throws IOException {
    String name = connection.reader().readLine();
    if (name != null) {
        sleep(Duration.ofMillis(200)); // thinks
        connection.writer().write(greeting + ", " + name + "!\n");
    }
}
