package dev.tulip.streams;

import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Suspends;
import dev.tulip.net.Server;
import java.nio.channels.ServerSocketChannel;
import java.util.List;

/** A server of dev.tulip.net whose connections are handled by tasks: it knows when to think of these. Loop thread only. */
abstract class HandledServer implements Server {
    final Server server;

    HandledServer(Server server) {
        this.server = server;
    }

    @Override
    public final EventLoop getLoop() {
        return server.getLoop();
    }

    @Override
    public final List<ServerSocketChannel> sockets() {
        return server.sockets();
    }

    @Override
    public final boolean isServing() {
        return server.isServing();
    }

    @Override
    public final void startServing() {
        server.startServing();
    }

    @Override
    @Suspends
    public final void serveForever() {
        server.serveForever();
    }

    @Override
    public final void close() {
        server.close();
    }

    @Override
    public final String toString() {
        return server.toString();
    }
}
