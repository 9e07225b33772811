package dev.tulip.tests.support;

import static dev.tulip.Tulip.runningLoop;

import dev.tulip.loop.Suspends;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/**
 * The other end of a connection, on bare sockets, good or bad. Its methods that wait suspend the calling task, so that
 * it may run on the loop under test.
 *
 * @param socket in non-blocking mode
 */
public record Peer(SocketChannel socket) implements AutoCloseable {
    /** Connects to {@code address}. */
    @Suspends
    public static Peer connect(SocketAddress address) throws IOException {
        SocketChannel socket = SocketChannel.open();
        socket.configureBlocking(false);
        try {
            runningLoop().sockConnect(socket, address);
        } catch (Throwable e) {
            socket.close();
            throw e;
        }
        return new Peer(socket);
    }

    /** Sends {@code text}. */
    @Suspends
    public void send(String text) throws IOException {
        runningLoop().sockSendall(socket, text.getBytes(StandardCharsets.UTF_8));
    }

    /** Sends {@code data}. */
    @Suspends
    public void send(byte[] data) throws IOException {
        runningLoop().sockSendall(socket, data);
    }

    /** Waits for exactly {@code count} bytes, or the end. */
    @Suspends
    public byte[] receiveBytes(int count) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(count);
        while (buffer.hasRemaining() && runningLoop().sockRecvInto(socket, buffer) >= 0) {
            Thread.onSpinWait();
        }
        return java.util.Arrays.copyOf(buffer.array(), buffer.position());
    }

    /** Waits for exactly {@code count} bytes, or the end. */
    @Suspends
    public String receive(int count) throws IOException {
        return new String(receiveBytes(count), StandardCharsets.UTF_8);
    }

    /** Waits for the end and returns what has come before. */
    @Suspends
    public byte[] receiveAll() throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        byte[] some;
        while ((some = runningLoop().sockRecv(socket, 65536)).length > 0) {
            all.write(some);
        }
        return all.toByteArray();
    }

    /** Ends the stream to the other side. */
    public void sendEnd() throws IOException {
        socket.shutdownOutput();
    }

    /** Ends the connection with a reset. */
    public void reset() throws IOException {
        socket.setOption(StandardSocketOptions.SO_LINGER, 0);
        socket.close();
    }

    /** {@return its port} */
    public int port() throws IOException {
        return ((InetSocketAddress) socket.getLocalAddress()).getPort();
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
