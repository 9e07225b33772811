package dev.tulip.tests.loop;

import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.newEventLoop;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.EventLoop;
import dev.tulip.tests.support.MountedOnly;
import dev.tulip.tests.support.SocketPair;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.Pipe;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.SynchronousQueue;
import org.junit.jupiter.api.Test;

/** Callbacks for channels that are ready: row D1 of asyncio. */
class ReaderWriterTest {
    private final List<Object> order = new ArrayList<>();

    @Test
    void aReaderIsCalledWheneverThereIsSomethingToRead() throws Exception {
        try (SocketPair pair = SocketPair.open();
                EventLoop loop = newEventLoop()) {
            loop.addReader(pair.here(), () -> {
                order.add(read(pair.here(), 1));
                if (order.size() == 3) {
                    loop.stop();
                }
            });
            pair.send("abc"); // level-triggered: one call after the other, a byte each
            loop.runForever();
            assertThat(order).containsExactly("a", "b", "c");
        }
    }

    @Test
    void aReaderIsCalledAtTheEndOfTheStream() throws Exception {
        try (SocketPair pair = SocketPair.open();
                EventLoop loop = newEventLoop()) {
            loop.addReader(pair.here(), () -> {
                order.add(read(pair.here(), 1));
                loop.stop();
            });
            pair.there().close();
            loop.runForever();
            assertThat(order).containsExactly("end");
        }
    }

    @Test
    void aWriterIsCalledWhileTheChannelTakesBytes() throws Exception {
        try (SocketPair pair = SocketPair.open();
                EventLoop loop = newEventLoop()) {
            loop.addWriter(pair.here(), () -> {
                order.add("writable");
                assertThat(loop.removeWriter(pair.here())).isTrue();
                loop.stop();
            });
            loop.runForever();
            assertThat(order).containsExactly("writable");
        }
    }

    @Test
    void aListenerIsReadyForReadingWhenSomebodyConnects() throws Exception {
        try (ServerSocketChannel listener = SocketPair.listener();
                EventLoop loop = newEventLoop()) {
            listener.configureBlocking(false);
            loop.addReader(listener, () -> {
                try (SocketChannel accepted = listener.accept()) {
                    order.add(accepted != null);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
                loop.stop();
            });
            try (SocketChannel client = SocketChannel.open(listener.getLocalAddress())) {
                assertThat(client.isConnected()).isTrue();
                loop.runForever();
            }
            assertThat(order).containsExactly(true);
        }
    }

    @Test
    void aPipeCanBeReadAndWritten() throws Exception {
        Pipe pipe = Pipe.open();
        try (Pipe.SourceChannel source = pipe.source();
                Pipe.SinkChannel sink = pipe.sink();
                EventLoop loop = newEventLoop()) {
            source.configureBlocking(false);
            sink.configureBlocking(false);
            loop.addWriter(sink, () -> {
                write(sink);
                loop.removeWriter(sink);
            });
            loop.addReader(source, () -> {
                order.add("readable");
                loop.stop();
            });
            loop.runForever();
            assertThat(order).containsExactly("readable");
        }
    }

    @Test
    void aSecondReaderReplacesTheFirst() throws Exception {
        try (SocketPair pair = SocketPair.open();
                EventLoop loop = newEventLoop()) {
            loop.addReader(pair.here(), () -> order.add("first"));
            loop.addReader(pair.here(), () -> {
                order.add("second");
                loop.stop();
            });
            pair.send("x");
            loop.runForever();
            assertThat(order).containsExactly("second");
        }
    }

    @Test
    void removingSaysWhetherThereWasOne() throws Exception {
        try (SocketPair pair = SocketPair.open();
                EventLoop loop = newEventLoop()) {
            assertThat(loop.removeReader(pair.here())).isFalse();
            loop.addReader(pair.here(), () -> order.add("called"));
            assertThat(loop.removeWriter(pair.here())).isFalse();
            assertThat(loop.removeReader(pair.here())).isTrue();
            assertThat(loop.removeReader(pair.here())).isFalse();
            pair.send("x");
            loop.callLater(Duration.ofMillis(5), loop::stop);
            loop.runForever();
            assertThat(order).isEmpty();
        }
    }

    @Test
    void aReaderThatWasRemovedInTheSameIterationIsNotCalled() throws Exception {
        try (SocketPair first = SocketPair.open();
                SocketPair second = SocketPair.open();
                EventLoop loop = newEventLoop()) {
            loop.addReader(first.here(), () -> {
                order.add("first");
                loop.removeReader(first.here());
                loop.removeReader(second.here());
                loop.callLater(Duration.ofMillis(2), loop::stop);
            });
            loop.addReader(second.here(), () -> {
                order.add("second");
                loop.removeReader(first.here());
                loop.removeReader(second.here());
                loop.callLater(Duration.ofMillis(2), loop::stop);
            });
            first.send("x");
            second.send("x");
            loop.runForever();
            assertThat(order).hasSize(1);
        }
    }

    @Test
    void whatCannotWaitIsRefusedWithAReason() throws Exception {
        try (SocketPair pair = SocketPair.open();
                ServerSocketChannel listener = SocketPair.listener();
                EventLoop loop = newEventLoop()) {
            assertThatThrownBy(() -> loop.addReader(pair.there(), () -> {}))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("configureBlocking(false)");
            listener.configureBlocking(false);
            assertThatThrownBy(() -> loop.addWriter(listener, () -> {}))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("write to");
            pair.here().close();
            assertThatThrownBy(() -> loop.addReader(pair.here(), () -> {})).isInstanceOf(ClosedChannelException.class);
        }
    }

    @Test
    void aClosedLoopTakesNoReader() throws Exception {
        try (SocketPair pair = SocketPair.open()) {
            EventLoop loop = newEventLoop();
            loop.close();
            assertThatThrownBy(() -> loop.addReader(pair.here(), () -> {}))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("Event loop is closed");
            assertThat(loop.removeReader(pair.here())).isFalse();
        }
    }

    @Test
    void aReaderAndATaskCannotWaitForTheSameThing() throws Exception {
        try (SocketPair pair = SocketPair.open()) {
            run(() -> {
                EventLoop loop = runningLoop();
                loop.addReader(pair.here(), () -> {});
                assertThatThrownBy(() -> loop.sockRecv(pair.here(), 1))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("removeReader");
                loop.removeReader(pair.here());
                createTask(() -> loop.sockRecv(pair.here(), 1));
                sleep(Duration.ZERO);
                assertThatThrownBy(() -> loop.addReader(pair.here(), () -> {}))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("Task-2 waits already to read from");
            });
        }
    }

    /** A reader that waits in the JDK must not be called again and again meanwhile. */
    @MountedOnly
    @Test
    void aReaderThatBlocksIsNotCalledAgainUntilItReturns() throws Exception {
        SynchronousQueue<String> gate = new SynchronousQueue<>();
        try (SocketPair pair = SocketPair.open();
                EventLoop loop = newEventLoop()) {
            loop.addReader(pair.here(), () -> {
                order.add("called");
                try {
                    order.add(gate.take());
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
                order.add(read(pair.here(), 10));
                loop.callSoon(loop::stop);
            });
            pair.send("x");
            loop.callLater(Duration.ofMillis(10), () -> gate.offer("opened"));
            loop.runForever();
            assertThat(order).containsExactly("called", "opened", "x");
        }
    }

    private static String read(SocketChannel channel, int limit) {
        ByteBuffer buffer = ByteBuffer.allocate(limit);
        try {
            return channel.read(buffer) < 0
                    ? "end"
                    : StandardCharsets.UTF_8.decode(buffer.flip()).toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void write(Pipe.SinkChannel sink) {
        try {
            sink.write(ByteBuffer.wrap(new byte[1]));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
