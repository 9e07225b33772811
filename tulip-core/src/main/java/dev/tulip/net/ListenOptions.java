package dev.tulip.net;

import java.net.StandardProtocolFamily;
import org.jspecify.annotations.Nullable;

/**
 * How a server listens.
 *
 * @param family INET or INET6 to use only addresses of that kind; null for both
 * @param backlog how many connections the system keeps for the server until it accepts them; also, up to a limit, how
 *     many it accepts in one go
 * @param reuseAddress whether the port can be used again at once after a server has ended; null for what is usual on
 *     the system: yes, except on Windows, where it would mean something else
 * @param reusePort whether other servers, also of other processes, may share the port, and with it the connections; a
 *     server for several loops then listens on each of them
 * @param keepAlive whether the system probes connections that are silent for a long time (two hours, usually)
 * @param startServing whether to accept at once; else {@link Server#startServing} does, and connections wait meanwhile
 * @param tls to secure the connections; null for plain ones
 */
public record ListenOptions(
        @Nullable StandardProtocolFamily family,
        int backlog,
        @Nullable Boolean reuseAddress,
        boolean reusePort,
        boolean keepAlive,
        boolean startServing,
        @Nullable TlsOptions tls) {
    private static final ListenOptions DEFAULTS =
            new ListenOptions(null, Defaults.BACKLOG, null, false, false, true, null);

    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if the family is neither INET nor INET6, or the backlog is not positive
     */
    public ListenOptions {
        if (family == StandardProtocolFamily.UNIX) {
            throw new IllegalArgumentException("family must be INET or INET6, not " + family);
        }
        if (backlog <= 0) {
            throw new IllegalArgumentException("backlog must be positive, not " + backlog);
        }
    }

    /** {@return a backlog of 100, the system's usual reuse of addresses, accepting at once, no TLS} */
    public static ListenOptions defaults() {
        return DEFAULTS;
    }

    /**
     * {@return these options for one family of addresses}
     *
     * @param family INET or INET6
     */
    public ListenOptions withFamily(StandardProtocolFamily family) {
        return new ListenOptions(family, backlog, reuseAddress, reusePort, keepAlive, startServing, tls);
    }

    /**
     * {@return these options with another backlog}
     *
     * @param backlog how many connections the system keeps until they are accepted
     */
    public ListenOptions withBacklog(int backlog) {
        return new ListenOptions(family, backlog, reuseAddress, reusePort, keepAlive, startServing, tls);
    }

    /**
     * {@return these options with or without the reuse of the address}
     *
     * @param reuseAddress whether the port can be used again at once after a server has ended
     */
    public ListenOptions withReuseAddress(boolean reuseAddress) {
        return new ListenOptions(family, backlog, reuseAddress, reusePort, keepAlive, startServing, tls);
    }

    /**
     * {@return these options with or without sharing the port}
     *
     * @param reusePort whether other servers may use the port at the same time
     */
    public ListenOptions withReusePort(boolean reusePort) {
        return new ListenOptions(family, backlog, reuseAddress, reusePort, keepAlive, startServing, tls);
    }

    /**
     * {@return these options with or without probes of silent connections}
     *
     * @param keepAlive whether the system sends them
     */
    public ListenOptions withKeepAlive(boolean keepAlive) {
        return new ListenOptions(family, backlog, reuseAddress, reusePort, keepAlive, startServing, tls);
    }

    /**
     * {@return these options with a server that accepts at once, or later}
     *
     * @param startServing whether it accepts at once
     */
    public ListenOptions withStartServing(boolean startServing) {
        return new ListenOptions(family, backlog, reuseAddress, reusePort, keepAlive, startServing, tls);
    }

    /**
     * {@return these options for connections with TLS}
     *
     * @param tls how they are secured; with a certificate: {@link TlsOptions#withIdentity}
     */
    public ListenOptions withTls(TlsOptions tls) {
        return new ListenOptions(family, backlog, reuseAddress, reusePort, keepAlive, startServing, tls);
    }
}
