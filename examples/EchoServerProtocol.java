// An echo server as callbacks: answers the first message of each client with the same bytes and closes.
//   ./tulip run examples/EchoServerProtocol.java [PORT]
//   ./tulip run examples/EchoClientProtocol.java PORT

import static dev.tulip.Tulip.*;

import dev.tulip.net.*;
import java.io.IOException;
import java.nio.ByteBuffer;

import static java.nio.charset.StandardCharsets.UTF_8;

class EchoServerProtocol implements Protocol {
    Transport transport;

    @Override
    public void connectionMade(Transport transport) {
        IO.println("Connection from " + transport.getExtraInfo("peername"));
        this.transport = transport;
    }

    @Override
    public void dataReceived(ByteBuffer data) {
        String message = UTF_8.decode(data.duplicate()).toString();
        IO.println("Data received: " + message);
        IO.println("Send: " + message);
        transport.write(data);
        IO.println("Close the client socket");
        transport.close();
    }
}

void main(String[] args) throws IOException {
    int port = args.length > 0 ? Integer.parseInt(args[0]) : 0;
    run(() -> {
        Server server = createServer(EchoServerProtocol::new, "127.0.0.1", port);
        IO.println("echo server on " + server.sockets().getFirst().getLocalAddress());
        server.serveForever();
    });
}
