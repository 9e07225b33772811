package dev.tulip.net;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/**
 * The JDK's {@link SSLEngine}, and the bytes from the network that it has not taken yet. Knows nothing of transports.
 * Loop thread only, except {@link #runTasks}.
 */
final class TlsEngine {
    /*
     * What has come and is not decrypted stands in one buffer, between start and end: the transport below reads into the
     * room behind it, the engine takes whole records from its front. Without such bytes there is no buffer, so a
     * connection that is idle holds none.
     *
     * The buffers are arrays on the heap: the JDK encrypts those in place, but makes a copy of what is outside, for each
     * record (1.1 KB of garbage more, and slower).
     */
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    // the first byte of a record, RFC 8446, 5.1
    private static final byte ALERT = 21;
    private static final byte HANDSHAKE = 22;

    // set once
    final SSLEngine engine;
    private final BufferPool pool;

    // loop thread only
    private @Nullable ByteBuffer in;
    private int start;
    private int end;
    private boolean incomplete; // what is there is not a whole record
    private boolean spoken; // a record of the peer was understood

    private TlsEngine(SSLEngine engine, BufferPool pool) {
        this.engine = engine;
        this.pool = pool;
    }

    /**
     * {@return the client's end of a connection}
     *
     * @param serverName to ask for and to check; null to do neither
     * @param port of the server; with the name it is the key of the session to resume
     * @throws IllegalArgumentException if the name is to be checked and there is none, or the JDK does not know what the
     *     options name
     */
    static TlsEngine forClient(LoopResources resources, TlsOptions options, @Nullable String serverName, int port) {
        if (serverName == null && options.checksServerName()) {
            throw new IllegalArgumentException(
                    "there is no host name that the server's certificate could be checked for:"
                            + " give TlsOptions.withServerName");
        }
        SSLEngine engine = serverName == null
                ? options.credentials().context().createSSLEngine()
                : options.credentials().context().createSSLEngine(withoutFinalDot(serverName), port);
        engine.setUseClientMode(true);
        SSLParameters parameters = parameters(engine, options);
        if (options.checksServerName()) {
            parameters.setEndpointIdentificationAlgorithm("HTTPS"); // RFC 2818: what everybody means by checking a name
        }
        SNIHostName sni = serverName == null ? null : sniOf(withoutFinalDot(serverName));
        if (sni != null) {
            parameters.setServerNames(List.of(sni));
        }
        engine.setSSLParameters(parameters);
        return new TlsEngine(engine, resources.records);
    }

    /**
     * {@return the server's end of a connection}
     *
     * @throws IllegalArgumentException if there is no certificate to show, or the JDK does not know what the options name
     */
    static TlsEngine forServer(LoopResources resources, TlsOptions options) {
        if (options.credentials().lacksIdentity()) {
            throw new IllegalArgumentException(
                    "a TLS server needs a certificate and its key: give TlsOptions.withIdentity");
        }
        SSLEngine engine = options.credentials().context().createSSLEngine();
        engine.setUseClientMode(false);
        SSLParameters parameters = parameters(engine, options);
        switch (options.clientAuth()) {
            case NONE -> {}
            case WANT -> parameters.setWantClientAuth(true);
            case NEED -> parameters.setNeedClientAuth(true);
        }
        engine.setSSLParameters(parameters);
        return new TlsEngine(engine, resources.records);
    }

    private static SSLParameters parameters(SSLEngine engine, TlsOptions options) {
        SSLParameters parameters = engine.getSSLParameters();
        if (!options.protocols().isEmpty()) {
            parameters.setProtocols(options.protocols().toArray(String[]::new));
        }
        if (!options.cipherSuites().isEmpty()) {
            parameters.setCipherSuites(options.cipherSuites().toArray(String[]::new));
        }
        parameters.setApplicationProtocols(options.applicationProtocols().toArray(String[]::new));
        return parameters;
    }

    private static String withoutFinalDot(String name) {
        return name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
    }

    /** {@return {@code name} for the server, or null if it is none that may be sent: an address, an odd one} */
    private static @Nullable SNIHostName sniOf(String name) {
        try {
            InetAddress.ofLiteral(name);
            return null;
        } catch (IllegalArgumentException e) {
            try {
                return new SNIHostName(name);
            } catch (IllegalArgumentException odd) {
                return null;
            }
        }
    }

    // -- from the network -----------------------------------------------------------------------------------------

    /** {@return the room for what comes next} Then {@link #arrived}, if something has. */
    ByteBuffer room() {
        ByteBuffer in = this.in;
        if (in == null) {
            in = pool.take();
        } else if (end == in.capacity() || (start > 0 && in.capacity() - end < Defaults.TLS_RECORD_SIZE)) {
            if (start > 0) {
                in.limit(end).position(start).compact();
            } else {
                // The transport below does not stop when it is paused: keep what it has, then.
                in = ByteBuffer.allocate(2 * in.capacity()).put(in.limit(end).position(0));
            }
            end -= start;
            start = 0;
        }
        this.in = in;
        return in.limit(in.capacity()).position(end);
    }

    void arrived(int count) {
        end += count;
        incomplete = false;
    }

    /** {@return whether {@link #unwrap} may find a record} */
    boolean hasInput() {
        return start < end && !incomplete;
    }

    /** Decrypts one record into {@code to}, or has the engine look at it. {@link #hasInput} must hold. */
    SSLEngineResult unwrap(ByteBuffer to) throws SSLException {
        ByteBuffer from = in;
        assert from != null : "there is input";
        from.limit(end).position(start);
        SSLEngineResult result = engine.unwrap(from, to);
        start += result.bytesConsumed();
        spoken |= result.bytesConsumed() > 0;
        incomplete = result.getStatus() == SSLEngineResult.Status.BUFFER_UNDERFLOW;
        return result;
    }

    /** {@return whether a record of the peer was understood} */
    boolean hasSpoken() {
        return spoken;
    }

    /** Gives the buffer back, if nothing is in it. */
    void trim() {
        if (in != null && start == end) {
            clear();
        }
    }

    /** Forgets what is here. */
    void clear() {
        if (in != null) {
            pool.give(in);
            in = null;
        }
        start = 0;
        end = 0;
    }

    /** {@return the first bytes that have come, if they are no TLS, at most {@code limit}} */
    byte[] strangeBytes(int limit) {
        ByteBuffer in = this.in;
        if (in == null || spoken || start == end || in.get(start) == ALERT || in.get(start) == HANDSHAKE) {
            return new byte[0];
        }
        byte[] bytes = new byte[Math.min(limit, end - start)];
        in.get(start, bytes);
        return bytes;
    }

    // -- to the network -------------------------------------------------------------------------------------------

    /** Encrypts from {@code from} into {@code to} as many records as there is room for. Returns whether there were any. */
    boolean wrap(ByteBuffer from, ByteBuffer to) throws SSLException {
        int before = to.position();
        while (from.hasRemaining()) {
            SSLEngineResult result = engine.wrap(from, to);
            if (result.getStatus() != SSLEngineResult.Status.OK
                    || (result.bytesConsumed() == 0 && result.bytesProduced() == 0)) {
                break; // no room; or the handshake comes first; or nothing more may be sent
            }
        }
        return to.position() > before;
    }

    /** The same, for several buffers, which share records. */
    boolean wrap(ByteBuffer[] from, ByteBuffer to) throws SSLException {
        int before = to.position();
        while (from[from.length - 1].hasRemaining()) {
            SSLEngineResult result = engine.wrap(from, to);
            if (result.getStatus() != SSLEngineResult.Status.OK
                    || (result.bytesConsumed() == 0 && result.bytesProduced() == 0)) {
                break;
            }
        }
        return to.position() > before;
    }

    /** Puts what the engine itself has to say into {@code to}: handshakes, alerts. Returns whether there was anything. */
    boolean wrapOwn(ByteBuffer to) throws SSLException {
        int before = to.position();
        while (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP) {
            SSLEngineResult result = engine.wrap(NOTHING, to);
            if (result.bytesProduced() == 0) {
                break;
            }
        }
        return to.position() > before;
    }

    // -- tasks ----------------------------------------------------------------------------------------------------

    /** Does what the engine wants done before the handshake goes on. Any thread; nobody uses the engine meanwhile. */
    void runTasks() {
        Runnable task;
        while ((task = engine.getDelegatedTask()) != null) {
            task.run();
        }
    }
}
