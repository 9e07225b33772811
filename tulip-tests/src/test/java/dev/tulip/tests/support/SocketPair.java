package dev.tulip.tests.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/**
 * Two connected TCP sockets on the loopback interface, as {@code socket.socketpair()} in Python.
 *
 * @param here the end under test, in non-blocking mode
 * @param there the other end, in blocking mode
 */
public record SocketPair(SocketChannel here, SocketChannel there) implements AutoCloseable {
    public static SocketPair open() {
        try (ServerSocketChannel listener = listener()) {
            SocketChannel here = SocketChannel.open(listener.getLocalAddress());
            SocketChannel there = listener.accept();
            while (!there.getRemoteAddress().equals(here.getLocalAddress())) { // somebody who has found an old port
                there.close();
                there = listener.accept();
            }
            here.configureBlocking(false);
            return new SocketPair(here, there);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@return a listening socket in blocking mode on a free port} */
    public static ServerSocketChannel listener() throws IOException {
        return ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    /** Sends from the other end. */
    public void send(String text) {
        try {
            there.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            here.close();
            there.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
