package dev.tulip.tests.net;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.sleep;
import static dev.tulip.Tulip.toThread;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.Suspends;
import dev.tulip.loop.Task;
import dev.tulip.net.DirectReading;
import dev.tulip.net.ExtraInfo;
import dev.tulip.tests.support.Recorder;
import dev.tulip.tests.support.SocketPair;
import dev.tulip.tests.support.Until;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * What users see of a transport is the same whether Tulip calls the system itself, as in the first of the two runs of this
 * suite on Linux, or the channel's methods, as in the other one.
 */
class SystemCallsTest {
    private static final int ROUNDS = 200;

    /** A transport whose reading is up to a task, after a first turn in which its channel became known to the loop. */
    @Suspends
    private static Connected<Recorder> connected() throws IOException {
        Connected<Recorder> connected = Connected.with(new Recorder());
        connected.transport().pauseReading();
        connected.peer().send("x");
        DirectReading transport = (DirectReading) connected.transport();
        transport.awaitReadable();
        assertThat(transport.read(ByteBuffer.allocateDirect(1))).isEqualTo(1);
        return connected;
    }

    @Test
    void memoryOfAnArenaCanBeSentAndReceivedUntilTheArenaIsClosed() throws Exception {
        run(() -> {
            try (Connected<Recorder> c = connected()) {
                DirectReading transport = (DirectReading) c.transport();
                ByteBuffer buffer;
                try (Arena arena = Arena.ofShared()) {
                    buffer = arena.allocate(3).asByteBuffer();
                    transport.write(buffer.put("abc".getBytes(US_ASCII)).flip());
                    assertThat(c.peer().receive(3)).isEqualTo("abc");
                    c.peer().send("def");
                    transport.awaitReadable();
                    assertThat(transport.read(buffer.clear())).isEqualTo(3);
                    assertThat(US_ASCII.decode(buffer.flip()).toString()).isEqualTo("def");
                }
                c.peer().send("ghi");
                transport.awaitReadable();
                assertThatThrownBy(() -> transport.read(buffer.clear())).isInstanceOf(IllegalStateException.class);
                assertThatThrownBy(() -> transport.write(buffer.clear())).isInstanceOf(IllegalStateException.class);
                assertThat(transport.read(ByteBuffer.allocateDirect(3))).isEqualTo(3);
            }
        });
    }

    @Test
    void nothingIsReceivedIntoMemoryThatIsReadOnly() throws Exception {
        run(() -> {
            try (Connected<Recorder> c = connected()) {
                DirectReading transport = (DirectReading) c.transport();
                c.peer().send("abc");
                transport.awaitReadable();
                ByteBuffer buffer = ByteBuffer.allocateDirect(3);
                assertThatThrownBy(() -> transport.read(buffer.asReadOnlyBuffer()))
                        .isInstanceOf(IllegalArgumentException.class);
                assertThat(transport.read(buffer)).isEqualTo(3);
                transport.write(buffer.flip().asReadOnlyBuffer());
                assertThat(c.peer().receive(3)).isEqualTo("abc");
            }
        });
    }

    @Test
    void positionsAndLimitsOfSlicesHold() throws Exception {
        run(() -> {
            try (Connected<Recorder> c = connected()) {
                DirectReading transport = (DirectReading) c.transport();
                ByteBuffer whole = ByteBuffer.allocateDirect(100).put("0123456789".getBytes(US_ASCII));
                transport.write(whole.slice(2, 6).position(1).limit(4));
                assertThat(c.peer().receive(3)).isEqualTo("345");
                c.peer().send("abcdef");
                transport.awaitReadable();
                ByteBuffer slice = whole.slice(5, 20).position(1).limit(4);
                assertThat(transport.read(slice)).isEqualTo(3);
                assertThat(slice.position()).isEqualTo(4);
                assertThat(US_ASCII.decode(whole.position(5).limit(10)).toString())
                        .isEqualTo("5abc9");
            }
        });
    }

    @Test
    void aResetSaysThatItWasOne() throws Exception {
        run(() -> {
            try (Connected<Recorder> c = connected()) {
                DirectReading transport = (DirectReading) c.transport();
                c.peer().reset();
                transport.awaitReadable();
                assertThatThrownBy(() -> transport.read(ByteBuffer.allocateDirect(1)))
                        .isInstanceOf(SocketException.class)
                        .hasMessage("Connection reset");
            }
        });
    }

    @Test
    void writingToAPeerThatIsGoneSaysSo() throws Exception {
        run(() -> {
            try (Connected<Recorder> c = connected()) {
                c.peer().close();
                ByteBuffer data = ByteBuffer.allocateDirect(10);
                Until.holds("an end", () -> {
                    c.transport().write(data.clear());
                    return c.transport().isClosing();
                });
                assertThat(c.protocol().awaitLost())
                        .isInstanceOf(IOException.class)
                        .message()
                        .isIn("Broken pipe", "Connection reset by peer", "Connection reset");
            }
        });
    }

    @Test
    void aSocketThatItsUserClosesEndsTheConnection() throws Exception {
        run(() -> {
            try (Connected<Recorder> c = connected()) {
                DirectReading transport = (DirectReading) c.transport();
                transport.getExtraInfo(ExtraInfo.SOCKET).close();
                assertThatThrownBy(() -> transport.read(ByteBuffer.allocateDirect(1)))
                        .isInstanceOf(IOException.class);
                assertThat(c.protocol().awaitLost()).isNotNull();
            }
        });
    }

    /** Descriptors are numbers: one that was closed is soon that of another socket, which must not get what is not its. */
    @Test
    void whatIsWrittenNeverReachesTheSocketThatHasTheNumberOfOneThatAnotherThreadHasClosed() throws Exception {
        run(() -> {
            for (int round = 0; round < ROUNDS; round++) {
                try (Connected<Recorder> c = connected()) {
                    SocketChannel channel = (SocketChannel) c.transport().getExtraInfo(ExtraInfo.SOCKET);
                    Task<List<SocketPair>> closer = createTask(() -> toThread(() -> {
                        channel.close();
                        List<SocketPair> others = new ArrayList<>();
                        for (int i = 0; i < 5; i++) {
                            others.add(SocketPair.open());
                        }
                        return others;
                    }));
                    ByteBuffer secret = ByteBuffer.allocateDirect(8);
                    while (!closer.done()) {
                        if (!c.transport().isClosing()) {
                            c.transport().write(secret.clear());
                        }
                        sleep(Duration.ZERO); // the loop selects, and gives descriptors back
                    }
                    for (SocketPair other : await(closer)) {
                        try (other) {
                            other.there().configureBlocking(false);
                            assertThat(other.there().read(ByteBuffer.allocate(1)))
                                    .isZero();
                            assertThat(other.here().read(ByteBuffer.allocate(1)))
                                    .isZero();
                        }
                    }
                }
            }
        });
    }
}
