// A UDP client in straight-line code: sends one datagram at a time and waits for the answer.
//   ./tulip run examples/UdpEchoClient.java PORT

import static dev.tulip.Tulip.*;

import dev.tulip.loop.Datagram;
import dev.tulip.net.*;
import java.io.IOException;

import static java.nio.charset.StandardCharsets.UTF_8;

void main(String[] args) throws IOException {
    int port = Integer.parseInt(args[0]);
    run(() -> {
        DatagramOptions server = DatagramOptions.defaults().withRemoteAddress("127.0.0.1", port);
        try (DatagramEndpoint endpoint = openDatagramEndpoint(server)) {
            for (String message : new String[] {"Hello", "World"}) {
                IO.println("Send: " + message);
                endpoint.send(message.getBytes(UTF_8));
                Datagram answer = endpoint.receive();
                IO.println("Received: " + new String(answer.data(), UTF_8));
            }
        }
    });
}
