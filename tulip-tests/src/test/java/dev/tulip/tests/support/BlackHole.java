package dev.tulip.tests.support;

import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;

/** An address on this machine that neither accepts nor refuses connections: its backlog is full. */
public final class BlackHole implements AutoCloseable {
    private final ServerSocketChannel listener = ServerSocketChannel.open();
    private final List<SocketChannel> fillers = new ArrayList<>();

    /** Makes one at {@code host}, on any port if {@code port} is 0. */
    public BlackHole(String host, int port) throws IOException {
        listener.bind(new InetSocketAddress(host, port), 1);
        for (int i = 0; i < 10; i++) {
            SocketChannel filler = SocketChannel.open();
            filler.configureBlocking(false);
            filler.connect(listener.getLocalAddress());
            fillers.add(filler);
        }
        assumeFalse(fillers.getLast().finishConnect(), "this system accepts more connections than a backlog has room");
    }

    /** {@return its port} */
    public int port() throws IOException {
        return ((InetSocketAddress) listener.getLocalAddress()).getPort();
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (SocketChannel filler : fillers) {
            filler.close();
        }
    }
}
