package dev.tulip.tests.net;

import static dev.tulip.Tulip.createDatagramEndpoint;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.newEventLoop;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.tests.net.Datagrams.LOOPBACK;
import static dev.tulip.tests.net.Datagrams.abort;
import static dev.tulip.tests.net.Datagrams.address;
import static dev.tulip.tests.net.Datagrams.open;
import static dev.tulip.tests.net.Datagrams.openConnectedTo;
import static dev.tulip.tests.net.Datagrams.port;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Task;
import dev.tulip.net.ExtraInfo;
import dev.tulip.tests.support.DatagramRecorder;
import dev.tulip.tests.support.Spawn;
import dev.tulip.tests.support.Until;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Endpoints for datagrams from the first to the last, and floods: rows U4 and U5 of asyncio. */
class DatagramLifeTest {
    // -- life -----------------------------------------------------------------------------------------------------

    @Test
    void aFactoryThatFailsLeavesNothingOpen() throws Exception {
        run(() -> {
            assertThatThrownBy(() -> createDatagramEndpoint(
                            () -> {
                                throw new IllegalStateException("factory");
                            },
                            LOOPBACK))
                    .hasMessage("factory");
            assertThatThrownBy(() -> createDatagramEndpoint(() -> null, LOOPBACK))
                    .isInstanceOf(NullPointerException.class);
        });
    }

    @Test
    void cancellingTheCallClosesTheEndpoint() throws Exception {
        run(() -> {
            List<DatagramRecorder> made = new ArrayList<>();
            Task<?> task = createTask(() -> createDatagramEndpoint(
                    () -> {
                        made.add(new DatagramRecorder());
                        return made.getFirst();
                    },
                    LOOPBACK));
            Until.holds("the factory was called", () -> !made.isEmpty());
            if (!task.done()) {
                task.cancel();
                assertThatThrownBy(task::await).isInstanceOf(CancelledError.class);
            }
            Until.settled();
            if (made.getFirst().transport() != null) {
                made.getFirst().transport().abort();
            }
        });
    }

    @Test
    void aLoopThatIsClosedClosesItsEndpoints() throws Exception {
        EventLoop loop = newEventLoop();
        DatagramRecorder[] left = new DatagramRecorder[1];
        loop.runUntilComplete(() -> {
            left[0] = open(LOOPBACK);
        });
        loop.close();
        assertThat(((DatagramChannel) left[0].transport().getExtraInfo("socket")).isOpen())
                .isFalse();
        left[0].transport().close();
        left[0].transport().sendTo("x".getBytes(), address(left[0]));
        assertThat(left[0].events).containsExactly("made");
    }

    @Test
    void otherThreadsAreRefused() throws Exception {
        run(() -> {
            DatagramRecorder endpoint = open(LOOPBACK);
            List<Throwable> thrown = new ArrayList<>();
            Thread other = Spawn.platform("other", () -> {
                for (Runnable method : List.<Runnable>of(
                        () -> endpoint.transport().sendTo(new byte[1], address(endpoint)),
                        endpoint.transport()::close,
                        endpoint.transport()::pauseReading)) {
                    try {
                        method.run();
                    } catch (WrongThreadException e) {
                        thrown.add(e);
                    }
                }
            });
            Until.holds("the other thread has tried", () -> !other.isAlive());
            assertThat(thrown).hasSize(3);
            abort(endpoint);
        });
    }

    @Test
    void anotherProtocolCanTakeOver() throws Exception {
        run(() -> {
            DatagramRecorder first = open(LOOPBACK);
            DatagramRecorder second = new DatagramRecorder();
            first.transport().setProtocol(second);
            assertThat(first.transport().getProtocol()).isSameAs(second);
            first.transport().sendTo("me".getBytes(), address(first));
            second.awaitReceived(1);
            assertThat(second.events).containsExactly("datagram me");
            first.transport().close();
            second.awaitLost();
            assertThat(first.events).containsExactly("made");
        });
    }

    @Test
    void itTellsWhatItIs() throws Exception {
        run(() -> {
            DatagramRecorder receiver = open(LOOPBACK);
            DatagramRecorder sender = openConnectedTo(receiver);
            assertThat(receiver.transport()).hasToString("DatagramTransport[open, " + address(receiver) + ", reading]");
            sender.transport().pauseReading();
            assertThat(sender.transport())
                    .hasToString("DatagramTransport[open, " + address(sender) + " -> " + address(receiver)
                            + ", reading paused]");
            assertThat(sender.transport().getLoop()).isSameAs(runningLoop());
            assertThat(sender.transport().getExtraInfo("socket")).isInstanceOf(DatagramChannel.class);
            assertThat(sender.transport().getExtraInfo("nothing")).isNull();
            abort(receiver, sender);
            sender.awaitLost();
            assertThat(sender.transport().toString()).startsWith("DatagramTransport[closed, ");
            assertThat(sender.transport().getExtraInfo(ExtraInfo.PEERNAME)).isEqualTo(address(receiver));
        });
    }

    /** The guard of all tests counts the descriptors. */
    @Test
    void tenThousandEndpointsComeAndGoWithoutALeak() throws Exception {
        run(() -> {
            DatagramRecorder receiver = open(LOOPBACK);
            for (int i = 0; i < 10_000; i++) {
                DatagramRecorder endpoint = openConnectedTo(receiver);
                endpoint.transport().sendTo("x".getBytes());
                if (i % 2 == 0) {
                    endpoint.transport().close();
                } else {
                    endpoint.transport().abort();
                }
            }
            receiver.awaitReceived(1);
            abort(receiver);
        });
    }

    // -- floods ---------------------------------------------------------------------------------------------------

    @Test
    void ofAFloodEachDatagramIsReceivedOrDroppedByTheSystemAndNoneTwice() throws Exception {
        assumeTrue(Files.isReadable(Path.of("/proc/net/udp")), "the system does not count what it drops");
        int flood = 100_000;
        run(() -> {
            int[] last = {-1};
            int[] count = {0};
            DatagramRecorder slow = createDatagramEndpoint(
                            () -> new DatagramRecorder() {
                                @Override
                                public void datagramReceived(ByteBuffer data, SocketAddress sender) {
                                    int number = data.getInt();
                                    assertThat(number).isGreaterThan(last[0]);
                                    last[0] = number;
                                    count[0]++;
                                    for (long end = System.nanoTime() + 20_000; System.nanoTime() < end; ) {
                                        Thread.onSpinWait();
                                    }
                                }
                            },
                            LOOPBACK)
                    .protocol();
            Thread sender = Spawn.platform("sender", () -> {
                try (DatagramChannel channel = DatagramChannel.open()) {
                    ByteBuffer data = ByteBuffer.allocateDirect(200);
                    for (int i = 0; i < flood; i++) {
                        channel.send(data.clear().putInt(0, i), address(slow));
                    }
                }
            });
            Until.holds("all were sent", () -> !sender.isAlive());
            Until.holds("each was received or dropped", () -> {
                try {
                    return count[0] + Datagrams.droppedBySystem(port(slow)) == flood;
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            assertThat(count[0]).isPositive();
            assertThat(slow.errors).isEmpty();
            abort(slow);
        });
    }
}
