package dev.tulip.tests.streams;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.Suspends;
import dev.tulip.loop.Task;
import dev.tulip.net.ExtraInfo;
import dev.tulip.streams.ConnectionLostException;
import dev.tulip.streams.StreamOptions;
import dev.tulip.streams.StreamWriter;
import dev.tulip.tests.support.Until;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Writing, rows Z9 to Z11 and behaviour 58 of asyncio, over a socket. */
class StreamWriterTest {
    /** Connects, in the way that this class is about. */
    @Suspends
    Streamed open() throws IOException {
        return Streamed.directly(StreamOptions.defaults());
    }

    /** Writes until the peer takes no more. {@return how much} */
    private static int fill(StreamWriter writer) throws IOException {
        int written = 0;
        while (writer.transport().getWriteBufferSize() <= 100_000) {
            writer.write(new byte[100_000]);
            written += 100_000;
        }
        return written;
    }

    // -- writing --------------------------------------------------------------------------------------------------

    @Test
    void everyKindOfDataIsSentInOrder() throws Exception {
        run(() -> {
            try (Streamed s = open()) {
                s.writer().write("text, Grüße; ");
                s.writer().write("bytes; ".getBytes());
                ByteBuffer part =
                        ByteBuffer.wrap("...buffer; ...".getBytes()).position(3).limit(11);
                s.writer().write(part);
                assertThat(part.hasRemaining()).isFalse();
                s.writer()
                        .writeLines(
                                List.of(ByteBuffer.wrap("several ".getBytes()), ByteBuffer.wrap("buffers".getBytes())));
                s.writer().write("");
                s.writer().writeEof();
                assertThat(new String(s.peer().receiveAll(), "UTF-8"))
                        .isEqualTo("text, Grüße; bytes; buffer; several buffers");
            }
        });
    }

    @Test
    void whatIsWrittenIsSentAtOnceWithoutDrain() throws Exception {
        run(() -> {
            try (Streamed s = open()) {
                s.writer().write("now");
                ByteBuffer there = ByteBuffer.allocate(10);
                assertThat(s.peer().socket().read(there)).isEqualTo(3);
            }
        });
    }

    @Test
    void writingWorksOutsideTasksToo() throws Exception {
        run(() -> {
            try (Streamed s = open()) {
                runningLoop().callSoon(() -> {
                    try {
                        s.writer().write("from a callback");
                    } catch (IOException e) {
                        throw new AssertionError(e);
                    }
                });
                assertThat(s.peer().receive(15)).isEqualTo("from a callback");
            }
        });
    }

    @Test
    void afterWriteEofThePeerHasItsEndAndReadingGoesOn() throws Exception {
        run(() -> {
            try (Streamed s = open()) {
                s.writer().write("request");
                assertThat(s.writer().canWriteEof()).isTrue();
                s.writer().writeEof();
                s.writer().writeEof();
                assertThatThrownBy(() -> s.writer().write("more"))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("after writeEof()");
                assertThat(new String(s.peer().receiveAll())).isEqualTo("request");
                s.peer().send("answer\n");
                assertThat(s.reader().readLine()).isEqualTo("answer");
                assertThat(s.connection().isClosing()).isFalse();
            }
        });
    }

    // -- drain ----------------------------------------------------------------------------------------------------

    @Test
    void drainDoesNotSuspendWhileThereIsLittleToSend() throws Exception {
        run(() -> {
            try (Streamed s = open()) {
                boolean[] others = {false};
                runningLoop().callSoon(() -> others[0] = true);
                s.writer().write("little");
                s.writer().drain();
                assertThat(others[0]).isFalse();
            }
        });
    }

    @Test
    void drainWaitsForAPeerThatDoesNotReadAndMemoryIsBounded() throws Exception {
        run(() -> {
            try (Streamed s = open()) {
                int[] sent = {0};
                int[] most = {0};
                Task<Void> writer = createTask(() -> {
                    for (int i = 0; i < 1000; i++) {
                        s.writer().write(new byte[50_000]);
                        most[0] = Math.max(most[0], s.connection().transport().getWriteBufferSize());
                        s.writer().drain();
                        sent[0]++;
                    }
                    s.writer().writeEof();
                });
                Until.holds("the writer waits", () -> writer.toString().contains("waiting on"));
                int before = sent[0];
                Until.settled();
                assertThat(sent[0]).isEqualTo(before).isLessThan(1000);
                assertThat(s.peer().receiveAll()).hasSize(50_000_000);
                await(writer);
                assertThat(most[0]).isLessThan(64 * 1024 + 50_000 + 1);
            }
        });
    }

    @Test
    void severalTasksMayDrain() throws Exception {
        run(() -> {
            try (Streamed s = open()) {
                int written = fill(s.writer());
                List<Task<Void>> tasks = new ArrayList<>();
                for (int i = 0; i < 3; i++) {
                    tasks.add(createTask(() -> s.writer().drain()));
                }
                Until.settled();
                assertThat(tasks).noneMatch(Task::done);
                tasks.getFirst().cancel();
                assertThat(s.peer().receiveBytes(written)).hasSize(written);
                assertThatThrownBy(() -> await(tasks.getFirst())).isInstanceOf(CancelledError.class);
                await(tasks.get(1));
                await(tasks.get(2));
            }
        });
    }

    @Test
    void drainNeedsATask() throws Exception {
        run(() -> {
            try (Streamed s = open()) {
                List<Throwable> thrown = new ArrayList<>();
                runningLoop().callSoon(() -> {
                    try {
                        s.writer().drain();
                    } catch (IllegalStateException | IOException e) {
                        thrown.add(e);
                    }
                });
                Until.settled();
                assertThat(thrown).hasSize(1);
                assertThat(thrown.getFirst()).hasMessageContaining("drain suspends, so it needs a task");
            }
        });
    }

    // -- the end of the connection --------------------------------------------------------------------------------

    @Test
    void writingAfterCloseIsRefused() throws Exception {
        run(() -> {
            try (Streamed s = open()) {
                s.writer().close();
                assertThat(s.writer().isClosing()).isTrue();
                for (int i = 0; i < 2; i++) {
                    assertThatThrownBy(() -> s.writer().write("x"))
                            .isInstanceOf(ConnectionLostException.class)
                            .hasMessageMatching("cannot write to /127.0.0.1:\\d+: the connection is closed")
                            .hasNoCause();
                    assertThatThrownBy(() -> s.writer().drain()).isInstanceOf(ConnectionLostException.class);
                    assertThatThrownBy(() -> s.writer().writeEof()).isInstanceOf(ConnectionLostException.class);
                    assertThatThrownBy(() -> s.writer().writeLines(List.of()))
                            .isInstanceOf(ConnectionLostException.class);
                    s.writer().waitClosed();
                }
                s.writer().close();
                assertThat(s.peer().receiveAll()).isEmpty();
            }
        });
    }

    @Test
    void closeStillSendsWhatWasWritten() throws Exception {
        run(() -> {
            try (Streamed s = open()) {
                int written = fill(s.writer());
                s.writer().close();
                Task<Void> closed = createTask(() -> s.writer().waitClosed());
                Until.settled();
                assertThat(closed.done()).isFalse();
                assertThat(s.peer().receiveAll()).hasSize(written);
                await(closed);
            }
        });
    }

    @Test
    void afterAResetEverythingSaysSo() throws Exception {
        run(() -> {
            try (Streamed s = open()) {
                s.peer().reset();
                assertThatThrownBy(() -> {
                            while (true) {
                                s.writer().write("are you there? ");
                                sleep(Duration.ZERO);
                            }
                        })
                        .isInstanceOf(ConnectionLostException.class)
                        .hasMessageContaining("cannot write to /127.0.0.1:")
                        .hasMessageContaining("the connection was lost: ")
                        .hasCauseInstanceOf(IOException.class);
                assertThatThrownBy(() -> s.writer().write("x")).isInstanceOf(ConnectionLostException.class);
                assertThatThrownBy(() -> s.writer().drain()).isInstanceOf(ConnectionLostException.class);
                assertThatThrownBy(() -> s.writer().waitClosed())
                        .isInstanceOf(ConnectionLostException.class)
                        .hasCauseInstanceOf(IOException.class);
                assertThatThrownBy(() -> s.reader().read(1)).isInstanceOf(ConnectionLostException.class);
            }
        });
    }

    @Test
    void aResetWakesWhoeverDrains() throws Exception {
        run(() -> {
            try (Streamed s = open()) {
                fill(s.writer());
                Task<Void> drain = createTask(() -> s.writer().drain());
                Task<Void> closed = createTask(() -> s.writer().waitClosed());
                Until.settled();
                s.peer().reset();
                assertThatThrownBy(() -> await(drain)).isInstanceOf(ConnectionLostException.class);
                assertThatThrownBy(() -> await(closed)).isInstanceOf(ConnectionLostException.class);
            }
        });
    }

    @Test
    void abortWakesWhoeverDrainsBecauseBytesAreLost() throws Exception {
        run(() -> {
            try (Streamed s = open()) {
                fill(s.writer());
                Task<Void> drain = createTask(() -> s.writer().drain());
                Until.settled();
                s.connection().abort();
                assertThatThrownBy(() -> await(drain))
                        .isInstanceOf(ConnectionLostException.class)
                        .hasMessageContaining("the connection is closed");
                s.writer().waitClosed();
            }
        });
    }

    @Test
    void whoeverDrainsWhileTheConnectionIsClosedInOrderIsNotDisturbed() throws Exception {
        run(() -> {
            try (Streamed s = open()) {
                int written = fill(s.writer());
                Task<Void> drain = createTask(() -> s.writer().drain());
                Until.settled();
                s.writer().close();
                assertThat(s.peer().receiveAll()).hasSize(written);
                await(drain);
            }
        });
    }

    // -- what else there is to know -------------------------------------------------------------------------------

    @Test
    void factsAboutTheConnectionAreThere() throws Exception {
        run(() -> {
            try (Streamed s = open()) {
                assertThat(s.writer().getExtraInfo("peername"))
                        .isEqualTo(s.peer().socket().getLocalAddress());
                assertThat(s.connection().getExtraInfo(ExtraInfo.SOCKNAME))
                        .isEqualTo(s.peer().socket().getRemoteAddress());
                assertThat(s.connection().getExtraInfo("no such")).isNull();
                assertThat(s.writer().toString())
                        .isEqualTo("StreamWriter[to " + s.peer().socket().getLocalAddress() + ", 0 bytes to send]");
                assertThat(s.connection().toString())
                        .isEqualTo("Connection[" + s.peer().socket().getRemoteAddress() + " -> "
                                + s.peer().socket().getLocalAddress() + ", open, 0 bytes to read, 0 to send]");
            }
        });
    }
}
