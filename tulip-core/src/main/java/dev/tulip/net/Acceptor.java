package dev.tulip.net;

import dev.tulip.loop.ExceptionContext;
import dev.tulip.loop.TimerHandle;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/** One listening socket of a server: accepts until nobody waits. Loop thread only. */
final class Acceptor {
    /*
     * IDLE -> ACCEPTING      // start()
     * ACCEPTING -> PAUSED    // accepting failed twice in a row: out of descriptors, most likely
     * PAUSED -> ACCEPTING    // a second later
     * any -> CLOSED          // close()
     *
     * A first failure may be of the one connection (Linux reports what went wrong with it at accept), so the next one
     * is tried at once. The system does not tell which it was, but in a message in the user's language.
     */
    private enum State {
        IDLE,
        ACCEPTING,
        PAUSED,
        CLOSED
    }

    // set once
    private final SocketServer server;
    private final ServerSocketChannel listener;
    private final int backlog;
    private final Runnable onAcceptable = this::acceptable;

    // loop thread only
    private State state = State.IDLE;
    private @Nullable TimerHandle retry;
    private boolean inTrouble; // accepting fails, and that was reported

    Acceptor(SocketServer server, ServerSocketChannel listener, int backlog) {
        this.server = server;
        this.listener = listener;
        this.backlog = backlog;
    }

    ServerSocketChannel listener() {
        return listener;
    }

    void start() {
        if (state == State.IDLE) {
            listen();
        }
    }

    private void listen() {
        state = State.ACCEPTING;
        try {
            server.loop.addReader(listener, onAcceptable);
        } catch (ClosedChannelException e) { // by its user, who had no right to do so
            report("A listening socket was closed behind its server's back", e);
        }
    }

    private void acceptable() {
        accept(Math.min(backlog, Defaults.ACCEPTS));
    }

    /** Accepts the connections that the system has made already: their clients do not know that nobody took them. */
    void acceptRest() {
        accept(backlog);
    }

    private void accept(int limit) {
        int failures = 0;
        for (int i = 0; i < limit && state == State.ACCEPTING; i++) {
            SocketChannel connection;
            try {
                connection = listener.accept();
            } catch (IOException e) {
                failed(e);
                if (++failures == 2) {
                    pause();
                }
                continue;
            }
            if (connection == null) {
                return;
            }
            failures = 0;
            inTrouble = false;
            server.accepted(connection);
        }
    }

    private void failed(IOException error) {
        if (!inTrouble) {
            inTrouble = true;
            report("Accepting a connection failed; the server tries again", error);
        }
    }

    private void pause() {
        state = State.PAUSED;
        server.loop.removeReader(listener);
        retry = server.loop.callLater(Defaults.ACCEPT_RETRY_DELAY, () -> {
            retry = null;
            listen();
        });
    }

    void close() {
        state = State.CLOSED;
        if (retry != null) {
            retry.cancel();
        }
        Closing.quietly(listener);
        server.loop.removeReader(listener); // the loop forgets a channel that is closed
    }

    private void report(String message, IOException error) {
        server.loop.callExceptionHandler(new ExceptionContext(message, error, "server", server));
    }
}
