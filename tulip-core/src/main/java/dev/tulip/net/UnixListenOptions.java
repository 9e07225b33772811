package dev.tulip.net;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How a server listens on a Unix socket.
 *
 * @param backlog how many connections the system keeps for the server until it accepts them; also, up to a limit, how
 *     many it accepts in one go
 * @param removeFile whether the socket's file is removed when the server is closed, if it is still the server's
 * @param startServing whether to accept at once; else {@link Server#startServing} does, and connections wait meanwhile
 * @param tls to secure the connections; null for plain ones
 */
public record UnixListenOptions(
        int backlog,
        boolean removeFile,
        boolean startServing,
        @Nullable TlsOptions tls) {
    private static final UnixListenOptions DEFAULTS = new UnixListenOptions(Defaults.BACKLOG, true, true, null);

    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if the backlog is not positive
     */
    public UnixListenOptions {
        if (backlog <= 0) {
            throw new IllegalArgumentException("backlog must be positive, not " + backlog);
        }
    }

    /** {@return a backlog of 100, removing the file, accepting at once, no TLS} */
    public static UnixListenOptions defaults() {
        return DEFAULTS;
    }

    /**
     * {@return these options with another backlog}
     *
     * @param backlog how many connections the system keeps until they are accepted
     */
    public UnixListenOptions withBacklog(int backlog) {
        return new UnixListenOptions(backlog, removeFile, startServing, tls);
    }

    /**
     * {@return these options with a file that goes with the server, or stays}
     *
     * @param removeFile whether it is removed when the server is closed
     */
    public UnixListenOptions withRemoveFile(boolean removeFile) {
        return new UnixListenOptions(backlog, removeFile, startServing, tls);
    }

    /**
     * {@return these options with a server that accepts at once, or later}
     *
     * @param startServing whether it accepts at once
     */
    public UnixListenOptions withStartServing(boolean startServing) {
        return new UnixListenOptions(backlog, removeFile, startServing, tls);
    }

    /**
     * {@return these options for connections with TLS}
     *
     * @param tls with a certificate: {@link TlsOptions#withIdentity}
     */
    public UnixListenOptions withTls(TlsOptions tls) {
        return new UnixListenOptions(backlog, removeFile, startServing, Objects.requireNonNull(tls, "tls"));
    }
}
