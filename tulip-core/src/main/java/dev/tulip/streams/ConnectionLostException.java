package dev.tulip.streams;

import dev.tulip.net.ExtraInfo;
import dev.tulip.net.Transport;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A connection that is not there any more: the peer has reset it, the network has failed, or it was closed on this side.
 * What Python calls {@code ConnectionError}. The cause, if there is one, is the system's error.
 */
public class ConnectionLostException extends IOException {
    private static final long serialVersionUID = 1;

    /**
     * Tells what was tried and what had happened.
     *
     * @param message what could not be done with which connection, and why
     * @param cause the system's error, or null
     */
    public ConnectionLostException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /**
     * {@return the exception for an attempt on a connection that has ended}
     *
     * @param attempt what cannot be done: "read from", "write to"
     * @param failure what has ended the connection, or null if that is not known, or it was closed on this side
     */
    static ConnectionLostException of(String attempt, @Nullable Transport transport, @Nullable Exception failure) {
        StringBuilder message = new StringBuilder("cannot ").append(attempt).append(' ');
        message.append(peer(transport)).append(": ");
        if (failure == null) {
            message.append("the connection is closed");
        } else {
            String reason = failure.getMessage();
            message.append("the connection was lost: ").append(reason == null ? failure : reason);
        }
        return new ConnectionLostException(message.toString(), failure);
    }

    /** {@return the address of the other side, in words} */
    static String peer(@Nullable Transport transport) {
        if (transport == null) {
            return "the peer";
        }
        Object name = transport.getExtraInfo(ExtraInfo.PIPE_NAME);
        Object peer = name != null ? name : transport.getExtraInfo(ExtraInfo.PEERNAME);
        String text = String.valueOf(peer);
        return peer == null || text.isEmpty() ? "the peer" : text;
    }
}
