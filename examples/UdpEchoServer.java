// A UDP echo server as callbacks: answers every datagram with the same bytes.
//   ./tulip run examples/UdpEchoServer.java [PORT]
//   ./tulip run examples/UdpEchoClient.java PORT
//   nc -u 127.0.0.1 PORT

import static dev.tulip.Tulip.*;

import dev.tulip.net.*;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;

class Echo implements DatagramProtocol {
    DatagramTransport transport;

    @Override
    public void connectionMade(DatagramTransport transport) {
        IO.println("UDP echo server on " + transport.getExtraInfo("sockname"));
        this.transport = transport;
    }

    @Override
    public void datagramReceived(ByteBuffer data, SocketAddress sender) {
        IO.println("Received " + data.remaining() + " bytes from " + sender);
        transport.sendTo(data, sender);
    }
}

void main(String[] args) throws IOException {
    int port = args.length > 0 ? Integer.parseInt(args[0]) : 0;
    run(() -> {
        createDatagramEndpoint(Echo::new, DatagramOptions.defaults().withLocalAddress("127.0.0.1", port));
        runningLoop().createFuture().await(); // until Ctrl-C
    });
}
