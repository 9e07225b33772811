package dev.tulip.tests.net;

import static dev.tulip.Tulip.createServer;
import static dev.tulip.Tulip.run;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.tulip.net.Protocol;
import dev.tulip.net.Server;
import dev.tulip.net.Transport;
import dev.tulip.tests.support.MountedOnly;
import dev.tulip.tests.support.Spawn;
import dev.tulip.tests.support.Until;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The path of a request allocates nothing. (On the fallback engine the work is done on other threads.) */
@MountedOnly
class EchoAllocationTest {
    private static final int CONNECTIONS = 20;
    private static final int WARM_UP = 3_000;
    private static final int ROUNDS = 1_000;

    /** Boxes: the JDK's selector makes one of 16 bytes an event for a descriptor above 127. The rest is the loop's. */
    private static final int MOST_BYTES_PER_REQUEST = 40;

    private static final class Echo implements Protocol {
        private Transport transport;

        @Override
        public void connectionMade(Transport transport) {
            this.transport = transport;
        }

        @Override
        public void dataReceived(ByteBuffer data) {
            transport.write(data);
        }
    }

    @Test
    void aRequestIsEchoedWithoutGarbage() throws Exception {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long loopThread = Thread.currentThread().threadId();
        long[] least = {Long.MAX_VALUE};
        run(() -> {
            Server server = createServer(Echo::new, "127.0.0.1", 0);
            SocketAddress address = server.sockets().getFirst().getLocalAddress();
            Thread client = Spawn.platform("client", () -> {
                List<SocketChannel> sockets = new ArrayList<>();
                for (int i = 0; i < CONNECTIONS; i++) {
                    sockets.add(SocketChannel.open(address));
                }
                talk(sockets, WARM_UP);
                for (int i = 0; i < 5; i++) { // at first, code may still be compiled
                    long before = threads.getThreadAllocatedBytes(loopThread);
                    talk(sockets, ROUNDS);
                    least[0] = Math.min(least[0], threads.getThreadAllocatedBytes(loopThread) - before);
                }
                for (SocketChannel socket : sockets) {
                    socket.close();
                }
            });
            Until.holds("the client has ended", () -> !client.isAlive());
            server.shutdown(Duration.ofMinutes(1));
        });
        assertThat(least[0]).isPositive(); // the task that waits for the client: so this is the right thread
        assertThat(least[0] / (CONNECTIONS * ROUNDS)).isLessThan(MOST_BYTES_PER_REQUEST);
    }

    private static void talk(List<SocketChannel> sockets, int rounds) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(1000);
        for (int i = 0; i < rounds; i++) {
            for (SocketChannel socket : sockets) {
                socket.write(buffer.clear());
            }
            for (SocketChannel socket : sockets) {
                buffer.clear();
                while (buffer.hasRemaining()) {
                    socket.read(buffer);
                }
            }
        }
    }
}
