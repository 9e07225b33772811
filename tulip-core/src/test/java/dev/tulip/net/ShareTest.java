package dev.tulip.net;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tulip.loop.EventLoop;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CyclicBarrier;
import org.junit.jupiter.api.Test;

/**
 * One loop hands a connection over while the other one is closed: the connection is closed there, or stays with the giver.
 * With a twin that looks first and hands over then.
 */
class ShareTest {
    private static final int ROUNDS = 2_000;

    /** What connections are handed to, until it is closed. */
    private interface Taker {
        boolean offer(SocketChannel connection);

        void close();
    }

    /** Looks whether it is closed, then takes: the closing may come in between. */
    private static final class LookThenTake implements Taker {
        private final Set<SocketChannel> onTheirWay = ConcurrentHashMap.newKeySet();
        private volatile boolean open = true;

        @Override
        public boolean offer(SocketChannel connection) {
            if (!open) {
                return false;
            }
            Thread.yield(); // let the other close it
            return onTheirWay.add(connection);
        }

        @Override
        public void close() {
            open = false;
            onTheirWay.forEach(Closing::quietly);
        }
    }

    private interface Factory {
        Taker make();
    }

    /** Lets both try at the same time, many times. Returns in how many rounds nobody or both had the connection. */
    private static int disputes(Factory factory, int rounds) throws Exception {
        Taker[] current = new Taker[1];
        CyclicBarrier barrier = new CyclicBarrier(2);
        Thread closer = Thread.ofPlatform().start(() -> {
            try {
                for (int i = 0; i < rounds; i++) {
                    barrier.await();
                    current[0].close();
                    barrier.await();
                }
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
        int disputes = 0;
        for (int i = 0; i < rounds; i++) {
            current[0] = factory.make();
            try (SocketChannel connection = SocketChannel.open()) {
                barrier.await();
                for (int delay = i % 100 * 10; delay > 0; delay--) {
                    Thread.onSpinWait();
                }
                boolean taken = current[0].offer(connection);
                barrier.await();
                if (taken == connection.isOpen()) {
                    disputes++;
                }
            }
        }
        closer.join();
        return disputes;
    }

    /** A share of a loop that does not run: what it takes can only be closed with it. */
    private static Taker share() {
        EventLoop loop = EventLoop.create();
        SocketServer server = new SocketServer(
                loop,
                () -> {
                    throw new AssertionError("nothing is served here");
                },
                List.of(),
                ListenOptions.defaults());
        Share share = new Share(server);
        return new Taker() {
            @Override
            public boolean offer(SocketChannel connection) {
                return share.offer(connection);
            }

            @Override
            public void close() {
                loop.close();
            }
        };
    }

    @Test
    void aConnectionIsClosedWithTheLoopOrStaysWithTheGiver() throws Exception {
        assertThat(disputes(ShareTest::share, ROUNDS)).isZero();
    }

    @Test
    void aTwinThatLooksFirstLeavesConnectionsOpen() throws Exception {
        int disputes = 0;
        for (int attempt = 0; attempt < 100 && disputes == 0; attempt++) {
            disputes = disputes(LookThenTake::new, ROUNDS);
        }
        assertThat(disputes).isPositive();
    }

    @Test
    void aShareThatIsClosedTakesNothing() throws IOException {
        try (EventLoop loop = EventLoop.create()) {
            Share share = new Share(new SocketServer(
                    loop,
                    () -> {
                        throw new AssertionError("nothing is served here");
                    },
                    List.of(),
                    ListenOptions.defaults()));
            share.closeServer();
            assertThat(share.isOpen()).isFalse();
            try (SocketChannel connection = SocketChannel.open()) {
                assertThat(share.offer(connection)).isFalse();
                assertThat(connection.isOpen()).isTrue();
            }
        }
    }
}
