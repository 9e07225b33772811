package dev.tulip.tests.net;

import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.newEventLoop;
import static dev.tulip.Tulip.openDatagramEndpoint;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.sleep;
import static dev.tulip.tests.net.Datagrams.LOOPBACK;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.Datagram;
import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Suspends;
import dev.tulip.loop.Task;
import dev.tulip.net.DatagramEndpoint;
import dev.tulip.net.DatagramOptions;
import dev.tulip.tests.support.Errors;
import dev.tulip.tests.support.Program;
import dev.tulip.tests.support.Spawn;
import dev.tulip.tests.support.StallingNetwork;
import dev.tulip.tests.support.Until;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Datagrams in straight-line code. */
class DatagramEndpointTest {
    @Suspends
    private static DatagramEndpoint connectedTo(DatagramEndpoint peer) throws IOException {
        return openDatagramEndpoint(LOOPBACK.withRemoteAddress((InetSocketAddress) peer.localAddress()));
    }

    private static int port(DatagramEndpoint endpoint) {
        return ((InetSocketAddress) endpoint.localAddress()).getPort();
    }

    private static String text(Datagram datagram) {
        return new String(datagram.data(), UTF_8);
    }

    /** Sends back what comes, until the endpoint is closed. */
    @Suspends
    private static void echo(DatagramEndpoint endpoint) throws IOException {
        try {
            while (true) {
                Datagram datagram = endpoint.receive();
                endpoint.sendTo(datagram.data(), datagram.sender());
            }
        } catch (ClosedChannelException e) {
            assertThat(endpoint.toString()).contains("closed");
        }
    }

    // -- receiving and sending ------------------------------------------------------------------------------------

    @Test
    void aTaskAnswersWhoeverSends() throws Exception {
        run(() -> {
            try (DatagramEndpoint server = openDatagramEndpoint(LOOPBACK)) {
                createTask(() -> echo(server));
                List<Task<String>> clients = new ArrayList<>();
                for (int i = 0; i < 50; i++) {
                    String message = "hello " + i;
                    clients.add(createTask(() -> {
                        try (DatagramEndpoint client = connectedTo(server)) {
                            client.send(message.getBytes(UTF_8));
                            return text(client.receive());
                        }
                    }));
                }
                for (int i = 0; i < 50; i++) {
                    assertThat(clients.get(i).await()).isEqualTo("hello " + i);
                }
            }
        });
    }

    @Test
    void aDatagramIsReadIntoABufferAndWhatDoesNotFitIsLost() throws Exception {
        run(() -> {
            try (DatagramEndpoint receiver = openDatagramEndpoint(LOOPBACK);
                    DatagramEndpoint sender = openDatagramEndpoint(LOOPBACK)) {
                sender.sendTo("abcdefgh".getBytes(), receiver.localAddress());
                sender.sendTo("next".getBytes(), receiver.localAddress());
                ByteBuffer buffer = ByteBuffer.allocate(10).position(5);
                assertThat(receiver.receive(buffer)).isEqualTo(sender.localAddress());
                assertThat(new String(buffer.array(), 5, 5, UTF_8)).isEqualTo("abcde");
                assertThat(buffer.hasRemaining()).isFalse();
                assertThat(text(receiver.receive())).isEqualTo("next");
            }
        });
    }

    @Test
    void theLargestDatagramAndAnEmptyOneArriveWhole() throws Exception {
        run(() -> {
            try (DatagramEndpoint receiver = openDatagramEndpoint(LOOPBACK.withReceiveBuffer(200_000));
                    DatagramEndpoint sender =
                            openDatagramEndpoint(LOOPBACK.withSocketOption(StandardSocketOptions.SO_SNDBUF, 200_000))) {
                byte[] data = new byte[65_507];
                new Random(1).nextBytes(data);
                sender.sendTo(data, receiver.localAddress());
                sender.sendTo(new byte[0], receiver.localAddress());
                assertThat(receiver.receive().data()).isEqualTo(data);
                Datagram empty = receiver.receive();
                assertThat(empty.data()).isEmpty();
                assertThat(empty.sender()).isEqualTo(sender.localAddress());
            }
        });
    }

    @Test
    void whatIsThereIsReceivedWithoutSuspending() throws Exception {
        run(() -> {
            try (DatagramEndpoint receiver = openDatagramEndpoint(LOOPBACK);
                    DatagramEndpoint sender = openDatagramEndpoint(LOOPBACK)) {
                boolean[] others = {false};
                runningLoop().callSoon(() -> others[0] = true);
                sender.sendTo("x".getBytes(), receiver.localAddress());
                assertThat(text(receiver.receive())).isEqualTo("x");
                assertThat(others[0]).isFalse();
            }
        });
    }

    @Test
    void whoeverFloodsAnEndpointDoesNotGetTheWholeLoop() throws Exception {
        run(() -> {
            try (DatagramEndpoint flooded = openDatagramEndpoint(LOOPBACK)) {
                boolean[] stop = {false};
                Thread flood = Spawn.platform("flood", () -> {
                    try (DatagramChannel channel = DatagramChannel.open()) {
                        while (!stop[0]) {
                            channel.send(ByteBuffer.allocate(1), flooded.localAddress());
                        }
                    }
                });
                long[] received = {0};
                Task<?> receiver = createTask(() -> {
                    ByteBuffer buffer = ByteBuffer.allocateDirect(100);
                    while (true) {
                        flooded.receive(buffer.clear());
                        received[0]++;
                    }
                });
                Until.holds("the flood is here", () -> received[0] > 1000);
                for (int i = 0; i < 100; i++) {
                    long before = received[0];
                    sleep(Duration.ZERO);
                    assertThat(received[0] - before).isLessThanOrEqualTo(17);
                }
                receiver.cancel();
                stop[0] = true;
                Until.holds("the flood ends", () -> !flood.isAlive());
            }
        });
    }

    @Test
    void aSecondReceiverIsRefused() throws Exception {
        run(() -> {
            try (DatagramEndpoint endpoint = openDatagramEndpoint(LOOPBACK)) {
                Task<Datagram> first = createTask(() -> endpoint.receive());
                Until.settled();
                assertThatThrownBy(endpoint::receive)
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("waits already to read");
                endpoint.sendTo("for the first".getBytes(), endpoint.localAddress());
                assertThat(text(first.await())).isEqualTo("for the first");
            }
        });
    }

    @Test
    void cancellingAReceiverTakesNoDatagram() throws Exception {
        run(() -> {
            try (DatagramEndpoint receiver = openDatagramEndpoint(LOOPBACK);
                    DatagramEndpoint sender = openDatagramEndpoint(LOOPBACK)) {
                for (int i = 0; i < 200; i++) {
                    Task<Datagram> task = createTask(() -> receiver.receive());
                    sleep(Duration.ZERO);
                    sender.sendTo(("" + i).getBytes(), receiver.localAddress());
                    for (int j = i % 3; j > 0; j--) {
                        sleep(Duration.ZERO); // the task may be ready, or even done
                    }
                    task.cancel();
                    String got;
                    try {
                        got = text(task.await());
                    } catch (CancelledError e) {
                        got = text(receiver.receive());
                    }
                    assertThat(got).isEqualTo("" + i);
                }
            }
        });
    }

    @Test
    void theyAreForTasksOnly() throws Exception {
        run(() -> {
            try (DatagramEndpoint endpoint = openDatagramEndpoint(LOOPBACK)) {
                List<Throwable> thrown = new ArrayList<>();
                runningLoop().callSoon(() -> {
                    try {
                        endpoint.sendTo(new byte[1], endpoint.localAddress());
                    } catch (IOException | IllegalStateException e) {
                        thrown.add(e);
                    }
                    try {
                        openDatagramEndpoint(LOOPBACK);
                    } catch (IOException | IllegalStateException e) {
                        thrown.add(e);
                    }
                });
                Until.holds("the callback has run", () -> thrown.size() == 2);
                assertThat(thrown)
                        .allSatisfy(error -> assertThat(error)
                                .isInstanceOf(IllegalStateException.class)
                                .hasMessageContaining("start one with createTask"));
            }
        });
    }

    // -- a network that takes no more ------------------------------------------------------------------------------

    @Test
    void sendingWaitsWhileTheNetworkTakesNoMore(Errors errors) throws Exception {
        StallingNetwork network = new StallingNetwork();
        run(
                () -> {
                    try (DatagramEndpoint receiver = openDatagramEndpoint(LOOPBACK);
                            DatagramEndpoint sender = connectedTo(receiver)) {
                        network.takes(1);
                        List<Task<?>> senders = new ArrayList<>();
                        for (int i = 0; i < 4; i++) {
                            byte[] data = ("" + i).getBytes();
                            senders.add(createTask(() -> sender.send(data)));
                        }
                        Until.settled();
                        assertThat(senders).map(Task::done).containsExactly(true, false, false, false);
                        network.takes(1);
                        Until.holds("the second", () -> senders.get(1).done());
                        Until.settled();
                        assertThat(senders).map(Task::done).containsExactly(true, true, false, false);
                        network.takes(100);
                        senders.forEach(Task::await);
                        for (int i = 0; i < 4; i++) {
                            assertThat(text(receiver.receive())).isEqualTo("" + i);
                        }
                    }
                },
                network.options(errors));
    }

    @Test
    void cancellingASenderSendsNothingAndTheOthersGoOn(Errors errors) throws Exception {
        StallingNetwork network = new StallingNetwork();
        run(
                () -> {
                    try (DatagramEndpoint receiver = openDatagramEndpoint(LOOPBACK);
                            DatagramEndpoint sender = connectedTo(receiver)) {
                        network.takes(0);
                        List<Task<?>> senders = new ArrayList<>();
                        for (int i = 0; i < 4; i++) {
                            byte[] data = ("" + i).getBytes();
                            senders.add(createTask(() -> sender.send(data)));
                        }
                        Until.settled();
                        senders.get(0).cancel(); // the one that waits for the socket
                        senders.get(2).cancel(); // one that waits for its turn
                        Until.settled();
                        assertThat(senders).map(Task::cancelled).containsExactly(true, false, true, false);
                        network.takes(100);
                        senders.get(1).await();
                        senders.get(3).await();
                        assertThat(text(receiver.receive())).isEqualTo("1");
                        assertThat(text(receiver.receive())).isEqualTo("3");
                    }
                },
                network.options(errors));
    }

    @Test
    void closingWakesEverybodyWhoWaits(Errors errors) throws Exception {
        StallingNetwork network = new StallingNetwork();
        run(
                () -> {
                    DatagramEndpoint endpoint = openDatagramEndpoint(LOOPBACK);
                    network.takes(0);
                    List<Task<?>> tasks = new ArrayList<>();
                    tasks.add(createTask(() -> endpoint.receive()));
                    tasks.add(createTask(() -> endpoint.sendTo(new byte[1], endpoint.localAddress())));
                    tasks.add(createTask(() -> endpoint.sendTo(new byte[1], endpoint.localAddress())));
                    Until.settled();
                    endpoint.close();
                    endpoint.close();
                    for (Task<?> task : tasks) {
                        assertThatThrownBy(task::await).isInstanceOf(ClosedChannelException.class);
                    }
                    assertThatThrownBy(endpoint::receive).isInstanceOf(ClosedChannelException.class);
                },
                network.options(errors));
    }

    // -- errors ---------------------------------------------------------------------------------------------------

    @Test
    void aDeadPortIsAnErrorOfTheNextCallAndTheEndpointStaysOpen() throws Exception {
        run(() -> {
            DatagramEndpoint gone = openDatagramEndpoint(LOOPBACK);
            try (DatagramEndpoint endpoint = connectedTo(gone)) {
                gone.close();
                for (int i = 0; i < 3; i++) {
                    endpoint.send("anybody?".getBytes());
                    assertThatThrownBy(endpoint::receive).isInstanceOf(PortUnreachableException.class);
                }
                try (DatagramEndpoint back = openDatagramEndpoint(
                        DatagramOptions.defaults().withLocalAddress((InetSocketAddress) gone.localAddress()))) {
                    endpoint.send("there?".getBytes());
                    assertThat(text(back.receive())).isEqualTo("there?");
                }
            }
        });
    }

    @Test
    void whatCannotBeSentIsThrown() throws Exception {
        run(() -> {
            try (DatagramEndpoint endpoint = openDatagramEndpoint(LOOPBACK);
                    DatagramEndpoint connected = connectedTo(endpoint)) {
                assertThatThrownBy(() -> endpoint.sendTo(new byte[70_000], endpoint.localAddress()))
                        .isInstanceOf(IOException.class)
                        .hasMessageContaining("70000 bytes are too long");
                assertThatThrownBy(() -> endpoint.sendTo(new byte[1], new InetSocketAddress("::1", 9)))
                        .isInstanceOf(IOException.class)
                        .hasMessageContaining("another family");
                assertThatThrownBy(() -> connected.send(new byte[0]))
                        .isInstanceOf(IOException.class)
                        .hasMessageContaining("no empty datagram");
                assertThatThrownBy(() -> endpoint.send(new byte[1])).isInstanceOf(IllegalStateException.class);
                assertThatThrownBy(() -> connected.sendTo(new byte[1], connected.localAddress()))
                        .isInstanceOf(IllegalArgumentException.class);
                connected.send("fine".getBytes());
                assertThat(text(endpoint.receive())).isEqualTo("fine");
            }
        });
    }

    // -- floods and life ------------------------------------------------------------------------------------------

    @Test
    void ofAFloodEachDatagramIsReceivedOrDroppedByTheSystemAndNoneTwice() throws Exception {
        assumeTrue(Files.isReadable(Path.of("/proc/net/udp")), "the system does not count what it drops");
        int flood = 100_000;
        run(() -> {
            try (DatagramEndpoint slow = openDatagramEndpoint(LOOPBACK)) {
                Thread sender = Spawn.platform("sender", () -> {
                    try (DatagramChannel channel = DatagramChannel.open()) {
                        ByteBuffer data = ByteBuffer.allocateDirect(200);
                        for (int i = 0; i < flood; i++) {
                            channel.send(data.clear().putInt(0, i), slow.localAddress());
                        }
                    }
                });
                int[] received = {0};
                Task<?> receiver = createTask(() -> {
                    for (int last = -1; ; received[0]++) {
                        int number = ByteBuffer.wrap(slow.receive().data()).getInt();
                        assertThat(number).isGreaterThan(last);
                        last = number;
                        if (number % 100 == 0) {
                            sleep(Duration.ofMillis(1));
                        }
                    }
                });
                Until.holds("all were sent", () -> !sender.isAlive());
                Until.holds("each was received or dropped", () -> {
                    try {
                        return received[0] + Datagrams.droppedBySystem(port(slow)) == flood;
                    } catch (IOException e) {
                        throw new AssertionError(e);
                    }
                });
                assertThat(received[0]).isPositive();
                assertThat(receiver.cancel()).isTrue();
                Until.settled();
            }
        });
    }

    /** The guard of all tests counts the descriptors. */
    @Test
    void tenThousandEndpointsComeAndGoWithoutALeak() throws Exception {
        run(() -> {
            try (DatagramEndpoint receiver = openDatagramEndpoint(LOOPBACK)) {
                for (int i = 0; i < 10_000; i++) {
                    try (DatagramEndpoint endpoint = connectedTo(receiver)) {
                        endpoint.send("x".getBytes());
                        assertThat(receiver.receive().sender()).isEqualTo(endpoint.localAddress());
                    }
                }
            }
        });
    }

    @Test
    void aLoopThatIsClosedClosesItsEndpoints() throws Exception {
        EventLoop loop = newEventLoop();
        DatagramEndpoint left = loop.runUntilComplete(() -> openDatagramEndpoint(LOOPBACK));
        loop.close();
        assertThat(left.channel().isOpen()).isFalse();
        left.close();
    }

    @Test
    void anEndpointThatATaskClosesWhileTheLoopUnwindsIsClosedOnce() throws Exception {
        List<DatagramEndpoint> made = new ArrayList<>();
        run(() -> {
            createTask(() -> {
                try (DatagramEndpoint endpoint = openDatagramEndpoint(LOOPBACK)) {
                    made.add(endpoint);
                    endpoint.receive();
                }
            });
            Until.holds("it waits", () -> !made.isEmpty());
        });
        assertThat(made.getFirst().channel().isOpen()).isFalse();
    }

    @Test
    void itTellsWhatItIs() throws Exception {
        run(() -> {
            DatagramEndpoint endpoint = openDatagramEndpoint(LOOPBACK);
            DatagramEndpoint connected = connectedTo(endpoint);
            SocketAddress address = endpoint.localAddress();
            assertThat(endpoint).hasToString("DatagramEndpoint[open, " + address + "]");
            assertThat(endpoint.remoteAddress()).isNull();
            assertThat(connected.remoteAddress()).isEqualTo(address);
            assertThat(connected.getLoop()).isSameAs(runningLoop());
            connected.close();
            endpoint.close();
            assertThat(connected)
                    .hasToString("DatagramEndpoint[closed, " + connected.localAddress() + " -> " + address + "]");
        });
    }

    // -- programs that are not ours -------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(strings = {"nc -u -w 10 127.0.0.1 PORT", "socat - UDP:127.0.0.1:PORT"})
    void itTalksToOtherPrograms(String client) throws Exception {
        String[] command = client.split(" ");
        assumeTrue(Program.isInstalled("which", command[0]), command[0] + " is not installed");
        run(() -> {
            try (DatagramEndpoint server = openDatagramEndpoint(LOOPBACK);
                    Program program = Program.start(
                            client.replace("PORT", "" + port(server)).split(" "))) {
                program.write("Grüße\n");
                Datagram datagram = server.receive();
                assertThat(text(datagram)).isEqualTo("Grüße\n");
                server.sendTo("zurück\n".getBytes(UTF_8), datagram.sender());
                assertThat(program.readLine()).isEqualTo("zurück");
            }
        });
    }

    @Test
    void itTalksToPythonsAsyncio() throws Exception {
        assumeTrue(Program.isInstalled("python3", "-c", "import asyncio"), "python3 is not installed");
        String client = """
            import asyncio, sys
            class Client(asyncio.DatagramProtocol):
                def connection_made(self, transport):
                    self.transport, self.number = transport, 0
                    self.done = asyncio.get_running_loop().create_future()
                    self.next()
                def next(self):
                    self.data = bytes([self.number]) * (self.number * 100 + 1)
                    self.transport.sendto(self.data)
                def datagram_received(self, data, addr):
                    assert data == self.data
                    self.number += 1
                    self.next() if self.number < 100 else self.done.set_result(None)
            async def main():
                loop = asyncio.get_running_loop()
                transport, protocol = await loop.create_datagram_endpoint(
                    Client, remote_addr=('127.0.0.1', int(sys.argv[1])))
                await protocol.done
                transport.close()
                print('all there')
            asyncio.run(main())
            """;
        run(() -> {
            try (DatagramEndpoint server = openDatagramEndpoint(LOOPBACK);
                    Program python = Program.start("python3", "-c", client, "" + port(server))) {
                for (int i = 0; i < 100; i++) {
                    Datagram datagram = server.receive();
                    server.sendTo(datagram.data(), datagram.sender());
                }
                assertThat(python.readLine()).as(python.error()).isEqualTo("all there");
            }
        });
    }
}
