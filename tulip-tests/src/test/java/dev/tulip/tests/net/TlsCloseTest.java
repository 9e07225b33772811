package dev.tulip.tests.net;

import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.Task;
import dev.tulip.net.TlsOptions;
import dev.tulip.net.TlsTruncatedException;
import dev.tulip.net.Transport;
import dev.tulip.tests.support.Certificates;
import dev.tulip.tests.support.Errors;
import dev.tulip.tests.support.Logs;
import dev.tulip.tests.support.Recorder;
import dev.tulip.tests.support.Relay;
import dev.tulip.tests.support.Until;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How TLS connections end: rows E2 to E5, behaviour 54 of asyncio. */
class TlsCloseTest {
    private static TlsOptions client(String version) {
        return Tls.CLIENT.withProtocols(version);
    }

    // -- in order -------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void whoIsClosedGetsTheEndAndBothAreLostInOrder(String version) throws Exception {
        run(() -> {
            for (boolean byServer : new boolean[] {false, true}) {
                try (Tls tls = Tls.server(Tls.SERVER)) {
                    Recorder client = tls.connect(new Recorder(), client(version));
                    Recorder server = tls.accepted();
                    Recorder closer = byServer ? server : client;
                    Recorder other = byServer ? client : server;
                    closer.transport().write("bye".getBytes());
                    closer.transport().close();
                    assertThat(closer.transport().isClosing()).isTrue();
                    closer.transport().close(); // harmless
                    assertThat(closer.events).containsExactly("made"); // never from within close
                    assertThat(closer.awaitLost()).isNull();
                    assertThat(other.awaitLost()).isNull();
                    assertThat(closer.events).containsExactly("made", "lost");
                    assertThat(other.events).containsExactly("made", "data bye", "end", "lost");
                    assertThat(closer.transport().toString()).startsWith("TlsTransport[closed, " + version);
                }
            }
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void bothMayCloseAtTheSameTime(String version) throws Exception {
        run(() -> {
            try (Tls tls = Tls.server(Tls.SERVER)) {
                Recorder client = tls.connect(new Recorder(), client(version));
                Recorder server = tls.accepted();
                client.transport().close();
                server.transport().close();
                assertThat(client.awaitLost()).isNull();
                assertThat(server.awaitLost()).isNull();
            }
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void allThatWasWrittenIsSentBeforeTheEnd(String version) throws Exception {
        run(() -> {
            try (Tls tls = Tls.server(Tls.SERVER, () -> new Recorder().quiet())) {
                Recorder client = tls.connect(new Recorder(), client(version));
                Recorder server = tls.accepted();
                server.transport().pauseReading();
                client.transport().write(new byte[10_000_000]);
                client.transport().close();
                assertThat(client.transport().getWriteBufferSize()).isPositive();
                server.transport().resumeReading();
                assertThat(server.awaitLost()).isNull();
                assertThat(server.received.size()).isEqualTo(10_000_000);
                assertThat(client.awaitLost()).isNull();
            }
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void nothingIsReceivedAfterClose(String version) throws Exception {
        run(() -> {
            try (Tls tls = Tls.server(Tls.SERVER)) {
                Recorder client = tls.connect(new Recorder(), client(version));
                Recorder server = tls.accepted();
                server.transport().write("late".getBytes());
                client.transport().close();
                client.transport().resumeReading();
                assertThat(client.transport().isReading()).isFalse();
                assertThat(client.awaitLost()).isNull();
                assertThat(client.events).containsExactly("made", "lost");
            }
        });
    }

    @Test
    void closingDoesNotWaitForWhoHasPausedReading() throws Exception {
        run(() -> {
            try (Tls tls = Tls.server(Tls.SERVER)) {
                Recorder client = tls.connect(new Recorder(), Tls.CLIENT);
                Recorder server = tls.accepted();
                client.transport().pauseReading();
                server.transport().write(new byte[1_000_000]);
                sleep(Duration.ofMillis(5));
                client.transport().close();
                assertThat(client.awaitLost()).isNull();
                assertThat(client.text()).isEmpty();
            }
        });
    }

    @Test
    void theEndWaitsForWhoHasPausedReading() throws Exception {
        run(() -> {
            try (Tls tls = Tls.server(Tls.SERVER)) {
                Recorder client = tls.connect(new Recorder(), Tls.CLIENT);
                Recorder server = tls.accepted();
                client.transport().pauseReading();
                server.transport().write("last".getBytes());
                server.transport().close();
                sleep(Duration.ofMillis(10));
                assertThat(client.events).containsExactly("made");
                client.transport().resumeReading();
                assertThat(client.events).containsExactly("made"); // not from within
                assertThat(client.awaitLost()).isNull();
                assertThat(client.events).containsExactly("made", "data last", "end", "lost");
            }
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void keepingTheConnectionAfterThePeersEndHasNoEffect(String version) throws Exception {
        run(() -> {
            try (Tls tls = Tls.server(Tls.SERVER, () -> new Recorder().keepingOpen())) {
                Recorder client = tls.connect(new Recorder(), client(version));
                Recorder server = tls.accepted();
                assertThat(server.transport().canWriteEof()).isFalse();
                assertThatThrownBy(() -> server.transport().writeEof())
                        .isInstanceOf(UnsupportedOperationException.class)
                        .hasMessageContaining("TlsTransport[open");
                client.transport().close();
                assertThat(server.awaitLost()).isNull();
                assertThat(client.awaitLost()).isNull();
            }
        });
    }

    @Test
    void writingAfterTheEndIsDroppedAndSaidOnce(Logs logs) throws Exception {
        run(() -> {
            try (Tls tls = Tls.server(Tls.SERVER)) {
                Recorder client = tls.connect(new Recorder(), Tls.CLIENT);
                client.transport().close();
                for (int i = 0; i < 10; i++) {
                    ByteBuffer data = ByteBuffer.wrap("late".getBytes());
                    client.transport().write(data);
                    assertThat(data.hasRemaining()).isFalse();
                    client.transport().writeLines(java.util.List.of(ByteBuffer.wrap("late".getBytes())));
                }
                assertThat(client.awaitLost()).isNull();
                assertThat(tls.accepted().text()).isEmpty();
                assertThat(logs.take())
                        .hasSize(1)
                        .first()
                        .satisfies(record -> assertThat(record.getMessage())
                                .contains("5 writes were dropped", "TlsTransport[closing"));
            }
        });
    }

    @Test
    void theServerClosesItsClientsInOrder() throws Exception {
        run(() -> {
            try (Tls tls = Tls.server(Tls.SERVER)) {
                Recorder client = tls.connect(new Recorder(), Tls.CLIENT);
                tls.accepted();
                tls.server.closeClients();
                assertThat(client.awaitLost()).isNull();
                assertThat(client.events).containsExactly("made", "end", "lost");
                tls.server.close();
                tls.server.waitClosed();
            }
        });
    }

    // -- cut off --------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void anEndWithoutCloseNotifyIsAnErrorAndNoEnd(String version) throws Exception {
        run(() -> {
            try (Tls tls = Tls.server(Tls.SERVER)) {
                Recorder client = tls.connect(new Recorder(), client(version));
                Recorder server = tls.accepted();
                server.transport().write("only a part".getBytes());
                Until.holds("data", () -> client.text().equals("only a part"));
                server.transport().abort();
                assertThat(client.awaitLost())
                        .isInstanceOf(TlsTruncatedException.class)
                        .isInstanceOf(IOException.class)
                        .hasMessageContaining("localhost")
                        .hasMessageContaining("close_notify");
                assertThat(client.events).containsExactly("made", "data only a part", "lost TlsTruncatedException");
                assertThat(server.awaitLost()).isNull();
                assertThat(server.events).containsExactly("made", "lost");
            }
        });
    }

    /** Cuts the stream within a record, at its border, and so on. */
    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void aStreamThatIsCutOffAnywhereIsAnError(String version) throws Exception {
        TlsOptions options = Certificates.ROOT.trusted().withProtocols(version);
        for (boolean reset : new boolean[] {false, true}) {
            for (int more : new int[] {1, 4, 5, 6, 100, 1000, 20_000}) {
                run(() -> cutOffAfter(more, reset, options));
            }
        }
    }

    private static void cutOffAfter(int more, boolean reset, TlsOptions options) throws IOException {
        try (Tls tls = Tls.server(Tls.SERVER);
                Relay relay = new Relay(tls.port())) {
            Recorder client = tls.connect(new Recorder().quiet(), options, relay.port());
            Recorder server = tls.accepted();
            server.transport().write("first".getBytes());
            Until.holds("data", () -> client.text().equals("first"));
            Until.settled();
            long so = relay.down.passed();
            if (reset) {
                relay.down.resetAfter(so + more);
            } else {
                relay.down.cutAfter(so + more);
            }
            server.transport().write(new byte[100_000]);
            Exception error = client.awaitLost();
            assertThat(error).isInstanceOf(reset ? IOException.class : TlsTruncatedException.class);
            assertThat(client.received.size()).isBetween(5, 5 + more);
            assertThat(client.events).hasSize(2); // made, lost
            assertThat(server.awaitLost()).isNotNull();
        }
    }

    @Test
    void whatCameBeforeADamagedRecordIsReceivedFirst() throws Exception {
        run(() -> {
            try (Tls tls = Tls.server(Tls.SERVER);
                    Relay relay = new Relay(tls.port())) {
                Recorder client = tls.connect(new Recorder(), Certificates.ROOT.trusted(), relay.port());
                Recorder server = tls.accepted();
                relay.up.hold();
                client.transport().write("good".getBytes());
                Until.holds("one record", () -> relay.up.keeping() > 0);
                relay.up.damageNext();
                client.transport().write("bad".getBytes());
                Until.holds("two records", () -> relay.up.isDamaged());
                relay.releaseUp();
                assertThat(server.awaitLost())
                        .isInstanceOf(SSLException.class)
                        .hasMessageStartingWith("TLS with /127.0.0.1:")
                        .hasMessageContaining("is broken: ");
                assertThat(server.text()).isEqualTo("good");
                assertThat(client.awaitLost()) // it is told why
                        .isInstanceOf(SSLException.class)
                        .hasMessageContaining("bad_record_mac");
            }
        });
    }

    @Test
    void abortEndsBothSidesAtOnceWithoutCloseNotify() throws Exception {
        run(() -> {
            try (Tls tls = Tls.server(Tls.SERVER)) {
                Recorder client = tls.connect(new Recorder(), Tls.CLIENT);
                Recorder server = tls.accepted();
                server.transport().pauseReading();
                client.transport().write(new byte[20_000_000]);
                assertThat(client.transport().getWriteBufferSize()).isPositive();
                client.transport().abort();
                assertThat(client.transport().getWriteBufferSize()).isZero();
                assertThat(client.transport().isClosing()).isTrue();
                assertThat(client.awaitLost()).isNull();
                server.transport().resumeReading();
                assertThat(server.awaitLost()).isInstanceOf(IOException.class);
            }
        });
    }

    @Test
    void aPeerThatGoesOnceItHasOurCloseNotifyIsNoError() throws Exception {
        run(() -> {
            try (Tls tls = Tls.server(Tls.SERVER);
                    Relay relay = new Relay(tls.port())) {
                Recorder client = tls.connect(new Recorder(), Certificates.ROOT.trusted(), relay.port());
                tls.accepted();
                Until.settled();
                relay.down.cutAfter(relay.down.passed()); // its close_notify does not come through
                client.transport().close();
                assertThat(client.awaitLost()).isNull();
            }
            try (Tls tls = Tls.server(Tls.SERVER);
                    Relay relay = new Relay(tls.port())) {
                Recorder client = tls.connect(new Recorder(), Certificates.ROOT.trusted(), relay.port());
                tls.accepted();
                Until.settled();
                relay.down.resetAfter(relay.down.passed());
                client.transport().close();
                assertThat(client.awaitLost()).isNull();
            }
        });
    }

    // -- timeouts -------------------------------------------------------------------------------------------------

    @Test
    void aPeerThatDoesNotAnswerTheCloseNotifyIsLeftAfterAWhile() throws Exception {
        run(() -> {
            try (Tls tls = Tls.server(Tls.SERVER);
                    Relay relay = new Relay(tls.port())) {
                Recorder client = tls.connect(
                        new Recorder(),
                        Certificates.ROOT.trusted().withShutdownTimeout(Duration.ofMillis(50)),
                        relay.port());
                tls.accepted();
                relay.down.hold();
                client.transport().close();
                assertThat(client.awaitLost())
                        .isInstanceOf(SocketTimeoutException.class)
                        .hasMessageContainingAll("localhost", "50 ms", "does not answer the close_notify");
            }
        });
    }

    @Test
    void aPeerThatDoesNotReadIsLeftAfterAWhile() throws Exception {
        run(() -> {
            try (Tls tls = Tls.server(Tls.SERVER)) {
                Recorder client = tls.connect(new Recorder(), Tls.CLIENT.withShutdownTimeout(Duration.ofMillis(50)));
                tls.accepted().transport().pauseReading();
                client.transport().write(new byte[20_000_000]);
                client.transport().close();
                assertThat(client.awaitLost())
                        .isInstanceOf(SocketTimeoutException.class)
                        .hasMessageContainingAll("localhost", "50 ms", "does not read");
            }
        });
    }

    @Test
    void aPeerThatReadsSlowlyHasAllTheTimeThatItNeeds() throws Exception {
        Duration timeout = Duration.ofSeconds(2);
        run(() -> {
            try (Tls tls = Tls.server(Tls.SERVER, () -> new Recorder().quiet())) {
                Recorder client = tls.connect(new Recorder(), Tls.CLIENT.withShutdownTimeout(timeout));
                Recorder server = tls.accepted();
                server.transport().pauseReading();
                client.transport().write(new byte[20_000_000]);
                client.transport().close();
                long start = runningLoop().time();
                Task<?> reader = createTask(() -> {
                    while (!server.isLost()) {
                        sleep(timeout.dividedBy(4));
                        int before = server.received.size();
                        server.transport().resumeReading();
                        Until.holds("a piece", () -> server.received.size() > before + 4_000_000 || server.isLost());
                        server.transport().pauseReading();
                    }
                });
                assertThat(client.awaitLost()).isNull();
                assertThat(runningLoop().time() - start).isGreaterThan(timeout.toNanos());
                reader.await();
                assertThat(server.received.size()).isEqualTo(20_000_000);
            }
        });
    }

    // -- protocols that fail --------------------------------------------------------------------------------------

    @Test
    void aProtocolThatFailsEndsTheConnection(Errors errors) throws Exception {
        run(() -> {
            try (Tls tls = Tls.server(Tls.SERVER, () -> new Recorder() {
                @Override
                public void dataReceived(ByteBuffer data) {
                    throw new IllegalStateException("deliberate");
                }
            })) {
                Recorder client = tls.connect(new Recorder(), Tls.CLIENT);
                client.transport().write("x".getBytes());
                assertThat(tls.accepted().awaitLost()).hasMessage("deliberate");
                assertThat(errors.takeOnly().message()).isEqualTo("Fatal error: protocol.dataReceived() call failed.");
                assertThat(client.awaitLost()).isInstanceOf(TlsTruncatedException.class);
            }
        });
    }

    @Test
    void anEofReceivedThatFailsEndsTheConnection(Errors errors) throws Exception {
        run(() -> {
            try (Tls tls = Tls.server(Tls.SERVER, () -> new Recorder() {
                @Override
                public boolean eofReceived() {
                    throw new IllegalStateException("deliberate");
                }
            })) {
                Recorder client = tls.connect(new Recorder(), Tls.CLIENT);
                client.transport().close();
                assertThat(tls.accepted().awaitLost()).hasMessage("deliberate");
                assertThat(errors.takeOnly().message()).isEqualTo("Fatal error: protocol.eofReceived() call failed.");
                client.awaitLost();
            }
        });
    }

    @Test
    void aConnectionMadeThatFailsIsReportedAndTheConnectionGoesOn(Errors errors) throws Exception {
        run(() -> {
            try (Tls tls = Tls.server(Tls.SERVER, () -> new Tls.Echo() {
                @Override
                public void connectionMade(Transport transport) {
                    super.connectionMade(transport);
                    throw new IllegalStateException("deliberate");
                }
            })) {
                Tls.assertEchoes(tls.connect(new Recorder(), Tls.CLIENT), "hello");
                assertThat(errors.takeOnly().message())
                        .isEqualTo("protocol.connectionMade() failed; the connection goes on");
            }
        });
    }

    @Test
    void aLoopThatIsClosedTakesItsConnectionsWithIt() throws Exception {
        run(() -> {
            Tls tls = Tls.server(Tls.SERVER); // left open
            Recorder client = tls.connect(new Recorder(), Tls.CLIENT);
            tls.accepted();
            createTask(() -> {
                try {
                    runningLoop().createFuture().await();
                } finally {
                    client.transport().close(); // while the loop ends
                }
            });
            sleep(Duration.ZERO);
        });
    }
}
