package dev.tulip.streams;

import dev.tulip.loop.Suspends;
import dev.tulip.net.Server;
import java.time.Duration;

/** A server whose connections are handled by tasks of its loop. Loop thread only. */
final class StreamServer extends HandledServer {
    private final Handlers handlers;

    StreamServer(Server server, Handlers handlers) {
        super(server);
        this.handlers = handlers;
        BusyHandlers.of(server.getLoop()); // made now: SIGTERM finds it, even if the first connection comes after that
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
}
