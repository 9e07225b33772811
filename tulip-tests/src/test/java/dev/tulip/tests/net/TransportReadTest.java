package dev.tulip.tests.net;

import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.sleep;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tulip.loop.Task;
import dev.tulip.net.BufferedProtocol;
import dev.tulip.net.Network;
import dev.tulip.net.Transport;
import dev.tulip.tests.support.Errors;
import dev.tulip.tests.support.Peer;
import dev.tulip.tests.support.Recorder;
import dev.tulip.tests.support.SocketPair;
import dev.tulip.tests.support.Until;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Reading: rows A5, A6, A12, P2 and P3 of asyncio. */
class TransportReadTest {
    @Test
    void bytesThatComeOneAtATimeAreTheSameBytes() throws Exception {
        run(() -> {
            try (Connected<Recorder> c = Connected.with(new Recorder())) {
                String text = "one byte at a time";
                for (char letter : text.toCharArray()) {
                    c.peer().send("" + letter);
                    Until.settled();
                }
                Until.holds("all", () -> c.protocol().text().equals(text));
                assertThat(c.protocol().events.size()).isGreaterThan(2);
            }
        });
    }

    @Test
    void manyBytesAreReadInPiecesOf256KiBAtMost() throws Exception {
        run(() -> {
            byte[] data = new byte[5_000_000];
            new Random(1).nextBytes(data);
            List<Integer> sizes = new ArrayList<>();
            Recorder protocol = new Recorder() {
                @Override
                public void dataReceived(ByteBuffer data) {
                    sizes.add(data.remaining());
                    super.dataReceived(data);
                }
            };
            try (Connected<Recorder> c = Connected.with(protocol.quiet())) {
                c.transport().pauseReading(); // let something pile up
                createTask(() -> c.peer().send(data));
                Until.settled();
                c.transport().resumeReading();
                Until.holds("all", () -> protocol.received.size() == data.length);
                assertThat(Arrays.equals(protocol.received.toByteArray(), data)).isTrue();
                assertThat(sizes).allMatch(size -> size <= 256 * 1024);
            }
        });
    }

    @Test
    void whatAProtocolDoesToItsBufferIsNotSeenByTheNext() throws Exception {
        run(() -> {
            List<String> seen = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                Recorder protocol = new Recorder() {
                    @Override
                    public void dataReceived(ByteBuffer data) {
                        seen.add(data.position() + " " + data.remaining() + " " + data.order());
                        data.order(ByteOrder.LITTLE_ENDIAN).limit(2).position(1);
                    }
                };
                try (Connected<Recorder> c = Connected.with(protocol)) {
                    int before = seen.size();
                    c.peer().send("four");
                    Until.holds("data", () -> seen.size() > before);
                    c.peer().send("x");
                    Until.settled();
                }
            }
            assertThat(seen).hasSizeGreaterThan(3).allMatch(text -> text.matches("0 [45] BIG_ENDIAN|0 1 BIG_ENDIAN"));
        });
    }

    // -- pausing --------------------------------------------------------------------------------------------------

    @Test
    void pausingAndResumingMayBeRepeated() throws Exception {
        run(() -> {
            try (Connected<Recorder> c = Connected.with(new Recorder())) {
                assertThat(c.transport().isReading()).isTrue();
                c.transport().resumeReading();
                c.transport().pauseReading();
                c.transport().pauseReading();
                assertThat(c.transport().isReading()).isFalse();
                assertThat(c.transport().toString()).contains("reading paused");
                c.peer().send("later");
                Until.settled();
                assertThat(c.protocol().events).containsExactly("made");
                c.transport().resumeReading();
                c.transport().resumeReading();
                assertThat(c.transport().isReading()).isTrue();
                Until.holds("data", () -> c.protocol().text().equals("later"));
                for (int i = 0; i < 100; i++) {
                    c.transport().pauseReading();
                    c.transport().resumeReading();
                }
                c.peer().send("!");
                Until.holds("data", () -> c.protocol().text().equals("later!"));
            }
        });
    }

    @Test
    void pausingInConnectionMadeKeepsTheFirstBytesBack() throws Exception {
        run(() -> {
            SocketPair pair = SocketPair.open();
            pair.send("early");
            Recorder protocol = new Recorder() {
                @Override
                public void connectionMade(Transport transport) {
                    super.connectionMade(transport);
                    transport.pauseReading();
                }
            };
            Network.createConnection(() -> protocol, pair.here());
            Until.settled();
            assertThat(protocol.events).containsExactly("made");
            protocol.transport().resumeReading();
            Until.holds("data", () -> protocol.text().equals("early"));
            protocol.transport().abort();
            pair.there().close();
        });
    }

    @Test
    void pausingInDataReceivedStopsAfterThisPiece() throws Exception {
        run(() -> {
            Recorder protocol = new Recorder() {
                @Override
                public void dataReceived(ByteBuffer data) {
                    super.dataReceived(data);
                    transport().pauseReading();
                }
            };
            try (Connected<Recorder> c = Connected.with(protocol)) {
                c.peer().send("a");
                Until.holds("a", () -> protocol.text().equals("a"));
                c.peer().send("b");
                Until.settled();
                assertThat(protocol.text()).isEqualTo("a");
                c.transport().resumeReading();
                Until.holds("b", () -> protocol.text().equals("ab"));
            }
        });
    }

    @Test
    void aClosingTransportIsNotReadingAndCannotBeResumed() throws Exception {
        run(() -> {
            try (Connected<Recorder> c = Connected.with(new Recorder())) {
                c.transport().write(new byte[20_000_000]);
                c.transport().close();
                assertThat(c.transport().isReading()).isFalse();
                c.transport().pauseReading();
                c.transport().resumeReading();
                assertThat(c.transport().isReading()).isFalse();
                c.peer().send("never seen");
                Until.settled();
                c.transport().abort();
                c.protocol().awaitLost();
                assertThat(c.protocol().text()).isEmpty();
            }
        });
    }

    @Test
    void aPausedTransportHoldsItsPeerBack() throws Exception {
        run(() -> {
            try (Connected<Recorder> c = Connected.with(new Recorder().quiet())) {
                c.transport().pauseReading();
                byte[] data = new byte[30_000_000];
                Task<?> sender = createTask(() -> c.peer().send(data));
                Until.settled();
                assertThat(sender.done()).isFalse();
                c.transport().resumeReading();
                Until.holds("all", () -> c.protocol().received.size() == data.length);
            }
        });
    }

    @Test
    void aFloodingPeerDoesNotKeepTheOthersWaiting() throws Exception {
        run(() -> {
            int[] floods = new int[1];
            List<Integer> floodsBefore = new ArrayList<>();
            Recorder flooded = new Recorder() {
                @Override
                public void dataReceived(ByteBuffer data) {
                    floods[0]++;
                }
            };
            Recorder small = new Recorder() {
                @Override
                public void dataReceived(ByteBuffer data) {
                    super.dataReceived(data);
                    floodsBefore.add(floods[0]);
                }
            };
            try (Connected<Recorder> flood = Connected.with(flooded);
                    Connected<Recorder> other = Connected.with(small)) {
                flood.transport().pauseReading();
                Task<?> sender = createTask(() -> flood.peer().send(new byte[50_000_000]));
                Until.settled();
                flood.transport().resumeReading();
                for (int i = 0; i < 20 && !sender.done(); i++) {
                    other.peer().send("x");
                    int before = floods[0];
                    int count = i + 1;
                    while (floodsBefore.size() < count) {
                        sleep(Duration.ZERO);
                    }
                    // One read of the flood for each iteration that the small one needs, no more.
                    assertThat(floodsBefore.getLast() - before).isLessThanOrEqualTo(3);
                }
                assertThat(floodsBefore).isNotEmpty();
                sender.cancel();
                Until.holds("cancelled", sender::done);
            }
        });
    }

    // -- buffered protocols ---------------------------------------------------------------------------------------

    /** Has its bytes read into a buffer of its own. */
    private static class Filling extends Recorder implements BufferedProtocol {
        private final ByteBuffer buffer;

        Filling(ByteBuffer buffer) {
            this.buffer = buffer;
        }

        @Override
        public ByteBuffer getBuffer(int sizeHint) {
            return buffer.clear();
        }

        @Override
        public void bufferUpdated(int count) {
            assertThat(buffer.position()).isEqualTo(count);
            byte[] bytes = new byte[count];
            buffer.get(0, bytes);
            super.dataReceived(ByteBuffer.wrap(bytes));
        }

        @Override
        public void dataReceived(ByteBuffer data) {
            BufferedProtocol.super.dataReceived(data);
        }
    }

    @Test
    void aBufferedProtocolIsReadIntoItsOwnMemory() throws Exception {
        byte[] data = new byte[3_000_000];
        new Random(2).nextBytes(data);
        run(() -> {
            for (ByteBuffer buffer : List.of(
                    ByteBuffer.allocate(1),
                    ByteBuffer.allocate(1000),
                    ByteBuffer.allocateDirect(100_000),
                    ByteBuffer.allocate(1_000_000))) {
                int size = buffer.capacity() == 1 ? 1000 : data.length;
                try (Connected<Recorder> c = Connected.with(new Filling(buffer).quiet())) {
                    createTask(() -> {
                        c.peer().send(Arrays.copyOf(data, size));
                        c.peer().sendEnd();
                    });
                    assertThat(c.protocol().awaitLost()).isNull();
                    assertThat(Arrays.equals(c.protocol().received.toByteArray(), Arrays.copyOf(data, size)))
                            .isTrue();
                    assertThat(c.protocol().events).containsExactly("made", "end", "lost");
                }
            }
        });
    }

    @Test
    void aLargeBufferIsNotFilledAtTheExpenseOfTheOthers() throws Exception {
        run(() -> {
            List<Integer> counts = new ArrayList<>();
            Filling protocol = new Filling(ByteBuffer.allocateDirect(4_000_000)) {
                @Override
                public void bufferUpdated(int count) {
                    counts.add(count);
                    super.bufferUpdated(count);
                }
            };
            try (Connected<Recorder> c = Connected.with(protocol.quiet())) {
                c.transport().pauseReading();
                createTask(() -> c.peer().send(new byte[3_000_000]));
                Until.settled();
                c.transport().resumeReading();
                Until.holds(
                        () -> "all of 3,000,000: " + protocol.received.size() + " have come, " + c,
                        () -> protocol.received.size() == 3_000_000);
                assertThat(counts).allMatch(count -> count <= 256 * 1024);
                assertThat(protocol.getBuffer(-1).limit()).isEqualTo(4_000_000);
            }
        });
    }

    @Test
    void aBufferWithoutRoomIsFatal(Errors errors) throws Exception {
        run(() -> {
            try (Connected<Recorder> c = Connected.with(new Filling(ByteBuffer.allocate(0)))) {
                c.peer().send("x");
                assertThat(c.protocol().awaitLost())
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("without room");
                assertThat(errors.takeOnly().message()).isEqualTo("Fatal error: protocol.getBuffer() call failed.");
            }
        });
    }

    @Test
    void aProtocolMayPauseOrEndTheTransportWhenItIsAskedForABuffer() throws Exception {
        run(() -> {
            class Pausing extends Filling {
                private Runnable deed;

                Pausing() {
                    super(ByteBuffer.allocate(0));
                }

                @Override
                public ByteBuffer getBuffer(int sizeHint) {
                    events.add("asked");
                    deed.run();
                    return super.getBuffer(sizeHint);
                }
            }
            Pausing protocol = new Pausing();
            try (Connected<Pausing> c = Connected.with(protocol)) {
                protocol.deed = c.transport()::pauseReading;
                c.peer().send("x");
                Until.holds("asked", () -> protocol.events.contains("asked"));
                Until.settled();
                protocol.deed = c.transport()::abort;
                c.transport().resumeReading();
                assertThat(protocol.awaitLost()).isNull();
                assertThat(protocol.events).containsExactly("made", "asked", "asked", "lost");
            }
        });
    }

    @Test
    void whatABufferedProtocolThrowsIsFatal(Errors errors) throws Exception {
        run(() -> {
            Filling fails = new Filling(ByteBuffer.allocate(10)) {
                @Override
                public void bufferUpdated(int count) {
                    throw new IllegalStateException("deliberate");
                }
            };
            try (Connected<Recorder> c = Connected.with(fails)) {
                c.peer().send("x");
                assertThat(c.protocol().awaitLost()).hasMessage("deliberate");
                assertThat(errors.takeOnly().message()).contains("bufferUpdated");
            }
        });
    }

    @Test
    void aBufferedProtocolCanBeFedByHand() throws Exception {
        run(() -> {
            Filling protocol = new Filling(ByteBuffer.allocate(3));
            protocol.dataReceived(ByteBuffer.wrap("by hand".getBytes()));
            assertThat(protocol.events).containsExactly("data by ", "data han", "data d");
        });
    }

    @Test
    void theProtocolMayBeChangedAtAnyTimeBetweenBothKinds() throws Exception {
        run(() -> {
            Recorder plain = new Recorder();
            try (Connected<Recorder> c = Connected.with(plain)) {
                c.peer().send("plain");
                Until.holds("plain", () -> plain.text().equals("plain"));
                Filling buffered = new Filling(ByteBuffer.allocate(100));
                c.transport().setProtocol(buffered);
                assertThat(c.transport().getProtocol()).isSameAs(buffered);
                c.peer().send("buffered");
                Until.holds("buffered", () -> buffered.text().equals("buffered"));
                Recorder last = new Recorder() {
                    @Override
                    public void dataReceived(ByteBuffer data) {
                        super.dataReceived(data);
                        transportOf(c).setProtocol(buffered); // from within
                    }
                };
                c.transport().setProtocol(last);
                c.peer().send("last");
                Until.holds("last", () -> last.text().equals("last"));
                c.peer().send("!");
                Until.holds("!", () -> buffered.text().equals("buffered!"));
                c.transport().close();
                buffered.awaitLost();
                assertThat(plain.events).containsExactly("made", "data plain");
                assertThat(last.events).containsExactly("data last");
                assertThat(buffered.events).containsExactly("data buffered", "data !", "lost");
            }
        });
    }

    private static Transport transportOf(Connected<?> connected) {
        return connected.transport();
    }

    // -- many -----------------------------------------------------------------------------------------------------

    @Test
    void aThousandConnectionsAreServedByOneThread() throws Exception {
        run(() -> {
            List<Connected<Recorder>> all = new ArrayList<>();
            for (int i = 0; i < 1000; i++) {
                all.add(Connected.with(new Recorder() {
                    @Override
                    public void dataReceived(ByteBuffer data) {
                        transport().write(data);
                    }
                }));
            }
            for (int round = 0; round < 3; round++) {
                for (int i = 0; i < all.size(); i++) {
                    all.get(i).peer().send("round " + round + " of " + i);
                }
                for (int i = 0; i < all.size(); i++) {
                    String text = "round " + round + " of " + i;
                    Peer peer = all.get(i).peer();
                    assertThat(peer.receive(text.length())).isEqualTo(text);
                }
            }
            all.forEach(Connected::close);
            IntStream.range(0, all.size()).forEach(i -> all.get(i).protocol().awaitLost());
            assertThat(runningLoop().isRunning()).isTrue();
        });
    }
}
