package dev.tulip.benchmarks.echo;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/** A client's TLS connection. Trusts everybody, because the server's certificate was made a moment ago. */
final class TlsWire implements Wire {
    private static final int RECEIVED_SIZE = 64 * 1024;

    private final SocketChannel channel;
    private final SSLEngine engine;
    private final ByteBuffer received = ByteBuffer.allocateDirect(RECEIVED_SIZE);
    private final ByteBuffer toSend;

    static SSLContext context() throws GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLSv1.3");
        context.init(null, new TrustManager[] {new TrustsEverybody()}, null);
        return context;
    }

    /** Shakes hands over a channel that still blocks. */
    TlsWire(SocketChannel channel, SSLContext context) throws IOException {
        this.channel = channel;
        engine = context.createSSLEngine();
        engine.setUseClientMode(true);
        toSend = ByteBuffer.allocateDirect(engine.getSession().getPacketBufferSize());
        toSend.flip();
        shakeHands();
    }

    /** {@return the cipher suite} */
    String cipher() {
        return engine.getSession().getCipherSuite();
    }

    private void shakeHands() throws IOException {
        ByteBuffer nothing = ByteBuffer.allocate(engine.getSession().getApplicationBufferSize());
        engine.beginHandshake();
        while (true) {
            switch (engine.getHandshakeStatus()) {
                case NEED_WRAP -> {
                    wrap(ByteBuffer.allocate(0), SSLEngineResult.Status.OK);
                    channel.write(toSend);
                }
                case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> {
                    SSLEngineResult.Status status = unwrap(nothing);
                    if (status == SSLEngineResult.Status.BUFFER_UNDERFLOW && channel.read(received) < 0) {
                        throw new EOFException("the server has closed the connection during the handshake");
                    }
                }
                case NEED_TASK -> engine.getDelegatedTask().run();
                case FINISHED, NOT_HANDSHAKING -> {
                    return;
                }
            }
        }
    }

    @Override
    public boolean send(ByteBuffer data) throws IOException {
        while (true) {
            channel.write(toSend);
            if (toSend.hasRemaining()) {
                return false;
            }
            if (!data.hasRemaining()) {
                return true;
            }
            wrap(data, SSLEngineResult.Status.OK);
        }
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        int start = target.position();
        if (channel.read(received) < 0) {
            return -1;
        }
        while (unwrap(target) == SSLEngineResult.Status.OK) {
            // until there is no whole record left
        }
        if (engine.isInboundDone()) {
            received.clear(); // nothing counts after close_notify, but the end of the stream is still to come
        }
        return target.position() - start;
    }

    @Override
    public void end() throws IOException {
        engine.closeOutbound();
        ByteBuffer nothing = ByteBuffer.allocate(0);
        wrap(nothing, SSLEngineResult.Status.CLOSED);
        if (!send(nothing)) {
            throw new IOException("no room for close_notify, although everything was answered");
        }
        channel.shutdownOutput();
    }

    private void wrap(ByteBuffer data, SSLEngineResult.Status expected) throws IOException {
        toSend.clear();
        SSLEngineResult result = engine.wrap(data, toSend);
        toSend.flip();
        if (result.getStatus() != expected) {
            throw new IOException("wrap: " + result);
        }
    }

    private SSLEngineResult.Status unwrap(ByteBuffer target) throws IOException {
        received.flip();
        SSLEngineResult result = engine.unwrap(received, target);
        received.compact();
        if (result.getStatus() == SSLEngineResult.Status.BUFFER_OVERFLOW) {
            throw new IOException("unwrap: " + result);
        }
        return result.getStatus();
    }

    private static final class TrustsEverybody implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
