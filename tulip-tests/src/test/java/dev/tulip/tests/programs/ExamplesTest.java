package dev.tulip.tests.programs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tulip.loop.KeyboardInterrupt;
import dev.tulip.tests.support.ChildJvm;
import dev.tulip.tests.support.Program;
import dev.tulip.tests.support.Repository;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every program in examples/ does what it says, run as its users run it. */
class ExamplesTest {
    private static void prints(String example, String... lines) {
        ChildJvm.Result result = ChildJvm.run(Program.tulipCommand("run", "examples/" + example + ".java"));
        assertThat(result.out().lines().toList()).as(result.err()).containsExactly(lines);
        assertThat(result.err()).isEmpty();
        assertThat(result.status()).isZero();
    }

    @Test
    void callbackPrints() {
        prints("CallbackPrints", "Hello from a callback");
    }

    @Test
    void firstStepsIsWhatTheReadmeShows() throws IOException {
        prints("FirstSteps", "two tasks sleep, on one thread, without a callback ...", "Hello, world!");
        String source = Files.readString(Repository.ROOT.resolve("examples/FirstSteps.java"));
        assertThat(Files.readString(Repository.ROOT.resolve("README.md"))).contains("```java\n" + source + "```");
        assertThat(source.lines()).hasSize(12);
    }

    @Test
    void threeTimers() {
        prints("ThreeTimers", "set for 1", "set for 5", "set for 2", "fired after 1", "fired after 2", "fired after 5");
    }

    @Test
    void socketPair() {
        prints("SocketPair", "Received: abc");
    }

    @Test
    void futureHandover() {
        prints(
                "FutureHandover",
                "main: waiting for Future[pending]",
                "worker: working",
                "main: Future is done!",
                "main: Future[finished, result Future is done!]");
    }

    @Test
    void slowPrint() {
        prints("SlowPrint", "a: hello ...", "b: hello ...", "a: ... world", "b: ... world");
    }

    @Test
    void helloWorldPrintsUntilCtrlC() {
        try (Program program = Program.tulip("run", "examples/HelloWorld.java", "100")) {
            for (int i = 0; i < 3; i++) {
                assertThat(program.readLine()).as(program.error()).isEqualTo("Hello World");
            }
            program.signal("INT");
            assertThat(program.status()).isEqualTo(KeyboardInterrupt.EXIT_STATUS);
        }
    }

    @Test
    void greeterIsCancelledByCtrlCAndSaysGoodbye() {
        try (Program program = Program.tulip("run", "examples/Greeter.java", "50")) {
            for (String line : List.of("Hello", "World", "Hello", "World")) {
                assertThat(program.readLine()).as(program.error()).isEqualTo(line);
            }
            program.signal("INT");
            assertThat(program.readLineThatStartsWith("Goodbye")).isEqualTo("Goodbye");
            assertThat(program.status()).isEqualTo(KeyboardInterrupt.EXIT_STATUS);
            assertThat(program.error()).isEmpty();
        }
    }

    @Test
    void rawEchoServerServesManyClientsAtOnce() throws Exception {
        try (Program server = Program.tulip("run", "examples/RawEchoServer.java")) {
            int port = port(server);
            Socket[] clients = new Socket[50];
            for (int i = 0; i < clients.length; i++) {
                clients[i] = new Socket("127.0.0.1", port);
            }
            for (int i = 0; i < clients.length; i++) {
                assertThat(echo(clients[i], "client " + i)).isEqualTo("client " + i);
            }
            for (int i = clients.length - 1; i >= 0; i--) {
                assertThat(echo(clients[i], "again " + i)).isEqualTo("again " + i);
                clients[i].close();
            }
            server.signal("INT");
            assertThat(server.status()).isEqualTo(KeyboardInterrupt.EXIT_STATUS);
            assertThat(server.error()).isEmpty();
        }
    }

    private static String echo(Socket socket, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        socket.getOutputStream().write(bytes);
        return new String(socket.getInputStream().readNBytes(bytes.length), StandardCharsets.UTF_8);
    }

    /** Clients that are not ours, from the distribution. */
    @ParameterizedTest
    @ValueSource(strings = {"nc -N 127.0.0.1 PORT", "socat - TCP:127.0.0.1:PORT", "curl -sN telnet://127.0.0.1:PORT"})
    void rawEchoServerTalksToOtherClients(String client) {
        String[] command = client.split(" ");
        assumeTrue(Program.isInstalled("which", command[0]), command[0] + " is not installed");
        try (Program server = Program.tulip("run", "examples/RawEchoServer.java")) {
            assertTalks(port(server), client);
        }
    }

    private static int port(Program server) {
        String line = server.readLineThatStartsWith("echo server on ");
        return Integer.parseInt(line.substring(line.lastIndexOf(':') + 1));
    }

    private static void assertTalks(int port, String client) {
        try (Program program = Program.start(client.replace("PORT", "" + port).split(" "))) {
            program.write("Grüße\n");
            assertThat(program.readLine()).isEqualTo("Grüße");
            program.write("second line\n");
            assertThat(program.readLine()).isEqualTo("second line");
            program.closeInput();
        }
    }

    @Test
    void rawEchoServerTalksToPythonsAsyncio() {
        assumeTrue(Program.isInstalled("python3", "-c", "import asyncio"), "python3 is not installed");
        String client = """
            import asyncio, sys
            async def main():
                reader, writer = await asyncio.open_connection('127.0.0.1', int(sys.argv[1]))
                data = bytes(range(256)) * 4000
                writer.write(data)
                assert await reader.readexactly(len(data)) == data
                writer.write_eof()
                assert await reader.read() == b''
                writer.close()
                print('all there')
            asyncio.run(main())
            """;
        try (Program server = Program.tulip("run", "examples/RawEchoServer.java");
                Program python = Program.start("python3", "-c", client, "" + port(server))) {
            assertThat(python.readLine()).as(python.error()).isEqualTo("all there");
        }
    }

    @Test
    void theEchoProtocolsTalkToEachOther() {
        try (Program server = Program.tulip("run", "examples/EchoServerProtocol.java")) {
            int port = port(server);
            for (int i = 0; i < 2; i++) {
                ChildJvm.Result client =
                        ChildJvm.run(Program.tulipCommand("run", "examples/EchoClientProtocol.java", "" + port));
                assertThat(client.out().lines().toList())
                        .as(client.err())
                        .containsExactly(
                                "Data sent: Hello World!",
                                "Data received: Hello World!",
                                "The server closed the connection");
                assertThat(client.err()).isEmpty();
                assertThat(client.status()).isZero();
                assertThat(server.readLine()).startsWith("Connection from /127.0.0.1:");
                assertThat(server.readLine()).isEqualTo("Data received: Hello World!");
                assertThat(server.readLine()).isEqualTo("Send: Hello World!");
                assertThat(server.readLine()).isEqualTo("Close the client socket");
            }
            server.signal("INT");
            assertThat(server.status()).isEqualTo(KeyboardInterrupt.EXIT_STATUS);
            assertThat(server.error()).isEmpty();
        }
    }

    /** Clients that are not ours, from the distribution. */
    @ParameterizedTest
    @ValueSource(strings = {"nc 127.0.0.1 PORT", "socat - TCP:127.0.0.1:PORT", "curl -sN telnet://127.0.0.1:PORT"})
    void echoServerProtocolTalksToOtherClients(String client) {
        String[] command = client.split(" ");
        assumeTrue(Program.isInstalled("which", command[0]), command[0] + " is not installed");
        try (Program server = Program.tulip("run", "examples/EchoServerProtocol.java");
                Program program =
                        Program.start(client.replace("PORT", "" + port(server)).split(" "))) {
            program.write("Grüße\n");
            assertThat(program.readLine()).isEqualTo("Grüße");
        }
    }

    @Test
    void echoServerProtocolTalksToPythonsAsyncio() {
        assumeTrue(Program.isInstalled("python3", "-c", "import asyncio"), "python3 is not installed");
        String client = """
            import asyncio, sys
            async def main():
                reader, writer = await asyncio.open_connection('127.0.0.1', int(sys.argv[1]))
                writer.write(b'Hello World!')
                print(await reader.read())
                writer.close()
                await writer.wait_closed()
            asyncio.run(main())
            """;
        try (Program server = Program.tulip("run", "examples/EchoServerProtocol.java");
                Program python = Program.start("python3", "-c", client, "" + port(server))) {
            assertThat(python.readLine()).as(python.error()).isEqualTo("b'Hello World!'");
            assertThat(python.status()).isZero();
        }
    }

    @Test
    void echoClientProtocolSaysWhereNobodyAnswers() throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        ChildJvm.Result client =
                ChildJvm.run(Program.tulipCommand("run", "examples/EchoClientProtocol.java", "" + port));
        assertThat(client.status()).isOne();
        assertThat(client.err())
                .contains("java.net.ConnectException: cannot connect to 127.0.0.1:" + port + ": Connection refused");
    }

    @Test
    void tlsEchoTalksToItsClientAndToOpenssl() {
        try (Program server = Program.tulip("run", "examples/TlsEcho.java")) {
            String certificate =
                    server.readLineThatStartsWith("certificate in ").substring("certificate in ".length());
            String line = server.readLineThatStartsWith("TLS echo server on ");
            String port = line.substring(line.lastIndexOf(':') + 1);
            try (Program client = Program.tulip("run", "examples/TlsEcho.java", port, certificate)) {
                assertThat(client.readLine()).as(client.error()).startsWith("connected with TLS_");
                client.write("hello\n");
                assertThat(client.readLine()).isEqualTo("hello");
                client.closeInput();
                assertThat(client.readLine()).isEqualTo("The connection has ended in order");
                assertThat(client.status()).as(client.error()).isZero();
            }
            assertThat(server.readLine())
                    .startsWith("connection from /127.0.0.1:")
                    .endsWith(", TLSv1.3");
            if (Program.isInstalled("openssl", "version")) {
                assertTalks(
                        Integer.parseInt(port),
                        "openssl s_client -quiet -verify_return_error -connect localhost:PORT -CAfile " + certificate);
            }
            server.signal("INT");
            assertThat(server.status()).as(server.error()).isEqualTo(KeyboardInterrupt.EXIT_STATUS);
        }
    }

    @Test
    void theDemoLosesNothingAndShowsItsProgress() {
        ChildJvm.Result result = ChildJvm.run(Program.tulipCommand("demo", "--seconds", "3", "--clients", "200"));
        assertThat(result.err()).isEmpty();
        assertThat(result.status()).isZero();
        assertThat(result.out())
                .contains("200 clients on one thread")
                .containsPattern("\\n +\\d\\.\\d s +200 clients +[\\d,]+ messages")
                .containsPattern("messages, [\\d.,]+ MB, [\\d,]+ messages/s, 0 wrong; answered in .* ms \\(99.9 %\\)");
    }

    @Test
    void theDemosServerAnswersOthers() throws Exception {
        try (Program demo = Program.tulip("demo", "--seconds", "20", "--clients", "10")) {
            String line = demo.readLineThatStartsWith("Talk to it yourself");
            int port = Integer.parseInt(line.substring(line.lastIndexOf(' ') + 1));
            try (Socket socket = new Socket("127.0.0.1", port)) {
                assertThat(echo(socket, "anybody there?")).isEqualTo("anybody there?");
            }
            if (Program.isInstalled("which", "nc")) {
                assertTalks(port, "nc 127.0.0.1 PORT");
            }
            demo.signal("INT");
            assertThat(demo.status()).isEqualTo(KeyboardInterrupt.EXIT_STATUS);
        }
    }

    @Test
    void theDemoRefusesBadOptions() {
        ChildJvm.Result result = ChildJvm.run(Program.tulipCommand("demo", "--clients", "many"));
        assertThat(result.status()).isEqualTo(2);
        assertThat(result.err())
                .isEqualTo("demo: --clients needs a number from 1 to 100000; see ./tulip demo --help\n");
        assertThat(ChildJvm.run(Program.tulipCommand("demo", "--help")).out()).startsWith("usage: ./tulip demo");
    }
}
