package dev.tulip.tests.net;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.sleep;
import static dev.tulip.net.Network.sendFile;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Future;
import dev.tulip.loop.Task;
import dev.tulip.net.Protocol;
import dev.tulip.net.Transport;
import dev.tulip.net.WaterMarks;
import dev.tulip.tests.support.Recorder;
import dev.tulip.tests.support.Until;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.NonReadableChannelException;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files: row H1 of asyncio. True is a plain transport, false one that can only be written to, as TLS. */
class SendFileTest {
    private static final int SIZE = 20_000_000;

    private final byte[] content = new byte[SIZE];
    private FileChannel file;

    @BeforeEach
    void makeFile(@TempDir Path folder) throws IOException {
        new Random(1).nextBytes(content);
        file = FileChannel.open(Files.write(folder.resolve("file"), content), StandardOpenOption.READ);
    }

    @AfterEach
    void closeFile() throws IOException {
        file.close();
    }

    /** A transport of another kind: passes everything on. */
    private record Wrapped(Transport inner) implements Transport {
        static Transport unless(boolean plain, Transport transport) {
            return plain ? transport : new Wrapped(transport);
        }

        @Override
        public void close() {
            inner.close();
        }

        @Override
        public void abort() {
            inner.abort();
        }

        @Override
        public boolean isClosing() {
            return inner.isClosing();
        }

        @Override
        public EventLoop getLoop() {
            return inner.getLoop();
        }

        @Override
        public Object getExtraInfo(String name) {
            return inner.getExtraInfo(name);
        }

        @Override
        public int getWriteBufferSize() {
            return inner.getWriteBufferSize();
        }

        @Override
        public WaterMarks getWriteBufferLimits() {
            return inner.getWriteBufferLimits();
        }

        @Override
        public void setWriteBufferLimits(WaterMarks marks) {
            inner.setWriteBufferLimits(marks);
        }

        @Override
        public void write(ByteBuffer data) {
            inner.write(data);
        }

        @Override
        public void writeLines(List<ByteBuffer> data) {
            inner.writeLines(data);
        }

        @Override
        public void writeEof() {
            inner.writeEof();
        }

        @Override
        public boolean canWriteEof() {
            return inner.canWriteEof();
        }

        @Override
        public void pauseReading() {
            inner.pauseReading();
        }

        @Override
        public void resumeReading() {
            inner.resumeReading();
        }

        @Override
        public boolean isReading() {
            return inner.isReading();
        }

        @Override
        public void setProtocol(Protocol protocol) {
            inner.setProtocol(protocol);
        }

        @Override
        public Protocol getProtocol() {
            return inner.getProtocol();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aFileArrivesBetweenWhatIsWrittenBeforeAndAfter(boolean plain) throws Exception {
        run(() -> {
            try (Connected<Recorder> c = Connected.with(new Recorder())) {
                Transport transport = Wrapped.unless(plain, c.transport());
                Task<byte[]> reader = createTask(c.peer()::receiveAll);
                transport.write(new byte[3_000_000]); // more than the socket takes
                assertThat(sendFile(transport, file, 0, SIZE)).isEqualTo(SIZE);
                transport.write("after".getBytes());
                transport.close();
                byte[] received = await(reader);
                assertThat(received).hasSize(3_000_000 + SIZE + 5);
                assertThat(Arrays.equals(received, 3_000_000, 3_000_000 + SIZE, content, 0, SIZE))
                        .isTrue();
                assertThat(new String(received, 3_000_000 + SIZE, 5)).isEqualTo("after");
                assertThat(file.position()).isZero();
                assertThat(c.protocol().awaitLost()).isNull();
            }
        });
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anyPartOfAFileCanBeSent(boolean plain) throws Exception {
        run(() -> {
            try (Connected<Recorder> c = Connected.with(new Recorder())) {
                Transport transport = Wrapped.unless(plain, c.transport());
                assertThat(sendFile(transport, file, 1000, 10)).isEqualTo(10);
                assertThat(c.peer().receiveBytes(10)).isEqualTo(Arrays.copyOfRange(content, 1000, 1010));
                assertThat(sendFile(transport, file, 5, 0)).isZero();
                assertThat(sendFile(transport, file, SIZE, 10)).isZero();
                assertThat(sendFile(transport, file, SIZE + 1000L, 10)).isZero();
                assertThat(sendFile(transport, file, SIZE - 7, Long.MAX_VALUE)).isEqualTo(7);
                assertThat(c.peer().receiveBytes(7)).isEqualTo(Arrays.copyOfRange(content, SIZE - 7, SIZE));
                assertThatThrownBy(() -> sendFile(transport, file, -1, 10))
                        .isInstanceOf(IllegalArgumentException.class);
                assertThatThrownBy(() -> sendFile(transport, file, 0, -1)).isInstanceOf(IllegalArgumentException.class);
            }
        });
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aPeerThatDoesNotReadHoldsTheSenderUpButNotTheLoop(boolean plain) throws Exception {
        run(() -> {
            try (Connected<Recorder> c = Connected.with(new Recorder())) {
                Task<Long> sender = createTask(() -> sendFile(Wrapped.unless(plain, c.transport()), file, 0, SIZE));
                sleep(Duration.ofMillis(50));
                assertThat(sender.done()).isFalse();
                assertThat(c.transport().getWriteBufferSize()).isLessThan(64 * 1024 + 64 * 1024 + 1);
                byte[] received = c.peer().receiveBytes(SIZE);
                assertThat(Arrays.equals(received, content)).isTrue();
                assertThat(await(sender)).isEqualTo(SIZE);
            }
        });
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void nothingIsReadMeanwhileAndReadingGoesOnAsItWas(boolean plain) throws Exception {
        run(() -> {
            for (boolean paused : new boolean[] {false, true}) {
                try (Connected<Recorder> c = Connected.with(new Recorder())) {
                    if (paused) {
                        c.transport().pauseReading();
                    }
                    Task<Long> sender = createTask(() -> sendFile(Wrapped.unless(plain, c.transport()), file, 0, SIZE));
                    sleep(Duration.ZERO);
                    c.peer().send("question");
                    Until.settled();
                    assertThat(c.protocol().text()).isEmpty();
                    c.peer().receiveBytes(SIZE);
                    await(sender);
                    if (paused) {
                        Until.settled();
                        assertThat(c.protocol().text()).isEmpty();
                        c.transport().resumeReading();
                    }
                    Until.holds("question", () -> c.protocol().text().equals("question"));
                    assertThat(c.transport().getProtocol()).isSameAs(c.protocol());
                }
            }
        });
    }

    @Test
    void nobodyElseWritesMeanwhile() throws Exception {
        run(() -> {
            try (Connected<Recorder> c = Connected.with(new Recorder())) {
                Task<Long> sender = createTask(() -> sendFile(c.transport(), file, 0, SIZE));
                sleep(Duration.ZERO);
                for (Task<?> refused : List.<Task<?>>of(
                        createTask(() -> c.transport().write(new byte[1])),
                        createTask(() -> c.transport().writeLines(List.of())),
                        createTask(c.transport()::writeEof),
                        createTask(() -> sendFile(c.transport(), file, 0, 1)))) {
                    assertThatThrownBy(() -> await(refused))
                            .isInstanceOf(IllegalStateException.class)
                            .hasMessageContaining("while a file is sent");
                }
                assertThat(Arrays.equals(c.peer().receiveBytes(SIZE), content)).isTrue();
                await(sender);
                c.transport().writeEof();
                assertThatThrownBy(() -> sendFile(c.transport(), file, 0, 1))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("after writeEof()");
            }
        });
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aClosingTransportTakesNoFile(boolean plain) throws Exception {
        run(() -> {
            try (Connected<Recorder> c = Connected.with(new Recorder())) {
                c.transport().close();
                assertThatThrownBy(() -> sendFile(Wrapped.unless(plain, c.transport()), file, 0, 1))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("cannot send a file to");
            }
        });
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aPeerThatGoesInTheMiddleIsAnError(boolean plain) throws Exception {
        run(() -> {
            try (Connected<Recorder> c = Connected.with(new Recorder())) {
                Task<Long> sender = createTask(() -> sendFile(Wrapped.unless(plain, c.transport()), file, 0, SIZE));
                c.peer().receiveBytes(100_000);
                c.peer().reset();
                assertThatThrownBy(() -> await(sender)).isInstanceOf(IOException.class);
                c.protocol().awaitLost();
                assertThat(c.protocol().events.stream().filter(e -> e.startsWith("lost")))
                        .hasSize(1);
            }
        });
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void abortInTheMiddleEndsTheSending(boolean plain) throws Exception {
        run(() -> {
            for (int millis : new int[] {0, 1, 2, 20}) {
                try (Connected<Recorder> c = Connected.with(new Recorder())) {
                    Task<Long> sender = createTask(() -> sendFile(Wrapped.unless(plain, c.transport()), file, 0, SIZE));
                    sleep(Duration.ofMillis(millis));
                    c.transport().abort();
                    assertThatThrownBy(() -> await(sender))
                            .isInstanceOf(millis == 0 ? Exception.class : IOException.class);
                    assertThat(c.protocol().awaitLost()).isNull();
                    byte[] received = c.peer().receiveAll();
                    assertThat(Arrays.equals(received, Arrays.copyOf(content, received.length)))
                            .isTrue();
                }
            }
        });
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aCancelledSendingHasSentABeginningAndTheTransportLives(boolean plain) throws Exception {
        run(() -> {
            for (int millis : new int[] {0, 1, 2, 20}) {
                try (Connected<Recorder> c = Connected.with(new Recorder())) {
                    Task<Long> sender = createTask(() -> sendFile(Wrapped.unless(plain, c.transport()), file, 0, SIZE));
                    sleep(Duration.ofMillis(millis));
                    sender.cancel();
                    assertThatThrownBy(() -> await(sender)).isInstanceOf(CancelledError.class);
                    assertThat(c.transport().isClosing()).isFalse();
                    assertThat(c.transport().getProtocol()).isSameAs(c.protocol());
                    c.transport().write("TAIL".getBytes());
                    c.transport().writeEof();
                    byte[] received = c.peer().receiveAll();
                    int sent = received.length - 4;
                    assertThat(Arrays.equals(received, 0, sent, content, 0, sent))
                            .isTrue();
                    assertThat(new String(received, sent, 4)).isEqualTo("TAIL");
                    c.peer().send("alive");
                    Until.holds("alive", () -> c.protocol().text().equals("alive"));
                }
            }
        });
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aFileThatCannotBeReadIsAnErrorOfTheCallAndTheTransportLives(boolean plain) throws Exception {
        run(() -> {
            try (Connected<Recorder> c = Connected.with(new Recorder());
                    FileChannel unreadable = FileChannel.open(
                            Files.createTempFile("unreadable", ""),
                            StandardOpenOption.WRITE,
                            StandardOpenOption.DELETE_ON_CLOSE)) {
                Transport transport = Wrapped.unless(plain, c.transport());
                assertThatThrownBy(() -> sendFile(transport, unreadable, 0, 10))
                        .isInstanceOf(NonReadableChannelException.class);
                closeFile();
                assertThatThrownBy(() -> sendFile(transport, file, 0, 10)).isInstanceOf(ClosedChannelException.class);
                transport.write("alive".getBytes());
                assertThat(c.peer().receive(5)).isEqualTo("alive");
            }
        });
    }

    // -- while the executor's thread has the socket ---------------------------------------------------------------

    /** A file that is read only when a gate is open, as one on a slow disk. */
    private static final class SlowFile extends FileChannel {
        private final FileChannel file;
        private final CountDownLatch entered = new CountDownLatch(1);
        private final CountDownLatch gate = new CountDownLatch(1);

        private SlowFile(FileChannel file) {
            this.file = file;
        }

        @Override
        public long transferTo(long position, long count, WritableByteChannel target) throws IOException {
            awaitGate();
            return file.transferTo(position, count, target);
        }

        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            awaitGate();
            return file.read(target, position);
        }

        private void awaitGate() {
            entered.countDown();
            try {
                gate.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public long size() throws IOException {
            return file.size();
        }

        @Override
        public int read(ByteBuffer target) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long read(ByteBuffer[] targets, int offset, int length) {
            throw new UnsupportedOperationException();
        }

        @Override
        public int write(ByteBuffer source) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long write(ByteBuffer[] sources, int offset, int length) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long position() {
            throw new UnsupportedOperationException();
        }

        @Override
        public FileChannel position(long position) {
            throw new UnsupportedOperationException();
        }

        @Override
        public FileChannel truncate(long size) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void force(boolean metaData) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long transferFrom(ReadableByteChannel source, long position, long count) {
            throw new UnsupportedOperationException();
        }

        @Override
        public int write(ByteBuffer source, long position) {
            throw new UnsupportedOperationException();
        }

        @Override
        public MappedByteBuffer map(MapMode mode, long position, long size) {
            throw new UnsupportedOperationException();
        }

        @Override
        public FileLock lock(long position, long size, boolean shared) {
            throw new UnsupportedOperationException();
        }

        @Override
        public FileLock tryLock(long position, long size, boolean shared) {
            throw new UnsupportedOperationException();
        }

        @Override
        protected void implCloseChannel() {}
    }

    private Task<Long> sendSlowly(SlowFile slow, Connected<Recorder> c) {
        return sendSlowly(slow, c.transport());
    }

    private Task<Long> sendSlowly(SlowFile slow, Transport transport) {
        Task<Long> sender = createTask(() -> sendFile(transport, slow, 0, 1000));
        Until.holds("the thread has the file", () -> slow.entered.getCount() == 0);
        return sender;
    }

    @Test
    void aCancelDoesNotInterruptTheThreadBecauseThatWouldCloseTheFile() throws Exception {
        run(() -> {
            SlowFile slow = new SlowFile(file);
            try (Connected<Recorder> c = Connected.with(new Recorder())) {
                Task<Long> sender = sendSlowly(slow, Wrapped.unless(false, c.transport()));
                sender.cancel();
                Until.settled();
                assertThat(sender.done()).isFalse();
                slow.gate.countDown();
                assertThatThrownBy(() -> await(sender)).isInstanceOf(CancelledError.class);
                c.transport().write("alive".getBytes());
                assertThat(c.peer().receive(5)).isEqualTo("alive");
                sendFile(Wrapped.unless(false, c.transport()), file, 0, 1000);
                assertThat(c.peer().receiveBytes(1000)).isEqualTo(Arrays.copyOf(content, 1000));
            }
        });
    }

    @Test
    void aSecondCancelDoesNotWaitForAFileThatIsReadByThread() throws Exception {
        run(() -> {
            SlowFile slow = new SlowFile(file);
            try (Connected<Recorder> c = Connected.with(new Recorder())) {
                Task<Long> sender = sendSlowly(slow, Wrapped.unless(false, c.transport()));
                sender.cancel();
                Until.settled();
                sender.cancel();
                assertThatThrownBy(() -> await(sender)).isInstanceOf(CancelledError.class);
                c.transport().write("alive".getBytes());
                assertThat(c.peer().receive(5)).isEqualTo("alive");
            }
            slow.gate.countDown();
        });
    }

    @Test
    void aCancelWaitsForTheThreadSoThatNothingComesBetween() throws Exception {
        run(() -> {
            SlowFile slow = new SlowFile(file);
            try (Connected<Recorder> c = Connected.with(new Recorder())) {
                Task<Long> sender = sendSlowly(slow, c);
                sender.cancel();
                Until.settled();
                assertThat(sender.done()).isFalse();
                slow.gate.countDown();
                assertThatThrownBy(() -> await(sender)).isInstanceOf(CancelledError.class);
                c.transport().write("TAIL".getBytes());
                assertThat(c.peer().receiveBytes(1004))
                        .startsWith(Arrays.copyOf(content, 1000))
                        .endsWith("TAIL".getBytes());
            }
        });
    }

    @Test
    void aSecondCancelAbortsTheTransportWhoseSocketIsClosedWhenTheThreadIsBack() throws Exception {
        run(() -> {
            SlowFile slow = new SlowFile(file);
            try (Connected<Recorder> c = Connected.with(new Recorder())) {
                Task<Long> sender = sendSlowly(slow, c);
                sender.cancel();
                Until.settled();
                sender.cancel();
                assertThatThrownBy(() -> await(sender)).isInstanceOf(CancelledError.class);
                assertThat(c.transport().isClosing()).isTrue();
                Until.settled();
                assertThat(c.protocol().isLost()).isFalse();
                slow.gate.countDown();
                assertThat(c.protocol().awaitLost()).isNull();
                c.peer().receiveAll();
            }
        });
    }

    @Test
    void anAbortIsDoneWhenTheThreadIsBack() throws Exception {
        run(() -> {
            SlowFile slow = new SlowFile(file);
            try (Connected<Recorder> c = Connected.with(new Recorder())) {
                Task<Long> sender = sendSlowly(slow, c);
                c.transport().abort();
                Until.settled();
                assertThat(c.protocol().isLost()).isFalse();
                slow.gate.countDown();
                assertThat(c.protocol().awaitLost()).isNull();
                assertThat(await(sender)).isEqualTo(1000); // it was sent after all
            }
        });
    }

    @Test
    void withoutAnExecutorNothingIsSentAndTheTransportLives() throws Exception {
        run(() -> {
            try (Connected<Recorder> c = Connected.with(new Recorder())) {
                runningLoop().shutdownDefaultExecutor(Duration.ofMinutes(1));
                assertThatThrownBy(() -> sendFile(c.transport(), file, 0, 10))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("Executor shutdown");
                c.transport().write("alive".getBytes());
                assertThat(c.peer().receive(5)).isEqualTo("alive");
            }
        });
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anExecutorThatIsBusyHoldsTheSendingUpButNotItsCancelling(boolean plain) throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        run(() -> {
            runningLoop().setDefaultExecutor(Executors.newSingleThreadExecutor());
            Future<?> busy = runningLoop().runInExecutor(null, () -> {
                gate.await();
                return null;
            });
            try (Connected<Recorder> c = Connected.with(new Recorder())) {
                Task<Long> sender = createTask(() -> sendFile(Wrapped.unless(plain, c.transport()), file, 0, SIZE));
                Until.settled();
                sender.cancel();
                assertThatThrownBy(() -> await(sender)).isInstanceOf(CancelledError.class);
                c.transport().write("only this".getBytes());
                Task<Long> aborted = createTask(() -> sendFile(Wrapped.unless(plain, c.transport()), file, 0, SIZE));
                Until.settled();
                gate.countDown();
                await(busy);
                assertThat(c.peer().receiveBytes(20))
                        .startsWith("only this".getBytes())
                        .endsWith(Arrays.copyOf(content, 11));
                c.transport().abort();
                assertThatThrownBy(() -> await(aborted)).isInstanceOf(IOException.class);
            }
        });
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void theProtocolIsToldOfTheEndAndNoMoreThanOnce(boolean plain) throws Exception {
        run(() -> {
            try (Connected<Recorder> c = Connected.with(new Recorder())) {
                Task<Long> sender = createTask(() -> sendFile(Wrapped.unless(plain, c.transport()), file, 0, SIZE));
                sleep(Duration.ofMillis(20));
                c.transport().close();
                Task<byte[]> reader = createTask(c.peer()::receiveAll);
                assertThatThrownBy(() -> await(sender)).isInstanceOf(IOException.class);
                assertThat(c.protocol().awaitLost()).isNull();
                await(reader);
                Until.settled();
                assertThat(c.protocol().events).endsWith("lost").doesNotHaveDuplicates();
            }
        });
    }
}
