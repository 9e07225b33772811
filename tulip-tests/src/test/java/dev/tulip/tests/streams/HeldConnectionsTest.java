package dev.tulip.tests.streams;

import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.startServer;
import static dev.tulip.Tulip.toThread;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tulip.net.ListenOptions;
import dev.tulip.net.Server;
import dev.tulip.tests.support.ChildJvm;
import dev.tulip.tests.support.Program;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Very many connections that say nothing for a long time, and what they cost: mostly the stacks of their tasks.
 *
 * <p>The server has worked for a while, and {@code -Xbatch} waits for the compiler: frames of methods that are not compiled
 * yet are twice as large. Where a garbage collection has come between two waits of a task, the JVM keeps a second piece of
 * its stack.
 */
class HeldConnectionsTest {
    private static final int CONNECTIONS = 15_000;
    private static final boolean MOUNTED = "mounted".equals(System.getProperty("tulip.tests.engine"));
    private static final int MOST_BYTES_WHEN_NEW = MOUNTED ? 3 * 1024 : 4 * 1024;
    private static final int MOST_BYTES_LATER = MOST_BYTES_WHEN_NEW + 1024;
    private static final int WARM_UP = 1000;

    /** A server that answers each line with the same; for each line on standard input it says how it is. */
    public static final class EchoServer {
        private static int connected;

        public static void main(String[] args) throws Exception {
            BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            run(() -> {
                Server server =
                        startServer("127.0.0.1", 0, ListenOptions.defaults().withBacklog(1000), connection -> {
                            connected++;
                            for (String line : connection.reader().lines()) {
                                connection.writer().write(line + "\n");
                            }
                            connected--;
                        });
                System.out.println(server.sockets().getFirst().getLocalAddress());
                while (toThread(orders::readLine) != null) {
                    System.out.println(connected + " " + usedHeap());
                }
                server.close();
                server.abortClients();
            });
        }

        private static long usedHeap() {
            System.gc();
            System.gc();
            Runtime runtime = Runtime.getRuntime();
            return runtime.totalMemory() - runtime.freeMemory();
        }
    }

    /** What the server says. */
    private record State(int connected, long heap) {
        static State of(Program server) {
            server.write("\n");
            String[] words = server.readLine().split(" ");
            return new State(Integer.parseInt(words[0]), Long.parseLong(words[1]));
        }

        static State of(Program server, int connected) {
            State state = of(server);
            while (state.connected != connected) { // the test's time limits this
                state = of(server);
            }
            return state;
        }
    }

    private static Program start() {
        List<String> options = new ArrayList<>(ChildJvm.engineOptions());
        options.addAll(List.of("-Xmx512m", "-XX:+UseSerialGC", "-Xbatch"));
        return Program.start(
                ChildJvm.command(EchoServer.class, options, List.of()).toArray(String[]::new));
    }

    @Test
    @Timeout(180)
    void fifteenThousandConnectionsAreHeldByOneLoopAndEachAnswers() throws Exception {
        assumeTrue(
                Program.isInstalled("sh", "-c", "n=$(ulimit -Hn); [ $n = unlimited ] || [ $n -ge 15500 ]"),
                "a process may not have that many descriptors here");
        try (Program server = start()) {
            String address = server.readLine();
            int port = Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
            InetSocketAddress target = new InetSocketAddress("127.0.0.1", port);
            List<SocketChannel> sockets = new ArrayList<>();
            try {
                for (int i = 0; i < 100; i++) {
                    sockets.add(SocketChannel.open(target));
                }
                for (int i = 0; i < WARM_UP; i++) {
                    talk(sockets);
                }
                State few = State.of(server, sockets.size());
                while (sockets.size() < CONNECTIONS) {
                    sockets.add(SocketChannel.open(target));
                }
                State idle = State.of(server, CONNECTIONS);
                talk(sockets);
                State after = State.of(server, CONNECTIONS);
                int more = CONNECTIONS - few.connected;
                assertThat((idle.heap - few.heap) / more)
                        .as("bytes of heap for a connection that has said nothing yet")
                        .isLessThan(MOST_BYTES_WHEN_NEW);
                assertThat((after.heap - few.heap) / more)
                        .as("bytes of heap for a connection that has said something")
                        .isLessThan(MOST_BYTES_LATER);
            } finally {
                for (SocketChannel socket : sockets) {
                    socket.close();
                }
            }
            State.of(server, 0);
            server.closeInput();
            assertThat(server.status()).isZero();
            assertThat(server.error()).isEmpty();
        }
    }

    /** Sends a line over each, then takes all the answers. */
    private static void talk(List<SocketChannel> sockets) throws IOException {
        for (int i = 0; i < sockets.size(); i++) {
            sockets.get(i).write(ByteBuffer.wrap(line(i)));
        }
        for (int i = 0; i < sockets.size(); i++) {
            ByteBuffer answer = ByteBuffer.allocate(line(i).length);
            while (answer.hasRemaining() && sockets.get(i).read(answer) >= 0) {
                Thread.onSpinWait();
            }
            assertThat(answer.array()).isEqualTo(line(i));
        }
    }

    private static byte[] line(int number) {
        return ("connection " + number + "\n").getBytes(StandardCharsets.UTF_8);
    }
}
