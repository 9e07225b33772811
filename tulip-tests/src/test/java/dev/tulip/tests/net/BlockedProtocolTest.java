package dev.tulip.tests.net;

import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.sleep;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tulip.loop.Task;
import dev.tulip.net.BufferedProtocol;
import dev.tulip.net.Network;
import dev.tulip.net.Server;
import dev.tulip.net.Transport;
import dev.tulip.tests.support.Errors;
import dev.tulip.tests.support.MountedOnly;
import dev.tulip.tests.support.Peer;
import dev.tulip.tests.support.Recorder;
import dev.tulip.tests.support.SocketPair;
import dev.tulip.tests.support.Until;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;

/**
 * A protocol's method that waits in a call of the JDK: the loop goes on, and nothing else of that connection is called
 * until it returns. (On the fallback engine it holds the loop: decision D2.)
 */
@MountedOnly
class BlockedProtocolTest {
    /** Waits in the calls that it is told to, and checks that no other comes meanwhile. */
    private static class Blocking extends Recorder {
        final CountDownLatch gate = new CountDownLatch(1);
        boolean inside;
        String blockIn = "data";

        /** {@return this, which waits in another method} */
        Blocking in(String method) {
            blockIn = method;
            return this;
        }

        private void call(String method, Runnable body) {
            if (inside) {
                events.add("CALLED " + method + " WHILE ANOTHER CALL WAITS");
            }
            boolean outermost = !inside;
            inside = true;
            if (blockIn.equals(method)) {
                blockIn = "";
                events.add("in " + method);
                waitForGate();
            }
            body.run();
            if (outermost) {
                inside = false;
            }
        }

        private void waitForGate() {
            try {
                gate.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public void connectionMade(Transport transport) {
            call("made", () -> super.connectionMade(transport));
        }

        @Override
        public void dataReceived(ByteBuffer data) {
            call("data", () -> super.dataReceived(data));
        }

        @Override
        public boolean eofReceived() {
            call("end", super::eofReceived);
            return false;
        }

        @Override
        public void pauseWriting() {
            call("pause", super::pauseWriting);
        }

        @Override
        public void resumeWriting() {
            call("resume", super::resumeWriting);
        }

        @Override
        public void connectionLost(Exception exception) {
            call("lost", () -> super.connectionLost(exception));
        }

        void untilIn(String method) {
            Until.holds("it waits in " + method, () -> events.contains("in " + method));
        }
    }

    @Test
    void theBytesThatItLooksAtStayWhatTheyAreWhileOthersRead() throws Exception {
        run(() -> {
            Blocking blocked = new Blocking();
            try (Connected<Blocking> c = Connected.with(blocked);
                    Connected<Recorder> other = Connected.with(new Recorder().quiet())) {
                other.peer().send("!"); // so that the loop has a buffer to use again
                Until.holds("read", () -> other.protocol().text().equals("!"));
                other.protocol().received.reset();
                c.peer().send("mine");
                blocked.untilIn("data");
                byte[] flood = new byte[3_000_000];
                new Random(1).nextBytes(flood);
                createTask(() -> other.peer().send(flood));
                Until.holds("flood", () -> other.protocol().received.size() == flood.length);
                assertThat(other.protocol().received.toByteArray()).isEqualTo(flood);
                blocked.gate.countDown();
                Until.holds("data", () -> blocked.text().equals("mine"));
            }
        });
    }

    @Test
    void nothingMoreIsReadUntilItReturnsAndThenInOrder() throws Exception {
        run(() -> {
            Blocking blocked = new Blocking();
            try (Connected<Blocking> c = Connected.with(blocked)) {
                c.peer().send("first ");
                blocked.untilIn("data");
                c.peer().send("second ");
                sleep(Duration.ofMillis(5));
                c.peer().send("third");
                sleep(Duration.ofMillis(5));
                assertThat(blocked.events).containsExactly("made", "in data");
                blocked.gate.countDown();
                Until.holds("all", () -> blocked.text().equals("first second third"));
                assertThat(blocked.events).containsExactly("made", "in data", "data first ", "data second third");
            }
        });
    }

    @Test
    void pausingAndResumingMeanwhileDoesNotBringASecondCall() throws Exception {
        run(() -> {
            Blocking blocked = new Blocking();
            try (Connected<Blocking> c = Connected.with(blocked)) {
                c.peer().send("first ");
                blocked.untilIn("data");
                for (int i = 0; i < 5; i++) {
                    c.transport().pauseReading();
                    c.transport().resumeReading();
                    c.peer().send("more ");
                    sleep(Duration.ofMillis(2));
                }
                assertThat(blocked.events).containsExactly("made", "in data");
                blocked.gate.countDown();
                Until.holds("all", () -> blocked.text().equals("first more more more more more "));
                assertThat(blocked.events)
                        .containsExactly("made", "in data", "data first ", "data more more more more more ");
            }
        });
    }

    @Test
    void aPauseMeanwhileHoldsWhenItReturns() throws Exception {
        run(() -> {
            Blocking blocked = new Blocking();
            try (Connected<Blocking> c = Connected.with(blocked)) {
                c.peer().send("first");
                blocked.untilIn("data");
                c.transport().pauseReading();
                c.peer().send("!");
                blocked.gate.countDown();
                Until.holds("first", () -> blocked.text().equals("first"));
                Until.settled();
                assertThat(blocked.text()).isEqualTo("first");
                c.transport().resumeReading();
                Until.holds("all", () -> blocked.text().equals("first!"));
            }
        });
    }

    @Test
    void whatATaskWritesMeanwhileIsSentAndThePauseIsToldAfterwards() throws Exception {
        run(() -> {
            Blocking blocked = new Blocking();
            try (Connected<Blocking> c = Connected.with(blocked)) {
                c.peer().send("x");
                blocked.untilIn("data");
                c.transport().write(new byte[20_000_000]);
                assertThat(blocked.events).containsExactly("made", "in data");
                assertThat(c.peer().receiveBytes(10_000_000)).hasSize(10_000_000);
                assertThat(blocked.events).containsExactly("made", "in data");
                blocked.gate.countDown();
                Until.holds("pause", () -> blocked.events.contains("pause"));
                assertThat(c.peer().receiveBytes(10_000_000)).hasSize(10_000_000);
                Until.holds("resume", () -> blocked.events.contains("resume"));
                assertThat(blocked.events).containsExactly("made", "in data", "data x", "pause", "resume");
            }
        });
    }

    @Test
    void aPauseThatIsOverBeforeItReturnsIsNotToldAtAll() throws Exception {
        run(() -> {
            Blocking blocked = new Blocking();
            try (Connected<Blocking> c = Connected.with(blocked)) {
                c.peer().send("x");
                blocked.untilIn("data");
                c.transport().write(new byte[20_000_000]);
                assertThat(c.peer().receiveBytes(20_000_000)).hasSize(20_000_000);
                assertThat(c.transport().getWriteBufferSize()).isZero();
                blocked.gate.countDown();
                Until.holds("data", () -> blocked.text().equals("x"));
                Until.settled();
                assertThat(blocked.events).containsExactly("made", "in data", "data x");
            }
        });
    }

    @Test
    void theResumeWaitsForACallThatWaits() throws Exception {
        run(() -> {
            Blocking blocked = new Blocking();
            try (Connected<Blocking> c = Connected.with(blocked)) {
                c.transport().write(new byte[20_000_000]);
                assertThat(blocked.events).containsExactly("made", "pause");
                c.peer().send("x");
                blocked.untilIn("data");
                assertThat(c.peer().receiveBytes(20_000_000)).hasSize(20_000_000);
                Until.settled();
                assertThat(blocked.events).containsExactly("made", "pause", "in data");
                blocked.gate.countDown();
                Until.holds("resume", () -> blocked.events.contains("resume"));
                assertThat(blocked.events).containsExactly("made", "pause", "in data", "data x", "resume");
            }
        });
    }

    @Test
    void abortMeanwhileEndsTheConnectionAtOnceAndIsToldAfterwards() throws Exception {
        run(() -> {
            Blocking blocked = new Blocking();
            try (Connected<Blocking> c = Connected.with(blocked)) {
                c.peer().send("x");
                blocked.untilIn("data");
                c.transport().abort();
                assertThat(c.peer().receiveAll()).isEmpty(); // the peer sees the end while the call waits
                Until.settled();
                assertThat(blocked.events).containsExactly("made", "in data");
                blocked.gate.countDown();
                assertThat(blocked.awaitLost()).isNull();
                assertThat(blocked.events).containsExactly("made", "in data", "data x", "lost");
            }
        });
    }

    @Test
    void closeMeanwhileSendsWhatWasWrittenAndIsToldAfterwards() throws Exception {
        run(() -> {
            Blocking blocked = new Blocking();
            try (Connected<Blocking> c = Connected.with(blocked)) {
                c.peer().send("x");
                blocked.untilIn("data");
                c.transport().write(new byte[20_000_000]);
                c.transport().close();
                assertThat(c.peer().receiveAll()).hasSize(20_000_000);
                Until.settled();
                assertThat(blocked.events).containsExactly("made", "in data");
                blocked.gate.countDown();
                assertThat(blocked.awaitLost()).isNull();
                assertThat(blocked.events).containsExactly("made", "in data", "data x", "lost");
            }
        });
    }

    @Test
    void aResetMeanwhileIsToldAfterwards() throws Exception {
        run(() -> {
            Blocking blocked = new Blocking();
            try (Connected<Blocking> c = Connected.with(blocked)) {
                c.peer().send("x");
                blocked.untilIn("data");
                c.transport().write(new byte[20_000_000]);
                c.peer().reset();
                Until.holds("noticed", () -> c.transport().isClosing());
                Until.settled();
                assertThat(blocked.events).containsExactly("made", "in data");
                blocked.gate.countDown();
                assertThat(blocked.awaitLost()).isInstanceOf(java.io.IOException.class);
                assertThat(blocked.events).hasSize(4).startsWith("made", "in data", "data x");
            }
        });
    }

    @Test
    void theBlockedCallItselfMayWriteAndClose() throws Exception {
        run(() -> {
            Blocking blocked = new Blocking() {
                @Override
                public void dataReceived(ByteBuffer data) {
                    super.dataReceived(data);
                    transport().write(new byte[20_000_000]);
                    transport().close();
                }
            };
            try (Connected<Blocking> c = Connected.with(blocked)) {
                c.peer().send("x");
                blocked.untilIn("data");
                blocked.gate.countDown();
                assertThat(c.peer().receiveAll()).hasSize(20_000_000);
                assertThat(blocked.awaitLost()).isNull();
                assertThat(blocked.events)
                        .startsWith("made", "in data", "data x", "pause")
                        .endsWith("lost");
            }
        });
    }

    @Test
    void aFailureOfACallThatHasWaitedIsFatalAsAlways(Errors errors) throws Exception {
        run(() -> {
            Blocking blocked = new Blocking() {
                @Override
                public void dataReceived(ByteBuffer data) {
                    super.dataReceived(data);
                    throw new IllegalStateException("deliberate");
                }
            };
            try (Connected<Blocking> c = Connected.with(blocked)) {
                c.peer().send("x");
                blocked.untilIn("data");
                c.peer().send("never seen");
                blocked.gate.countDown();
                assertThat(blocked.awaitLost()).hasMessage("deliberate");
                assertThat(blocked.text()).isEqualTo("x");
                assertThat(errors.takeOnly().message()).contains("dataReceived");
            }
        });
    }

    @Test
    void dataWaitsForAConnectionMadeThatWaitsAndSoDoesTheCreator() throws Exception {
        run(() -> {
            SocketPair pair = SocketPair.open();
            pair.send("early");
            Blocking blocked = new Blocking().in("made");
            Task<Transport> creator = createTask(
                    () -> Network.createConnection(() -> blocked, pair.here()).transport());
            blocked.untilIn("made");
            sleep(Duration.ofMillis(5));
            assertThat(creator.done()).isFalse();
            assertThat(blocked.events).containsExactly("in made");
            blocked.gate.countDown();
            Transport transport = creator.await();
            Until.holds("data", () -> blocked.text().equals("early"));
            assertThat(blocked.events).containsExactly("in made", "made", "data early");
            transport.abort();
            pair.there().close();
        });
    }

    @Test
    void aCreatorThatIsCancelledMeanwhileAbortsAndTheEndIsToldAfterwards() throws Exception {
        run(() -> {
            SocketPair pair = SocketPair.open();
            Blocking blocked = new Blocking().in("made");
            Task<?> creator = createTask(() -> Network.createConnection(() -> blocked, pair.here()));
            blocked.untilIn("made");
            creator.cancel();
            Until.holds("closed", () -> !pair.here().isOpen());
            assertThat(blocked.events).containsExactly("in made");
            blocked.gate.countDown();
            assertThat(blocked.awaitLost()).isNull();
            assertThat(blocked.events).containsExactly("in made", "made", "lost");
            pair.there().close();
        });
    }

    @Test
    void theEndOfTheConnectionWaitsForAnEofReceivedThatWaits() throws Exception {
        run(() -> {
            Blocking blocked = new Blocking().in("end");
            try (Connected<Blocking> c = Connected.with(blocked)) {
                c.peer().sendEnd();
                blocked.untilIn("end");
                c.transport().write("still".getBytes());
                assertThat(c.peer().receive(5)).isEqualTo("still");
                c.transport().abort();
                sleep(Duration.ofMillis(5));
                assertThat(blocked.events).containsExactly("made", "in end");
                blocked.gate.countDown();
                blocked.awaitLost();
                assertThat(blocked.events).containsExactly("made", "in end", "end", "lost");
            }
        });
    }

    @Test
    void aPauseWritingThatWaitsHoldsItsWriterAndTheReading() throws Exception {
        run(() -> {
            Blocking blocked = new Blocking().in("pause");
            try (Connected<Blocking> c = Connected.with(blocked)) {
                Task<?> writer = createTask(() -> c.transport().write(new byte[20_000_000]));
                blocked.untilIn("pause");
                c.peer().send("x");
                assertThat(c.peer().receiveBytes(20_000_000)).hasSize(20_000_000);
                assertThat(writer.done()).isFalse();
                assertThat(blocked.events).containsExactly("made", "in pause");
                blocked.gate.countDown();
                Until.holds("all", () -> blocked.events.size() == 5);
                assertThat(blocked.events).containsExactly("made", "in pause", "pause", "resume", "data x");
                writer.await();
            }
        });
    }

    @Test
    void aResumeWritingThatWaitsHoldsTheReading() throws Exception {
        run(() -> {
            Blocking blocked = new Blocking().in("resume");
            try (Connected<Blocking> c = Connected.with(blocked)) {
                c.transport().write(new byte[20_000_000]);
                assertThat(c.peer().receiveBytes(20_000_000)).hasSize(20_000_000);
                blocked.untilIn("resume");
                c.peer().send("x");
                c.transport().close();
                assertThat(c.peer().receiveAll()).isEmpty();
                assertThat(blocked.events).containsExactly("made", "pause", "in resume");
                blocked.gate.countDown();
                blocked.awaitLost();
                assertThat(blocked.events).containsExactly("made", "pause", "in resume", "resume", "lost");
            }
        });
    }

    @Test
    void whatIsWrittenWhileAResumeWritingWaitsIsSent() throws Exception {
        run(() -> {
            Blocking blocked = new Blocking().in("resume");
            try (Connected<Blocking> c = Connected.with(blocked)) {
                c.transport().write(new byte[20_000_000]);
                assertThat(c.peer().receiveBytes(20_000_000)).hasSize(20_000_000);
                blocked.untilIn("resume");
                c.transport().write(new byte[20_000_000]);
                assertThat(c.transport().getWriteBufferSize()).isPositive();
                assertThat(c.peer().receiveBytes(20_000_000)).hasSize(20_000_000);
                c.transport().write(new byte[20_000_000]);
                c.transport().writeEof();
                assertThat(c.peer().receiveAll()).hasSize(20_000_000);
                assertThat(blocked.events).containsExactly("made", "pause", "in resume");
                blocked.gate.countDown();
                Until.holds("resume", () -> blocked.events.contains("resume"));
                Until.settled();
                assertThat(blocked.events).containsExactly("made", "pause", "in resume", "resume");
            }
        });
    }

    @Test
    void aConnectionLostThatWaitsHoldsNothingUp() throws Exception {
        run(() -> {
            Blocking blocked = new Blocking().in("lost");
            try (Connected<Blocking> c = Connected.with(blocked)) {
                c.transport().abort();
                blocked.untilIn("lost");
                assertThat(c.peer().receiveAll()).isEmpty();
                c.transport().abort();
                c.transport().close();
                blocked.gate.countDown();
                blocked.awaitLost();
                Until.settled();
                assertThat(blocked.events).containsExactly("made", "in lost", "lost");
            }
        });
    }

    @Test
    void aBufferedProtocolsBufferIsNotAskedForAgainMeanwhile() throws Exception {
        run(() -> {
            class Filling extends Blocking implements BufferedProtocol {
                private final ByteBuffer buffer = ByteBuffer.allocate(3);

                @Override
                public ByteBuffer getBuffer(int sizeHint) {
                    return buffer.clear();
                }

                @Override
                public void bufferUpdated(int count) {
                    super.dataReceived(buffer.flip());
                }

                @Override
                public void dataReceived(ByteBuffer data) {
                    BufferedProtocol.super.dataReceived(data);
                }
            }
            Filling blocked = new Filling();
            try (Connected<Filling> c = Connected.with(blocked)) {
                c.peer().send("abcdefgh");
                blocked.untilIn("data");
                c.transport().pauseReading();
                c.transport().resumeReading();
                sleep(Duration.ofMillis(5));
                blocked.gate.countDown();
                Until.holds("all", () -> blocked.text().equals("abcdefgh"));
                assertThat(blocked.events).containsExactly("made", "in data", "data abc", "data def", "data gh");
            }
        });
    }

    @Test
    void aServerWhoseFactoryWaitsGoesOnWithTheOthers() throws Exception {
        run(() -> {
            Semaphore permits = new Semaphore(1);
            Server server = Network.createServer(
                    () -> {
                        permits.acquireUninterruptibly();
                        return new Recorder() {
                            @Override
                            public void dataReceived(ByteBuffer data) {
                                transport().write(data);
                            }
                        };
                    },
                    "127.0.0.1",
                    0);
            var address = server.sockets().getFirst().getLocalAddress();
            try (Peer first = Peer.connect(address);
                    Peer second = Peer.connect(address)) {
                second.send("second");
                first.send("first");
                assertThat(first.receive(5)).isEqualTo("first");
                permits.release();
                assertThat(second.receive(6)).isEqualTo("second");
            }
            assertThat(server.shutdown(Duration.ofSeconds(10))).isZero();
        });
    }

    /** The connections of such protocols are gone, though they were not told yet. */
    @Test
    void aServerIsShutDownThoughAProtocolWaits() throws Exception {
        run(() -> {
            Blocking blocked = new Blocking();
            Server server = Network.createServer(() -> blocked, "127.0.0.1", 0);
            try (Peer peer = Peer.connect(server.sockets().getFirst().getLocalAddress())) {
                peer.send("x");
                blocked.untilIn("data");
                assertThat(server.shutdown(Duration.ZERO)).isOne();
                assertThat(peer.receiveAll()).isEmpty();
                assertThat(blocked.events).containsExactly("made", "in data");
                blocked.gate.countDown();
                blocked.awaitLost();
                assertThat(blocked.events).containsExactly("made", "in data", "data x", "lost");
            }
        });
    }
}
