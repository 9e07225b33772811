package dev.tulip.tests.process;

import static dev.tulip.Tulip.connectReadPipe;
import static dev.tulip.Tulip.connectWritePipe;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.toThread;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.Task;
import dev.tulip.net.ExtraInfo;
import dev.tulip.net.Pipes;
import dev.tulip.net.Transport;
import dev.tulip.streams.ConnectionLostException;
import dev.tulip.streams.StreamReader;
import dev.tulip.streams.StreamReaderProtocol;
import dev.tulip.streams.StreamWriter;
import dev.tulip.tests.support.Errors;
import dev.tulip.tests.support.Recorder;
import dev.tulip.tests.support.Spawn;
import dev.tulip.tests.support.Until;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.Pipe;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Transports on pipes of the JDK, on streams that block, and on FIFOs: rows I1 and I2 of asyncio. */
class PipesTest {
    @TempDir
    Path directory;

    // -- pipes of the JDK: reading --------------------------------------------------------------------------------

    @Test
    void whatComesThroughAPipeIsReadAndTheEndEndsTheTransport() throws Exception {
        run(() -> {
            Pipe pipe = Pipe.open();
            Recorder recorder = connectReadPipe(() -> new Recorder().keepingOpen(), pipe.source())
                    .protocol();
            pipe.sink().write(ByteBuffer.wrap("abc".getBytes()));
            Until.holds("it came", () -> recorder.text().equals("abc"));
            pipe.sink().close();
            assertThat(recorder.awaitLost()).isNull();
            assertThat(recorder.events).containsExactly("made", "data abc", "end", "lost");
            assertThat(pipe.source().isOpen()).isFalse();
        });
    }

    @Test
    void aPausedPipeIsNotReadAndGoesOnWhereItWas() throws Exception {
        run(() -> {
            Pipe pipe = Pipe.open();
            Transport transport = connectReadPipe(Recorder::new, pipe.source()).transport();
            Recorder recorder = (Recorder) transport.getProtocol();
            transport.pauseReading();
            pipe.sink().write(ByteBuffer.wrap("abc".getBytes()));
            Until.settled();
            assertThat(recorder.received.size()).isZero();
            transport.resumeReading();
            Until.holds("it came", () -> recorder.text().equals("abc"));
            transport.close();
            assertThat(recorder.awaitLost()).isNull();
            pipe.sink().close();
        });
    }

    @Test
    void aReadingEndRefusesToWrite() throws Exception {
        run(() -> {
            Pipe pipe = Pipe.open();
            Transport transport = connectReadPipe(Recorder::new, pipe.source()).transport();
            assertThat(transport.canWriteEof()).isFalse();
            assertThatThrownBy(() -> transport.write(new byte[1]))
                    .isInstanceOf(UnsupportedOperationException.class)
                    .hasMessageContaining("nobody can write to Transport[open, from a pipe, reading]");
            assertThatThrownBy(transport::writeEof).isInstanceOf(UnsupportedOperationException.class);
            assertThat(transport.getExtraInfo(ExtraInfo.PIPE)).isSameAs(pipe.source());
            transport.abort();
            pipe.sink().close();
        });
    }

    @Test
    void aClosedPipeIsRefused() throws Exception {
        run(() -> {
            Pipe pipe = Pipe.open();
            pipe.source().close();
            pipe.sink().close();
            assertThatThrownBy(() -> connectReadPipe(Recorder::new, pipe.source()))
                    .isInstanceOf(ClosedChannelException.class);
            assertThatThrownBy(() -> connectWritePipe(Recorder::new, pipe.sink()))
                    .isInstanceOf(ClosedChannelException.class);
        });
    }

    @Test
    void aFactoryThatFailsClosesThePipe() throws Exception {
        run(() -> {
            Pipe pipe = Pipe.open();
            assertThatThrownBy(() -> connectReadPipe(
                            () -> {
                                throw new IllegalStateException("on purpose");
                            },
                            pipe.source()))
                    .hasMessage("on purpose");
            assertThat(pipe.source().isOpen()).isFalse();
            pipe.sink().close();
        });
    }

    // -- pipes of the JDK: writing --------------------------------------------------------------------------------

    @Test
    void whatIsWrittenArrivesAndWriteEofEndsIt() throws Exception {
        run(() -> {
            Pipe pipe = Pipe.open();
            Transport transport = connectWritePipe(Recorder::new, pipe.sink()).transport();
            transport.write("abc".getBytes());
            transport.writeEof();
            assertThat(transport.isClosing()).isFalse();
            assertThatThrownBy(() -> transport.write("d".getBytes()))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("after writeEof()");
            Recorder recorder = (Recorder) transport.getProtocol();
            assertThat(recorder.awaitLost()).isNull();
            ByteBuffer buffer = ByteBuffer.allocate(10);
            assertThat(pipe.source().read(buffer)).isEqualTo(3);
            assertThat(pipe.source().read(buffer)).isEqualTo(-1);
            pipe.source().close();
        });
    }

    @Test
    void aFullPipePausesTheProtocolAndResumesIt() throws Exception {
        run(() -> {
            Pipe pipe = Pipe.open();
            Transport transport = connectWritePipe(Recorder::new, pipe.sink()).transport();
            Recorder recorder = (Recorder) transport.getProtocol();
            transport.write(new byte[1_000_000]);
            assertThat(recorder.events).containsExactly("made", "pause");
            transport.close();
            assertThat(recorder.isLost()).isFalse();
            int[] count = {0};
            Thread reader = Spawn.platform("reader", () -> {
                ByteBuffer buffer = ByteBuffer.allocate(100_000);
                while (pipe.source().read(buffer.clear()) >= 0) {
                    count[0] += buffer.position();
                }
            });
            assertThat(recorder.awaitLost()).isNull();
            Until.holds("all was read", () -> !reader.isAlive());
            assertThat(count[0]).isEqualTo(1_000_000);
            assertThat(recorder.events).containsExactly("made", "pause", "resume", "lost");
            pipe.source().close();
        });
    }

    @Test
    void aPipeThatNobodyReadsAnyMoreEndsWithTheError() throws Exception {
        run(() -> {
            Pipe full = Pipe.open();
            Transport waiting = connectWritePipe(Recorder::new, full.sink()).transport();
            waiting.write(new byte[1_000_000]);
            full.source().close();
            assertThat(((Recorder) waiting.getProtocol()).awaitLost())
                    .as("with something to send, at once")
                    .isInstanceOf(IOException.class)
                    .hasMessage("Broken pipe");
            Pipe empty = Pipe.open();
            Transport idle = connectWritePipe(Recorder::new, empty.sink()).transport();
            empty.source().close();
            idle.write(new byte[1]);
            assertThat(((Recorder) idle.getProtocol()).awaitLost())
                    .as("idle, at the next write")
                    .hasMessage("Broken pipe");
        });
    }

    @Test
    void abortDropsWhatWasNotSent() throws Exception {
        run(() -> {
            Pipe pipe = Pipe.open();
            Transport transport = connectWritePipe(Recorder::new, pipe.sink()).transport();
            transport.write(new byte[1_000_000]);
            transport.abort();
            assertThat(transport.getWriteBufferSize()).isZero();
            assertThat(((Recorder) transport.getProtocol()).awaitLost()).isNull();
            pipe.source().close();
        });
    }

    @Test
    void pipesAreStreamsToo() throws Exception {
        run(() -> {
            Pipe pipe = Pipe.open();
            StreamReader reader = connectReadPipe(StreamReaderProtocol::new, pipe.source())
                    .protocol()
                    .connection()
                    .reader();
            StreamWriter writer = connectWritePipe(StreamReaderProtocol::new, pipe.sink())
                    .protocol()
                    .connection()
                    .writer();
            byte[] much = new byte[3_000_000];
            Arrays.fill(much, (byte) 'x');
            createTask(() -> {
                writer.write("line\n");
                writer.write(much);
                writer.drain();
                writer.writeEof();
            });
            assertThat(reader.readLine()).isEqualTo("line");
            assertThat(reader.readToEnd()).isEqualTo(much);
            writer.waitClosed();
        });
    }

    // -- streams that block ---------------------------------------------------------------------------------------

    @Test
    void aStreamThatBlocksIsReadWhileTheLoopGoesOn() throws Exception {
        run(() -> {
            PipedOutputStream other = new PipedOutputStream();
            InputStream stream = new PipedInputStream(other);
            Recorder recorder =
                    connectReadPipe(Recorder::new, stream, "a stream").protocol();
            Until.settled();
            assertThat(recorder.transport()).hasToString("Transport[open, from a stream, reading]");
            toThread(() -> {
                other.write("abc".getBytes());
                other.flush();
            });
            Until.holds("it came", () -> recorder.text().equals("abc"));
            toThread(other::close);
            assertThat(recorder.awaitLost()).isNull();
            assertThat(recorder.events).containsExactly("made", "data abc", "end", "lost");
        });
    }

    @Test
    void aPausedStreamIsReadOnePieceAheadAndNoFurther() throws Exception {
        run(() -> {
            int[] reads = {0};
            InputStream endless = new InputStream() {
                @Override
                public int read() {
                    throw new AssertionError("not byte by byte");
                }

                @Override
                public int read(byte[] bytes, int offset, int length) {
                    reads[0]++;
                    return length;
                }
            };
            Recorder recorder = connectReadPipe(() -> new Recorder().quiet(), endless, "zeros")
                    .protocol();
            Until.holds("it comes", () -> recorder.received.size() > 1_000_000);
            recorder.transport().pauseReading();
            Until.settled();
            int received = recorder.received.size();
            Until.settled();
            assertThat(recorder.received.size()).isEqualTo(received);
            recorder.transport().resumeReading();
            Until.holds("it goes on", () -> recorder.received.size() > received);
            recorder.transport().abort();
            recorder.awaitLost();
        });
    }

    @Test
    void aStreamThatFailsEndsTheTransportWithTheError() throws Exception {
        run(() -> {
            InputStream broken = new InputStream() {
                @Override
                public int read() throws IOException {
                    throw new IOException("on purpose");
                }
            };
            Recorder recorder =
                    connectReadPipe(Recorder::new, broken, "a broken stream").protocol();
            assertThat(recorder.awaitLost()).isInstanceOf(IOException.class).hasMessage("on purpose");
            InputStream worse = new InputStream() {
                @Override
                public int read() {
                    throw new IllegalStateException("a bug");
                }
            };
            recorder = connectReadPipe(Recorder::new, worse, "a broken stream").protocol();
            assertThat(recorder.awaitLost()).isInstanceOf(IOException.class).hasMessageContaining("a bug");
        });
    }

    @Test
    void aTerminalWhoseOtherSideIsGoneHasEnded() throws Exception {
        run(() -> {
            InputStream terminal = new InputStream() {
                @Override
                public int read() throws IOException {
                    throw new IOException("Input/output error");
                }
            };
            Recorder recorder =
                    connectReadPipe(Recorder::new, terminal, "a terminal").protocol();
            assertThat(recorder.awaitLost()).isNull();
            assertThat(recorder.events).containsExactly("made", "end", "lost");
        });
    }

    @Test
    void aProtocolThatFailsEndsTheTransport(Errors errors) throws Exception {
        run(() -> {
            boolean[] closed = {false};
            InputStream stream = new ByteArrayInputStream(new byte[10]) {
                @Override
                public void close() {
                    closed[0] = true;
                }
            };
            Recorder recorder = connectReadPipe(
                            () -> new Recorder() {
                                @Override
                                public void dataReceived(ByteBuffer data) {
                                    throw new IllegalStateException("on purpose");
                                }
                            },
                            stream,
                            "a stream")
                    .protocol();
            assertThat(recorder.awaitLost()).hasMessage("on purpose");
            Until.holds("the stream is closed", () -> closed[0]);
        });
        assertThat(errors.takeOnly().message()).isEqualTo("Fatal error: protocol.dataReceived() call failed.");
    }

    @Test
    void aTransportThatIsClosedWhileItsThreadReadsDoesNotWait() throws Exception {
        PipedOutputStream other = new PipedOutputStream();
        run(() -> {
            PipedInputStream stream = new PipedInputStream(other);
            Recorder recorder =
                    connectReadPipe(Recorder::new, stream, "a stream").protocol();
            Until.settled();
            recorder.transport().close();
            assertThat(recorder.awaitLost()).isNull();
        });
        other.close(); // ends the thread
    }

    @Test
    void aLoopThatIsClosedLetsItsThreadsGo() throws Exception {
        PipedOutputStream other = new PipedOutputStream();
        CountDownLatch written = new CountDownLatch(1);
        run(() -> {
            connectReadPipe(Recorder::new, new PipedInputStream(other), "a stream");
            Transport out = connectWritePipe(
                            Recorder::new,
                            new OutputStream() {
                                @Override
                                public void write(int b) {}

                                @Override
                                public void close() {
                                    written.countDown();
                                }
                            },
                            "another")
                    .transport();
            out.write(new byte[10]);
        });
        written.await();
        other.close();
    }

    @Test
    void aStreamIsWrittenToInOrderAndClosedInTheEnd() throws Exception {
        run(() -> {
            java.io.ByteArrayOutputStream target = new java.io.ByteArrayOutputStream();
            boolean[] closed = {false};
            OutputStream stream = new java.io.FilterOutputStream(target) {
                @Override
                public void close() {
                    closed[0] = true;
                }
            };
            Transport transport =
                    connectWritePipe(Recorder::new, stream, "a stream").transport();
            StringBuilder expected = new StringBuilder();
            for (int i = 0; i < 1000; i++) {
                transport.write((i + " ").getBytes());
                expected.append(i).append(' ');
            }
            transport.close();
            assertThat(((Recorder) transport.getProtocol()).awaitLost()).isNull();
            Until.holds("the stream is closed", () -> closed[0]);
            assertThat(target.toString()).isEqualTo(expected.toString());
        });
    }

    @Test
    void aStreamThatTakesNothingPausesTheProtocolAndAbortDoesNotWait() throws Exception {
        CountDownLatch latch = new CountDownLatch(1);
        run(() -> {
            OutputStream stuck = new OutputStream() {
                @Override
                public void write(int b) {
                    try {
                        latch.await();
                    } catch (InterruptedException e) {
                        throw new AssertionError(e);
                    }
                }
            };
            Recorder recorder =
                    connectWritePipe(Recorder::new, stuck, "a stream").protocol();
            Transport transport = recorder.transport();
            transport.write(new byte[100_000]);
            assertThat(recorder.events).containsExactly("made", "pause");
            assertThat(transport).hasToString("Transport[open, to a stream, 100000 bytes to send]");
            transport.abort();
            assertThat(transport.getWriteBufferSize()).isZero();
            assertThat(recorder.awaitLost()).isNull();
        });
        latch.countDown();
    }

    @Test
    void aStreamThatFailsToBeWrittenEndsTheTransportWithTheError() throws Exception {
        run(() -> {
            OutputStream broken = new OutputStream() {
                @Override
                public void write(int b) throws IOException {
                    throw new IOException("on purpose");
                }
            };
            StreamWriter writer = connectWritePipe(StreamReaderProtocol::new, broken, "a broken stream")
                    .protocol()
                    .connection()
                    .writer();
            writer.write("x");
            assertThatThrownBy(() -> writer.waitClosed())
                    .isInstanceOf(ConnectionLostException.class)
                    .hasMessage("cannot write to a broken stream: the connection was lost: on purpose");
        });
    }

    // -- FIFOs ----------------------------------------------------------------------------------------------------

    @Test
    void bothEndsOfAFifoFindEachOther() throws Exception {
        run(() -> {
            Path fifo = toThread(() -> Fifo.in(directory));
            Task<StreamReader> opening = createTask(() -> Pipes.connectReadPipe(StreamReaderProtocol::new, fifo)
                    .protocol()
                    .connection()
                    .reader());
            Until.settled();
            assertThat(opening.done()).as("nobody has opened it for writing").isFalse();
            StreamWriter writer = Pipes.connectWritePipe(StreamReaderProtocol::new, fifo)
                    .protocol()
                    .connection()
                    .writer();
            StreamReader reader = opening.await();
            writer.write("through a file\n");
            assertThat(reader.readLine()).isEqualTo("through a file");
            writer.close();
            assertThat(reader.readLine()).isNull();
        });
    }

    @Test
    void aTransportOfAFifoCanBeClosedWhileItsThreadReadsAndWrites() throws Exception {
        run(() -> {
            Path fifo = toThread(() -> Fifo.in(directory));
            Task<Recorder> opening =
                    createTask(() -> Pipes.connectReadPipe(Recorder::new, fifo).protocol());
            Recorder writing = Pipes.connectWritePipe(Recorder::new, fifo).protocol();
            Recorder reading = opening.await();
            reading.transport().pauseReading();
            writing.transport().write(new byte[1_000_000]);
            Until.settled();
            writing.transport().abort();
            reading.transport().abort();
            assertThat(writing.awaitLost()).isNull();
            assertThat(reading.awaitLost()).isNull();
        });
    }

    @Test
    void anOpeningThatIsCancelledTakesEffectAtOnceAndLeavesNothing() throws Exception {
        Path fifo = Fifo.in(directory);
        run(() -> {
            Task<Recorder> opening =
                    createTask(() -> Pipes.connectReadPipe(Recorder::new, fifo).protocol());
            Until.settled();
            opening.cancel();
            assertThatThrownBy(() -> opening.await()).isInstanceOf(CancelledError.class);
        });
        Files.writeString(fifo, ""); // the thread that waits in open gets it, and closes it
    }

    @Test
    void aLoopThatIsClosedDuringAnOpeningLeavesNothing() throws Exception {
        Path fifo = Fifo.in(directory);
        run(() -> {
            createTask(() -> Pipes.connectReadPipe(Recorder::new, fifo));
            Until.settled();
        });
        Files.writeString(fifo, "");
    }

    @Test
    void whatIsNoPipeIsRefused() throws Exception {
        run(() -> {
            Path file = Files.writeString(directory.resolve("file"), "content");
            assertThatThrownBy(() -> Pipes.connectReadPipe(Recorder::new, file))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(file + " is a regular file, not a pipe; for files there is toThread");
            assertThatThrownBy(() -> Pipes.connectWritePipe(Recorder::new, file))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> Pipes.connectReadPipe(Recorder::new, directory))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("is a directory");
            assertThatThrownBy(() -> Pipes.connectReadPipe(Recorder::new, directory.resolve("missing")))
                    .isInstanceOf(NoSuchFileException.class);
        });
    }

    @Test
    void aCharacterDeviceCanBeRead() throws Exception {
        run(() -> {
            StreamReader reader = Pipes.connectReadPipe(StreamReaderProtocol::new, Path.of("/dev/zero"))
                    .protocol()
                    .connection()
                    .reader();
            assertThat(reader.readExactly(200_000)).containsOnly(0);
            StreamReader nothing = Pipes.connectReadPipe(StreamReaderProtocol::new, Path.of("/dev/null"))
                    .protocol()
                    .connection()
                    .reader();
            assertThat(nothing.readToEnd()).isEmpty();
        });
    }

    @Test
    void connectingNeedsATask() throws Exception {
        run(() -> {
            Throwable[] refused = {null};
            runningLoop().callSoon(() -> {
                try {
                    connectReadPipe(Recorder::new, InputStream.nullInputStream(), "nothing");
                } catch (IllegalStateException e) {
                    refused[0] = e;
                }
            });
            Until.holds("it was called", () -> refused[0] != null);
            assertThat(refused[0]).hasMessageContaining("connectReadPipe suspends, so it needs a task");
        });
    }
}
