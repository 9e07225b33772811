// A client with streams: sends a line, prints the answer.
//   ./tulip run examples/EchoClient.java PORT [LINE]

import static dev.tulip.Tulip.*;

import dev.tulip.streams.Connection;
import java.io.IOException;

void main(String[] args) throws IOException {
    String message = args.length > 1 ? args[1] : "Hello World!";
    run(() -> {
        try (Connection connection = openConnection("127.0.0.1", Integer.parseInt(args[0]))) {
            IO.println("Send: " + message);
            connection.writer().write(message + "\n");
            IO.println("Received: " + connection.reader().readLine());
        }
        IO.println("The connection is closed");
    });
}
