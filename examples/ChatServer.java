// A chat for everybody who has telnet or nc. No locks: between two suspensions nothing else runs.
//   ./tulip run examples/ChatServer.java [PORT]
//   nc 127.0.0.1 PORT

import static dev.tulip.Tulip.*;

import dev.tulip.net.Server;
import dev.tulip.streams.*;
import java.io.IOException;
import java.util.*;

final Map<String, StreamWriter> guests = new TreeMap<>();

void main(String[] args) throws IOException {
    int port = args.length > 0 ? Integer.parseInt(args[0]) : 0;
    run(() -> {
        Server server = startServer("127.0.0.1", port, this::chat);
        IO.println("chat server on " + server.sockets().getFirst().getLocalAddress());
        server.serveForever();
    });
}

void chat(Connection connection) throws IOException {
    StreamWriter writer = connection.writer();
    writer.write("Your name? ");
    String name = connection.reader().readLine();
    if (name == null || guests.putIfAbsent(name, writer) != null) {
        writer.write("Somebody is called that already.\n");
        return;
    }
    try {
        tell(name + " joins " + guests.keySet());
        for (String line : connection.reader().lines()) {
            tell(name + ": " + line);
        }
    } catch (ConnectionLostException e) {
        // as good as a goodbye
    } finally {
        guests.remove(name);
        tell(name + " leaves");
    }
}

void tell(String text) {
    for (StreamWriter guest : guests.values()) {
        try {
            guest.write(text + "\n");
        } catch (ConnectionLostException e) {
            // its own task finds out
        } catch (IOException e) {
            throw new AssertionError("write throws nothing else", e);
        }
        if (guest.transport().getWriteBufferSize() > 1_000_000) {
            guest.transport().abort(); // does not listen, and would fill our memory
        }
    }
}
