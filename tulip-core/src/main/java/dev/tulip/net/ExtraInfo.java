package dev.tulip.net;

import java.net.SocketAddress;
import java.nio.channels.NetworkChannel;
import java.nio.channels.SelectableChannel;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSession;

/**
 * A fact that a transport may know about its connection. The names are asyncio's.
 *
 * @param <T> what it is
 * @param name for {@link BaseTransport#getExtraInfo(String)}
 * @param type its class
 * @see BaseTransport#getExtraInfo(ExtraInfo)
 */
public record ExtraInfo<T>(String name, Class<T> type) {
    /** The peer's address, as it was when the connection was made. */
    public static final ExtraInfo<SocketAddress> PEERNAME = new ExtraInfo<>("peername", SocketAddress.class);

    /** The own address, as it was when the connection was made. */
    public static final ExtraInfo<SocketAddress> SOCKNAME = new ExtraInfo<>("sockname", SocketAddress.class);

    /**
     * The channel under the transport, for its options. It belongs to the transport: whoever reads from it, writes to
     * it or closes it breaks the connection.
     */
    public static final ExtraInfo<NetworkChannel> SOCKET = new ExtraInfo<>("socket", NetworkChannel.class);

    /** The channel under the transport of a {@link java.nio.channels.Pipe}. It belongs to the transport. */
    public static final ExtraInfo<SelectableChannel> PIPE = new ExtraInfo<>("pipe", SelectableChannel.class);

    /** What the pipe of a transport is called in messages, such as {@code standard input}. */
    public static final ExtraInfo<String> PIPE_NAME = new ExtraInfo<>("pipe_name", String.class);

    /** TLS: the context that the connection was made with. */
    public static final ExtraInfo<SSLContext> SSL_CONTEXT = new ExtraInfo<>("sslcontext", SSLContext.class);

    /** TLS: the JDK's engine, to ask it for what is not here. Whoever changes it breaks the connection. */
    public static final ExtraInfo<SSLEngine> SSL_ENGINE = new ExtraInfo<>("ssl_object", SSLEngine.class);

    /** TLS: the session, with its protocol and the certificates of both sides. */
    public static final ExtraInfo<SSLSession> SSL_SESSION = new ExtraInfo<>("ssl_session", SSLSession.class);

    /** TLS: the peer's certificate, if it has shown one. */
    public static final ExtraInfo<X509Certificate> PEER_CERTIFICATE =
            new ExtraInfo<>("peercert", X509Certificate.class);

    /** TLS: the cipher suite, such as {@code TLS_AES_256_GCM_SHA384}. */
    public static final ExtraInfo<String> CIPHER = new ExtraInfo<>("cipher", String.class);

    /** TLS: the protocol that ALPN has chosen, such as {@code h2}, if it has. */
    public static final ExtraInfo<String> APPLICATION_PROTOCOL = new ExtraInfo<>("alpn_protocol", String.class);
}
