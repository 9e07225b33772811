package dev.tulip.net;

import java.io.IOException;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executor;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * How a connection is secured. Immutable; keep one and use it for all connections of a kind, because sessions are
 * resumed among those that share their {@link TlsCredentials}.
 *
 * <p>A client checks by default that the server's certificate comes from somebody whom the JVM trusts and is for the
 * host that it connects to. A server needs a certificate and its key:
 *
 * <pre>{@code
 * TlsOptions server = TlsOptions.defaults().withIdentity(Path.of("chain.pem"), Path.of("key.pem"));
 * TlsOptions client = TlsOptions.defaults().withTrusted(Path.of("ca.pem"));
 * createServer(Echo::new, "localhost", 8443, ListenOptions.defaults().withTls(server));
 * createConnection(Client::new, "localhost", 8443, ConnectOptions.defaults().withTls(client));
 * }</pre>
 *
 * @param credentials who we are, and whom we trust
 * @param serverName client: the name that the server is asked for (SNI) and that its certificate must be for; null for
 *     the host that is connected to
 * @param checksServerName client: whether the server's certificate must be for that name
 * @param applicationProtocols names for ALPN, such as {@code h2}, the preferred one first; empty not to negotiate
 * @param clientAuth server: whether clients are asked for a certificate
 * @param protocols such as {@code TLSv1.3}; empty for what the JVM has enabled, which is 1.2 and 1.3
 * @param cipherSuites names of the JDK, the preferred one first; empty for what the JVM has enabled
 * @param handshakeTimeout how long the handshake may take; then the connection is aborted
 * @param shutdownTimeout how long {@code close} waits for a peer that neither reads nor answers; then the connection is
 *     aborted
 * @param executor runs the costly steps of a handshake: keys, certificates; null for the loop's default executor.
 *     {@code Runnable::run} runs them on the loop, where they take some milliseconds
 */
public record TlsOptions(
        TlsCredentials credentials,
        @Nullable String serverName,
        boolean checksServerName,
        List<String> applicationProtocols,
        ClientAuth clientAuth,
        List<String> protocols,
        List<String> cipherSuites,
        Duration handshakeTimeout,
        Duration shutdownTimeout,
        @Nullable Executor executor) {
    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if a timeout is not positive, or the server name empty
     */
    public TlsOptions {
        Objects.requireNonNull(credentials, "credentials");
        Objects.requireNonNull(clientAuth, "clientAuth");
        applicationProtocols = List.copyOf(applicationProtocols);
        protocols = List.copyOf(protocols);
        cipherSuites = List.copyOf(cipherSuites);
        checkPositive("handshakeTimeout", handshakeTimeout);
        checkPositive("shutdownTimeout", shutdownTimeout);
        if (serverName != null && serverName.isEmpty()) {
            throw new IllegalArgumentException(
                    "serverName must not be empty; not to check it is withoutServerNameCheck()");
        }
    }

    private static void checkPositive(String name, Duration timeout) {
        if (!timeout.isPositive()) {
            throw new IllegalArgumentException(name + " must be positive, not " + timeout);
        }
    }

    /** {@return the JVM's trust and nobody's certificate, the host name checked, 60 s for handshakes, 30 s to close} */
    public static TlsOptions defaults() {
        return new TlsOptions(
                TlsCredentials.none(),
                null,
                true,
                List.of(),
                ClientAuth.NONE,
                List.of(),
                List.of(),
                Defaults.TLS_HANDSHAKE_TIMEOUT,
                Defaults.TLS_SHUTDOWN_TIMEOUT,
                null);
    }

    /**
     * {@return the defaults with an {@link SSLContext} made elsewhere}
     *
     * @param context is initialised
     */
    public static TlsOptions of(SSLContext context) {
        return defaults().withCredentials(TlsCredentials.of(context));
    }

    // -- who we are, and whom we trust ----------------------------------------------------------------------------

    /**
     * {@return these options with other credentials}
     *
     * @param credentials who we are, and whom we trust
     */
    public TlsOptions withCredentials(TlsCredentials credentials) {
        return new TlsOptions(
                credentials,
                serverName,
                checksServerName,
                applicationProtocols,
                clientAuth,
                protocols,
                cipherSuites,
                handshakeTimeout,
                shutdownTimeout,
                executor);
    }

    /** {@return these options with a certificate of our own} See {@link TlsCredentials#withIdentity(Path, Path)}. */
    public TlsOptions withIdentity(Path certificateChain, Path privateKey) throws IOException {
        return withCredentials(credentials.withIdentity(certificateChain, privateKey));
    }

    /**
     * {@return these options with a certificate of our own} See
     * {@link TlsCredentials#withIdentity(Path, Path, char[])}.
     */
    public TlsOptions withIdentity(Path certificateChain, Path privateKey, char @Nullable [] password)
            throws IOException {
        return withCredentials(credentials.withIdentity(certificateChain, privateKey, password));
    }

    /** {@return these options with a certificate of our own} See {@link TlsCredentials#withIdentity(Path, char[])}. */
    public TlsOptions withIdentity(Path keyStore, char[] password) throws IOException {
        return withCredentials(credentials.withIdentity(keyStore, password));
    }

    /** {@return these options with a certificate of our own} See {@link TlsCredentials#withIdentity(KeyStore, char[])}. */
    public TlsOptions withIdentity(KeyStore keyStore, char[] password) throws IOException {
        return withCredentials(credentials.withIdentity(keyStore, password));
    }

    /** {@return these options with trust in some only} See {@link TlsCredentials#withTrusted(Path)}. */
    public TlsOptions withTrusted(Path certificates) throws IOException {
        return withCredentials(credentials.withTrusted(certificates));
    }

    /** {@return these options with trust in some only} See {@link TlsCredentials#withTrusted(KeyStore)}. */
    public TlsOptions withTrusted(KeyStore trustStore) throws IOException {
        return withCredentials(credentials.withTrusted(trustStore));
    }

    /**
     * {@return these options without any protection against an attacker on the way} Every certificate is good for every
     * name. For experiments only; to try a self-signed certificate, trust that one: {@link #withTrusted(Path)}.
     */
    public TlsOptions withInsecureTrustInEverybody() {
        return withCredentials(credentials.withInsecureTrustInEverybody()).withoutServerNameCheck();
    }

    // -- the client's side ----------------------------------------------------------------------------------------

    /**
     * {@return these options with another name for the server than the host that is connected to}
     *
     * @param serverName a host name or an address: asked for, and checked
     */
    public TlsOptions withServerName(String serverName) {
        return new TlsOptions(
                credentials,
                Objects.requireNonNull(serverName, "serverName"),
                checksServerName,
                applicationProtocols,
                clientAuth,
                protocols,
                cipherSuites,
                handshakeTimeout,
                shutdownTimeout,
                executor);
    }

    /**
     * {@return these options for servers whose certificate need not be for their name} It still must be trusted. With
     * the JVM's trust, anybody who has any certificate at all can then pass for the server.
     */
    public TlsOptions withoutServerNameCheck() {
        return new TlsOptions(
                credentials,
                serverName,
                false,
                applicationProtocols,
                clientAuth,
                protocols,
                cipherSuites,
                handshakeTimeout,
                shutdownTimeout,
                executor);
    }

    // -- the server's side ----------------------------------------------------------------------------------------

    /**
     * {@return these options for a server that asks for certificates, or does not}
     *
     * @param clientAuth whether it asks, and insists
     */
    public TlsOptions withClientAuth(ClientAuth clientAuth) {
        return new TlsOptions(
                credentials,
                serverName,
                checksServerName,
                applicationProtocols,
                clientAuth,
                protocols,
                cipherSuites,
                handshakeTimeout,
                shutdownTimeout,
                executor);
    }

    // -- both sides -----------------------------------------------------------------------------------------------

    /**
     * {@return these options with names for ALPN} If both sides have names and none in common, the handshake fails.
     *
     * @param names such as {@code h2} and {@code http/1.1}, the preferred one first
     */
    public TlsOptions withApplicationProtocols(String... names) {
        return new TlsOptions(
                credentials,
                serverName,
                checksServerName,
                List.of(names),
                clientAuth,
                protocols,
                cipherSuites,
                handshakeTimeout,
                shutdownTimeout,
                executor);
    }

    /**
     * {@return these options for some versions of the protocol only}
     *
     * @param names {@code TLSv1.3}, {@code TLSv1.2}
     */
    public TlsOptions withProtocols(String... names) {
        return new TlsOptions(
                credentials,
                serverName,
                checksServerName,
                applicationProtocols,
                clientAuth,
                List.of(names),
                cipherSuites,
                handshakeTimeout,
                shutdownTimeout,
                executor);
    }

    /**
     * {@return these options for some cipher suites only}
     *
     * @param names as the JDK has them, such as {@code TLS_AES_256_GCM_SHA384}, the preferred one first
     */
    public TlsOptions withCipherSuites(String... names) {
        return new TlsOptions(
                credentials,
                serverName,
                checksServerName,
                applicationProtocols,
                clientAuth,
                protocols,
                List.of(names),
                handshakeTimeout,
                shutdownTimeout,
                executor);
    }

    /**
     * {@return these options with another limit for the handshake}
     *
     * @param timeout positive
     */
    public TlsOptions withHandshakeTimeout(Duration timeout) {
        return new TlsOptions(
                credentials,
                serverName,
                checksServerName,
                applicationProtocols,
                clientAuth,
                protocols,
                cipherSuites,
                timeout,
                shutdownTimeout,
                executor);
    }

    /**
     * {@return these options with another limit for closing}
     *
     * @param timeout positive
     */
    public TlsOptions withShutdownTimeout(Duration timeout) {
        return new TlsOptions(
                credentials,
                serverName,
                checksServerName,
                applicationProtocols,
                clientAuth,
                protocols,
                cipherSuites,
                handshakeTimeout,
                timeout,
                executor);
    }

    /**
     * {@return these options with another executor for the costly steps of handshakes}
     *
     * @param executor {@code Runnable::run} for the loop itself
     */
    public TlsOptions withExecutor(Executor executor) {
        return new TlsOptions(
                credentials,
                serverName,
                checksServerName,
                applicationProtocols,
                clientAuth,
                protocols,
                cipherSuites,
                handshakeTimeout,
                shutdownTimeout,
                Objects.requireNonNull(executor, "executor"));
    }
}
