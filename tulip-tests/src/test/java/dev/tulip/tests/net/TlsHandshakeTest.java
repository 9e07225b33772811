package dev.tulip.tests.net;

import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.ExceptionContext;
import dev.tulip.loop.Task;
import dev.tulip.net.ClientAuth;
import dev.tulip.net.ConnectOptions;
import dev.tulip.net.ExtraInfo;
import dev.tulip.net.ListenOptions;
import dev.tulip.net.Network;
import dev.tulip.net.Server;
import dev.tulip.net.TlsOptions;
import dev.tulip.net.Transport;
import dev.tulip.tests.support.Certificates;
import dev.tulip.tests.support.Errors;
import dev.tulip.tests.support.Peer;
import dev.tulip.tests.support.Recorder;
import dev.tulip.tests.support.Relay;
import dev.tulip.tests.support.SocketPair;
import dev.tulip.tests.support.Until;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** TLS handshakes, good and bad: rows N1, N3 and E1, behaviour 54 of asyncio. */
class TlsHandshakeTest {
    // -- good ones ------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void clientAndServerTalk(String version) throws Exception {
        run(() -> {
            try (Tls tls = Tls.echo(Tls.SERVER)) {
                Recorder client = tls.connect(new Recorder(), Tls.CLIENT.withProtocols(version));
                assertThat(client.events).containsExactly("made");
                Tls.assertEchoes(client, "hello");
                Tls.assertEchoes(client, "again");
                assertThat(tls.accepted().text()).isEqualTo("helloagain");
                for (Transport transport :
                        List.of(client.transport(), tls.accepted().transport())) {
                    assertThat(transport.getExtraInfo(ExtraInfo.SSL_SESSION).getProtocol())
                            .isEqualTo(version);
                    assertThat(transport.toString()).startsWith("TlsTransport[open, " + version + " TLS_");
                }
            }
        });
    }

    @Test
    void theConnectionTellsWhatWasAgreed() throws Exception {
        run(() -> {
            try (Tls tls = Tls.echo(Tls.SERVER)) {
                Recorder client = tls.connect(new Recorder(), Tls.CLIENT);
                Transport transport = client.transport();
                assertThat(transport.getExtraInfo(ExtraInfo.PEER_CERTIFICATE))
                        .isEqualTo(Certificates.LOCALHOST.certificate());
                assertThat(transport.getExtraInfo(ExtraInfo.CIPHER)).startsWith("TLS_AES_");
                assertThat(transport.getExtraInfo(ExtraInfo.SSL_CONTEXT))
                        .isSameAs(Tls.CLIENT.credentials().context());
                assertThat(transport.getExtraInfo(ExtraInfo.SSL_ENGINE)).isNotNull();
                assertThat(transport.getExtraInfo(ExtraInfo.APPLICATION_PROTOCOL))
                        .isNull();
                assertThat(transport.getExtraInfo(ExtraInfo.PEERNAME))
                        .isEqualTo(new InetSocketAddress("127.0.0.1", tls.port()));
                assertThat(transport.getExtraInfo("socket")).isNotNull();
                assertThat(transport.getExtraInfo("compression")).isNull();
                assertThat(transport.getLoop()).isSameAs(runningLoop());
                assertThat(transport.getProtocol()).isSameAs(client);
                Transport accepted = tls.accepted().transport();
                assertThat(accepted.getExtraInfo(ExtraInfo.PEER_CERTIFICATE)).isNull();
                transport.abort();
                assertThat(client.awaitLost()).isNull();
                assertThat(transport.getExtraInfo(ExtraInfo.CIPHER)).startsWith("TLS_AES_");
            }
        });
    }

    @Test
    void theClientTellsTheNameAndTheServerMayHaveItFromTheOptions() throws Exception {
        run(() -> {
            try (Tls tls = Tls.echo(Certificates.OTHER.identity())) {
                tls.connect(new Recorder(), Tls.CLIENT.withServerName("other.example"));
                assertThat(requestedName(tls.accepted().transport())).isEqualTo("other.example");
            }
            try (Tls tls = Tls.echo(Tls.SERVER)) {
                tls.connect(new Recorder(), Tls.CLIENT);
                assertThat(requestedName(tls.accepted().transport())).isEqualTo("localhost");
            }
            try (Tls tls = Tls.echo(Tls.SERVER)) {
                tls.connect(new Recorder(), Tls.CLIENT.withServerName("localhost."));
                assertThat(requestedName(tls.accepted().transport())).isEqualTo("localhost");
            }
            try (Tls tls = Tls.echo(Tls.SERVER)) { // an address is checked, but not sent: RFC 6066
                tls.connect(new Recorder(), Tls.CLIENT.withServerName("127.0.0.1"));
                assertThat(requestedName(tls.accepted().transport())).isEmpty();
            }
        });
    }

    private static String requestedName(Transport transport) {
        ExtendedSSLSession session = (ExtendedSSLSession) transport.getExtraInfo(ExtraInfo.SSL_SESSION);
        for (SNIServerName name : session.getRequestedServerNames()) {
            return ((SNIHostName) name).getAsciiName();
        }
        return "";
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void bothSidesAgreeOnAnApplicationProtocol(String version) throws Exception {
        run(() -> {
            try (Tls tls = Tls.echo(Tls.SERVER.withApplicationProtocols("h2", "http/1.1"))) {
                Recorder client = tls.connect(
                        new Recorder(),
                        Tls.CLIENT.withProtocols(version).withApplicationProtocols("spdy/3", "http/1.1", "h2"));
                assertThat(client.transport().getExtraInfo(ExtraInfo.APPLICATION_PROTOCOL))
                        .isEqualTo("h2"); // the server's preference counts
                assertThat(tls.accepted().transport().getExtraInfo(ExtraInfo.APPLICATION_PROTOCOL))
                        .isEqualTo("h2");
            }
        });
    }

    @Test
    void noCommonApplicationProtocolFailsTheHandshake(Errors errors) throws Exception {
        run(() -> {
            try (Tls tls = Tls.echo(Tls.SERVER.withApplicationProtocols("h2"))) {
                assertThatThrownBy(() -> tls.connect(new Recorder(), Tls.CLIENT.withApplicationProtocols("http/1.1")))
                        .isInstanceOf(SSLHandshakeException.class)
                        .hasMessageContaining("no_application_protocol")
                        .hasMessageContaining("withApplicationProtocols");
                awaitReport(errors);
            }
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void aClientShowsItsCertificateIfItIsAskedFor(String version) throws Exception {
        // Each time another client: one that remembers a session would resume it where a port has come back.
        Callable<TlsOptions> client = () -> Certificates.CLIENT
                .identity()
                .withTrusted(Certificates.ROOT.chainFile())
                .withProtocols(version);
        TlsOptions server = Tls.SERVER.withTrusted(Certificates.ROOT.chainFile());
        run(() -> {
            for (ClientAuth auth : new ClientAuth[] {ClientAuth.WANT, ClientAuth.NEED}) {
                try (Tls tls = Tls.echo(server.withClientAuth(auth))) {
                    Tls.assertEchoes(tls.connect(new Recorder(), client.call()), "hi");
                    assertThat(tls.accepted().transport().getExtraInfo(ExtraInfo.PEER_CERTIFICATE))
                            .isEqualTo(Certificates.CLIENT.certificate());
                }
            }
            try (Tls tls = Tls.echo(server.withClientAuth(ClientAuth.NONE))) {
                Tls.assertEchoes(tls.connect(new Recorder(), client.call()), "hi");
                assertThat(tls.accepted().transport().getExtraInfo(ExtraInfo.PEER_CERTIFICATE))
                        .isNull();
            }
            try (Tls tls = Tls.echo(server.withClientAuth(ClientAuth.WANT))) {
                Tls.assertEchoes(tls.connect(new Recorder(), Tls.CLIENT.withProtocols(version)), "hi");
                assertThat(tls.accepted().transport().getExtraInfo(ExtraInfo.PEER_CERTIFICATE))
                        .isNull();
            }
        });
    }

    @Test
    void aClientWithoutTheCertificateThatItNeedsIsRefused(Errors errors) throws Exception {
        TlsOptions server =
                Tls.SERVER.withTrusted(Certificates.ROOT.chainFile()).withClientAuth(ClientAuth.NEED);
        run(() -> {
            try (Tls tls = Tls.echo(server)) {
                assertThatThrownBy(() -> tls.connect(new Recorder(), Tls.CLIENT.withProtocols("TLSv1.2")))
                        .isInstanceOf(SSLHandshakeException.class)
                        .hasMessageContaining("withIdentity");
                awaitReport(errors);
                // With TLS 1.3 the client is done before the server has looked: it learns it from the connection.
                Recorder client = tls.connect(new Recorder(), Tls.CLIENT);
                assertThat(client.awaitLost())
                        .isInstanceOf(SSLException.class)
                        .hasMessageContaining("certificate_required")
                        .hasMessageContaining("withIdentity");
                awaitReport(errors);
                assertThat(tls.protocols).isEmpty();
            }
        });
    }

    @Test
    void theKindOfKeyDoesNotMatter() throws Exception {
        run(() -> {
            try (Tls tls = Tls.echo(Certificates.RSA.identity())) {
                Tls.assertEchoes(tls.connect(new Recorder(), Tls.CLIENT), "hi");
            }
        });
    }

    @Test
    void theStepsThatCostMayRunOnTheLoopOrElsewhere() throws Exception {
        List<Thread> threads = new ArrayList<>();
        run(() -> {
            TlsOptions here = Tls.SERVER.withExecutor(Runnable::run);
            TlsOptions there = Tls.CLIENT.withExecutor(task -> {
                threads.add(Thread.ofPlatform().name("test-tls").start(task));
            });
            try (Tls tls = Tls.echo(here)) {
                Tls.assertEchoes(tls.connect(new Recorder(), there), "hi");
            }
            assertThat(threads).isNotEmpty();
        });
    }

    @Test
    void anExecutorThatTakesNothingDoesNotMatter() throws Exception {
        run(() -> {
            TlsOptions full = Tls.CLIENT.withExecutor(task -> {
                throw new java.util.concurrent.RejectedExecutionException("deliberate");
            });
            try (Tls tls = Tls.echo(Tls.SERVER)) {
                Tls.assertEchoes(tls.connect(new Recorder(), full), "hi");
                assertThat(runningLoop().shutdownDefaultExecutor(Duration.ofMinutes(1)))
                        .isTrue();
                Recorder client = new Recorder();
                SocketPair pair = SocketPair.open();
                Task<?> accepting =
                        createTask(() -> Network.connectAcceptedSocket(Tls.Echo::new, pair.there(), Tls.SERVER));
                Network.createConnection(() -> client, pair.here(), Tls.CLIENT.withServerName("localhost"));
                accepting.await();
                Tls.assertEchoes(client, "again");
                client.transport().close();
                client.awaitLost();
            }
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void theSecondConnectionResumesTheSession(String version) throws Exception {
        run(() -> {
            TlsOptions options = Certificates.ROOT.trusted().withProtocols(version);
            try (Tls tls = Tls.echo(Certificates.LOCALHOST.identity())) {
                Recorder first = tls.connect(new Recorder(), options);
                Tls.assertEchoes(first, "hello"); // with TLS 1.3 the ticket comes after the handshake
                long established =
                        first.transport().getExtraInfo(ExtraInfo.SSL_SESSION).getCreationTime();
                first.transport().close();
                assertThat(first.awaitLost()).isNull();
                while (System.currentTimeMillis() <= established) {
                    Thread.onSpinWait();
                }
                Recorder second = tls.connect(new Recorder(), options);
                Tls.assertEchoes(second, "hello");
                assertThat(second.transport()
                                .getExtraInfo(ExtraInfo.SSL_SESSION)
                                .getCreationTime())
                        .isEqualTo(established);
                assertThat(second.transport().getExtraInfo(ExtraInfo.PEER_CERTIFICATE))
                        .isEqualTo(Certificates.LOCALHOST.certificate());
            }
        });
    }

    // -- certificates that are refused ----------------------------------------------------------------------------

    private static void assertRefused(Errors errors, TlsOptions server, TlsOptions client, String... words)
            throws IOException {
        try (Tls tls = Tls.echo(server)) {
            Recorder protocol = new Recorder();
            assertThatThrownBy(() -> tls.connect(protocol, client))
                    .isInstanceOf(SSLHandshakeException.class)
                    .hasMessageStartingWith(
                            "TLS handshake with localhost (localhost/127.0.0.1:" + tls.port() + ") failed: ")
                    .hasMessageContainingAll(words)
                    .hasCauseInstanceOf(SSLException.class);
            assertThat(protocol.events).isEmpty();
            ExceptionContext report = awaitReport(errors);
            assertThat(report.exception())
                    .hasMessageContaining("TLS handshake with /127.0.0.1:")
                    .hasMessageContaining("it does not accept the certificate of this side");
            assertThat(tls.protocols).isEmpty();
        }
    }

    private static ExceptionContext awaitReport(Errors errors) {
        List<ExceptionContext> reports = new ArrayList<>();
        Until.holds("the server's report", () -> reports.addAll(errors.take()) || !reports.isEmpty());
        Until.settled();
        reports.addAll(errors.take());
        assertThat(reports).hasSize(1);
        assertThat(reports.getFirst().message()).isEqualTo("TLS handshake failed; the connection is dropped");
        assertThat(reports.getFirst().get("transport")).isInstanceOf(Transport.class);
        return reports.getFirst();
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void aCertificateForAnotherName(String version, Errors errors) throws Exception {
        TlsOptions client = Tls.CLIENT.withProtocols(version);
        run(() -> {
            assertRefused(errors, Certificates.OTHER.identity(), client, "is for another name", "withServerName");
            try (Tls tls = Tls.echo(Certificates.OTHER.identity())) {
                Tls.assertEchoes(tls.connect(new Recorder(), client.withoutServerNameCheck()), "hi");
                Tls.assertEchoes(tls.connect(new Recorder(), client.withInsecureTrustInEverybody()), "hi");
            }
        });
    }

    @Test
    void theNameIsThatOfTheOptionsAndNotAlsoThatOfTheHost(Errors errors) throws Exception {
        run(() -> {
            try (Tls tls = Tls.echo(Tls.SERVER)) { // its certificate is for localhost
                assertThatThrownBy(() -> tls.connect(new Recorder(), Tls.CLIENT.withServerName("other.example")))
                        .isInstanceOf(SSLHandshakeException.class)
                        .hasMessageContainingAll("other.example", "is for another name");
                awaitReport(errors);
            }
        });
    }

    @Test
    void aCertificateThatHasExpired(Errors errors) throws Exception {
        run(() -> assertRefused(errors, Certificates.EXPIRED.identity(), Tls.CLIENT, "has expired"));
    }

    @Test
    void aCertificateOfNobodyWhoIsTrusted(Errors errors) throws Exception {
        run(() -> {
            assertRefused(errors, Certificates.SELF_SIGNED.identity(), Tls.CLIENT, "trusted", "withTrusted");
            assertRefused(errors, Tls.SERVER, TlsOptions.defaults(), "trusted", "withTrusted");
        });
    }

    @Test
    void aSelfSignedCertificateIsGoodForWhoTrustsIt(Errors errors) throws Exception {
        run(() -> {
            try (Tls tls = Tls.echo(Certificates.SELF_SIGNED.identity())) {
                Tls.assertEchoes(tls.connect(new Recorder(), Certificates.SELF_SIGNED.trusted()), "hi");
                assertThatThrownBy(() -> tls.connect(
                                new Recorder(),
                                Certificates.SELF_SIGNED.trusted().withServerName("other.example")))
                        .isInstanceOf(SSLHandshakeException.class);
                awaitReport(errors);
            }
        });
    }

    @Test
    void noCommonVersionOrCipherSuite(Errors errors) throws Exception {
        run(() -> {
            try (Tls tls = Tls.echo(Tls.SERVER.withProtocols("TLSv1.3"))) {
                assertThatThrownBy(() -> tls.connect(new Recorder(), Tls.CLIENT.withProtocols("TLSv1.2")))
                        .isInstanceOf(SSLHandshakeException.class)
                        .hasMessageContainingAll("protocol_version", "withProtocols");
                awaitReport(errors);
            }
            try (Tls tls = Tls.echo(Tls.SERVER.withCipherSuites("TLS_AES_256_GCM_SHA384"))) {
                assertThatThrownBy(() ->
                                tls.connect(new Recorder(), Tls.CLIENT.withCipherSuites("TLS_AES_128_GCM_SHA256")))
                        .isInstanceOf(SSLHandshakeException.class)
                        .hasMessageContaining("handshake_failure");
                awaitReport(errors);
            }
        });
    }

    // -- peers that do not speak TLS ------------------------------------------------------------------------------

    @Test
    void aPlainHttpRequestAtATlsPort(Errors errors) throws Exception {
        run(() -> {
            try (Tls tls = Tls.echo(Tls.SERVER);
                    Peer peer = Peer.connect(new InetSocketAddress("127.0.0.1", tls.port()))) {
                peer.send("GET /index.html HTTP/1.1\r\nHost: localhost\r\n\r\n");
                assertThat(awaitReport(errors).exception())
                        .isInstanceOf(SSLHandshakeException.class)
                        .hasMessage("TLS handshake with /127.0.0.1:" + peer.port()
                                + " failed: it does not speak TLS; this looks like plain HTTP: \"GET"
                                + " /index.html HTTP/1.1\"");
                assertThat(tls.protocols).isEmpty();
            }
        });
    }

    @Test
    void garbageAtATlsPort(Errors errors) throws Exception {
        run(() -> {
            for (byte[] garbage : new byte[][] {
                {1, 2, 3, 4, 5, 6, 7, 8},
                {0x16, 3, 1, 0, 4, 9, 9, 9, 9}, // a handshake by its first byte only
                {0x16, 3, 1, (byte) 0xff, (byte) 0xff, 1, 1}, // a record that is too large
                "EHLO there\r\n".getBytes(),
                {0x15, 3, 3, 0, 2, 2, 40}, // an alert
                {(byte) 0x80, 3, 1, 0, 0, 0, 0}
            }) {
                try (Tls tls = Tls.echo(Tls.SERVER);
                        Peer peer = Peer.connect(new InetSocketAddress("127.0.0.1", tls.port()))) {
                    peer.send(garbage);
                    peer.sendEnd();
                    assertThat(awaitReport(errors).exception())
                            .hasMessageContaining("TLS handshake with /127.0.0.1:" + peer.port() + " failed: ");
                    assertThat(tls.protocols).isEmpty();
                    Until.holds("it is gone", () -> tls.server.toString().contains("0 connections"));
                }
            }
        });
    }

    @Test
    void aServerThatSpeaksFirstAndPlain() throws Exception {
        run(() -> {
            try (ServerSocketChannel listener = SocketPair.listener()) {
                listener.configureBlocking(false);
                int port = ((InetSocketAddress) listener.getLocalAddress()).getPort();
                for (String greeting : List.of("HTTP/1.1 400 Bad Request\r\n", "220 mail.example ESMTP\r\n")) {
                    Task<?> client = createTask(() -> connectTo(port, Tls.CLIENT));
                    try (Peer peer = new Peer(runningLoop().sockAccept(listener))) {
                        peer.send(greeting);
                        assertThatThrownBy(client::await)
                                .isInstanceOf(SSLHandshakeException.class)
                                .hasMessageContaining("localhost")
                                .hasMessageContaining("it does not speak TLS")
                                .hasMessageContaining(greeting.strip())
                                .hasMessageContaining(greeting.startsWith("HTTP") ? "plain HTTP" : "plain text");
                    }
                }
            }
        });
    }

    private static Transport connectTo(int port, TlsOptions options) throws IOException {
        return Network.createConnection(
                        Recorder::new,
                        "localhost",
                        port,
                        ConnectOptions.defaults().withTls(options))
                .transport();
    }

    // -- handshakes that do not end -------------------------------------------------------------------------------

    @Test
    void aServerThatSaysNothing() throws Exception {
        run(() -> {
            try (ServerSocketChannel listener = SocketPair.listener()) {
                int port = ((InetSocketAddress) listener.getLocalAddress()).getPort();
                assertThatThrownBy(() -> connectTo(port, Tls.CLIENT.withHandshakeTimeout(Duration.ofMillis(50))))
                        .isInstanceOf(SocketTimeoutException.class)
                        .hasMessage("TLS handshake with localhost (localhost/127.0.0.1:" + port
                                + ") took longer than 50 ms");
            }
        });
    }

    @Test
    void aClientThatSaysNothingOrTooLittle(Errors errors) throws Exception {
        run(() -> {
            for (String said : List.of("", "he")) {
                try (Tls tls = Tls.echo(Tls.SERVER.withHandshakeTimeout(Duration.ofMillis(50)));
                        Peer peer = Peer.connect(new InetSocketAddress("127.0.0.1", tls.port()))) {
                    peer.send(said);
                    assertThat(awaitReport(errors).exception())
                            .isInstanceOf(SocketTimeoutException.class)
                            .hasMessage("TLS handshake with /127.0.0.1:" + peer.port() + " took longer than 50 ms"
                                    + (said.isEmpty() ? "" : "; it sent plain text: \"he\""));
                    assertThat(peer.receiveAll()).isEmpty();
                }
            }
        });
    }

    @Test
    void cancellingTheConnectionEndsTheHandshake() throws Exception {
        run(() -> {
            try (ServerSocketChannel listener = SocketPair.listener()) {
                listener.configureBlocking(false);
                int port = ((InetSocketAddress) listener.getLocalAddress()).getPort();
                Task<?> client = createTask(() -> connectTo(port, Tls.CLIENT));
                try (Peer peer = new Peer(runningLoop().sockAccept(listener))) {
                    assertThat(peer.receiveBytes(5)).startsWith(22, 3); // the handshake has begun
                    client.cancel();
                    assertThatThrownBy(client::await).isInstanceOf(CancelledError.class);
                    assertThat(peer.receiveAll()).isNotNull();
                }
            }
        });
    }

    @Test
    void aClientThatConnectsAndGoesWithoutAWordIsNoError() throws Exception {
        run(() -> {
            try (Tls tls = Tls.echo(Tls.SERVER)) {
                try (Peer peer = Peer.connect(new InetSocketAddress("127.0.0.1", tls.port()))) {
                    peer.sendEnd();
                    assertThat(peer.receiveAll()).isEmpty();
                }
                Until.holds("it is gone", () -> tls.server.toString().contains("0 connections"));
                assertThat(tls.protocols).isEmpty();
            }
        });
    }

    @Test
    void closingTheServerEndsHandshakesInSilence() throws Exception {
        run(() -> {
            try (Tls tls = Tls.echo(Tls.SERVER);
                    Peer first = Peer.connect(new InetSocketAddress("127.0.0.1", tls.port()));
                    Peer second = Peer.connect(new InetSocketAddress("127.0.0.1", tls.port()))) {
                Until.holds("accepted", () -> tls.server.toString().contains("2 connections"));
                Until.settled();
                tls.server.closeClients();
                assertThat(first.receiveAll()).isEmpty();
                assertThat(second.receiveAll()).isEmpty();
                try (Peer third = Peer.connect(new InetSocketAddress("127.0.0.1", tls.port()))) {
                    Until.holds("accepted", () -> tls.server.toString().contains("1 connections"));
                    Until.settled();
                    assertThat(tls.server.shutdown(Duration.ZERO)).isEqualTo(1);
                    assertThat(third.receiveAll()).isEmpty();
                }
            }
        });
    }

    // -- handshakes that are cut off ------------------------------------------------------------------------------

    /** Ends the connection after every so many bytes of the handshake, in both directions. */
    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2 end", "TLSv1.2 reset", "TLSv1.3 end", "TLSv1.3 reset"})
    void aHandshakeThatIsCutOffAnywhere(String how, Errors errors) throws Exception {
        TlsOptions options = Certificates.ROOT.trusted().withProtocols(how.split(" ")[0]);
        boolean reset = how.endsWith("reset");
        long[] whole = new long[2];
        run(() -> {
            try (Tls tls = Tls.echo(Tls.SERVER);
                    Relay relay = new Relay(tls.port())) {
                tls.connect(new Recorder(), options, relay.port());
                tls.accepted();
                whole[0] = relay.up.passed();
                whole[1] = relay.down.passed();
            }
        });
        assertThat(whole[0]).isGreaterThan(300);
        for (int direction = 0; direction < 2; direction++) {
            for (int part = 0; part < 8; part++) {
                long after = whole[direction] * part / 8;
                boolean up = direction == 0;
                run(() -> cutOff(options, up, after, reset));
                for (ExceptionContext report : errors.take()) {
                    assertThat(report.message()).isEqualTo("TLS handshake failed; the connection is dropped");
                    assertThat(report.exception()).isInstanceOf(IOException.class);
                }
            }
        }
    }

    private static void cutOff(TlsOptions options, boolean up, long after, boolean reset) throws IOException {
        try (Tls tls = Tls.echo(Tls.SERVER);
                Relay relay = new Relay(tls.port())) {
            Relay.Line line = up ? relay.up : relay.down;
            if (reset) {
                line.resetAfter(after);
            } else {
                line.cutAfter(after);
            }
            Recorder client = new Recorder();
            try {
                tls.connect(client, options, relay.port());
                // One side is done first, while its last bytes are under way. Then it learns it from the connection.
                assertThat(client.awaitLost()).isInstanceOf(IOException.class);
            } catch (IOException e) {
                assertThat(e).isInstanceOf(SSLHandshakeException.class).hasMessageContaining("TLS handshake");
                assertThat(client.events).isEmpty();
            }
            Until.holds("the server has dropped it", () -> tls.server.toString().contains("0 connections"));
            for (Recorder accepted : tls.protocols) {
                assertThat(accepted.awaitLost()).isInstanceOf(IOException.class);
                assertThat(accepted.events).hasSize(2);
            }
        }
    }

    // -- options that do not do -----------------------------------------------------------------------------------

    @Test
    void whatCannotWorkIsSaidAtOnce() throws Exception {
        run(() -> {
            assertThatThrownBy(() -> Tls.echo(TlsOptions.defaults()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("withIdentity");
            assertThatThrownBy(() -> Tls.echo(Tls.SERVER.withProtocols("TLSv9")))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("TLSv9");
            SocketPair pair = SocketPair.open();
            try (pair) {
                assertThatThrownBy(() -> Network.createConnection(Recorder::new, pair.here(), Tls.CLIENT))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("withServerName");
                assertThat(pair.here().isOpen()).isFalse();
            }
        });
    }

    @Test
    void aProtocolFactoryThatFailsEndsTheConnection(Errors errors) throws Exception {
        run(() -> {
            Server server = Network.createServer(
                    () -> {
                        throw new IllegalStateException("deliberate");
                    },
                    "127.0.0.1",
                    0,
                    ListenOptions.defaults().withTls(Tls.SERVER));
            int port = ((InetSocketAddress) server.sockets().getFirst().getLocalAddress()).getPort();
            Recorder client = new Recorder();
            Network.createConnection(
                    () -> client, "localhost", port, ConnectOptions.defaults().withTls(Tls.CLIENT));
            assertThat(client.awaitLost()).isNotNull(); // there was no close_notify
            ExceptionContext report = errors.takeOnly();
            assertThat(report.message()).isEqualTo("Error on transport creation for incoming connection");
            assertThat(report.exception()).hasMessage("deliberate");
            server.shutdown(Duration.ZERO);
            try (Tls tls = Tls.echo(Tls.SERVER)) {
                assertThatThrownBy(() -> Network.createConnection(
                                () -> {
                                    throw new IllegalStateException("deliberate");
                                },
                                "localhost",
                                tls.port(),
                                ConnectOptions.defaults().withTls(Tls.CLIENT)))
                        .hasMessage("deliberate");
            }
        });
    }

    @Test
    void socketsThatWereConnectedElsewhereGetTlsToo() throws Exception {
        run(() -> {
            SocketPair pair = SocketPair.open();
            Recorder client = new Recorder();
            Tls.Echo server = new Tls.Echo();
            Task<?> accepting = createTask(() -> Network.connectAcceptedSocket(() -> server, pair.there(), Tls.SERVER));
            Network.createConnection(() -> client, pair.here(), Tls.CLIENT.withServerName("localhost"));
            accepting.await();
            Tls.assertEchoes(client, "hello");
            client.transport().close();
            assertThat(client.awaitLost()).isNull();
            assertThat(server.awaitLost()).isNull();
        });
    }
}
