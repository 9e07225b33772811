package dev.tulip.tests.net;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.Task;
import dev.tulip.net.DirectReading;
import dev.tulip.net.Transport;
import dev.tulip.tests.support.Recorder;
import dev.tulip.tests.support.Until;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** A task that reads from a transport by itself: what streams are built on. */
class DirectReadingTest {
    /** A protocol that wants to be called with nothing. */
    private static Recorder paused() {
        return new Recorder() {
            @Override
            public void connectionMade(Transport transport) {
                super.connectionMade(transport);
                transport.pauseReading();
            }
        };
    }

    @Test
    void theProtocolIsNotCalledWithWhatATaskReads() throws Exception {
        run(() -> {
            try (Connected<Recorder> c = Connected.with(paused())) {
                DirectReading transport = (DirectReading) c.transport();
                ByteBuffer buffer = ByteBuffer.allocateDirect(10);
                assertThat(transport.read(buffer)).isZero();
                Task<Void> waiter = createTask(transport::awaitReadable);
                Until.settled();
                assertThat(waiter.done()).isFalse();
                c.peer().send("abc");
                await(waiter);
                assertThat(transport.read(buffer)).isEqualTo(3);
                assertThat(transport.read(buffer.limit(3))).isZero();
                c.peer().sendEnd();
                transport.awaitReadable();
                for (int i = 0; i < 2; i++) {
                    assertThat(transport.read(buffer.clear())).isEqualTo(-1);
                    transport.awaitReadable(); // the end is there already, and stays
                }
                transport.write("still open".getBytes());
                assertThat(c.peer().receive(10)).isEqualTo("still open");
                assertThat(c.protocol().events).containsExactly("made");
            }
        });
    }

    @Test
    void aResetFoundByTheTaskEndsTheConnection() throws Exception {
        run(() -> {
            try (Connected<Recorder> c = Connected.with(paused())) {
                DirectReading transport = (DirectReading) c.transport();
                Task<Void> waiter = createTask(transport::awaitReadable);
                Until.settled();
                c.peer().reset();
                await(waiter);
                assertThat(transport.failure()).isNull();
                assertThatThrownBy(() -> transport.read(ByteBuffer.allocate(1)))
                        .isInstanceOf(IOException.class)
                        .hasMessageContaining("reset");
                assertThat(transport.failure()).hasMessageContaining("reset");
                assertThat(c.protocol().awaitLost()).isSameAs(transport.failure());
                assertThatThrownBy(transport::awaitReadable).isInstanceOf(IOException.class);
                assertThatThrownBy(() -> transport.read(ByteBuffer.allocate(1)))
                        .isInstanceOf(IOException.class)
                        .hasMessageContaining("cannot read from Transport[closed");
            }
        });
    }

    @Test
    void closingWakesTheTask() throws Exception {
        run(() -> {
            try (Connected<Recorder> c = Connected.with(paused())) {
                DirectReading transport = (DirectReading) c.transport();
                Task<Void> waiter = createTask(transport::awaitReadable);
                Until.settled();
                transport.close();
                await(waiter);
                assertThatThrownBy(() -> transport.read(ByteBuffer.allocate(1))).isInstanceOf(IOException.class);
                assertThat(transport.failure()).isNull();
            }
        });
    }

    @Test
    void aTransportThatCallsItsProtocolRefuses() throws Exception {
        run(() -> {
            try (Connected<Recorder> c = Connected.with(new Recorder())) {
                DirectReading transport = (DirectReading) c.transport();
                assertThatThrownBy(() -> transport.read(ByteBuffer.allocate(1)))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("pause it");
                assertThatThrownBy(transport::awaitReadable).isInstanceOf(IllegalStateException.class);
            }
        });
    }

    @Test
    void afterwardsTheProtocolCanBeCalledAgain() throws Exception {
        run(() -> {
            try (Connected<Recorder> c = Connected.with(paused())) {
                DirectReading transport = (DirectReading) c.transport();
                c.peer().send("abc");
                transport.awaitReadable();
                assertThat(transport.read(ByteBuffer.allocate(2))).isEqualTo(2);
                transport.resumeReading();
                Until.holds("the rest", () -> c.protocol().text().equals("c"));
                c.peer().send("d");
                Until.holds("more", () -> c.protocol().text().equals("cd"));
            }
        });
    }
}
