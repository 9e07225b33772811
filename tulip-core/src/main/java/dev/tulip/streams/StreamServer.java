package dev.tulip.streams;

import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Suspends;
import dev.tulip.net.Server;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.List;

/** A server whose connections are handled by tasks: a server of dev.tulip.net that knows of them. Loop thread only. */
final class StreamServer implements Server {
    private final Server server;
    private final Handlers handlers;

    StreamServer(Server server, Handlers handlers) {
        this.server = server;
        this.handlers = handlers;
        BusyHandlers.of(server.getLoop()); // made now: SIGTERM finds it, even if the first connection comes after that
    }

    @Override
    public EventLoop getLoop() {
        return server.getLoop();
    }

    @Override
    public List<ServerSocketChannel> sockets() {
        return server.sockets();
    }

    @Override
    public boolean isServing() {
        return server.isServing();
    }

    @Override
    public void startServing() {
        server.startServing();
    }

    @Override
    @Suspends
    public void serveForever() {
        server.serveForever();
    }

    @Override
    public void close() {
        server.close();
    }

    @Override
    @Suspends
    public void waitClosed() {
        server.waitClosed();
        handlers.awaitEnd();
    }

    @Override
    public void closeClients() {
        handlers.closing();
        server.closeClients();
    }

    @Override
    public void abortClients() {
        handlers.closing();
        server.abortClients();
    }

    /** As in the interface; with its connection a handler is cancelled, and this waits for the end of the handlers. */
    @Override
    @Suspends
    public int shutdown(Duration grace) {
        Callers.task("shutdown");
        Grace handlersGrace = new Grace(handlers);
        server.close();
        handlersGrace.begin(grace); // before the server aborts what has no handler (yet)
        try {
            int others = server.shutdown(grace);
            return handlersGrace.awaitEnd() + others;
        } finally {
            handlersGrace.end();
        }
    }

    @Override
    public String toString() {
        return server.toString();
    }
}
