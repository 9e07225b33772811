package dev.tulip.tests.net;

import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.startTls;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tulip.loop.Suspends;
import dev.tulip.loop.Task;
import dev.tulip.net.ClientAuth;
import dev.tulip.net.ConnectOptions;
import dev.tulip.net.ExtraInfo;
import dev.tulip.net.Network;
import dev.tulip.net.Protocol;
import dev.tulip.net.Server;
import dev.tulip.net.TlsOptions;
import dev.tulip.net.TlsTruncatedException;
import dev.tulip.net.Transport;
import dev.tulip.tests.support.Certificates;
import dev.tulip.tests.support.Deadline;
import dev.tulip.tests.support.Program;
import dev.tulip.tests.support.Recorder;
import dev.tulip.tests.support.Relay;
import dev.tulip.tests.support.Until;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** TLS with others: OpenSSL, curl, Python, the JDK's sockets. */
class TlsPeersTest {
    private static final String ROOT = Certificates.ROOT.chainFile().toString();

    @TempDir
    Path folder;

    /** Talks to a program or a blocking socket on another thread, while the loop goes on. */
    @Suspends
    private static <T> T elsewhere(Callable<T> body) {
        return runningLoop().runInExecutor(null, body).await();
    }

    private static Program openssl(String... arguments) {
        assumeTrue(Program.isInstalled("openssl", "version"), "openssl is not installed");
        List<String> command = new ArrayList<>(List.of("openssl"));
        command.addAll(List.of(arguments));
        return Program.start(command.toArray(String[]::new));
    }

    private static String flag(String version) {
        return version.equals("TLSv1.2") ? "-tls1_2" : "-tls1_3";
    }

    // -- openssl s_client -----------------------------------------------------------------------------------------

    private static Program sClient(int port, String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "s_client",
                "-connect",
                "127.0.0.1:" + port,
                "-servername",
                "localhost",
                "-CAfile",
                ROOT,
                "-verify_return_error"));
        arguments.addAll(List.of(more));
        return openssl(arguments.toArray(String[]::new));
    }

    private static boolean echoes(Program client, String line) {
        client.write(line + "\n");
        return client.readLineThatStartsWith(line).equals(line);
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void opensslsClient(String version) throws Exception {
        run(() -> {
            try (Tls tls = Tls.echo(Tls.SERVER);
                    Program client = sClient(tls.port(), "-quiet", "-no_ign_eof", flag(version))) {
                assertThat(elsewhere(() -> echoes(client, "Grüße"))).isTrue();
                assertThat(elsewhere(() -> echoes(client, "x".repeat(50_000)))).isTrue();
                assertThat(tls.accepted()
                                .transport()
                                .getExtraInfo(ExtraInfo.SSL_SESSION)
                                .getProtocol())
                        .isEqualTo(version);
                client.closeInput();
                assertThat(tls.accepted().awaitLost()).isNull(); // with a close_notify
                assertThat(elsewhere(client::status)).isZero();
            }
        });
    }

    /** Gives {@code command} to openssl, which answers with {@code word} on its standard error. */
    private static boolean command(Program openssl, String command, String word) {
        int before = openssl.error().split(word, -1).length;
        openssl.write(command + "\n");
        Deadline.until(word, () -> openssl.error().split(word, -1).length > before);
        return true;
    }

    @Test
    void opensslsClientChangesItsKeys() throws Exception {
        run(() -> {
            try (Tls tls = Tls.echo(Tls.SERVER);
                    Program client = sClient(tls.port(), "-tls1_3")) {
                assertThat(elsewhere(() -> echoes(client, "hello"))).isTrue();
                for (int i = 0; i < 5; i++) {
                    int round = i;
                    assertThat(elsewhere(() -> command(client, "K", "KEYUPDATE") // for both directions
                                    && command(client, "k", "KEYUPDATE") // for one
                                    && echoes(client, "round " + round)))
                            .isTrue();
                }
                assertThat(tls.accepted().text()).isEqualTo("hello\nround 0\nround 1\nround 2\nround 3\nround 4\n");
            }
        });
    }

    @Test
    void aPeerThatWantsAnswerAfterAnswerAndReadsNoneIsDropped() throws Exception {
        run(() -> {
            try (Tls tls = Tls.echo(Tls.SERVER);
                    Relay relay = new Relay(tls.port());
                    Program client = sClient(relay.port(), "-tls1_3")) {
                assertThat(elsewhere(() -> echoes(client, "hello"))).isTrue();
                Recorder server = tls.accepted();
                relay.down.stop();
                server.transport().write(new byte[20_000_000]); // more than the network takes
                assertThat(server.events).contains("pause");
                Task<?> wanting = createTask(() -> elsewhere(() -> {
                    while (!server.isLost()) {
                        client.write("K\n");
                        Thread.sleep(1);
                    }
                    return true;
                }));
                assertThat(server.awaitLost())
                        .isInstanceOf(SSLException.class)
                        .hasMessageContaining("answer again and again");
                wanting.await();
            }
        });
    }

    @Test
    void opensslsClientNegotiatesAgain() throws Exception {
        run(() -> {
            try (Tls tls = Tls.echo(Tls.SERVER);
                    Program client = sClient(tls.port(), "-tls1_2")) {
                assertThat(elsewhere(() -> echoes(client, "hello"))).isTrue();
                for (int i = 0; i < 3; i++) {
                    int round = i;
                    assertThat(elsewhere(() -> command(client, "R", "verify return:1\ndepth=0")
                                    && echoes(client, "round " + round)))
                            .isTrue();
                }
                assertThat(tls.accepted().text()).isEqualTo("hello\nround 0\nround 1\nround 2\n");
            }
        });
    }

    @Test
    void whatIsWrittenDuringAnotherHandshakeWaitsForItsEnd() throws Exception {
        run(() -> {
            try (Tls tls = Tls.echo(Tls.SERVER);
                    Relay relay = new Relay(tls.port());
                    Program client = sClient(relay.port(), "-tls1_2")) {
                assertThat(elsewhere(() -> echoes(client, "hello"))).isTrue();
                Transport server = tls.accepted().transport();
                relay.down.hold();
                client.write("R\n");
                Until.holds("the server's part of the handshake", () -> relay.down.keeping() > 500);
                int before = relay.down.keeping();
                server.write("first ".getBytes());
                server.writeLines(
                        List.of(ByteBuffer.wrap("second ".getBytes()), ByteBuffer.wrap("third\n".getBytes())));
                assertThat(server.getWriteBufferSize()).isEqualTo("first second third\n".length());
                Until.settled();
                assertThat(relay.down.keeping()).isEqualTo(before);
                relay.releaseDown();
                assertThat(elsewhere(() -> client.readLineThatStartsWith("first")))
                        .isEqualTo("first second third");
                assertThat(server.getWriteBufferSize()).isZero();
            }
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void opensslsClientResumesItsSession(String version) throws Exception {
        Path session = folder.resolve("session.pem");
        run(() -> {
            try (Tls tls = Tls.echo(Certificates.LOCALHOST.identity())) {
                try (Program first = sClient(tls.port(), flag(version), "-sess_out", session.toString())) {
                    assertThat(elsewhere(() -> {
                                first.readLineThatStartsWith("New, TLSv1");
                                return echoes(first, "first");
                            }))
                            .isTrue();
                    first.write("Q\n");
                    assertThat(elsewhere(first::status)).isZero();
                }
                try (Program second = sClient(tls.port(), flag(version), "-sess_in", session.toString())) {
                    assertThat(elsewhere(() -> {
                                second.readLineThatStartsWith("Reused, TLSv1");
                                return echoes(second, "second");
                            }))
                            .isTrue();
                }
            }
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void opensslsClientShowsACertificate(String version) throws Exception {
        TlsOptions options = Tls.SERVER
                .withTrusted(Certificates.ROOT.chainFile())
                .withClientAuth(ClientAuth.NEED)
                .withApplicationProtocols("echo");
        run(() -> {
            try (Tls tls = Tls.echo(options);
                    Program client = sClient(
                            tls.port(),
                            "-quiet",
                            flag(version),
                            "-cert",
                            Certificates.CLIENT.chainFile().toString(),
                            "-key",
                            Certificates.CLIENT.keyFile().toString(),
                            "-alpn",
                            "other,echo")) {
                assertThat(elsewhere(() -> echoes(client, "it is me"))).isTrue();
                Transport accepted = tls.accepted().transport();
                assertThat(accepted.getExtraInfo(ExtraInfo.PEER_CERTIFICATE))
                        .isEqualTo(Certificates.CLIENT.certificate());
                assertThat(accepted.getExtraInfo(ExtraInfo.APPLICATION_PROTOCOL))
                        .isEqualTo("echo");
            }
        });
    }

    /** A mail server in small: plain until the client wants TLS. */
    private static final class Mail implements Protocol {
        private final StringBuilder line = new StringBuilder();
        private Transport transport;
        private boolean secured;

        @Override
        public void connectionMade(Transport transport) {
            this.transport = transport;
            transport.write("220 mail.example\r\n".getBytes());
        }

        @Override
        public void dataReceived(ByteBuffer data) {
            line.append(StandardCharsets.US_ASCII.decode(data));
            for (int end; (end = line.indexOf("\n")) >= 0; ) {
                String command = line.substring(0, end).strip();
                line.delete(0, end + 1);
                answer(command);
            }
        }

        private void answer(String command) {
            if (command.startsWith("EHLO")) {
                transport.write("250-mail.example\r\n250 STARTTLS\r\n".getBytes());
            } else if (command.equals("STARTTLS") && line.isEmpty() && !secured) {
                transport.pauseReading();
                transport.write("220 go ahead\r\n".getBytes());
                createTask(() -> {
                    transport = startTls(transport, this, Tls.SERVER, /* serverSide= */ true);
                    secured = true;
                });
            } else {
                transport.write(((secured ? "250 secured " : "250 plain ") + command + "\r\n").getBytes());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void opensslsClientStartsTls(String version) throws Exception {
        run(() -> {
            Server server = Network.createServer(Mail::new, "127.0.0.1", 0);
            try (Program client = sClient(port(server), "-quiet", "-starttls", "smtp", flag(version))) {
                assertThat(elsewhere(() -> {
                            client.write("NOOP\n");
                            return client.readLineThatStartsWith("250 secured");
                        }))
                        .isEqualTo("250 secured NOOP");
            }
            server.shutdown(Duration.ZERO);
        });
    }

    private static int port(Server server) throws IOException {
        return ((InetSocketAddress) server.sockets().getFirst().getLocalAddress()).getPort();
    }

    // -- openssl s_server -----------------------------------------------------------------------------------------

    /** {@return a server that prints what it gets and sends what it is told to} */
    private static Program sServer(Certificates certificates, String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "s_server",
                "-accept",
                "127.0.0.1:0",
                "-cert",
                certificates.chainFile().toString(),
                "-key",
                certificates.keyFile().toString()));
        arguments.addAll(List.of(more));
        return openssl(arguments.toArray(String[]::new));
    }

    @Suspends
    private static int port(Program server) {
        String line = elsewhere(() -> server.readLineThatStartsWith("ACCEPT "));
        return Integer.parseInt(line.substring(line.lastIndexOf(':') + 1));
    }

    @Suspends
    private static Recorder connect(int port, TlsOptions options) throws IOException {
        return Network.createConnection(
                        Recorder::new,
                        "localhost",
                        port,
                        ConnectOptions.defaults().withTls(options))
                .protocol();
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void opensslsServer(String version) throws Exception {
        run(() -> {
            try (Program server = sServer(Certificates.LOCALHOST, "-rev", flag(version))) {
                int port = port(server);
                Recorder client = connect(port, Tls.CLIENT);
                client.transport().write("hello\n".getBytes());
                Until.holds("an answer", () -> client.text().equals("olleh\n"));
                assertThat(client.transport()
                                .getExtraInfo(ExtraInfo.SSL_SESSION)
                                .getProtocol())
                        .isEqualTo(version);
                client.transport().close();
                assertThat(client.awaitLost()).isNull();
                Recorder second = connect(port, Tls.CLIENT);
                second.transport().write("CLOSE\n".getBytes()); // the server closes
                assertThat(second.awaitLost()).isNull();
                assertThat(second.events).endsWith("end", "lost");
            }
        });
    }

    @Test
    void opensslsServerChangesItsKeys() throws Exception {
        run(() -> {
            try (Program server = sServer(Certificates.LOCALHOST, "-tls1_3")) {
                Recorder client = connect(port(server), Tls.CLIENT);
                for (int i = 0; i < 3; i++) {
                    String line = "number " + i + "\n";
                    elsewhere(() -> {
                        server.write("K\n");
                        server.readLineThatStartsWith("SSL_do_handshake");
                        server.write(line);
                        return true;
                    });
                    Until.holds(line, () -> client.text().endsWith(line));
                    client.transport().write(("answer " + i + "\n").getBytes());
                    String answer = "answer " + i;
                    assertThat(elsewhere(() -> server.readLineThatStartsWith("answer")))
                            .isEqualTo(answer);
                }
                server.write("Q\n"); // which it does without a close_notify
                assertThat(client.awaitLost()).isInstanceOf(TlsTruncatedException.class);
            }
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void opensslsServerThatIsKilled(String version) throws Exception {
        run(() -> {
            Recorder client;
            try (Program server = sServer(Certificates.RSA, flag(version))) {
                client = connect(port(server), Tls.CLIENT);
                server.write("half an ans\n");
                Until.holds("a part", () -> client.text().equals("half an ans\n"));
                server.signal("KILL");
                assertThat(client.awaitLost()).isInstanceOf(TlsTruncatedException.class);
            }
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void opensslsServerWantsACertificateAndWeResumeTheSession(String version) throws Exception {
        TlsOptions options = Certificates.CLIENT
                .identity()
                .withTrusted(Certificates.ROOT.chainFile())
                .withApplicationProtocols("reverse");
        run(() -> {
            try (Program server = sServer(
                    Certificates.LOCALHOST,
                    "-rev",
                    flag(version),
                    "-Verify",
                    "1",
                    "-CAfile",
                    ROOT,
                    "-alpn",
                    "reverse")) {
                int port = port(server);
                long created = 0;
                for (int i = 0; i < 2; i++) {
                    Recorder client = connect(port, options);
                    client.transport().write("me\n".getBytes());
                    Until.holds("an answer", () -> client.text().equals("em\n"));
                    Transport transport = client.transport();
                    assertThat(transport.getExtraInfo(ExtraInfo.APPLICATION_PROTOCOL))
                            .isEqualTo("reverse");
                    long established =
                            transport.getExtraInfo(ExtraInfo.SSL_SESSION).getCreationTime();
                    assertThat(i == 0 || established == created).isTrue();
                    created = established;
                    transport.close();
                    assertThat(client.awaitLost()).isNull();
                }
            }
        });
    }

    // -- curl -----------------------------------------------------------------------------------------------------

    /** A web server in small. */
    private static final class Web extends Recorder {
        private static final byte[] BODY = "0123456789".repeat(500_000).getBytes(StandardCharsets.US_ASCII);

        @Override
        public void dataReceived(ByteBuffer data) {
            super.dataReceived(data);
            if (text().endsWith("\r\n\r\n")) {
                String head = "HTTP/1.1 200 OK\r\nContent-Length: " + BODY.length + "\r\n\r\n";
                transport().write(head.getBytes(StandardCharsets.US_ASCII));
                transport().write(BODY);
                transport().close();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"--tls-max 1.2", "--tlsv1.3"})
    void curl(String version) throws Exception {
        assumeTrue(Program.isInstalled("curl", "--version"), "curl is not installed");
        Path body = folder.resolve("body");
        run(() -> {
            try (Tls tls = Tls.server(Tls.SERVER.withApplicationProtocols("http/1.1"), Web::new)) {
                String command = "curl -sS --noproxy localhost " + version + " --cacert " + ROOT + " -o " + body
                        + " https://localhost:" + tls.port() + "/";
                try (Program curl = Program.start(command.split(" "))) {
                    assertThat(elsewhere(curl::status)).as(curl.error()).isZero();
                }
                assertThat(Files.readAllBytes(body)).isEqualTo(Web.BODY);
                assertThat(tls.accepted().text()).startsWith("GET / HTTP/1.1");
            }
        });
    }

    // -- Python ---------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void pythonsAsyncioAsClient(String version) throws Exception {
        assumeTrue(Program.isInstalled("python3", "-c", "import asyncio, ssl"), "python3 with ssl is not installed");
        String client = """
            import asyncio, ssl, sys
            async def main():
                context = ssl.create_default_context(cafile=sys.argv[2])
                context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # the tests' certificates have the least that works
                context.minimum_version = context.maximum_version = ssl.TLSVersion[sys.argv[3]]
                reader, writer = await asyncio.open_connection('localhost', int(sys.argv[1]), ssl=context)
                data = bytes(range(256)) * 8000
                writer.write(data)
                assert await reader.readexactly(len(data)) == data
                writer.close()
                await writer.wait_closed()
                print('all there')
            asyncio.run(main())
            """;
        run(() -> {
            try (Tls tls = Tls.echo(Tls.SERVER);
                    Program python =
                            Program.start("python3", "-c", client, "" + tls.port(), ROOT, version.replace('.', '_'))) {
                assertThat(elsewhere(python::readLine)).as(python.error()).isEqualTo("all there");
                assertThat(tls.accepted().awaitLost()).isNull();
            }
        });
    }

    @Test
    void pythonsAsyncioAsServer() throws Exception {
        assumeTrue(Program.isInstalled("python3", "-c", "import asyncio, ssl"), "python3 with ssl is not installed");
        String server = """
            import asyncio, ssl, sys
            async def echo(reader, writer):
                while data := await reader.read(100000):
                    writer.write(data)
                    await writer.drain()
                writer.close()
            async def main():
                context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
                context.load_cert_chain(sys.argv[1], sys.argv[2])
                server = await asyncio.start_server(echo, '127.0.0.1', 0, ssl=context)
                print('port:%d' % server.sockets[0].getsockname()[1], flush=True)
                await server.serve_forever()
            asyncio.run(main())
            """;
        run(() -> {
            try (Program python = Program.start(
                    "python3",
                    "-c",
                    server,
                    Certificates.LOCALHOST.chainFile().toString(),
                    Certificates.LOCALHOST.keyFile().toString())) {
                String line = elsewhere(() -> python.readLineThatStartsWith("port:"));
                Recorder client = Network.createConnection(
                                () -> new Recorder().quiet(),
                                "localhost",
                                Integer.parseInt(line.substring(5)),
                                ConnectOptions.defaults().withTls(Tls.CLIENT))
                        .protocol();
                byte[] data = "abcdefghij".repeat(300_000).getBytes(StandardCharsets.US_ASCII);
                client.transport().write(data);
                Until.holds("all", () -> client.received.size() == data.length);
                assertThat(client.received.toByteArray()).isEqualTo(data);
                client.transport().close();
                assertThat(client.awaitLost()).isNull();
            }
        });
    }

    // -- the JDK --------------------------------------------------------------------------------------------------

    /** With TLS 1.2 it cannot be: a close_notify ends both directions. */
    @Test
    void anAnswerToThePeersEndIsSentWithTls13() throws Exception {
        run(() -> {
            try (Tls tls = Tls.server(Tls.SERVER, () -> new Recorder() {
                @Override
                public boolean eofReceived() {
                    transport().write(("you said " + text()).getBytes());
                    return super.eofReceived();
                }
            })) {
                int port = tls.port();
                assertThat(elsewhere(() -> {
                            try (SSLSocket socket = (SSLSocket) Tls.CLIENT
                                    .credentials()
                                    .context()
                                    .getSocketFactory()
                                    .createSocket("localhost", port)) {
                                socket.getOutputStream().write("hello".getBytes());
                                socket.shutdownOutput();
                                return new String(socket.getInputStream().readAllBytes());
                            }
                        }))
                        .isEqualTo("you said hello");
                assertThat(tls.accepted().awaitLost()).isNull();
            }
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void theJdksSockets(String version) throws Exception {
        run(() -> {
            try (Tls tls = Tls.echo(Tls.SERVER)) {
                int port = tls.port();
                assertThat(elsewhere(() -> {
                            try (SSLSocket socket = (SSLSocket) Tls.CLIENT
                                    .credentials()
                                    .context()
                                    .getSocketFactory()
                                    .createSocket("localhost", port)) {
                                socket.setEnabledProtocols(new String[] {version});
                                socket.getOutputStream().write("hello".getBytes());
                                byte[] answer = socket.getInputStream().readNBytes(5);
                                socket.shutdownOutput();
                                return new String(answer)
                                        + socket.getInputStream().read();
                            }
                        }))
                        .isEqualTo("hello-1");
                assertThat(tls.accepted().awaitLost()).isNull();
            }
            try (SSLServerSocket listener = (SSLServerSocket)
                    Tls.SERVER.credentials().context().getServerSocketFactory().createServerSocket(0)) {
                listener.setEnabledProtocols(new String[] {version});
                var server = runningLoop().runInExecutor(null, () -> {
                    try (SSLSocket socket = (SSLSocket) listener.accept()) {
                        byte[] data = socket.getInputStream().readNBytes(5);
                        socket.getOutputStream().write(data);
                        return socket.getInputStream().read();
                    }
                });
                Recorder client = connect(listener.getLocalPort(), Tls.CLIENT);
                Tls.assertEchoes(client, "hello");
                client.transport().close();
                assertThat(client.awaitLost()).isNull();
                assertThat(server.await()).isEqualTo(-1);
            }
        });
    }
}
