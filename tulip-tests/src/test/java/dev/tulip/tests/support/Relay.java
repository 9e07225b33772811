package dev.tulip.tests.support;

import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.sleep;

import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Suspends;
import dev.tulip.loop.Task;
import dev.tulip.loop.TaskOptions;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectableChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A bad line: stands between a client and a server on the loop under test, passes bytes on, and cuts, resets, holds or
 * splits where it is told to.
 */
public final class Relay implements AutoCloseable {
    /** One direction. */
    public static final class Line {
        private int piece = 65536;
        private long cutAfter = Long.MAX_VALUE;
        private boolean reset;
        private boolean held;
        private boolean holdsAfterFirst;
        private boolean stopped;
        private boolean damages;
        private boolean damaged;
        private long passed;
        private final ByteBuffer kept = ByteBuffer.allocate(1 << 20);

        /** Passes the bytes on in pieces of {@code size}, each a segment of its own. */
        public void inPiecesOf(int size) {
            piece = size;
        }

        /** Ends both directions after {@code bytes}. */
        public void cutAfter(long bytes) {
            cutAfter = bytes;
        }

        /** Resets both connections after {@code bytes}. */
        public void resetAfter(long bytes) {
            cutAfter = bytes;
            reset = true;
        }

        /** Passes nothing on from now on, and soon reads nothing. */
        public void stop() {
            stopped = true;
        }

        /** Keeps what comes from now on, the end, too. */
        public void hold() {
            held = true;
        }

        /** Passes on what comes first, and keeps what comes then. */
        public void holdAfterFirst() {
            holdsAfterFirst = true;
        }

        /** Damages the last byte of what comes next, while this holds. */
        public void damageNext() {
            damages = true;
        }

        /** {@return whether that has come} */
        public boolean isDamaged() {
            return damaged;
        }

        /** {@return how many bytes are kept} */
        public int keeping() {
            return kept.position();
        }

        /** {@return how many bytes have passed} */
        public long passed() {
            return passed;
        }
    }

    private final ServerSocketChannel listener;
    private final InetSocketAddress target;
    private final List<SocketChannel> sockets = new ArrayList<>();
    private final List<Task<?>> tasks = new ArrayList<>();

    /** From the client to the server. */
    public final Line up = new Line();

    /** From the server to the client. */
    public final Line down = new Line();

    private SocketChannel toServer;
    private SocketChannel toClient;
    private boolean closed;

    /** A line to {@code port} of this machine. */
    public Relay(int port) throws IOException {
        target = new InetSocketAddress("127.0.0.1", port);
        listener = ServerSocketChannel.open().bind(new InetSocketAddress("127.0.0.1", 0));
        listener.configureBlocking(false);
        start("accept", this::accept);
    }

    /** {@return where clients connect to} */
    public int port() throws IOException {
        return ((InetSocketAddress) listener.getLocalAddress()).getPort();
    }

    private interface Body {
        @Suspends
        void run() throws IOException;
    }

    private void start(String name, Body body) {
        tasks.add(createTask(
                () -> {
                    try {
                        body.run();
                    } catch (IOException e) {
                        closeSockets(); // one side has gone: so does the other
                    }
                },
                TaskOptions.named("relay " + name)));
    }

    @Suspends
    private void accept() throws IOException {
        EventLoop loop = runningLoop();
        while (true) {
            SocketChannel client = loop.sockAccept(listener);
            SocketChannel server = SocketChannel.open();
            server.configureBlocking(false);
            sockets.add(client);
            sockets.add(server);
            client.setOption(StandardSocketOptions.TCP_NODELAY, true);
            server.setOption(StandardSocketOptions.TCP_NODELAY, true);
            toServer = server;
            toClient = client;
            loop.sockConnect(server, target);
            start("up", () -> pass(client, server, up));
            start("down", () -> pass(server, client, down));
        }
    }

    @Suspends
    private void pass(SocketChannel from, SocketChannel to, Line line) throws IOException {
        EventLoop loop = runningLoop();
        while (true) {
            if (line.passed >= line.cutAfter) {
                cut(line);
                return;
            }
            byte[] data = loop.sockRecv(from, 65536);
            while (line.stopped) {
                sleep(Duration.ofMillis(1));
            }
            if (data.length == 0) {
                if (!line.held) {
                    to.shutdownOutput();
                }
                return;
            }
            if (line.held) {
                if (line.damages && !line.damaged) {
                    line.damaged = true;
                    data[data.length - 1] ^= 1;
                }
                line.kept.put(data);
                continue;
            }
            for (int at = 0; at < data.length && line.passed < line.cutAfter; ) {
                int size = (int) Math.min(Math.min(line.piece, data.length - at), line.cutAfter - line.passed);
                loop.sockSendall(to, ByteBuffer.wrap(data, at, size));
                at += size;
                line.passed += size;
                if (line.piece < data.length) {
                    sleep(Duration.ZERO);
                }
            }
            line.held |= line.holdsAfterFirst;
        }
    }

    private void cut(Line line) throws IOException {
        if (line.reset) {
            for (SocketChannel socket : sockets) {
                if (socket.isOpen()) {
                    socket.setOption(StandardSocketOptions.SO_LINGER, 0);
                }
            }
            closeSockets();
        } else {
            for (SocketChannel socket : sockets) {
                socket.shutdownOutput();
            }
        }
    }

    /** Passes on what {@link #up} keeps, in segments that end at {@code ends} bytes and at the end. */
    @Suspends
    public void releaseUp(int... ends) throws IOException {
        release(up, toServer, ends);
    }

    /** Passes on what {@link #down} keeps. */
    @Suspends
    public void releaseDown() throws IOException {
        release(down, toClient);
    }

    @Suspends
    private static void release(Line line, SocketChannel to, int... ends) throws IOException {
        byte[] data = Arrays.copyOf(line.kept.array(), line.kept.position());
        line.kept.clear();
        line.held = false;
        int at = 0;
        for (int end : ends) {
            runningLoop().sockSendall(to, ByteBuffer.wrap(data, at, end - at));
            at = end;
            sleep(Duration.ofMillis(20));
        }
        runningLoop().sockSendall(to, ByteBuffer.wrap(data, at, data.length - at));
    }

    private void closeSockets() {
        for (SelectableChannel socket : sockets) {
            try {
                socket.close();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            tasks.forEach(Task::cancel);
            closeSockets();
            try {
                listener.close();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }
    }
}
