package dev.tulip.tests.streams;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.sleep;
import static dev.tulip.Tulip.startServer;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tulip.loop.Suspends;
import dev.tulip.loop.Task;
import dev.tulip.net.Server;
import dev.tulip.streams.Connection;
import dev.tulip.streams.ConnectionLostException;
import dev.tulip.streams.IncompleteReadException;
import dev.tulip.streams.LimitOverrunException;
import dev.tulip.tests.support.Peer;
import dev.tulip.tests.support.Until;
import java.io.IOException;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Peers that reset, fall silent, end in the middle or never read: the server goes on, and every handler ends. */
class BadStreamPeersTest {
    private final TreeMap<String, Integer> ends = new TreeMap<>();

    /** Reads a length in a line, and then as many bytes, which it sends back ten times. */
    @Suspends
    private void serve(Connection connection) throws IOException {
        try {
            for (String line : connection.reader().lines()) {
                byte[] body = connection.reader().readExactly(Integer.parseInt(line));
                for (int i = 0; i < 10; i++) {
                    connection.writer().write(body);
                    connection.writer().drain();
                }
            }
            ends.merge("in order", 1, Integer::sum);
        } catch (ConnectionLostException | IncompleteReadException | LimitOverrunException | NumberFormatException e) {
            ends.merge(e.getClass().getSimpleName(), 1, Integer::sum);
        }
    }

    @Test
    void aPeerMayResetAtAnyStage() throws Exception {
        run(() -> {
            Server server = startServer("127.0.0.1", 0, this::serve);
            SocketAddress address = server.sockets().getFirst().getLocalAddress();
            List<String> stages = List.of("", "1", "10\n", "10\n12345", "5\n12345", "100000\n" + "x".repeat(100_000));
            for (String stage : stages) {
                Peer peer = Peer.connect(address);
                peer.send(stage);
                Until.settled();
                peer.reset();
            }
            try (Peer good = Peer.connect(address)) {
                good.send("3\nabc");
                assertThat(good.receive(30)).isEqualTo("abc".repeat(10));
                good.sendEnd();
                assertThat(good.receiveAll()).isEmpty();
            }
            assertThat(server.shutdown(Duration.ofMinutes(1))).isZero();
            assertThat(ends)
                    .containsEntry("ConnectionLostException", stages.size())
                    .containsEntry("in order", 1);
        });
    }

    @Test
    void aPeerMayEndAtAnyStage() throws Exception {
        run(() -> {
            Server server = startServer("127.0.0.1", 0, this::serve);
            SocketAddress address = server.sockets().getFirst().getLocalAddress();
            for (String stage : List.of("", "10\n12345", "10", "x\n", "5\n12345")) {
                try (Peer peer = Peer.connect(address)) {
                    peer.send(stage);
                    peer.sendEnd();
                    peer.receiveAll();
                }
            }
            server.shutdown(Duration.ofMinutes(1));
            assertThat(ends)
                    .containsEntry("in order", 2)
                    .containsEntry("IncompleteReadException", 2)
                    .containsEntry("NumberFormatException", 1)
                    .hasSize(3);
        });
    }

    @Test
    void peersMisbehaveAtRandom() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        run(() -> {
            Server server = startServer("127.0.0.1", 0, this::serve);
            SocketAddress address = server.sockets().getFirst().getLocalAddress();
            List<Task<Void>> peers = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                long peerSeed = random.nextLong();
                peers.add(createTask(() -> misbehave(Peer.connect(address), new Random(peerSeed))));
                sleep(Duration.ofNanos(random.nextInt(500_000)));
            }
            for (Task<Void> peer : peers) {
                await(peer);
            }
            server.shutdown(Duration.ofMinutes(1));
            assertThat(ends.values().stream().mapToInt(Integer::intValue).sum())
                    .as("seed " + seed)
                    .isEqualTo(200);
        });
    }

    @Suspends
    private static void misbehave(Peer peer, Random random) throws IOException {
        try (peer) {
            while (true) {
                int size = random.nextInt(4) == 0 ? random.nextInt(300_000) : random.nextInt(100);
                peer.send(size + "\n");
                byte[] body = new byte[random.nextInt(5) == 0 ? size / 2 : size];
                peer.send(body);
                switch (random.nextInt(6)) {
                    case 0 -> {
                        peer.reset();
                        return;
                    }
                    case 1 -> {
                        peer.sendEnd();
                        peer.receiveAll();
                        return;
                    }
                    case 2 -> {
                        return; // closes without having read
                    }
                    case 3 -> {
                        sleep(Duration.ofMillis(random.nextInt(20))); // does not read for a while
                        return;
                    }
                    default -> {
                        if (body.length < size) {
                            return;
                        }
                        peer.receiveBytes(10 * size);
                    }
                }
            }
        } catch (IOException e) {
            // the server has reset the connection, because of a size that was none
        }
    }
}
