package dev.tulip.tests.net;

import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.sleep;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tulip.loop.Task;
import dev.tulip.net.Network;
import dev.tulip.net.Protocol;
import dev.tulip.net.Server;
import dev.tulip.net.Transport;
import dev.tulip.tests.support.Peer;
import dev.tulip.tests.support.Until;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Many connections at once, with peers and protocols that do anything at any time, at random. */
class BadPeersTest {
    private static final int CONNECTIONS = 400;

    private final long seed = System.nanoTime();
    private final Random random = new Random(seed);
    private final List<Judge> judges = new ArrayList<>();
    private final List<String> verdicts = new ArrayList<>();

    /**
     * Echoes, misbehaves in its own way, and checks that it is called as promised:
     * {@code made (data | pause | resume)* end? lost}, one call at a time.
     */
    private final class Judge implements Protocol {
        private final boolean keepsOpen = random.nextBoolean();
        private final boolean blocks = random.nextInt(4) == 0;
        private Transport transport;
        private String state = "new";
        private boolean paused;
        private int inside;
        private int received;
        private byte first;

        private void enter(String call, boolean allowed) {
            if (!allowed || (inside > 0 && !call.endsWith("Writing"))) {
                verdicts.add(call + " in state " + state + (inside > 0 ? ", inside another call" : ""));
            }
            inside++;
            if (blocks && random.nextInt(3) == 0) {
                try {
                    Thread.sleep(random.nextInt(3)); // on the mounted engine the loop goes on meanwhile
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            }
        }

        private void leave(String newState) {
            inside--;
            state = newState;
        }

        @Override
        public void connectionMade(Transport transport) {
            this.transport = transport;
            enter("connectionMade", state.equals("new"));
            misbehave();
            leave("made");
        }

        @Override
        public void dataReceived(ByteBuffer data) {
            byte expected = received == 0 ? data.get(data.position()) : (byte) (first + received);
            if (received == 0) {
                first = expected;
            }
            enter("dataReceived", state.equals("made"));
            for (int i = data.position(); i < data.limit(); i++, received++) {
                if (data.get(i) != (byte) (first + received)) {
                    verdicts.add("wrong byte at " + received);
                    break;
                }
            }
            try {
                transport.write(data);
            } catch (IllegalStateException e) {
                // after writeEof()
            }
            misbehave();
            leave("made");
        }

        @Override
        public boolean eofReceived() {
            enter("eofReceived", state.equals("made"));
            leave("ended");
            if (keepsOpen) {
                runningLoop().callLater(Duration.ofMillis(random.nextInt(5)), transport::close);
            }
            return keepsOpen;
        }

        @Override
        public void pauseWriting() {
            enter("pauseWriting", !paused && !state.equals("lost"));
            paused = true;
            transport.pauseReading();
            inside--;
        }

        @Override
        public void resumeWriting() {
            enter("resumeWriting", paused && !state.equals("lost"));
            paused = false;
            transport.resumeReading();
            inside--;
        }

        @Override
        public void connectionLost(Exception exception) {
            enter("connectionLost", state.equals("made") || state.equals("ended"));
            leave("lost");
        }

        /** Does something to the transport, now or soon. */
        private void misbehave() {
            Runnable deed = switch (random.nextInt(30)) {
                case 0 -> transport::close;
                case 1 -> transport::abort;
                case 2 -> transport::writeEof;
                case 3 -> () -> transport.setWriteBufferLimits(random.nextInt(100_000), 0);
                case 4, 5, 6 -> {
                    transport.pauseReading();
                    yield transport::resumeReading;
                }
                default -> () -> {};
            };
            if (random.nextBoolean()) {
                deed.run();
            } else {
                runningLoop().callLater(Duration.ofMillis(random.nextInt(4)), deed);
            }
        }
    }

    @Test
    void everyProtocolIsCalledInOrderAndNothingIsLeftBehind() throws Exception {
        run(() -> {
            Server server = Network.createServer(
                    () -> {
                        Judge judge = new Judge();
                        judges.add(judge);
                        return judge;
                    },
                    "127.0.0.1",
                    0);
            SocketAddress address = server.sockets().getFirst().getLocalAddress();
            List<Task<?>> peers = new ArrayList<>();
            for (int i = 0; i < CONNECTIONS; i++) {
                peers.add(createTask(() -> misbehave(address)));
                if (random.nextInt(10) == 0) {
                    sleep(Duration.ofMillis(1));
                }
            }
            Until.holds(
                    "all peers have ended, seed " + seed, () -> peers.stream().allMatch(Task::done));
            server.shutdown(Duration.ofSeconds(2));
            Until.holds(
                    "all protocols were told, seed " + seed,
                    () -> judges.stream().allMatch(judge -> judge.state.equals("lost") || judge.state.equals("new")));
            assertThat(peers).as("seed " + seed).noneMatch(Task::cancelled);
            assertThat(verdicts).as("seed " + seed).isEmpty();
            assertThat(judges.stream().filter(judge -> judge.received > 0).count())
                    .isGreaterThan(CONNECTIONS / 10);
        });
    }

    /** A client that may do anything; what it gets back must be what it sent, as far as it goes. */
    private void misbehave(SocketAddress address) {
        try (Peer peer = Peer.connect(address)) {
            byte[] data = new byte[random.nextInt(random.nextInt(5) == 0 ? 2_000_000 : 5_000)];
            for (int i = 0; i < data.length; i++) {
                data[i] = (byte) (7 + i);
            }
            int deed = random.nextInt(8);
            if (deed == 0) {
                peer.reset();
                return;
            }
            Task<?> sender = createTask(() -> send(peer, data, deed));
            if (deed == 1) { // never reads
                sleep(Duration.ofMillis(random.nextInt(20)));
            } else {
                byte[] back = peer.receiveBytes(deed == 2 ? data.length / 2 : data.length);
                if (!Arrays.equals(back, Arrays.copyOf(data, back.length))) {
                    verdicts.add("a wrong echo");
                }
            }
            if (deed == 3) {
                peer.reset();
            }
            sender.cancel();
        } catch (IOException e) {
            // reset by the protocol
        }
    }

    private void send(Peer peer, byte[] data, int deed) {
        try {
            for (int sent = 0; sent < data.length; ) {
                int count = Math.min(data.length - sent, 1 + random.nextInt(deed == 4 ? 10 : 200_000));
                peer.send(Arrays.copyOfRange(data, sent, sent + count));
                sent += count;
                if (random.nextInt(4) == 0) {
                    sleep(Duration.ofMillis(random.nextInt(2)));
                }
            }
            if (deed == 5) {
                peer.sendEnd();
            }
        } catch (IOException e) {
            // reset by the protocol
        }
    }
}
