package dev.tulip.tests.programs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tulip.loop.KeyboardInterrupt;
import dev.tulip.tests.support.ChildJvm;
import dev.tulip.tests.support.Program;
import dev.tulip.tests.support.Spawn;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The programs in examples/ that use streams do what they say, also with clients that are not ours. */
class StreamExamplesTest {
    private static int port(Program server, String name) {
        String line = server.readLineThatStartsWith(name + " on ");
        return Integer.parseInt(line.substring(line.lastIndexOf(':') + 1));
    }

    private static void endsWithCtrlC(Program program) {
        program.signal("INT");
        assertThat(program.status()).isEqualTo(KeyboardInterrupt.EXIT_STATUS);
        assertThat(program.error()).isEmpty();
    }

    @Test
    void theEchoClientTalksToTheEchoServer() {
        try (Program server = Program.tulip("run", "examples/EchoServer.java")) {
            int port = port(server, "echo server");
            ChildJvm.Result client =
                    ChildJvm.run(Program.tulipCommand("run", "examples/EchoClient.java", "" + port, "hello"));
            assertThat(client.out().lines())
                    .as(client.err())
                    .containsExactly("Send: hello", "Received: hello", "The connection is closed");
            assertThat(client.err()).isEmpty();
            assertThat(client.status()).isZero();
            endsWithCtrlC(server);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theServerOnManyLoopsServesOnAllOfThem(boolean reusePort) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("run", "examples/ManyLoops.java", "--loops", "2"));
        if (reusePort) {
            arguments.add("--reuse-port");
        }
        try (Program server = Program.tulip(arguments.toArray(String[]::new))) {
            String line = server.readLineThatStartsWith("echo server on ");
            assertThat(line).endsWith(" for echo[running, 2 loops]");
            int port = Integer.parseInt(line.replaceAll(".*:(\\d+) for .*", "$1"));
            Set<String> loops = new HashSet<>();
            List<Socket> clients = new ArrayList<>();
            while (loops.size() < 2) {
                Socket client = new Socket("127.0.0.1", port);
                clients.add(client);
                client.getOutputStream().write("hello".getBytes(StandardCharsets.UTF_8));
                assertThat(client.getInputStream().readNBytes(5)).asString().isEqualTo("hello");
                loops.add(server.readLineThatStartsWith("connection " + clients.size() + " on ")
                        .replaceAll(".* on (echo-\\d)\\[.*", "$1"));
            }
            assertThat(loops).containsExactlyInAnyOrder("echo-1", "echo-2");
            server.signal("INT");
            assertThat(server.readLine())
                    .isEqualTo("served " + clients.size() + " connections, aborted " + clients.size() + " of them");
            assertThat(server.status()).isEqualTo(KeyboardInterrupt.EXIT_STATUS);
            assertThat(server.error()).isEmpty();
            for (Socket client : clients) {
                client.close();
            }
        }
    }

    @Test
    void theProxyPassesEverythingOnInBothDirections() throws Exception {
        try (ServerSocket target = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
                Program proxy = Program.tulip("run", "examples/Proxy.java", "127.0.0.1", "" + target.getLocalPort())) {
            int port = port(proxy, "proxy");
            try (Socket client = new Socket("127.0.0.1", port);
                    Socket server = target.accept()) {
                byte[] question = new byte[3_000_000];
                new Random(1).nextBytes(question);
                Thread sender = Thread.ofVirtual().start(() -> {
                    try {
                        client.getOutputStream().write(question);
                        client.shutdownOutput();
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
                assertThat(server.getInputStream().readAllBytes()).isEqualTo(question);
                server.getOutputStream().write("and the answer".getBytes(StandardCharsets.UTF_8));
                server.shutdownOutput(); // the other direction has ended before this one
                assertThat(client.getInputStream().readAllBytes()).asString().isEqualTo("and the answer");
                sender.join();
            }
            endsWithCtrlC(proxy);
        }
    }

    @Test
    void theProxyDropsAClientIfNobodyListens() throws Exception {
        int nobody;
        try (ServerSocket target = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            nobody = target.getLocalPort();
        }
        try (Program proxy = Program.tulip("run", "examples/Proxy.java", "127.0.0.1", "" + nobody)) {
            try (Socket client = new Socket("127.0.0.1", port(proxy, "proxy"))) {
                assertThat(proxy.readLine()).contains("" + nobody).containsIgnoringCase("refused");
                assertThat(client.getInputStream().read()).isEqualTo(-1);
            }
            endsWithCtrlC(proxy);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"nc 127.0.0.1 PORT", "socat - TCP:127.0.0.1:PORT", "curl -sN telnet://127.0.0.1:PORT"})
    void theEchoServerTalksToOtherClients(String client) {
        String[] command = client.split(" ");
        assumeTrue(Program.isInstalled("which", command[0]), command[0] + " is not installed");
        try (Program server = Program.tulip("run", "examples/EchoServer.java");
                Program program = Program.start(
                        client.replace("PORT", "" + port(server, "echo server")).split(" "))) {
            for (String line : List.of("Grüße", "", "x".repeat(60_000), "last")) {
                program.write(line + "\n");
                assertThat(program.readLine()).isEqualTo(line);
            }
        }
    }

    @Test
    void theEchoServerTalksToPythonsAsyncio() {
        assumeTrue(Program.isInstalled("python3", "-c", "import asyncio"), "python3 is not installed");
        String client = """
            import asyncio, sys
            async def main():
                reader, writer = await asyncio.open_connection('127.0.0.1', int(sys.argv[1]))
                for i in range(1000):
                    line = b'x' * i + b'\\n'
                    writer.write(line)
                    assert await reader.readline() == line
                writer.write_eof()
                assert await reader.read() == b''
                writer.close()
                await writer.wait_closed()
                print('all there')
            asyncio.run(main())
            """;
        try (Program server = Program.tulip("run", "examples/EchoServer.java");
                Program python = Program.start("python3", "-c", client, "" + port(server, "echo server"))) {
            assertThat(python.readLine()).as(python.error()).isEqualTo("all there");
        }
    }

    @Test
    void theKeyValueStoreServesSeveralClientsAtATime(@TempDir Path folder) throws IOException {
        Path socket = folder.resolve("store.sock");
        try (Program server = Program.tulip("run", "examples/KeyValueStore.java", socket.toString())) {
            assertThat(server.readLine()).isEqualTo("store on " + socket);
            try (SocketChannel one = SocketChannel.open(UnixDomainSocketAddress.of(socket));
                    SocketChannel other = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
                BufferedReader answers = new BufferedReader(Channels.newReader(one, StandardCharsets.UTF_8));
                one.write(ByteBuffer.wrap("GET x\nADD x 5\nADD x -2\nADD x y\nFROB\nWAIT y\n".getBytes()));
                for (String expected :
                        List.of("(none)", "5", "3", "ERROR not a number: y", "ERROR unknown command: FROB")) {
                    assertThat(answers.readLine()).isEqualTo(expected);
                }
                other.write(ByteBuffer.wrap("SET y two words\nKEYS\nDEL x\nDEL x\nSET x\n".getBytes()));
                assertThat(answers.readLine()).isEqualTo("two words");
                BufferedReader others = new BufferedReader(Channels.newReader(other, StandardCharsets.UTF_8));
                for (String expected : List.of("OK", "x y", "OK", "(none)", "ERROR SET needs more words")) {
                    assertThat(others.readLine()).isEqualTo(expected);
                }
                endsWithCtrlC(server);
                assertThat(socket).doesNotExist();
            }
        }
    }

    @Test
    void guestsOfTheChatHearOneAnother() throws IOException {
        try (Program server = Program.tulip("run", "examples/ChatServer.java")) {
            int port = port(server, "chat server");
            List<Guest> guests = new ArrayList<>();
            for (String name : List.of("Ada", "Bob", "Eve")) {
                guests.add(new Guest(port, name));
            }
            Guest ada = guests.get(0);
            Guest bob = guests.get(1);
            Guest eve = guests.get(2);
            ada.hears("Your name? Ada joins [Ada]", "Bob joins [Ada, Bob]", "Eve joins [Ada, Bob, Eve]");
            bob.hears("Your name? Bob joins [Ada, Bob]", "Eve joins [Ada, Bob, Eve]");
            eve.hears("Your name? Eve joins [Ada, Bob, Eve]");
            bob.says("hello");
            for (Guest guest : guests) {
                guest.hears("Bob: hello");
            }
            Guest impostor = new Guest(port, "Bob");
            impostor.hears("Your name? Somebody is called that already.", null);
            bob.reset();
            ada.hears("Bob leaves");
            eve.hears("Bob leaves");
            eve.socket.close();
            ada.hears("Eve leaves");
            ada.says("anybody there?");
            ada.hears("Ada: anybody there?");
            ada.socket.close();
            impostor.socket.close();
            endsWithCtrlC(server);
        }
    }

    /** Somebody at a telnet. */
    private static final class Guest {
        private final Socket socket;
        private final BufferedReader reader;

        private Guest(int port, String name) throws IOException {
            socket = new Socket("127.0.0.1", port);
            reader = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            says(name);
            reader.mark(1000);
            assertThat(reader.readLine()).startsWith("Your name? ");
            reader.reset();
        }

        private void says(String line) throws IOException {
            socket.getOutputStream().write((line + "\r\n").getBytes(StandardCharsets.UTF_8));
        }

        private void hears(String... lines) throws IOException {
            for (String line : lines) {
                assertThat(reader.readLine()).isEqualTo(line);
            }
        }

        private void reset() throws IOException {
            socket.setSoLinger(true, 0);
            socket.close();
        }
    }

    @Test
    void thePortScannerFindsWhatIsOpen() throws Exception {
        try (Program server = Program.tulip("run", "examples/EchoServer.java");
                ServerSocket deaf = new ServerSocket()) {
            int open = port(server, "echo server");
            deaf.bind(new InetSocketAddress("127.0.0.1", 0));
            Thread hangsUp = Spawn.platform("deaf", () -> {
                try (Socket socket = deaf.accept()) {
                    socket.getInputStream().read(); // before that, it would look as if the port were closed
                    socket.setSoLinger(true, 0);
                }
            });
            ChildJvm.Result scan = scan(open);
            assertThat(scan.out().lines()).containsExactly("127.0.0.1:" + open + " is open: HEAD / HTTP/1.0");
            assertThat(scan(deaf.getLocalPort()).out())
                    .startsWith("127.0.0.1:" + deaf.getLocalPort() + " is open, but: cannot ");
            hangsUp.join();
        }
    }

    private static ChildJvm.Result scan(int port) {
        ChildJvm.Result scan = ChildJvm.run(
                Program.tulipCommand("run", "examples/PortScanner.java", "127.0.0.1", "" + port, "" + port));
        assertThat(scan.err()).isEmpty();
        assertThat(scan.status()).isZero();
        return scan;
    }
}
