package dev.tulip.net;

import java.nio.channels.Channel;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What one loop has of a {@link SharedServer}: a server of its own, and the door through which another loop hands it
 * connections. Loop thread only, except {@link #offer}.
 */
final class Share implements Channel {
    /*
     * A door between two loops. Whoever accepts puts the connection here, leaves a callback at this loop's door, and looks
     * whether this is closed. This loop's callback takes it out and serves it; closing this, which the loop does at its own
     * end at the latest, takes out what is left and closes it.
     *
     * Taking out is atomic and has one winner, so a connection is served, closed, or still the giver's: never two of these,
     * never none.
     */

    // set once
    final SocketServer server;
    private final LoopResources resources;

    // any thread
    private final Set<SocketChannel> onTheirWay = ConcurrentHashMap.newKeySet();
    private volatile boolean open = true;

    Share(SocketServer server) {
        this.server = server;
        this.resources = LoopResources.of(server.loop);
        resources.opened(this, server); // so that the loop closes this
    }

    /** Hands {@code connection} over. Any thread. {@return whether it was taken; if not, it is still the caller's} */
    boolean offer(SocketChannel connection) {
        onTheirWay.add(connection);
        try {
            server.loop.callSoonThreadsafe(() -> arrived(connection));
        } catch (IllegalStateException e) { // the loop is closing
            return !onTheirWay.remove(connection);
        }
        return open || !onTheirWay.remove(connection);
    }

    private void arrived(SocketChannel connection) {
        if (onTheirWay.remove(connection)) {
            server.serve(connection);
        }
    }

    /** Closes the server of this loop. */
    void closeServer() {
        close();
        resources.closed(this);
        server.close();
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    /** Takes no more connections, and closes those that are on their way. */
    @Override
    public void close() {
        open = false;
        for (SocketChannel connection : List.copyOf(onTheirWay)) {
            if (onTheirWay.remove(connection)) {
                Closing.quietly(connection);
            }
        }
    }

    @Override
    public String toString() {
        return "share of " + server;
    }
}
