// Two connected sockets: a callback reads what arrives at one end when the other end has sent it.

import static dev.tulip.Tulip.*;

import dev.tulip.loop.*;
import java.io.*;
import java.net.*;
import java.nio.*;
import java.nio.channels.*;
import java.time.Duration;

import static java.nio.charset.StandardCharsets.UTF_8;

void main() throws IOException {
    try (EventLoop loop = newEventLoop();
            ServerSocketChannel listener = ServerSocketChannel.open().bind(new InetSocketAddress("127.0.0.1", 0));
            SocketChannel left = SocketChannel.open(listener.getLocalAddress());
            SocketChannel right = listener.accept()) {
        right.configureBlocking(false);
        loop.addReader(right, () -> {
            IO.println("Received: " + read(right));
            loop.removeReader(right);
            loop.stop();
        });
        loop.callLater(Duration.ofMillis(100), () -> write(left, "abc"));
        loop.runForever();
    }
}

String read(SocketChannel channel) {
    ByteBuffer buffer = ByteBuffer.allocate(100);
    try {
        channel.read(buffer);
    } catch (IOException e) {
        throw new UncheckedIOException(e);
    }
    return UTF_8.decode(buffer.flip()).toString();
}

void write(SocketChannel channel, String text) {
    try {
        channel.write(UTF_8.encode(text));
    } catch (IOException e) {
        throw new UncheckedIOException(e);
    }
}
