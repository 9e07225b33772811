// Finds the open ports of a machine, a hundred attempts at a time, and what greets there.
//   ./tulip run examples/PortScanner.java [HOST [FIRST LAST]]

import static dev.tulip.Tulip.*;

import dev.tulip.loop.Task;
import dev.tulip.streams.Connection;
import java.io.IOException;
import java.net.ConnectException;
import java.util.*;
import java.util.stream.*;

void main(String[] args) throws IOException {
    String host = args.length > 0 ? args[0] : "127.0.0.1";
    int first = args.length > 2 ? Integer.parseInt(args[1]) : 1;
    int last = args.length > 2 ? Integer.parseInt(args[2]) : 1024;
    run(() -> {
        Iterator<Integer> ports = IntStream.rangeClosed(first, last).iterator(); // one for all: nobody else runs here
        List<Task<?>> workers = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            workers.add(createTask(() -> {
                while (ports.hasNext()) {
                    probe(host, ports.next());
                }
            }));
        }
        for (Task<?> worker : workers) {
            await(worker, IOException.class);
        }
    });
}

void probe(String host, int port) throws IOException {
    try (Connection connection = openConnection(host, port)) {
        connection.writer().write("HEAD / HTTP/1.0\r\n\r\n");
        connection.writer().writeEof();
        IO.println("%s:%d is open: %s".formatted(host, port, connection.reader().readLine()));
    } catch (ConnectException e) {
        // closed
    } catch (IOException e) {
        IO.println("%s:%d is open, but: %s".formatted(host, port, e.getMessage()));
    }
}
