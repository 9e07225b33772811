package dev.tulip.tests.loop;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.newEventLoop;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.Datagram;
import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Task;
import dev.tulip.tests.support.SocketPair;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The {@code sock} methods: rows D2 to D6 of asyncio, behaviours 8 and 59. */
class SocketOperationsTest {
    private final List<Object> order = new ArrayList<>();

    @Test
    void acceptConnectSendAndReceiveInStraightLineCode() throws Exception {
        try (ServerSocketChannel listener = SocketPair.listener()) {
            listener.configureBlocking(false);
            run(() -> {
                EventLoop loop = runningLoop();
                Task<?> server = createTask(() -> {
                    try (SocketChannel connection = loop.sockAccept(listener)) {
                        assertThat(connection.isBlocking()).isFalse();
                        byte[] data;
                        while ((data = loop.sockRecv(connection, 100)).length > 0) {
                            loop.sockSendall(connection, data);
                        }
                    }
                });
                try (SocketChannel client = SocketChannel.open()) {
                    client.configureBlocking(false);
                    loop.sockConnect(client, listener.getLocalAddress());
                    loop.sockSendall(client, "hello".getBytes(StandardCharsets.UTF_8));
                    assertThat(new String(loop.sockRecv(client, 100), StandardCharsets.UTF_8))
                            .isEqualTo("hello");
                    client.shutdownOutput();
                    assertThat(loop.sockRecv(client, 100)).isEmpty();
                }
                await(server);
            });
        }
    }

    /** Behaviour 8: what is ready does not suspend. */
    @Test
    void dataThatIsThereIsReadWithoutSuspending() throws Exception {
        try (SocketPair pair = SocketPair.open()) {
            pair.send("there");
            run(() -> {
                EventLoop loop = runningLoop();
                loop.awaitReadable(pair.here());
                loop.callSoon(() -> order.add("callback"));
                ByteBuffer buffer = ByteBuffer.allocate(3);
                assertThat(loop.sockRecvInto(pair.here(), buffer)).isEqualTo(3);
                assertThat(loop.sockRecvInto(pair.here(), buffer)).isZero(); // no room
                assertThat(loop.sockRecv(pair.here(), 100)).hasSize(2);
                loop.sockSendall(pair.here(), new byte[10]);
                assertThat(order).isEmpty();
            });
        }
    }

    @Test
    void megabytesArriveWhole() throws Exception {
        long seed = System.nanoTime();
        byte[] data = new byte[5_000_000];
        new Random(seed).nextBytes(data);
        try (ServerSocketChannel listener = SocketPair.listener()) {
            listener.configureBlocking(false);
            byte[] received = run(() -> {
                EventLoop loop = runningLoop();
                Task<?> sender = createTask(() -> {
                    try (SocketChannel connection = loop.sockAccept(listener)) {
                        loop.sockSendall(connection, data);
                    }
                });
                try (SocketChannel client = SocketChannel.open()) {
                    client.configureBlocking(false);
                    loop.sockConnect(client, listener.getLocalAddress());
                    ByteBuffer buffer = ByteBuffer.allocate(data.length + 1);
                    while (loop.sockRecvInto(client, buffer) >= 0) {
                        Thread.onSpinWait();
                    }
                    await(sender);
                    return Arrays.copyOf(buffer.array(), buffer.position());
                }
            });
            assertThat(Arrays.equals(received, data)).as("seed " + seed).isTrue();
        }
    }

    @Test
    void cancellingAReceiveTakesNothingFromTheStream() throws Exception {
        try (SocketPair pair = SocketPair.open()) {
            run(() -> {
                EventLoop loop = runningLoop();
                Task<byte[]> receiver = createTask(() -> loop.sockRecv(pair.here(), 100));
                sleep(Duration.ZERO);
                pair.send("kept");
                receiver.cancel();
                assertThatThrownBy(() -> await(receiver)).isInstanceOf(CancelledError.class);
                assertThat(new String(loop.sockRecv(pair.here(), 100), StandardCharsets.UTF_8))
                        .isEqualTo("kept");
            });
        }
    }

    @Test
    void dataAndACancelInOneIterationIsACancelAndTheDataStays() throws Exception {
        try (SocketPair pair = SocketPair.open()) {
            run(() -> {
                EventLoop loop = runningLoop();
                Task<byte[]> receiver = createTask(() -> loop.sockRecv(pair.here(), 100));
                sleep(Duration.ZERO);
                pair.send("kept");
                // In the next iteration the select finds the data and queues the receiver, behind this.
                loop.callSoon(receiver::cancel);
                assertThatThrownBy(() -> await(receiver)).isInstanceOf(CancelledError.class);
                assertThat(loop.sockRecv(pair.here(), 100)).hasSize(4);
            });
        }
    }

    /** Behaviour 59: in asyncio the first of two receivers hangs for ever. */
    @Test
    void aSecondReceiverOnOneSocketIsRefused() throws Exception {
        try (SocketPair pair = SocketPair.open()) {
            run(() -> {
                EventLoop loop = runningLoop();
                Task<byte[]> first = createTask(() -> loop.sockRecv(pair.here(), 100));
                sleep(Duration.ZERO);
                assertThatThrownBy(() -> loop.sockRecv(pair.here(), 100))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("Task-2 waits already to read from");
                pair.send("x");
                assertThat(await(first)).hasSize(1);
            });
        }
    }

    @Test
    void oneTaskMayReadWhileAnotherWrites() throws Exception {
        try (SocketPair pair = SocketPair.open()) {
            pair.here().setOption(StandardSocketOptions.SO_SNDBUF, 10_000);
            run(() -> {
                EventLoop loop = runningLoop();
                Task<byte[]> reader = createTask(() -> loop.sockRecv(pair.here(), 100));
                Task<?> writer = createTask(() -> loop.sockSendall(pair.here(), new byte[20_000_000]));
                sleep(Duration.ofMillis(1));
                assertThat(writer.done()).isFalse();
                pair.send("x");
                assertThat(await(reader)).hasSize(1);
                assertThat(writer.done()).isFalse();
                writer.cancel();
            });
        }
    }

    @Test
    void whoWaitsOnAChannelThatIsClosedIsTold() throws Exception {
        try (SocketPair pair = SocketPair.open()) {
            run(() -> {
                EventLoop loop = runningLoop();
                Task<byte[]> receiver = createTask(() -> loop.sockRecv(pair.here(), 100));
                sleep(Duration.ofMillis(1));
                pair.here().close();
                assertThatThrownBy(() -> await(receiver)).isInstanceOf(ClosedChannelException.class);
                assertThatThrownBy(() -> loop.sockRecv(pair.here(), 100)).isInstanceOf(ClosedChannelException.class);
            });
        }
    }

    @Test
    void aResetPeerIsAnError() throws Exception {
        try (SocketPair pair = SocketPair.open()) {
            run(() -> {
                EventLoop loop = runningLoop();
                Task<byte[]> receiver = createTask(() -> loop.sockRecv(pair.here(), 100));
                sleep(Duration.ofMillis(1));
                pair.there().setOption(StandardSocketOptions.SO_LINGER, 0);
                pair.there().close();
                assertThatThrownBy(() -> await(receiver)).isInstanceOf(IOException.class);
            });
        }
    }

    @Test
    void aRefusedConnectionNamesThePeer() throws Exception {
        SocketAddress nobody;
        try (ServerSocketChannel listener = SocketPair.listener()) {
            nobody = listener.getLocalAddress();
        }
        run(() -> {
            try (SocketChannel client = SocketChannel.open()) {
                client.configureBlocking(false);
                assertThatThrownBy(() -> runningLoop().sockConnect(client, nobody))
                        .isInstanceOf(ConnectException.class)
                        .hasMessageContaining("cannot connect to " + nobody);
            }
        });
    }

    @Test
    void aHostNameIsLookedUp() throws Exception {
        try (ServerSocketChannel listener = SocketPair.listener()) {
            int port = ((InetSocketAddress) listener.getLocalAddress()).getPort();
            run(() -> {
                try (SocketChannel client = SocketChannel.open()) {
                    client.configureBlocking(false);
                    runningLoop().sockConnect(client, InetSocketAddress.createUnresolved("localhost", port));
                    assertThat(client.isConnected()).isTrue();
                }
                try (SocketChannel client = SocketChannel.open()) {
                    client.configureBlocking(false);
                    assertThatThrownBy(() -> runningLoop()
                                    .sockConnect(client, InetSocketAddress.createUnresolved("nobody.tulip.test", 1)))
                            .isInstanceOf(UnknownHostException.class);
                }
            });
        }
    }

    @Test
    void cancellingAConnectLeavesTheChannelOpen() throws Exception {
        // A listener whose queue is full answers no more: the connection stays pending.
        try (ServerSocketChannel full =
                ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1)) {
            List<SocketChannel> fillers = new ArrayList<>();
            try {
                run(() -> {
                    EventLoop loop = runningLoop();
                    Task<?> pending = null;
                    while (pending == null) {
                        SocketChannel filler = SocketChannel.open();
                        filler.configureBlocking(false);
                        fillers.add(filler);
                        Task<?> task = createTask(() -> loop.sockConnect(filler, full.getLocalAddress()));
                        sleep(Duration.ofMillis(20));
                        pending = task.done() ? null : task;
                    }
                    Task<?> waiting = pending;
                    waiting.cancel();
                    assertThatThrownBy(() -> await(waiting)).isInstanceOf(CancelledError.class);
                    assertThat(fillers.getLast().isOpen()).isTrue();
                    assertThat(fillers.getLast().isConnectionPending()).isTrue();
                });
            } finally {
                for (SocketChannel filler : fillers) {
                    filler.close();
                }
            }
        }
    }

    @Test
    void datagramsKeepTheirBoundariesAndTheirSender() throws Exception {
        InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        try (DatagramChannel here = DatagramChannel.open().bind(any);
                DatagramChannel there = DatagramChannel.open().bind(any)) {
            here.configureBlocking(false);
            there.configureBlocking(false);
            run(() -> {
                EventLoop loop = runningLoop();
                Task<Datagram> receiver = createTask(() -> loop.sockRecvfrom(there, 100));
                sleep(Duration.ZERO);
                loop.sockSendto(here, ByteBuffer.wrap("one".getBytes(StandardCharsets.UTF_8)), there.getLocalAddress());
                loop.sockSendto(here, ByteBuffer.allocate(0), there.getLocalAddress());
                loop.sockSendto(here, ByteBuffer.wrap(new byte[50]), there.getLocalAddress());
                Datagram first = await(receiver);
                assertThat(new String(first.data(), StandardCharsets.UTF_8)).isEqualTo("one");
                assertThat(first.sender()).isEqualTo(here.getLocalAddress());
                assertThat(loop.sockRecvfrom(there, 100).data()).isEmpty();
                ByteBuffer small = ByteBuffer.allocate(20);
                assertThat(loop.sockRecvfromInto(there, small)).isEqualTo(here.getLocalAddress());
                assertThat(small.position()).isEqualTo(20); // cut off
            });
        }
    }

    /** 20 MB: more than the sockets hold, so that it waits for the peer, and more than one step of the executor's. */
    @Test
    void aFileIsSentAsFarAsThePeerTakesIt(@TempDir Path folder) throws Exception {
        byte[] content = new byte[20_000_000];
        new Random(1).nextBytes(content);
        Path path = Files.write(folder.resolve("file"), content);
        try (SocketPair pair = SocketPair.open();
                FileChannel file = FileChannel.open(path)) {
            pair.there().configureBlocking(false);
            run(() -> {
                EventLoop loop = runningLoop();
                Task<Long> sending = createTask(() -> loop.sockSendfile(pair.here(), file, 100, Long.MAX_VALUE));
                ByteBuffer received = ByteBuffer.allocate(content.length - 100);
                while (received.hasRemaining() && loop.sockRecvInto(pair.there(), received) >= 0) {
                    sleep(Duration.ZERO);
                }
                assertThat(received.array()).isEqualTo(Arrays.copyOfRange(content, 100, content.length));
                assertThat(await(sending)).isEqualTo(content.length - 100);
                assertThat(file.position()).isZero();
                assertThat(loop.sockSendfile(pair.here(), file, content.length + 1, 10))
                        .isZero();
                assertThat(loop.sockSendfile(pair.here(), file, 0, 3)).isEqualTo(3);
                assertThat(loop.sockRecv(pair.there(), 100)).isEqualTo(Arrays.copyOf(content, 3));
                assertThatThrownBy(() -> loop.sockSendfile(pair.here(), file, -1, 3))
                        .isInstanceOf(IllegalArgumentException.class);
                pair.here().close();
                assertThatThrownBy(() -> loop.sockSendfile(pair.here(), file, 0, 3))
                        .isInstanceOf(ClosedChannelException.class);
            });
        }
    }

    @Test
    void cancellingTheSendingOfAFileWaitsForTheThreadThatSends(@TempDir Path folder) throws Exception {
        Path path = Files.write(folder.resolve("file"), new byte[20_000_000]);
        try (SocketPair pair = SocketPair.open();
                FileChannel file = FileChannel.open(path)) {
            run(() -> {
                EventLoop loop = runningLoop();
                for (int i = 0; i < 20; i++) { // before, in, and between the steps
                    Task<Long> sending = createTask(() -> loop.sockSendfile(pair.here(), file, 0, Long.MAX_VALUE));
                    for (int turns = 0; turns < i; turns++) {
                        sleep(Duration.ZERO);
                    }
                    sending.cancel();
                    assertThatThrownBy(() -> await(sending)).isInstanceOf(CancelledError.class);
                }
                assertThat(pair.here().isOpen()).isTrue();
                assertThat(file.isOpen()).isTrue();
            });
        }
    }

    @Test
    void misuseIsRefusedWithAReason() throws Exception {
        try (SocketPair pair = SocketPair.open();
                EventLoop other = newEventLoop()) {
            assertThatThrownBy(() -> other.sockRecv(pair.here(), 1))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("sockRecv suspends, so it needs a task");
            run(() -> {
                EventLoop loop = runningLoop();
                assertThatThrownBy(() -> loop.sockRecv(pair.there(), 1))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("blocking mode");
                assertThatThrownBy(() -> loop.sockRecv(pair.here(), 0))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("limit must be positive");
                assertThatThrownBy(() -> other.sockRecv(pair.here(), 1))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("use the running loop's sockRecv");
            });
        }
    }
}
