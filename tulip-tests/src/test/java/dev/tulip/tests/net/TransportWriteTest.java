package dev.tulip.tests.net;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.Task;
import dev.tulip.net.Transport;
import dev.tulip.net.WaterMarks;
import dev.tulip.tests.support.Errors;
import dev.tulip.tests.support.Logs;
import dev.tulip.tests.support.Recorder;
import dev.tulip.tests.support.Until;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Writing and its flow control: behaviours 47, 48, 49 and 52 of asyncio, rows A1, A2, A7 to A11. */
class TransportWriteTest {
    private static byte[] random(long seed, int size) {
        byte[] data = new byte[size];
        new Random(seed).nextBytes(data);
        return data;
    }

    /** Writes until the socket takes no more, and the protocol is paused. {@return what was written} */
    private static ByteArrayOutputStream fill(Transport transport) {
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        byte[] piece = new byte[1_000_000];
        while (transport.getWriteBufferSize() <= WaterMarks.defaults().high()) {
            Arrays.fill(piece, (byte) written.size());
            written.writeBytes(piece);
            transport.write(piece);
        }
        return written;
    }

    @Test
    void whatTheSocketTakesIsSentAtOnce() throws Exception {
        run(() -> {
            try (Connected<Recorder> c = Connected.with(new Recorder())) {
                c.transport().write("now".getBytes());
                assertThat(c.transport().getWriteBufferSize()).isZero();
                ByteBuffer there = ByteBuffer.allocate(10);
                assertThat(c.peer().socket().read(there)).isEqualTo(3);
            }
        });
    }

    @Test
    void aWriteTakesAllAndTheMemoryIsTheCallersAgain() throws Exception {
        run(() -> {
            try (Connected<Recorder> c = Connected.with(new Recorder())) {
                for (ByteBuffer buffer : List.of(
                        ByteBuffer.allocate(20_000_000),
                        ByteBuffer.allocateDirect(20_000_000),
                        ByteBuffer.allocate(20_000_100).slice(100, 20_000_000),
                        ByteBuffer.allocate(20_000_000).asReadOnlyBuffer())) {
                    if (!buffer.isReadOnly()) {
                        buffer.put(0, new byte[] {1, 2, 3});
                    }
                    c.transport().write(buffer);
                    assertThat(buffer.hasRemaining()).isFalse();
                    assertThat(c.transport().getWriteBufferSize()).isPositive();
                    if (!buffer.isReadOnly()) {
                        buffer.clear().put(random(1, buffer.capacity()));
                    }
                    byte[] received = c.peer().receiveBytes(20_000_000);
                    byte[] expected = new byte[20_000_000];
                    if (!buffer.isReadOnly()) {
                        System.arraycopy(new byte[] {1, 2, 3}, 0, expected, 0, 3);
                    }
                    assertThat(Arrays.equals(received, expected)).isTrue();
                }
            }
        });
    }

    @Test
    void onlyWhatRemainsInABufferIsSent() throws Exception {
        run(() -> {
            try (Connected<Recorder> c = Connected.with(new Recorder())) {
                ByteBuffer heap =
                        ByteBuffer.wrap("..heap..".getBytes()).position(2).limit(6);
                ByteBuffer direct = ByteBuffer.allocateDirect(20).put("..direct..".getBytes());
                c.transport().write(heap);
                c.transport().write(direct.position(2).limit(8));
                c.transport().write(ByteBuffer.allocate(0));
                assertThat(c.peer().receive(10)).isEqualTo("heapdirect");
                assertThat(heap.position()).isEqualTo(6);
                assertThat(direct.position()).isEqualTo(8);
            }
        });
    }

    @Test
    void everythingArrivesInOrderHoweverItIsWritten() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        run(() -> {
            try (Connected<Recorder> c = Connected.with(new Recorder())) {
                ByteArrayOutputStream expected = new ByteArrayOutputStream();
                Task<byte[]> reader = createTask(c.peer()::receiveAll);
                for (int i = 0; i < 300; i++) {
                    List<ByteBuffer> pieces = new ArrayList<>();
                    for (int j = random.nextInt(random.nextInt(8) == 0 ? 200 : 3); j >= 0; j--) {
                        byte[] piece = random(seed + i, size(random));
                        expected.writeBytes(piece);
                        pieces.add(
                                random.nextBoolean()
                                        ? ByteBuffer.wrap(piece)
                                        : ByteBuffer.allocateDirect(piece.length)
                                                .put(piece)
                                                .flip());
                    }
                    if (random.nextBoolean()) {
                        c.transport().writeLines(pieces);
                    } else {
                        pieces.forEach(c.transport()::write);
                    }
                    assertThat(pieces).as("seed " + seed).noneMatch(ByteBuffer::hasRemaining);
                    if (c.transport().getWriteBufferSize() > 10_000_000 || random.nextInt(20) == 0) {
                        Until.holds("sent", () -> c.transport().getWriteBufferSize() < 1_000_000);
                    }
                }
                c.transport().writeEof();
                assertThat(Arrays.equals(await(reader), expected.toByteArray()))
                        .as("seed " + seed)
                        .isTrue();
            }
        });
    }

    private static int size(Random random) {
        return switch (random.nextInt(20)) {
            case 0 -> 0;
            case 1 -> random.nextInt(600_000);
            case 2, 3 -> random.nextInt(70_000);
            default -> random.nextInt(5_000);
        };
    }

    @Test
    void writeLinesSendsManyBuffersInOneGo() throws Exception {
        run(() -> {
            try (Connected<Recorder> c = Connected.with(new Recorder())) {
                List<ByteBuffer> lines = new ArrayList<>();
                StringBuilder expected = new StringBuilder();
                for (int i = 0; i < 1000; i++) {
                    String line = "line " + i + "\n";
                    lines.add(ByteBuffer.wrap(line.getBytes()));
                    expected.append(line);
                }
                c.transport().writeLines(lines);
                assertThat(c.transport().getWriteBufferSize()).isZero();
                c.transport().writeLines(List.of());
                assertThat(c.peer().receive(expected.length())).isEqualTo(expected.toString());
            }
        });
    }

    // -- the end --------------------------------------------------------------------------------------------------

    /** Behaviour 47. */
    @Test
    void closeSendsWhatWasWrittenAndWhatIsWrittenMeanwhile() throws Exception {
        run(() -> {
            try (Connected<Recorder> c = Connected.with(new Recorder())) {
                byte[] data = random(1, 30_000_000);
                c.transport().write(data);
                assertThat(c.transport().getWriteBufferSize()).isPositive();
                c.transport().close();
                c.transport().write("TAIL".getBytes());
                Until.settled();
                assertThat(c.protocol().isLost()).isFalse();
                byte[] received = c.peer().receiveAll();
                assertThat(received).hasSize(data.length + 4);
                assertThat(Arrays.equals(Arrays.copyOf(received, data.length), data))
                        .isTrue();
                assertThat(c.protocol().awaitLost()).isNull();
            }
        });
    }

    /** Behaviour 47, and the second half of row A1. */
    @Test
    void writesAfterCloseAreDroppedAndTheFifthIsLogged(Logs logs) throws Exception {
        run(() -> {
            try (Connected<Recorder> c = Connected.with(new Recorder())) {
                c.transport().close();
                for (int i = 0; i < 4; i++) {
                    c.transport().write("dropped".getBytes());
                }
                c.transport().writeLines(List.of(ByteBuffer.allocate(0)));
                assertThat(logs.messages()).isEmpty();
                ByteBuffer last = ByteBuffer.wrap("dropped".getBytes());
                c.transport().writeLines(List.of(last));
                assertThat(last.hasRemaining()).isFalse();
                c.transport().write("dropped".getBytes());
                assertThat(c.transport().getWriteBufferSize()).isZero();
                assertThat(c.peer().receiveAll()).isEmpty();
                assertThat(logs.take())
                        .singleElement()
                        .satisfies(record -> assertThat(record.getMessage())
                                .contains("5 writes were dropped", "Transport[", "isClosing()"));
            }
        });
    }

    /** Behaviour 48. */
    @Test
    void abortDropsWhatWasNotSent() throws Exception {
        run(() -> {
            try (Connected<Recorder> c = Connected.with(new Recorder())) {
                int written = fill(c.transport()).size();
                int left = c.transport().getWriteBufferSize();
                c.transport().abort();
                assertThat(c.transport().getWriteBufferSize()).isZero();
                assertThat(c.protocol().isLost()).isFalse();
                assertThat(c.peer().receiveAll()).hasSize(written - left);
                assertThat(c.protocol().awaitLost()).isNull();
                assertThat(c.protocol().events).containsExactly("made", "pause", "lost");
            }
        });
    }

    @Test
    void abortAlsoEndsAConnectionThatIsClosing() throws Exception {
        run(() -> {
            try (Connected<Recorder> c = Connected.with(new Recorder())) {
                fill(c.transport());
                c.transport().close();
                Until.settled();
                assertThat(c.protocol().isLost()).isFalse();
                c.transport().abort();
                assertThat(c.protocol().awaitLost()).isNull();
            }
        });
    }

    /** Behaviour 52. */
    @Test
    void writeEofEndsOneDirection() throws Exception {
        run(() -> {
            try (Connected<Recorder> c = Connected.with(new Recorder())) {
                assertThat(c.transport().canWriteEof()).isTrue();
                c.transport().write("a".getBytes());
                c.transport().writeEof();
                c.transport().writeEof();
                assertThatThrownBy(() -> c.transport().write("b".getBytes()))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("after writeEof()");
                assertThatThrownBy(() -> c.transport().writeLines(List.of())).isInstanceOf(IllegalStateException.class);
                assertThat(c.peer().receiveAll()).asString().isEqualTo("a");
                assertThat(c.transport().isClosing()).isFalse();
                c.peer().send("answer");
                Until.holds("answer", () -> c.protocol().text().equals("answer"));
            }
        });
    }

    @Test
    void writeEofComesAfterAllThatWasWritten() throws Exception {
        run(() -> {
            try (Connected<Recorder> c = Connected.with(new Recorder())) {
                byte[] written = fill(c.transport()).toByteArray();
                c.transport().writeEof();
                assertThat(Arrays.equals(c.peer().receiveAll(), written)).isTrue();
                assertThat(c.transport().isClosing()).isFalse();
                c.transport().close();
                assertThat(c.protocol().awaitLost()).isNull();
            }
        });
    }

    @Test
    void writeEofOnAClosingTransportIsHarmless() throws Exception {
        run(() -> {
            try (Connected<Recorder> c = Connected.with(new Recorder())) {
                c.transport().close();
                c.transport().writeEof();
                assertThat(c.protocol().awaitLost()).isNull();
                c.transport().writeEof();
            }
        });
    }

    // -- flow control ---------------------------------------------------------------------------------------------

    /** Behaviour 49. */
    @Test
    void theProtocolIsPausedOverTheHighMarkAndResumedAtTheLowOne() throws Exception {
        run(() -> {
            try (Connected<Recorder> c = Connected.with(new Recorder())) {
                c.transport().setWriteBufferLimits(Integer.MAX_VALUE, 0);
                int written = fill(c.transport()).size();
                int size = c.transport().getWriteBufferSize();
                c.transport().setWriteBufferLimits(size, size / 4);
                assertThat(c.protocol().events).containsExactly("made"); // equal: no
                c.transport().write(new byte[1]);
                assertThat(c.protocol().events).containsExactly("made", "pause"); // inside the write
                c.transport().write(new byte[1]);
                assertThat(c.protocol().events).containsExactly("made", "pause");
                List<Integer> sizeAtResume = new ArrayList<>();
                c.transport().setProtocol(new Recorder() {
                    @Override
                    public void resumeWriting() {
                        super.resumeWriting();
                        sizeAtResume.add(c.transport().getWriteBufferSize());
                    }
                });
                c.peer().receiveBytes(written + 2);
                Until.settled();
                assertThat(sizeAtResume)
                        .singleElement()
                        .satisfies(s -> assertThat(s).isLessThanOrEqualTo(size / 4));
                assertThat(c.protocol().events).containsExactly("made", "pause");
            }
        });
    }

    /** Behaviour 49. */
    @Test
    void oneMarkGivesTheOther() throws Exception {
        assertThat(WaterMarks.ofLow(10)).isEqualTo(new WaterMarks(40, 10));
        assertThat(WaterMarks.ofHigh(100)).isEqualTo(new WaterMarks(100, 25));
        assertThat(WaterMarks.ofLow(Integer.MAX_VALUE).high()).isEqualTo(Integer.MAX_VALUE);
        assertThat(WaterMarks.defaults()).isEqualTo(new WaterMarks(65536, 16384));
        assertThatThrownBy(() -> new WaterMarks(10, 11))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("high (10) must be >= low (11)");
        assertThatThrownBy(() -> new WaterMarks(10, -1)).isInstanceOf(IllegalArgumentException.class);
        run(() -> {
            try (Connected<Recorder> c = Connected.with(new Recorder())) {
                assertThat(c.transport().getWriteBufferLimits()).isEqualTo(WaterMarks.defaults());
                c.transport().setWriteBufferLimits(WaterMarks.ofLow(7));
                assertThat(c.transport().getWriteBufferLimits()).isEqualTo(new WaterMarks(28, 7));
            }
        });
    }

    @Test
    void newMarksTakeEffectAtOnce() throws Exception {
        run(() -> {
            try (Connected<Recorder> c = Connected.with(new Recorder())) {
                c.transport().setWriteBufferLimits(Integer.MAX_VALUE, 0);
                fill(c.transport());
                assertThat(c.protocol().events).containsExactly("made");
                c.transport().setWriteBufferLimits(0, 0);
                assertThat(c.protocol().events).containsExactly("made", "pause");
                c.transport().setWriteBufferLimits(Integer.MAX_VALUE, Integer.MAX_VALUE);
                assertThat(c.protocol().events).containsExactly("made", "pause", "resume");
            }
        });
    }

    @Test
    void aHighMarkOfZeroPausesWheneverAnythingIsLeft() throws Exception {
        run(() -> {
            try (Connected<Recorder> c = Connected.with(new Recorder())) {
                c.transport().setWriteBufferLimits(0, 0);
                c.transport().write("sent at once".getBytes());
                assertThat(c.protocol().events).containsExactly("made");
                int written = fill(c.transport()).size();
                assertThat(c.protocol().events).containsExactly("made", "pause");
                c.peer().receiveBytes(written + 12);
                Until.holds("resume", () -> c.protocol().events.contains("resume"));
                assertThat(c.transport().getWriteBufferSize()).isZero();
            }
        });
    }

    @Test
    void whatPauseAndResumeThrowIsReportedAndTheTransportLivesOn(Errors errors) throws Exception {
        run(() -> {
            Recorder protocol = new Recorder() {
                @Override
                public void pauseWriting() {
                    throw new IllegalStateException("deliberate pause");
                }

                @Override
                public void resumeWriting() {
                    super.resumeWriting();
                    throw new IllegalStateException("deliberate resume");
                }
            };
            try (Connected<Recorder> c = Connected.with(protocol)) {
                int written = fill(c.transport()).size();
                assertThat(errors.takeOnly().message()).isEqualTo("protocol.pauseWriting() failed");
                c.peer().receiveBytes(written);
                Until.holds("resume", () -> protocol.events.contains("resume"));
                assertThat(errors.takeOnly().message()).isEqualTo("protocol.resumeWriting() failed");
                c.transport().write("alive".getBytes());
                assertThat(c.peer().receive(5)).isEqualTo("alive");
            }
        });
    }

    @Test
    void aProtocolMayWriteMoreInResumeWriting() throws Exception {
        run(() -> {
            int rounds = 20;
            byte[] piece = random(3, 1_000_000);
            Recorder protocol = new Recorder() {
                private int round;

                @Override
                public void resumeWriting() {
                    super.resumeWriting();
                    if (++round == rounds) {
                        transport().close();
                        return;
                    }
                    do {
                        transport().write(piece);
                    } while (!events.getLast().equals("pause"));
                }
            };
            try (Connected<Recorder> c = Connected.with(protocol)) {
                int before = fill(c.transport()).size();
                byte[] received = c.peer().receiveAll();
                assertThat(protocol.awaitLost()).isNull();
                assertThat(received).hasSizeGreaterThan(before);
                assertThat((received.length - before) % piece.length).isZero();
                assertThat(protocol.events.stream().filter("pause"::equals).count())
                        .isEqualTo(protocol.events.stream()
                                .filter("resume"::equals)
                                .count());
            }
        });
    }

    /** The promise of flow control: a peer that never reads costs the marks and one read, whatever else it sends. */
    @Test
    void memoryIsBoundedForAPeerThatNeverReads() throws Exception {
        run(() -> {
            int[] most = new int[1];
            Recorder echo = new Recorder() {
                @Override
                public void dataReceived(ByteBuffer data) {
                    transport().write(data);
                    most[0] = Math.max(most[0], transport().getWriteBufferSize());
                }

                @Override
                public void pauseWriting() {
                    super.pauseWriting();
                    transport().pauseReading();
                }

                @Override
                public void resumeWriting() {
                    super.resumeWriting();
                    transport().resumeReading();
                }
            };
            try (Connected<Recorder> c = Connected.with(echo)) {
                byte[] data = random(5, 40_000_000);
                Task<?> sender = createTask(() -> c.peer().send(data));
                Until.holds("paused", () -> echo.events.contains("pause"));
                Until.settled();
                assertThat(sender.done()).isFalse();
                // Now it reads after all: everything comes back, and the bound holds all the time.
                assertThat(Arrays.equals(c.peer().receiveBytes(data.length), data))
                        .isTrue();
                await(sender);
                assertThat(most[0]).isBetween(64 * 1024 + 1, 64 * 1024 + 256 * 1024);
            }
        });
    }
}
