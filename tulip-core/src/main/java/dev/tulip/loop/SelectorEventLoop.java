package dev.tulip.loop;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.FileChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/** The event loop, with what it offers for channels: see {@link Channels} and {@link SocketOperations}. */
final class SelectorEventLoop extends BaseEventLoop {
    private final SocketOperations sockets = new SocketOperations(this);

    SelectorEventLoop(LoopOptions options) {
        super(options);
    }

    @Override
    public void addReader(SelectableChannel channel, Runnable callback) throws ClosedChannelException {
        channels.add(channel, Readiness.READ, prepare(callback), captureContext());
    }

    @Override
    public boolean removeReader(SelectableChannel channel) {
        checkThread();
        return !isClosing() && channels.remove(channel, Readiness.READ);
    }

    @Override
    public void addWriter(SelectableChannel channel, Runnable callback) throws ClosedChannelException {
        channels.add(channel, Readiness.WRITE, prepare(callback), captureContext());
    }

    @Override
    public boolean removeWriter(SelectableChannel channel) {
        checkThread();
        return !isClosing() && channels.remove(channel, Readiness.WRITE);
    }

    @Override
    public void awaitReadable(SelectableChannel channel) throws ClosedChannelException {
        channels.await(sockets.start("awaitReadable", channel), channel, Readiness.READ);
    }

    @Override
    public void awaitWritable(SelectableChannel channel) throws ClosedChannelException {
        channels.await(sockets.start("awaitWritable", channel), channel, Readiness.WRITE);
    }

    @Override
    public SocketChannel sockAccept(ServerSocketChannel listener) throws IOException {
        return sockets.accept(listener);
    }

    @Override
    public void sockConnect(SocketChannel channel, SocketAddress address) throws IOException {
        sockets.connect(channel, address);
    }

    @Override
    public byte[] sockRecv(SocketChannel channel, int limit) throws IOException {
        return sockets.recv(channel, limit);
    }

    @Override
    public int sockRecvInto(SocketChannel channel, ByteBuffer buffer) throws IOException {
        return sockets.recvInto(channel, buffer);
    }

    @Override
    public void sockSendall(SocketChannel channel, ByteBuffer data) throws IOException {
        sockets.sendall(channel, data);
    }

    @Override
    public long sockSendfile(SocketChannel channel, FileChannel file, long offset, long count) throws IOException {
        return sockets.sendfile(channel, file, offset, count);
    }

    @Override
    public Datagram sockRecvfrom(DatagramChannel channel, int limit) throws IOException {
        return sockets.recvfrom(channel, limit);
    }

    @Override
    public SocketAddress sockRecvfromInto(DatagramChannel channel, ByteBuffer buffer) throws IOException {
        return sockets.recvfromInto(channel, buffer);
    }

    @Override
    public void sockSendto(DatagramChannel channel, ByteBuffer data, SocketAddress target) throws IOException {
        sockets.sendto(channel, data, target);
    }
}
