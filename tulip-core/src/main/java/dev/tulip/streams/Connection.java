package dev.tulip.streams;

import dev.tulip.loop.Suspends;
import dev.tulip.loop.Task;
import dev.tulip.net.ExtraInfo;
import dev.tulip.net.Transport;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Two streams, one from the peer and one to it. Not for other threads than its loop's.
 *
 * <p>Meant for try-with-resources:
 *
 * {@snippet :
 * try (Connection connection = openConnection("example.org", 80)) {
 *     connection.writer().write("HEAD / HTTP/1.0\r\n\r\n");
 *     for (String line : connection.reader().lines()) {
 *         IO.println(line);
 *     }
 * }
 * }
 *
 * @see Streams#openConnection(String, int)
 * @see Streams#startServer(String, int, ConnectionHandler)
 */
public final class Connection implements AutoCloseable {
    private final StreamReader reader;
    private final StreamWriter writer;

    // loop thread only
    private boolean closedByServer;

    Connection(StreamReader reader, StreamWriter writer) {
        this.reader = reader;
        this.writer = writer;
    }

    /** {@return what the peer sends} */
    public StreamReader reader() {
        return reader;
    }

    /** {@return what is sent to the peer} */
    public StreamWriter writer() {
        return writer;
    }

    /**
     * Closes this in order: sends what was written, waits until that is done, and ends the connection. Calling this again is
     * harmless. To let the rest be sent while the task goes on, use {@link StreamWriter#close} before.
     *
     * <p>A task that was asked to {@linkplain Task#cancelling cancel} does not wait for a peer that perhaps never reads:
     * then, and if this is cancelled while it waits, what was not sent is dropped, as by {@link #abort}. A plain callback
     * cannot wait; there the rest is sent later.
     *
     * @throws ConnectionLostException if something written could not be sent and no other method has said so
     */
    @Override
    @Suspends
    public void close() throws IOException {
        Task<?> task = Task.current();
        if (task == null) {
            writer.close();
            return;
        }
        if (writer.isKeeping() && task.cancelling() > 0) {
            abort();
            return;
        }
        boolean closed = false;
        try {
            writer.closeAndWait();
            closed = true;
        } finally {
            if (!closed) {
                abort();
            }
        }
    }

    /** Ends the connection at once: drops what was not sent yet. Calling this again is harmless. */
    public void abort() {
        transport().abort();
    }

    /** {@return whether this is closed or about to be: by this side, or because it was lost} */
    public boolean isClosing() {
        return writer.isClosing();
    }

    /** {@return a fact about this connection, or null if it has none of that name} See {@link ExtraInfo}. */
    public @Nullable Object getExtraInfo(String name) {
        return writer.getExtraInfo(name);
    }

    /**
     * {@return a fact about this connection, or null if it has none of that kind}
     *
     * @param <T> what it is
     */
    public <T> @Nullable T getExtraInfo(ExtraInfo<T> info) {
        return writer.getExtraInfo(info);
    }

    /** {@return the transport under this} */
    public Transport transport() {
        return writer.transport();
    }

    /** Notes that the server closes this, not its handler. */
    void closeByServer() {
        closedByServer = true;
    }

    boolean isClosedByServer() {
        return closedByServer;
    }

    /** {@return its addresses and state, what was not read and what is to be sent} */
    @Override
    public String toString() {
        Transport transport = transport();
        return "Connection[" + transport.getExtraInfo(ExtraInfo.SOCKNAME) + " -> "
                + transport.getExtraInfo(ExtraInfo.PEERNAME) + ", " + (isClosing() ? "closing" : "open") + ", "
                + reader.buffered() + " bytes to read, " + transport.getWriteBufferSize() + " to send]";
    }
}
