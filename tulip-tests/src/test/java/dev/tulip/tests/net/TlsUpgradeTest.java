package dev.tulip.tests.net;

import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.sleep;
import static dev.tulip.Tulip.startTls;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.Suspends;
import dev.tulip.loop.Task;
import dev.tulip.net.BufferedProtocol;
import dev.tulip.net.ExtraInfo;
import dev.tulip.net.Network;
import dev.tulip.net.Server;
import dev.tulip.net.TlsOptions;
import dev.tulip.net.TlsTruncatedException;
import dev.tulip.net.Transport;
import dev.tulip.net.WaterMarks;
import dev.tulip.tests.support.Recorder;
import dev.tulip.tests.support.SocketPair;
import dev.tulip.tests.support.Until;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** From plain to TLS, and TLS in TLS: rows N9, E7 and E8 of asyncio. */
class TlsUpgradeTest {
    private static final TlsOptions CLIENT = Tls.CLIENT.withServerName("localhost");

    /** Two protocols with a plain connection between them. */
    private static final class Plain implements AutoCloseable {
        private final Recorder client = new Recorder();
        private final Recorder server = new Recorder();
        private Transport clientSide;
        private Transport serverSide;

        private Plain() throws IOException {
            SocketPair pair = SocketPair.open();
            clientSide = Network.createConnection(() -> client, pair.here()).transport();
            serverSide = Network.createConnection(() -> server, pair.there()).transport();
        }

        /** Secures both sides with the transports that they have. */
        @Suspends
        private void upgrade(TlsOptions clientOptions, TlsOptions serverOptions) throws IOException {
            Task<Transport> other =
                    createTask(() -> startTls(serverSide, server, serverOptions, /* serverSide= */ true));
            clientSide = startTls(clientSide, client, clientOptions);
            serverSide = other.await();
        }

        @Suspends
        private void assertTalks(String text) {
            int before = server.received.size();
            clientSide.write(text.getBytes());
            Until.holds(text, () -> server.text().length() >= before + text.length());
            assertThat(server.text().substring(before)).isEqualTo(text);
            int answered = client.received.size();
            serverSide.write(text.getBytes());
            Until.holds(text, () -> client.text().length() >= answered + text.length());
            assertThat(client.text().substring(answered)).isEqualTo(text);
        }

        @Override
        public void close() {
            clientSide.abort();
            serverSide.abort();
        }
    }

    // -- startTls -------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void aConnectionGoesOnWithTls(String version) throws Exception {
        run(() -> {
            try (Plain plain = new Plain()) {
                plain.assertTalks("plain ");
                Transport before = plain.clientSide;
                plain.upgrade(CLIENT.withProtocols(version), Tls.SERVER);
                assertThat(plain.clientSide).isNotSameAs(before);
                assertThat(plain.clientSide.getExtraInfo(ExtraInfo.SSL_SESSION).getProtocol())
                        .isEqualTo(version);
                assertThat(plain.clientSide.getProtocol()).isSameAs(plain.client);
                plain.assertTalks("secured");
                assertThat(plain.client.events).containsExactly("made", "data plain ", "data secured");
                plain.clientSide.close();
                assertThat(plain.client.awaitLost()).isNull();
                assertThat(plain.server.awaitLost()).isNull();
                assertThat(plain.server.events).containsExactly("made", "data plain ", "data secured", "end", "lost");
            }
        });
    }

    @Test
    void whatWasWrittenBeforeIsSentPlainAndThePausedProtocolIsResumed() throws Exception {
        run(() -> {
            try (Plain plain = new Plain()) {
                ByteBuffer expected = ByteBuffer.allocate(10_000_000);
                plain.serverSide.setProtocol(new BufferedProtocol() {
                    @Override
                    public ByteBuffer getBuffer(int sizeHint) {
                        return expected;
                    }

                    @Override
                    public void bufferUpdated(int count) {
                        if (!expected.hasRemaining()) {
                            plain.serverSide.pauseReading(); // what follows is not plain
                        }
                    }
                });
                plain.serverSide.pauseReading();
                plain.clientSide.write(new byte[10_000_000]);
                assertThat(plain.client.events).containsExactly("made", "pause");
                Task<Transport> securing = createTask(() -> startTls(plain.clientSide, plain.client, CLIENT));
                sleep(Duration.ofMillis(5));
                assertThat(plain.client.events).containsExactly("made", "pause", "resume");
                plain.serverSide.resumeReading();
                Until.holds("the plain part", () -> !expected.hasRemaining());
                plain.serverSide = startTls(plain.serverSide, plain.server, Tls.SERVER, /* serverSide= */ true);
                plain.clientSide = securing.await();
                plain.assertTalks("secured");
                plain.server.quiet();
                assertThat(plain.clientSide.getWriteBufferLimits()).isEqualTo(WaterMarks.defaults());
                plain.serverSide.pauseReading();
                plain.clientSide.write(new byte[10_000_000]);
                assertThat(plain.client.events).endsWith("pause");
                plain.serverSide.resumeReading();
                Until.holds("resume", () -> plain.client.events.getLast().equals("resume"));
            }
        });
    }

    /** What an attacker has put into the stream before the handshake does not pass for secured. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void plaintextThatArrivedBeforeTheHandshakeIsRefused(boolean serverSide) throws Exception {
        run(() -> {
            try (Plain plain = new Plain()) {
                Transport victim = serverSide ? plain.serverSide : plain.clientSide;
                Recorder protocol = serverSide ? plain.server : plain.client;
                victim.pauseReading(); // as one does before telling the peer to begin
                (serverSide ? plain.clientSide : plain.serverSide).write("MAIL FROM:<attacker>\r\n".getBytes());
                sleep(Duration.ofMillis(5));
                assertThatThrownBy(() -> startTls(victim, protocol, serverSide ? Tls.SERVER : CLIENT, serverSide))
                        .isInstanceOf(SSLHandshakeException.class)
                        .hasMessageContaining("it sent plain text: \"MAIL FROM:<attacker>\"");
                assertThat(protocol.awaitLost()).isInstanceOf(SSLHandshakeException.class);
                assertThat(protocol.text()).isEmpty();
            }
        });
    }

    @Test
    void pausingBeforeThePeerBeginsKeepsTheHandshakeFromTheProtocol() throws Exception {
        run(() -> {
            try (Plain plain = new Plain()) {
                plain.serverSide.pauseReading();
                plain.serverSide.write("go ahead".getBytes());
                Until.holds("go ahead", () -> plain.client.text().equals("go ahead"));
                Task<Transport> client = createTask(() -> startTls(plain.clientSide, plain.client, CLIENT));
                sleep(Duration.ofMillis(20)); // the hello is there
                plain.serverSide = startTls(plain.serverSide, plain.server, Tls.SERVER, /* serverSide= */ true);
                plain.clientSide = client.await();
                plain.assertTalks("secured");
                assertThat(plain.server.events).containsExactly("made", "data secured");
            }
        });
    }

    @Test
    void nothingIsHandedOverBeforeTheTransportIs() throws Exception {
        run(() -> {
            try (Plain plain = new Plain()) {
                List<String> order = new ArrayList<>();
                Task<Transport> server = createTask(() -> {
                    Transport secured = startTls(plain.serverSide, plain.server, Tls.SERVER, /* serverSide= */ true);
                    order.add("has it, " + plain.server.text());
                    return secured;
                });
                plain.clientSide = startTls(plain.clientSide, plain.client, CLIENT);
                plain.clientSide.write("early".getBytes());
                plain.serverSide = server.await();
                Until.holds("data", () -> plain.server.text().equals("early"));
                assertThat(order).containsExactly("has it, ");
            }
        });
    }

    @Test
    void aBufferedProtocolGoesOnToo() throws Exception {
        class Buffered extends Recorder implements BufferedProtocol {
            private final ByteBuffer buffer = ByteBuffer.allocate(10);

            @Override
            public ByteBuffer getBuffer(int sizeHint) {
                return buffer.clear();
            }

            @Override
            public void bufferUpdated(int count) {
                super.dataReceived(buffer.flip());
            }

            @Override
            public void dataReceived(ByteBuffer data) {
                throw new AssertionError("not for me");
            }
        }
        run(() -> {
            try (Plain plain = new Plain()) {
                Buffered buffered = new Buffered();
                plain.serverSide.setProtocol(buffered);
                Task<Transport> server =
                        createTask(() -> startTls(plain.serverSide, buffered, Tls.SERVER, /* serverSide= */ true));
                plain.clientSide = startTls(plain.clientSide, plain.client, CLIENT);
                plain.serverSide = server.await();
                plain.clientSide.write("a text that is longer than the buffer".getBytes());
                Until.holds("data", () -> buffered.text().equals("a text that is longer than the buffer"));
            }
        });
    }

    @Test
    void theServerClosesTheNewTransportInOrder() throws Exception {
        run(() -> {
            Recorder serverSide = new Recorder();
            Server server = Network.createServer(() -> serverSide, "127.0.0.1", 0);
            Recorder client = new Recorder();
            Network.createConnection(
                    () -> client,
                    "127.0.0.1",
                    ((InetSocketAddress) server.sockets().getFirst().getLocalAddress()).getPort());
            Until.holds("accepted", () -> serverSide.transport() != null);
            Task<Transport> other = createTask(() -> startTls(serverSide.transport(), serverSide, Tls.SERVER, true));
            startTls(client.transport(), client, CLIENT);
            other.await();
            server.closeClients();
            assertThat(client.awaitLost()).isNull();
            assertThat(client.events).containsExactly("made", "end", "lost");
            server.close();
            server.waitClosed();
        });
    }

    @Test
    void aHandshakeThatFailsEndsTheConnectionOfBoth() throws Exception {
        run(() -> {
            try (Plain plain = new Plain()) {
                Task<Transport> server = createTask(() -> startTls(plain.serverSide, plain.server, Tls.SERVER, true));
                assertThatThrownBy(() ->
                                startTls(plain.clientSide, plain.client, Tls.CLIENT.withServerName("other.example")))
                        .isInstanceOf(SSLHandshakeException.class)
                        .hasMessageContaining("other.example");
                assertThatThrownBy(server::await).isInstanceOf(SSLHandshakeException.class);
                assertThat(plain.client.awaitLost()).isInstanceOf(SSLHandshakeException.class);
                assertThat(plain.server.awaitLost()).isInstanceOf(SSLHandshakeException.class);
                assertThat(plain.clientSide.isClosing()).isTrue();
            }
        });
    }

    @Test
    void aHandshakeThatTakesTooLongEndsTheConnection() throws Exception {
        run(() -> {
            try (Plain plain = new Plain()) {
                assertThatThrownBy(() -> startTls(
                                plain.serverSide,
                                plain.server,
                                Tls.SERVER.withHandshakeTimeout(Duration.ofMillis(50)),
                                true))
                        .isInstanceOf(SocketTimeoutException.class);
                assertThat(plain.server.awaitLost()).isInstanceOf(SocketTimeoutException.class);
                assertThat(plain.client.awaitLost()).isNull();
            }
        });
    }

    @Test
    void cancellingEndsTheConnection() throws Exception {
        run(() -> {
            try (Plain plain = new Plain()) {
                Task<Transport> server = createTask(() -> startTls(plain.serverSide, plain.server, Tls.SERVER, true));
                sleep(Duration.ofMillis(5));
                server.cancel();
                assertThatThrownBy(server::await).isInstanceOf(CancelledError.class);
                assertThat(plain.server.awaitLost()).isNull();
                assertThat(plain.server.events).containsExactly("made", "lost");
                assertThat(plain.client.awaitLost()).isNull();
            }
        });
    }

    @Test
    void thePeersEndDuringTheHandshakeFailsIt() throws Exception {
        run(() -> {
            try (Plain plain = new Plain()) {
                Task<Transport> server = createTask(() -> startTls(plain.serverSide, plain.server, Tls.SERVER, true));
                sleep(Duration.ofMillis(5));
                plain.clientSide.close();
                assertThatThrownBy(server::await)
                        .isInstanceOf(SSLHandshakeException.class)
                        .hasMessageContaining("closed the connection");
                assertThat(plain.server.awaitLost()).isInstanceOf(SSLHandshakeException.class);
            }
        });
    }

    @Test
    void whatCannotBeSecuredIsRefused() throws Exception {
        run(() -> {
            try (Plain plain = new Plain()) {
                assertThatThrownBy(() -> startTls(plain.clientSide, plain.client, Tls.CLIENT))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("withServerName");
                assertThatThrownBy(() -> startTls(plain.serverSide, plain.server, Tls.CLIENT, true))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("withIdentity");
                plain.assertTalks("still plain");
                plain.clientSide.close();
                assertThatThrownBy(() -> startTls(plain.clientSide, plain.client, CLIENT))
                        .isInstanceOf(IOException.class)
                        .hasMessageContaining("ended before TLS could start");
            }
            IllegalStateException[] failure = new IllegalStateException[1];
            try (Plain plain = new Plain()) {
                runningLoop().callSoon(() -> {
                    try {
                        startTls(plain.clientSide, plain.client, CLIENT);
                    } catch (IllegalStateException e) {
                        failure[0] = e;
                    } catch (IOException e) {
                        throw new AssertionError(e);
                    }
                });
                Until.settled();
                assertThat(failure[0]).hasMessageContaining("startTls suspends, so it needs a task");
            }
        });
    }

    // -- TLS in TLS -----------------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void tlsInTls(String version) throws Exception {
        run(() -> {
            try (Plain plain = new Plain()) {
                plain.upgrade(CLIENT.withProtocols(version), Tls.SERVER);
                plain.assertTalks("one layer, ");
                plain.upgrade(CLIENT, Tls.SERVER.withProtocols(version));
                plain.assertTalks("two layers");
                assertThat(plain.clientSide.toString())
                        .containsSubsequence("TlsTransport[", "TlsTransport[", "Transport[");
                plain.client.quiet();
                plain.server.quiet();
                int before = plain.server.received.size();
                byte[] much = new byte[5_000_000];
                plain.clientSide.write(much);
                plain.serverSide.write(much);
                Until.holds("much", () -> plain.server.received.size() == before + much.length);
                Until.holds("much", () -> plain.client.received.size() == before + much.length);
                assertThat(plain.client.events).contains("pause", "resume");
                plain.clientSide.close();
                assertThat(plain.client.awaitLost()).isNull();
                assertThat(plain.server.awaitLost()).isNull();
                assertThat(plain.server.events).endsWith("end", "lost");
            }
        });
    }

    @Test
    void pausesHoldThroughBothLayers() throws Exception {
        run(() -> {
            try (Plain plain = new Plain()) {
                plain.client.quiet();
                plain.server.quiet();
                plain.upgrade(CLIENT, Tls.SERVER);
                plain.upgrade(CLIENT, Tls.SERVER);
                plain.serverSide.pauseReading();
                byte[] much = new byte[20_000_000];
                plain.clientSide.write(much);
                assertThat(plain.client.events).containsExactly("made", "pause");
                sleep(Duration.ofMillis(20));
                assertThat(plain.server.received.size()).isZero();
                assertThat(plain.clientSide.getWriteBufferSize()).isPositive();
                plain.serverSide.resumeReading();
                Until.holds("all", () -> plain.server.received.size() == much.length);
                Until.holds("resume", () -> plain.client.events.contains("resume"));
            }
        });
    }

    @Test
    void theOuterLayerAloneCutOffIsAnErrorOfTheInnerOne() throws Exception {
        run(() -> {
            try (Plain plain = new Plain()) {
                plain.upgrade(CLIENT, Tls.SERVER);
                Transport outer = plain.clientSide;
                plain.upgrade(CLIENT, Tls.SERVER);
                plain.assertTalks("hello");
                outer.close(); // with a close_notify of its own, but not with that of the layer inside
                assertThat(plain.server.awaitLost()).isInstanceOf(TlsTruncatedException.class);
                assertThat(plain.client.awaitLost()).isNull();
            }
        });
    }
}
