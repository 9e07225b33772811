package dev.tulip.loop;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.FileChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/**
 * The {@code sock} methods of {@link EventLoop}: operations on bare channels, written straight down. Each tries
 * first, and suspends its task only if the channel is not ready. Loop thread only.
 */
final class SocketOperations {
    private final BaseEventLoop loop;

    // loop thread only; outside the heap, so that a read needs no copy in the JDK
    private @Nullable ByteBuffer receiveBuffer;

    SocketOperations(BaseEventLoop loop) {
        this.loop = loop;
    }

    SocketChannel accept(ServerSocketChannel listener) throws IOException {
        Task<?> task = start("sockAccept", listener);
        SocketChannel connection;
        while ((connection = listener.accept()) == null) {
            loop.channels.await(task, listener, Readiness.READ);
        }
        connection.configureBlocking(false);
        return connection;
    }

    void connect(SocketChannel channel, SocketAddress address) throws IOException {
        Task<?> task = start("sockConnect", channel);
        SocketAddress resolved = resolve(address);
        try {
            if (!channel.connect(resolved)) {
                do {
                    loop.channels.await(task, channel, Readiness.WRITE);
                } while (!channel.finishConnect());
            }
        } catch (ConnectException e) {
            ConnectException named = new ConnectException("cannot connect to " + address + ": " + e.getMessage());
            named.initCause(e);
            throw named;
        }
    }

    byte[] recv(SocketChannel channel, int limit) throws IOException {
        Task<?> task = start("sockRecv", channel);
        while (true) {
            ByteBuffer buffer = receiveBuffer(limit);
            int count = channel.read(buffer);
            if (count != 0) {
                return taken(buffer);
            }
            loop.channels.await(task, channel, Readiness.READ);
        }
    }

    int recvInto(SocketChannel channel, ByteBuffer buffer) throws IOException {
        Task<?> task = start("sockRecvInto", channel);
        while (true) {
            int count = channel.read(buffer);
            if (count != 0 || !buffer.hasRemaining()) {
                return count;
            }
            loop.channels.await(task, channel, Readiness.READ);
        }
    }

    void sendall(SocketChannel channel, ByteBuffer data) throws IOException {
        Task<?> task = start("sockSendall", channel);
        while (true) {
            channel.write(data);
            if (!data.hasRemaining()) {
                return;
            }
            loop.channels.await(task, channel, Readiness.WRITE);
        }
    }

    long sendfile(SocketChannel channel, FileChannel file, long offset, long count) throws IOException {
        Task<?> task = start("sockSendfile", channel);
        if (offset < 0 || count < 0) {
            throw new IllegalArgumentException("offset (" + offset + ") and count (" + count + ") must be >= 0");
        }
        long sent = 0;
        while (sent < count) {
            long wanted = Math.min(count - sent, Defaults.FILE_STEP);
            FileStep step = new FileStep(file, offset + sent, wanted, channel);
            long moved = step.run(loop);
            sent += moved;
            if (step.isAtEnd()) {
                break;
            }
            if (moved < wanted) {
                loop.channels.await(task, channel, Readiness.WRITE);
            }
        }
        return sent;
    }

    Datagram recvfrom(DatagramChannel channel, int limit) throws IOException {
        Task<?> task = start("sockRecvfrom", channel);
        while (true) {
            ByteBuffer buffer = receiveBuffer(limit);
            SocketAddress sender = channel.receive(buffer);
            if (sender != null) {
                return new Datagram(taken(buffer), sender);
            }
            loop.channels.await(task, channel, Readiness.READ);
        }
    }

    SocketAddress recvfromInto(DatagramChannel channel, ByteBuffer buffer) throws IOException {
        Task<?> task = start("sockRecvfromInto", channel);
        SocketAddress sender;
        while ((sender = channel.receive(buffer)) == null) {
            loop.channels.await(task, channel, Readiness.READ);
        }
        return sender;
    }

    void sendto(DatagramChannel channel, ByteBuffer data, SocketAddress target) throws IOException {
        Task<?> task = start("sockSendto", channel);
        boolean empty = !data.hasRemaining();
        while (channel.send(data, target) == 0 && !empty) {
            loop.channels.await(task, channel, Readiness.WRITE);
        }
    }

    /** {@return the calling task, if it may wait for {@code channel}} */
    Task<?> start(String method, SelectableChannel channel) throws ClosedChannelException {
        Task<?> task = Task.suspending(method);
        if (task.loop != loop) {
            throw new IllegalStateException(task.getName() + " runs on " + task.loop.name + ", not on " + loop.name
                    + "; use the running loop's " + method);
        }
        loop.checkOpen();
        if (!channel.isOpen()) {
            throw new ClosedChannelException();
        }
        if (channel.isBlocking()) {
            throw new IllegalArgumentException(channel + " is in blocking mode; call configureBlocking(false) first");
        }
        return task;
    }

    private SocketAddress resolve(SocketAddress address) throws IOException {
        return address instanceof InetSocketAddress inet && inet.isUnresolved()
                ? loop.getaddrinfo(inet.getHostString(), inet.getPort()).getFirst()
                : address;
    }

    /** {@return the buffer for receiving, empty, with room for {@code limit} bytes at most} */
    private ByteBuffer receiveBuffer(int limit) {
        if (limit <= 0) {
            throw new IllegalArgumentException("limit must be positive, not " + limit);
        }
        ByteBuffer buffer = receiveBuffer;
        if (buffer == null) {
            buffer = ByteBuffer.allocateDirect(Defaults.RECEIVE_BUFFER_SIZE);
            receiveBuffer = buffer;
        }
        return buffer.clear().limit(Math.min(limit, buffer.capacity()));
    }

    private static byte[] taken(ByteBuffer buffer) {
        byte[] data = new byte[buffer.flip().remaining()];
        buffer.get(data);
        return data;
    }
}
