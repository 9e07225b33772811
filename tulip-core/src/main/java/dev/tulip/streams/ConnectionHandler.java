package dev.tulip.streams;

/**
 * What a server does with a connection: runs as a task of its own for each.
 *
 * @see Streams#startServer(String, int, ConnectionHandler)
 */
@FunctionalInterface
public interface ConnectionHandler {
    /**
     * Talks to one client. When this returns or throws, the connection is closed: see {@link Connection#close}.
     *
     * @param connection to the client
     * @throws Exception for any reason: it goes to the loop's exception handler, with the client's address
     */
    void handle(Connection connection) throws Exception;
}
