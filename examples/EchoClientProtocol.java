// The client of EchoServerProtocol: sends one message, prints the answer, ends when the server closes.
//   ./tulip run examples/EchoClientProtocol.java PORT

import static dev.tulip.Tulip.*;

import dev.tulip.loop.*;
import dev.tulip.net.*;
import java.io.IOException;
import java.nio.ByteBuffer;

import static java.nio.charset.StandardCharsets.UTF_8;

record EchoClientProtocol(String message, Future<Boolean> onConnectionLost) implements Protocol {
    @Override
    public void connectionMade(Transport transport) {
        transport.write(message.getBytes(UTF_8));
        IO.println("Data sent: " + message);
    }

    @Override
    public void dataReceived(ByteBuffer data) {
        IO.println("Data received: " + UTF_8.decode(data));
    }

    @Override
    public void connectionLost(Exception exception) {
        IO.println("The server closed the connection");
        onConnectionLost.setResult(true);
    }
}

void main(String[] args) throws IOException {
    int port = Integer.parseInt(args[0]);
    run(() -> {
        Future<Boolean> onConnectionLost = runningLoop().createFuture();
        var connection = createConnection(
                () -> new EchoClientProtocol("Hello World!", onConnectionLost), "127.0.0.1", port);
        try {
            await(onConnectionLost);
        } finally {
            connection.transport().close();
        }
    });
}
