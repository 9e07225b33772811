package dev.tulip.tests.loop;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Task;
import dev.tulip.tests.support.SocketPair;
import dev.tulip.tests.support.Until;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.Pipe;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Tasks that wait for channels of any kind, and then use them themselves. */
class AwaitReadableTest {
    @Test
    void aTaskWaitsUntilThereIsSomethingToRead() throws Exception {
        run(() -> {
            EventLoop loop = runningLoop();
            Pipe pipe = loop.selectorProvider().openPipe();
            Pipe.SinkChannel sink = pipe.sink();
            try (Pipe.SourceChannel source = pipe.source()) {
                source.configureBlocking(false);
                Task<Integer> reader = createTask(() -> {
                    loop.awaitReadable(source);
                    return source.read(ByteBuffer.allocate(10));
                });
                Until.settled();
                assertThat(reader.done()).isFalse();
                sink.write(ByteBuffer.wrap("abc".getBytes()));
                assertThat(await(reader)).isEqualTo(3);
                sink.close();
                loop.awaitReadable(source);
                assertThat(source.read(ByteBuffer.allocate(10))).isEqualTo(-1);
            }
        });
    }

    @Test
    void itSuspendsEvenIfThereIsSomethingAlready() throws Exception {
        run(() -> {
            try (SocketPair pair = SocketPair.open()) {
                pair.send("here");
                boolean[] others = {false};
                runningLoop().callSoon(() -> others[0] = true);
                runningLoop().awaitReadable(pair.here());
                assertThat(others[0]).isTrue();
            }
        });
    }

    @Test
    void aTaskWaitsUntilItCanWrite() throws Exception {
        run(() -> {
            try (SocketPair pair = SocketPair.open()) {
                ByteBuffer data = ByteBuffer.allocate(1_000_000);
                for (int full = 0;
                        full < 3;
                        sleep(Duration.ofMillis(10))) { // what is under way takes room when it arrives
                    full = pair.here().write(data.clear()) > 0 ? 0 : full + 1;
                }
                Task<Void> writer = createTask(() -> runningLoop().awaitWritable(pair.here()));
                Until.settled();
                assertThat(writer.done()).isFalse();
                pair.there().configureBlocking(false);
                while (!writer.done()) {
                    pair.there().read(data.clear());
                    Until.settled();
                }
                await(writer, ClosedChannelException.class);
            }
        });
    }

    @Test
    void cancellingTakesNothing() throws Exception {
        run(() -> {
            try (SocketPair pair = SocketPair.open()) {
                Task<Void> waiter = createTask(() -> runningLoop().awaitReadable(pair.here()));
                Until.settled();
                waiter.cancel();
                assertThatThrownBy(() -> await(waiter)).isInstanceOf(CancelledError.class);
                pair.send("still there");
                runningLoop().awaitReadable(pair.here());
                assertThat(pair.here().read(ByteBuffer.allocate(20))).isEqualTo(11);
            }
        });
    }

    @Test
    void itReturnsWhenTheChannelIsClosedAndRefusesOneThatIs() throws Exception {
        run(() -> {
            try (SocketPair pair = SocketPair.open()) {
                Task<Void> waiter = createTask(() -> runningLoop().awaitReadable(pair.here()));
                Until.settled();
                pair.here().close();
                await(waiter);
                assertThatThrownBy(() -> runningLoop().awaitReadable(pair.here()))
                        .isInstanceOf(ClosedChannelException.class);
            }
        });
    }

    @Test
    void itRefusesWhatItCannotDo() throws Exception {
        run(() -> {
            EventLoop loop = runningLoop();
            try (SocketPair pair = SocketPair.open()) {
                assertThatThrownBy(() -> loop.awaitReadable(pair.there()))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("blocking mode");
                Task<Void> waiter = createTask(() -> loop.awaitReadable(pair.here()));
                Until.settled();
                assertThatThrownBy(() -> loop.awaitReadable(pair.here()))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("waits already to read from");
                waiter.cancel();
                Until.settled();
                List<Throwable> thrown = new ArrayList<>();
                loop.callSoon(() -> {
                    try {
                        loop.awaitReadable(pair.here());
                    } catch (IllegalStateException | ClosedChannelException e) {
                        thrown.add(e);
                    }
                });
                Until.settled();
                assertThat(thrown).hasSize(1);
                assertThat(thrown.getFirst()).hasMessageContaining("awaitReadable suspends, so it needs a task");
            }
        });
    }
}
