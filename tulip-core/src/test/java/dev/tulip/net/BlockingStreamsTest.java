package dev.tulip.net;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tulip.loop.EventLoop;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/**
 * What the loop and a thread have in turns: the piece that is read, the stream that is written to. Each has a twin that
 * does not wait for its turn.
 */
class BlockingStreamsTest {
    private static final int PIECES = 2_000;

    /** Fills each array with one number, which is another one the next time. */
    private static final class Numbers extends InputStream {
        private byte next;

        @Override
        public int read() {
            throw new AssertionError("not byte by byte");
        }

        @Override
        public int read(byte[] bytes, int offset, int length) {
            next++;
            for (int i = 0; i < length; i++) {
                bytes[offset + i] = next;
            }
            return length;
        }
    }

    /** Whoever reads the numbers, a piece for each request, and runs something on the loop when one is there. */
    private interface Reader {
        void ask();

        ByteBuffer piece();

        void close();
    }

    /** {@return in how many pieces there was anything but the next number} */
    private static int wrongPieces(EventLoop loop, ReaderFactory factory) {
        int[] wrong = {0};
        byte[] expected = {0};
        Reader[] reader = {null};
        int[] left = {PIECES};
        reader[0] = factory.make(() -> {
            byte[] seen = new byte[reader[0].piece().remaining()];
            reader[0].piece().get(0, seen);
            expected[0]++;
            byte[] right = new byte[seen.length];
            Arrays.fill(right, expected[0]);
            if (!Arrays.equals(seen, right)) {
                wrong[0]++;
            }
            if (--left[0] == 0) {
                loop.stop();
            } else {
                reader[0].ask();
            }
        });
        reader[0].ask();
        loop.runForever();
        reader[0].close();
        return wrong[0];
    }

    private interface ReaderFactory {
        Reader make(Runnable onRead);
    }

    @Test
    void aPieceIsNotTouchedWhileTheLoopLooksAtIt() {
        try (EventLoop loop = EventLoop.create()) {
            int wrong = wrongPieces(loop, onRead -> {
                BlockingInput input = new BlockingInput(loop, new Numbers(), null, loop.blockingExecutor(), onRead);
                return new Reader() {
                    @Override
                    public void ask() {
                        input.ask();
                    }

                    @Override
                    public ByteBuffer piece() {
                        return input.piece();
                    }

                    @Override
                    public void close() {
                        input.close();
                    }
                };
            });
            assertThat(wrong).isZero();
        }
    }

    @Test
    void aTwinThatReadsOnWithoutBeingAskedSpoilsIt() {
        int wrong = 0;
        for (int attempt = 0; attempt < 100 && wrong == 0; attempt++) {
            try (EventLoop loop = EventLoop.create()) {
                wrong = wrongPieces(loop, onRead -> new Impatient(loop, onRead));
            }
        }
        assertThat(wrong).isPositive();
    }

    /** Reads the next piece into the same memory as soon as it has told the loop of the last one. */
    private static final class Impatient implements Reader {
        private final Numbers numbers = new Numbers();
        private final ByteBuffer piece = ByteBuffer.allocate(10_000);
        private final Thread thread;
        private boolean started;

        private Impatient(EventLoop loop, Runnable onRead) {
            thread = Thread.ofPlatform().daemon().unstarted(() -> {
                for (int i = 0; i < PIECES; i++) {
                    numbers.read(piece.array(), 0, piece.capacity());
                    try {
                        loop.callSoonThreadsafe(onRead);
                    } catch (IllegalStateException e) {
                        return;
                    }
                }
            });
        }

        @Override
        public void ask() {
            if (!started) {
                started = true;
                thread.start();
            }
        }

        @Override
        public ByteBuffer piece() {
            return piece;
        }

        @Override
        public void close() {
            try {
                thread.join();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }

    // -- writing --------------------------------------------------------------------------------------------------

    /** Something that is written to on a thread and closed by the loop. */
    private interface Writer {
        void write();

        void close();
    }

    private static final class Closings extends OutputStream {
        private final AtomicInteger count = new AtomicInteger();

        @Override
        public void write(int value) {}

        @Override
        public void close() {
            count.incrementAndGet();
        }
    }

    private interface WriterFactory {
        Writer make(Closings stream);
    }

    /** Closes while a thread writes, many times. Returns how often the stream was not closed exactly once. */
    private static int wronglyClosed(WriterFactory factory, Supplier<Boolean> quiet) throws Exception {
        Closings[] streams = new Closings[2_000];
        for (int i = 0; i < streams.length; i++) {
            streams[i] = new Closings();
            Writer writer = factory.make(streams[i]);
            writer.write();
            for (int delay = i % 200; delay > 0; delay--) {
                Thread.onSpinWait();
            }
            writer.close();
        }
        while (!quiet.get()) {
            Thread.sleep(1); // the threads are still at it
        }
        return (int)
                Arrays.stream(streams).filter(stream -> stream.count.get() != 1).count();
    }

    @Test
    void aStreamThatIsClosedWhileAThreadWritesIsClosedOnce() throws Exception {
        AtomicInteger closed = new AtomicInteger();
        try (EventLoop loop = EventLoop.create()) {
            int wrong = wronglyClosed(
                    stream -> {
                        BlockingOutput output = new BlockingOutput(
                                loop,
                                new java.io.FilterOutputStream(stream) {
                                    @Override
                                    public void close() throws java.io.IOException {
                                        super.close();
                                        closed.incrementAndGet();
                                    }
                                },
                                null,
                                () -> {});
                        return new Writer() {
                            @Override
                            public void write() {
                                output.write(new byte[1]);
                            }

                            @Override
                            public void close() {
                                output.close();
                            }
                        };
                    },
                    () -> closed.get() >= 2_000);
            assertThat(wrong).isZero();
        }
    }

    @Test
    void aTwinThatLooksWhetherAThreadWritesClosesWrongly() throws Exception {
        int wrong = 0;
        for (int attempt = 0; attempt < 100 && wrong == 0; attempt++) {
            AtomicInteger ended = new AtomicInteger();
            wrong = wronglyClosed(stream -> new LookThenClose(stream, ended), () -> ended.get() == 2_000);
        }
        assertThat(wrong).isPositive();
    }

    /** Looks, then acts: the other may act in between. */
    private static final class LookThenClose implements Writer {
        private final Closings stream;
        private final AtomicInteger ended;
        private volatile boolean writing;
        private volatile boolean closed;

        private LookThenClose(Closings stream, AtomicInteger ended) {
            this.stream = stream;
            this.ended = ended;
        }

        @Override
        public void write() {
            writing = true;
            Thread.ofVirtual().start(() -> {
                boolean wanted = closed;
                Thread.yield(); // let the other look, too
                writing = false;
                if (wanted) {
                    stream.close();
                }
                ended.incrementAndGet();
            });
        }

        @Override
        public void close() {
            if (writing) {
                closed = true;
            } else {
                stream.close();
            }
        }
    }
}
