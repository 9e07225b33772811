package dev.tulip.tests.net;

import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.sleep;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tulip.loop.Task;
import dev.tulip.net.BufferedProtocol;
import dev.tulip.net.Network;
import dev.tulip.net.TlsOptions;
import dev.tulip.net.Transport;
import dev.tulip.net.WaterMarks;
import dev.tulip.tests.support.Certificates;
import dev.tulip.tests.support.Errors;
import dev.tulip.tests.support.MountedOnly;
import dev.tulip.tests.support.Recorder;
import dev.tulip.tests.support.Relay;
import dev.tulip.tests.support.Spawn;
import dev.tulip.tests.support.Until;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bytes over TLS: row E6 of asyncio, and what holds of every transport. */
class TlsTransferTest {
    private static byte[] random(int size, long seed) {
        byte[] bytes = new byte[size];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static TlsOptions client(String version) {
        return Certificates.ROOT.trusted().withProtocols(version);
    }

    // -- what is written is what comes ----------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void everySizeArrives(String version) throws Exception {
        run(() -> {
            try (Tls tls = Tls.echo(Tls.SERVER)) {
                Recorder client = tls.connect(new Recorder().quiet(), client(version));
                int sent = 0;
                for (int size : new int[] {1, 2, 1000, 16383, 16384, 16385, 40_000, 66_836, 100_000, 300_000}) {
                    byte[] data = random(size, size);
                    client.received.reset();
                    ByteBuffer direct =
                            ByteBuffer.allocateDirect(size).put(data).flip();
                    client.transport().write(size % 2 == 0 ? direct : ByteBuffer.wrap(data));
                    assertThat(direct.hasRemaining()).isEqualTo(size % 2 != 0);
                    Until.holds(size + " bytes", () -> client.received.size() == size);
                    assertThat(client.received.toByteArray()).isEqualTo(data);
                    sent += size;
                }
                client.transport().write(new byte[0]);
                assertThat(tls.accepted().received.size()).isEqualTo(sent);
            }
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void aLineThatDeliversOneByteAtATime(String version) throws Exception {
        run(() -> {
            try (Tls tls = Tls.echo(Tls.SERVER);
                    Relay relay = new Relay(tls.port())) {
                relay.up.inPiecesOf(1);
                relay.down.inPiecesOf(1);
                Recorder client = tls.connect(new Recorder(), client(version), relay.port());
                Tls.assertEchoes(client, "hello");
                Tls.assertEchoes(client, "x".repeat(500));
                client.transport().close();
                assertThat(client.awaitLost()).isNull();
                assertThat(tls.accepted().awaitLost()).isNull();
            }
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void piecesOfEverySize(String version) throws Exception {
        long seed = new Random().nextLong();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        run(() -> {
            try (Tls tls = Tls.echo(Tls.SERVER);
                    Relay relay = new Relay(tls.port())) {
                relay.up.inPiecesOf(1 + random.nextInt(5000));
                relay.down.inPiecesOf(1 + random.nextInt(5000));
                Recorder client = tls.connect(new Recorder().quiet(), client(version), relay.port());
                byte[] data = random(500_000, seed);
                for (int at = 0; at < data.length; ) {
                    int size = Math.min(1 + random.nextInt(40_000), data.length - at);
                    client.transport().write(ByteBuffer.wrap(data, at, size));
                    at += size;
                }
                Until.holds("all", () -> client.received.size() == data.length);
                assertThat(client.received.toByteArray()).isEqualTo(data);
            }
        });
    }

    /** The end of the handshake and the first data come in one segment, the second half of the data in another. */
    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void dataRightBehindTheHandshake(String version) throws Exception {
        run(() -> {
            try (Tls tls = Tls.server(Tls.SERVER);
                    Relay relay = new Relay(tls.port())) {
                if (version.equals("TLSv1.3")) { // where the client is done first
                    relay.up.holdAfterFirst();
                    Recorder client = tls.connect(new Recorder(), client(version), relay.port());
                    Until.holds("the client's last words", () -> relay.up.keeping() > 0);
                    int handshake = relay.up.keeping();
                    client.transport().write(random(1000, 1));
                    Until.holds("the data", () -> relay.up.keeping() > handshake + 1000);
                    assertThat(tls.protocols).isEmpty();
                    relay.releaseUp(handshake + 500);
                    Until.holds("data", () -> tls.accepted().received.size() == 1000);
                    assertThat(tls.accepted().received.toByteArray()).isEqualTo(random(1000, 1));
                    assertThat(tls.accepted().events.getFirst()).isEqualTo("made");
                } else {
                    Recorder client = tls.connect(new Recorder(), client(version), relay.port());
                    relay.up.hold();
                    client.transport().write(random(1000, 1));
                    Until.holds("the data", () -> relay.up.keeping() > 1000);
                    relay.releaseUp(500);
                    Until.holds("data", () -> tls.accepted().received.size() == 1000);
                }
            }
        });
    }

    @Test
    void aProtocolMayWriteInConnectionMade() throws Exception {
        run(() -> {
            try (Tls tls = Tls.server(Tls.SERVER, () -> new Recorder() {
                @Override
                public void connectionMade(Transport transport) {
                    super.connectionMade(transport);
                    transport.write("welcome".getBytes());
                    transport.close();
                }
            })) {
                Recorder client = tls.connect(new Recorder(), Tls.CLIENT);
                assertThat(client.awaitLost()).isNull();
                assertThat(client.events).containsExactly("made", "data welcome", "end", "lost");
            }
        });
    }

    @Test
    void linesAreSentTogether() throws Exception {
        run(() -> {
            try (Tls tls = Tls.server(Tls.SERVER);
                    Relay relay = new Relay(tls.port())) {
                Recorder client = tls.connect(new Recorder(), client("TLSv1.3"), relay.port());
                Until.settled();
                long before = relay.up.passed();
                List<ByteBuffer> lines = new ArrayList<>();
                StringBuilder text = new StringBuilder();
                for (int i = 0; i < 100; i++) {
                    lines.add(ByteBuffer.wrap(("line " + i + "\n").getBytes()));
                    lines.add(ByteBuffer.allocate(0));
                    text.append("line ").append(i).append('\n');
                }
                client.transport().writeLines(lines);
                assertThat(lines).noneMatch(ByteBuffer::hasRemaining);
                Until.holds("all", () -> tls.accepted().text().contentEquals(text));
                assertThat(relay.up.passed() - before).isLessThan(text.length() + 40); // one record
                client.transport().writeLines(List.of());
                client.transport().writeLines(List.of(ByteBuffer.wrap(random(100_000, 3)), ByteBuffer.allocate(0)));
                Until.holds("a large one", () -> tls.accepted().received.size() == text.length() + 100_000);
            }
        });
    }

    @Test
    void aFileIsSent() throws Exception {
        Path path = Files.createTempFile("large", ".bin");
        byte[] content = random(2_000_000, 7);
        Files.write(path, content);
        try (FileChannel file = FileChannel.open(path)) {
            run(() -> {
                try (Tls tls = Tls.server(Tls.SERVER, () -> new Recorder().quiet())) {
                    Recorder client = tls.connect(new Recorder(), Tls.CLIENT);
                    assertThat(Network.sendFile(client.transport(), file, 1000, Long.MAX_VALUE))
                            .isEqualTo(content.length - 1000);
                    Until.holds("all", () -> tls.accepted().received.size() == content.length - 1000);
                    assertThat(tls.accepted().received.toByteArray())
                            .isEqualTo(java.util.Arrays.copyOfRange(content, 1000, content.length));
                }
            });
        } finally {
            Files.delete(path);
        }
    }

    // -- flow control ---------------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void muchInBothDirectionsAtOnceWithSlowReaders(String version) throws Exception {
        int size = 20_000_000;
        run(() -> {
            try (Tls tls = Tls.server(Tls.SERVER, Flood::new)) {
                Flood client = tls.connect(new Flood(), client(version));
                Flood server = (Flood) tls.accepted();
                byte[] up = random(size, 1);
                byte[] down = random(size, 2);
                Task<?> first = createTask(() -> client.send(up));
                Task<?> second = createTask(() -> server.send(down));
                Task<?> slow = createTask(() -> {
                    while (server.received.size() < size || client.received.size() < size) {
                        server.transport().pauseReading();
                        client.transport().pauseReading();
                        sleep(Duration.ofMillis(2));
                        server.transport().resumeReading();
                        client.transport().resumeReading();
                        sleep(Duration.ofMillis(1));
                    }
                });
                first.await();
                second.await();
                slow.await();
                assertThat(server.received.toByteArray()).isEqualTo(up);
                assertThat(client.received.toByteArray()).isEqualTo(down);
                assertThat(client.most).isLessThan(200_000);
                assertThat(server.most).isLessThan(200_000);
                assertThat(client.pauses).isPositive();
                assertThat(client.events).containsExactly("made");
                assertThat(server.events).containsExactly("made");
            }
        });
    }

    /** Writes when it may, and notes how much was pending at most. */
    private static final class Flood extends Recorder {
        private boolean paused;
        private int pauses;
        private int most;

        private Flood() {
            quiet();
        }

        private void send(byte[] data) {
            for (int at = 0; at < data.length; at += 10_000) {
                Until.holds("may write", () -> !paused);
                transport().write(ByteBuffer.wrap(data, at, Math.min(10_000, data.length - at)));
                most = Math.max(most, transport().getWriteBufferSize());
            }
        }

        @Override
        public void pauseWriting() {
            if (paused) {
                events.add("PAUSED TWICE");
            }
            paused = true;
            pauses++;
        }

        @Override
        public void resumeWriting() {
            if (!paused) {
                events.add("RESUMED TWICE");
            }
            paused = false;
        }
    }

    @Test
    void theProtocolIsPausedWithinTheWriteAndResumedAtTheLowMark() throws Exception {
        run(() -> {
            try (Tls tls = Tls.server(Tls.SERVER, () -> new Recorder().quiet())) {
                Recorder client = tls.connect(new Recorder(), Tls.CLIENT);
                Recorder server = tls.accepted();
                assertThat(client.transport().getWriteBufferLimits()).isEqualTo(WaterMarks.defaults());
                client.transport().setWriteBufferLimits(1_000_000, 10_000);
                assertThat(client.transport().getWriteBufferLimits()).isEqualTo(new WaterMarks(1_000_000, 10_000));
                server.transport().pauseReading();
                client.transport().write(new byte[30_000_000]);
                assertThat(client.events).containsExactly("made", "pause");
                client.transport().write(new byte[1000]);
                assertThat(client.events).containsExactly("made", "pause");
                server.transport().resumeReading();
                Until.holds("resume", () -> client.events.contains("resume"));
                assertThat(client.transport().getWriteBufferSize()).isLessThanOrEqualTo(10_000);
                assertThat(client.events).containsExactly("made", "pause", "resume");
            }
        });
    }

    @Test
    void newMarksTakeEffectAtOnce() throws Exception {
        run(() -> {
            try (Tls tls = Tls.server(Tls.SERVER, () -> new Recorder().quiet())) {
                Recorder client = tls.connect(new Recorder(), Tls.CLIENT);
                tls.accepted().transport().pauseReading();
                client.transport().setWriteBufferLimits(WaterMarks.ofHigh(100_000_000));
                client.transport().write(new byte[30_000_000]);
                assertThat(client.events).containsExactly("made");
                client.transport().setWriteBufferLimits(1000, 0);
                assertThat(client.events).containsExactly("made", "pause");
                client.transport().setWriteBufferLimits(WaterMarks.ofHigh(1_000_000_000));
                assertThat(client.events).containsExactly("made", "pause", "resume");
            }
        });
    }

    @Test
    void nothingIsReceivedWhileReadingIsPausedAndNothingIsLost() throws Exception {
        run(() -> {
            try (Tls tls = Tls.server(Tls.SERVER)) {
                Recorder client = tls.connect(
                        new Recorder() {
                            @Override
                            public void dataReceived(ByteBuffer data) {
                                super.dataReceived(data);
                                transport().pauseReading();
                            }
                        }.quiet(),
                        Tls.CLIENT);
                Recorder server = tls.accepted();
                byte[] data = random(1_000_000, 5);
                server.transport().write(data);
                while (client.received.size() < data.length) {
                    int before = client.received.size();
                    Until.holds("the next piece", () -> client.received.size() > before);
                    int now = client.received.size();
                    assertThat(client.transport().isReading()).isFalse();
                    assertThat(client.transport().toString()).contains("reading paused");
                    Until.settled();
                    assertThat(client.received.size()).isEqualTo(now);
                    client.transport().resumeReading();
                    assertThat(client.received.size()).isEqualTo(now); // not from within
                }
                assertThat(client.received.toByteArray()).isEqualTo(data);
            }
        });
    }

    @Test
    void pausingInConnectionMadeHoldsWhatComesRightBehindTheHandshake() throws Exception {
        run(() -> {
            try (Tls tls = Tls.server(Tls.SERVER, () -> new Recorder() {
                @Override
                public void connectionMade(Transport transport) {
                    super.connectionMade(transport);
                    transport.pauseReading();
                }
            })) {
                Recorder client = tls.connect(new Recorder(), Tls.CLIENT);
                client.transport().write("early".getBytes());
                Recorder server = tls.accepted();
                sleep(Duration.ofMillis(10));
                assertThat(server.events).containsExactly("made");
                server.transport().resumeReading();
                Until.holds("data", () -> server.text().equals("early"));
            }
        });
    }

    // -- protocols that bring their memory ------------------------------------------------------------------------

    /** Takes a few bytes at a time, and pauses when its buffer is full. */
    private static final class Small extends Recorder implements BufferedProtocol {
        private final ByteBuffer buffer = ByteBuffer.allocate(1000);
        private int updates;

        private Small() {
            quiet();
        }

        @Override
        public ByteBuffer getBuffer(int sizeHint) {
            return buffer;
        }

        @Override
        public void bufferUpdated(int count) {
            updates++;
            if (!buffer.hasRemaining()) {
                transport().pauseReading();
                runningLoop().callSoon(() -> {
                    super.dataReceived(buffer.flip());
                    buffer.clear();
                    transport().resumeReading();
                });
            }
        }

        @Override
        public void dataReceived(ByteBuffer data) {
            throw new AssertionError("not for me");
        }
    }

    @Test
    void aBufferThatIsSmallerThanARecordIsFilledPieceByPieceAndAPauseHoldsInBetween() throws Exception {
        run(() -> {
            try (Tls tls = Tls.server(Tls.SERVER, Small::new)) {
                Recorder client = tls.connect(new Recorder(), Tls.CLIENT);
                byte[] data = random(200_000, 9);
                client.transport().write(data);
                Small server = (Small) tls.accepted();
                Until.holds("all", () -> server.received.size() == data.length);
                assertThat(server.received.toByteArray()).isEqualTo(data);
                assertThat(server.updates).isGreaterThanOrEqualTo(200);
            }
        });
    }

    @Test
    void aBufferWithoutRoomIsFatal(Errors errors) throws Exception {
        run(() -> {
            class Full extends Recorder implements BufferedProtocol {
                @Override
                public ByteBuffer getBuffer(int sizeHint) {
                    return ByteBuffer.allocate(0);
                }

                @Override
                public void bufferUpdated(int count) {
                    events.add("updated");
                }

                @Override
                public void dataReceived(ByteBuffer data) {
                    throw new AssertionError("not for me");
                }
            }
            try (Tls tls = Tls.server(Tls.SERVER, Full::new)) {
                Recorder client = tls.connect(new Recorder(), Tls.CLIENT);
                client.transport().write("x".getBytes());
                assertThat(tls.accepted().awaitLost())
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("pause the transport");
                assertThat(errors.takeOnly().message()).contains("getBuffer");
                client.awaitLost();
            }
        });
    }

    @Test
    void theProtocolMayChange() throws Exception {
        run(() -> {
            try (Tls tls = Tls.server(Tls.SERVER)) {
                Recorder client = tls.connect(new Recorder(), Tls.CLIENT);
                Recorder before = tls.accepted();
                client.transport().write("first".getBytes());
                Until.holds("first", () -> before.text().equals("first"));
                Recorder after = new Recorder();
                before.transport().setProtocol(after);
                assertThat(before.transport().getProtocol()).isSameAs(after);
                client.transport().write("second".getBytes());
                Until.holds("second", () -> after.text().equals("second"));
                client.transport().close();
                assertThat(after.awaitLost()).isNull();
                assertThat(before.events).containsExactly("made", "data first");
                assertThat(after.events).containsExactly("data second", "end", "lost");
            }
        });
    }

    // -- a protocol that waits in a call of the JDK ---------------------------------------------------------------

    /** What it looks at stays as it is, and nothing else of the connection is called, while others go on. */
    @Test
    @MountedOnly
    void aProtocolThatWaitsIsCalledByNobodyElse() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        run(() -> {
            class Waiting extends Recorder {
                private boolean inside;

                @Override
                public void dataReceived(ByteBuffer data) {
                    check("data");
                    inside = true;
                    events.add("in");
                    try {
                        gate.await();
                    } catch (InterruptedException e) {
                        throw new AssertionError(e);
                    }
                    inside = false;
                    super.dataReceived(data);
                }

                @Override
                public void pauseWriting() {
                    check("pause");
                    super.pauseWriting();
                }

                @Override
                public void resumeWriting() {
                    check("resume");
                    super.resumeWriting();
                }

                @Override
                public void connectionLost(Exception exception) {
                    check("lost");
                    super.connectionLost(exception);
                }

                private void check(String method) {
                    if (inside) {
                        events.add("CALLED " + method + " WHILE ANOTHER CALL WAITS");
                    }
                }
            }
            try (Tls tls = Tls.server(Tls.SERVER, Waiting::new);
                    Tls others = Tls.echo(Tls.SERVER)) {
                Recorder client = tls.connect(new Recorder().quiet(), Tls.CLIENT);
                client.transport().write("mine".getBytes());
                Recorder waiting = tls.accepted();
                Until.holds("it waits", () -> waiting.events.contains("in"));
                Recorder other = others.connect(new Recorder().quiet(), Tls.CLIENT);
                byte[] flood = random(3_000_000, 1);
                other.transport().write(flood);
                Until.holds("flood", () -> other.received.size() == flood.length);
                waiting.transport().write(new byte[20_000_000]); // by a task
                client.transport().write("more".getBytes());
                Until.holds("written", () -> client.received.size() == 20_000_000);
                client.transport().close();
                sleep(Duration.ofMillis(5));
                assertThat(waiting.events).containsExactly("made", "in");
                gate.countDown();
                assertThat(waiting.awaitLost()).isNull();
                assertThat(waiting.events).containsExactly("made", "in", "data mine", "in", "data more", "end", "lost");
                assertThat(client.awaitLost()).isNull();
            }
        });
    }

    // -- memory ---------------------------------------------------------------------------------------------------

    @Test
    void connectionsThatIdleHoldNoBuffers() throws Exception {
        run(() -> {
            try (Tls tls = Tls.echo(Tls.SERVER)) {
                List<Recorder> clients = new ArrayList<>();
                for (int i = 0; i < 20; i++) {
                    clients.add(tls.connect(new Recorder(), Tls.CLIENT));
                    Tls.assertEchoes(clients.getLast(), "hello");
                }
                long before = usedMemory();
                for (int i = 0; i < 60; i++) {
                    clients.add(tls.connect(new Recorder(), Tls.CLIENT));
                    Tls.assertEchoes(clients.getLast(), "hello");
                }
                long each = (usedMemory() - before) / 120; // two ends each
                assertThat(each).isLessThan(60_000);
            }
        });
    }

    private static long usedMemory() {
        Runtime runtime = Runtime.getRuntime();
        long[] least = {Long.MAX_VALUE};
        Thread collector = Spawn.platform("collector", () -> {
            for (int i = 0; i < 5; i++) {
                System.gc();
                Thread.sleep(10);
                least[0] = Math.min(least[0], runtime.totalMemory() - runtime.freeMemory());
            }
        });
        Until.holds("collected", () -> !collector.isAlive());
        return least[0];
    }

    @Test
    void manyConnectionsAtATime() throws Exception {
        run(() -> {
            try (Tls tls = Tls.echo(Tls.SERVER)) {
                TlsOptions options = Certificates.ROOT.trusted();
                List<Task<?>> tasks = new ArrayList<>();
                for (int i = 0; i < 100; i++) {
                    String text = "client " + i;
                    tasks.add(createTask(() -> {
                        Recorder client = tls.connect(new Recorder(), options);
                        for (int j = 0; j < 10; j++) {
                            Tls.assertEchoes(client, text);
                        }
                        client.transport().close();
                        assertThat(client.awaitLost()).isNull();
                    }));
                }
                for (Task<?> task : tasks) {
                    task.await();
                }
                Until.holds("all gone", () -> tls.protocols.stream().allMatch(Recorder::isLost));
            }
        });
    }
}
