// An echo server on bare sockets: one task per client, no callbacks, no threads, no locks.
//   ./tulip run examples/RawEchoServer.java [PORT]
//   nc 127.0.0.1 PORT

import static dev.tulip.Tulip.*;

import dev.tulip.loop.*;
import java.io.IOException;
import java.net.*;
import java.nio.ByteBuffer;
import java.nio.channels.*;

void main(String[] args) throws IOException {
    int port = args.length > 0 ? Integer.parseInt(args[0]) : 0;
    run(() -> serve(port));
}

void serve(int port) throws IOException {
    EventLoop loop = runningLoop();
    try (ServerSocketChannel listener = ServerSocketChannel.open()) {
        listener.bind(new InetSocketAddress("127.0.0.1", port));
        listener.configureBlocking(false);
        IO.println("echo server on " + listener.getLocalAddress());
        while (true) {
            SocketChannel client = loop.sockAccept(listener);
            createTask(() -> echo(loop, client));
        }
    }
}

void echo(EventLoop loop, SocketChannel client) throws IOException {
    try (client) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(64 * 1024);
        while (loop.sockRecvInto(client, buffer) >= 0) {
            loop.sockSendall(client, buffer.flip());
            buffer.clear();
        }
    }
}
