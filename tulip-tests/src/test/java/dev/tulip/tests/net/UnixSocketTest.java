package dev.tulip.tests.net;

import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.createUnixConnection;
import static dev.tulip.Tulip.createUnixServer;
import static dev.tulip.Tulip.newEventLoop;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.tests.support.Deadline.LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Suspends;
import dev.tulip.loop.Task;
import dev.tulip.net.ExtraInfo;
import dev.tulip.net.Protocol;
import dev.tulip.net.Server;
import dev.tulip.net.Transport;
import dev.tulip.net.UnixListenOptions;
import dev.tulip.tests.support.Logs;
import dev.tulip.tests.support.Program;
import dev.tulip.tests.support.Recorder;
import dev.tulip.tests.support.Until;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Connections and servers over Unix sockets: row N7 of asyncio. */
class UnixSocketTest {
    @TempDir
    Path folder;

    private Path path;

    @BeforeEach
    void choosePath() {
        path = folder.resolve("socket");
    }

    /** Sends back what comes. */
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

    @Suspends
    private static Server serve(Path path) throws IOException {
        return createUnixServer(Echo::new, path);
    }

    @Suspends
    private static void assertEchoes(Path path) throws IOException {
        Recorder client = createUnixConnection(Recorder::new, path).protocol();
        client.transport().write("hello".getBytes());
        Until.holds("echo", () -> client.text().equals("hello"));
        client.transport().close();
        client.awaitLost();
    }

    /** Leaves the file of a socket behind at which nobody listens any more, as a process does that was killed. */
    private static void leaveBehind(Path path) throws IOException {
        ServerSocketChannel.open(StandardProtocolFamily.UNIX)
                .bind(UnixDomainSocketAddress.of(path))
                .close();
        assertThat(exists(path)).isTrue();
    }

    private static boolean exists(Path path) {
        return Files.exists(path, LinkOption.NOFOLLOW_LINKS);
    }

    // -- talking --------------------------------------------------------------------------------------------------

    @Test
    void aClientTalksToAServer() throws Exception {
        run(() -> {
            Server server = serve(path);
            Recorder client = createUnixConnection(Recorder::new, path).protocol();
            byte[] data = new byte[3_000_000];
            for (int i = 0; i < data.length; i++) {
                data[i] = (byte) (i * 31);
            }
            client.quiet().transport().write(data);
            Until.holds("echo", () -> client.received.size() == data.length);
            assertThat(client.received.toByteArray()).isEqualTo(data);
            client.transport().writeEof();
            assertThat(client.awaitLost()).isNull();
            assertThat(server.shutdown(LONG)).isZero();
        });
    }

    @Test
    void bothSidesKnowThePath() throws Exception {
        run(() -> {
            List<Recorder> accepted = new ArrayList<>();
            Server server = createUnixServer(
                    () -> {
                        accepted.add(new Recorder());
                        return accepted.getFirst();
                    },
                    path);
            assertThat(server.toString()).startsWith("Server[serving, [" + path + "], 0 connections");
            Transport client = createUnixConnection(Recorder::new, path).transport();
            Until.holds(
                    "accepted", () -> !accepted.isEmpty() && accepted.getFirst().transport() != null);
            UnixDomainSocketAddress address = UnixDomainSocketAddress.of(path);
            assertThat(client.getExtraInfo(ExtraInfo.PEERNAME)).isEqualTo(address);
            assertThat(accepted.getFirst().transport().getExtraInfo(ExtraInfo.SOCKNAME))
                    .isEqualTo(address);
            assertThat(client.toString()).contains(path.toString());
            client.close();
            server.shutdown(LONG);
        });
    }

    @Test
    void manyClientsTalkAtOnce() throws Exception {
        run(() -> {
            Server server = serve(path);
            List<Task<?>> clients = new ArrayList<>();
            for (int i = 0; i < 500; i++) {
                clients.add(createTask(() -> assertEchoes(path)));
            }
            clients.forEach(Task::await);
            server.shutdown(LONG);
        });
    }

    @Test
    void aRelativePathIsOneFromTheProcesssFolder() throws Exception {
        Path relative = Path.of("").toAbsolutePath().relativize(path);
        assumeTrue(relative.toString().length() < 100, "the way to the temporary folder is too long");
        run(() -> {
            Server server = serve(relative);
            assertThat(exists(path)).isTrue();
            assertEchoes(relative);
            server.shutdown(LONG);
            assertThat(exists(path)).isFalse();
        });
    }

    @Test
    void aServerMayStartLater() throws Exception {
        run(() -> {
            Server server = createUnixServer(
                    Echo::new, path, UnixListenOptions.defaults().withStartServing(false));
            Recorder client = createUnixConnection(Recorder::new, path).protocol();
            client.transport().write("waits".getBytes());
            Until.settled();
            assertThat(client.text()).isEmpty();
            server.startServing();
            Until.holds("echo", () -> client.text().equals("waits"));
            client.transport().close();
            server.shutdown(LONG);
        });
    }

    // -- the file -------------------------------------------------------------------------------------------------

    @Test
    void theFileGoesWithItsServer() throws Exception {
        run(() -> {
            Server server = serve(path);
            assertThat(exists(path)).isTrue();
            Recorder client = createUnixConnection(Recorder::new, path).protocol();
            server.close();
            assertThat(exists(path)).isFalse();
            server.close();
            client.transport().write("goes on".getBytes());
            Until.holds("echo", () -> client.text().equals("goes on"));
            client.transport().close();
            server.waitClosed();
        });
    }

    @Test
    void theFileStaysIfThatIsWanted() throws Exception {
        run(() -> {
            UnixListenOptions keep = UnixListenOptions.defaults().withRemoveFile(false);
            createUnixServer(Echo::new, path, keep).close();
            assertThat(exists(path)).isTrue();
            Server server = createUnixServer(Echo::new, path, keep); // replaces it, though in the same iteration
            assertEchoes(path);
            server.shutdown(LONG);
        });
    }

    @Test
    void theFileOfAnotherServerIsNotRemoved() throws Exception {
        run(() -> {
            Server first = serve(path);
            Files.delete(path);
            Server second = serve(path);
            first.close();
            assertThat(exists(path)).isTrue();
            assertEchoes(path);
            second.shutdown(LONG);
            assertThat(exists(path)).isFalse();
        });
    }

    @Test
    void aFileOfAnotherKindThatIsThereNowIsNotRemoved() throws Exception {
        run(() -> {
            Server server = serve(path);
            Files.delete(path);
            Files.writeString(path, "precious");
            server.close();
            assertThat(path).hasContent("precious");
        });
    }

    @Test
    void aFileThatIsGoneAlreadyIsNobodysProblem() throws Exception {
        run(() -> {
            Server server = serve(path);
            Files.delete(path);
            server.close();
        });
    }

    @Test
    void aFileThatCannotBeRemovedIsLogged(Logs logs) throws Exception {
        run(() -> {
            Server server = serve(path);
            assumeFalse(isRoot(), "root may do anything");
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("r-xr-xr-x"));
            server.close();
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
            assertThat(logs.take())
                    .singleElement()
                    .satisfies(record -> assertThat(record.getMessage()).contains("cannot remove the file"));
        });
    }

    private static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    @Test
    void aLoopThatIsClosedRemovesTheFilesOfItsServers() throws Exception {
        EventLoop loop = newEventLoop();
        Server server = loop.runUntilComplete(() -> serve(path));
        loop.close();
        assertThat(exists(path)).isFalse();
        server.close();
    }

    // -- what is there already ------------------------------------------------------------------------------------

    @Test
    void aSocketThatSomebodyHasLeftBehindIsReplaced() throws Exception {
        leaveBehind(path);
        run(() -> {
            Server server = serve(path);
            assertEchoes(path);
            server.shutdown(LONG);
            assertThat(exists(path)).isFalse();
        });
    }

    @Test
    void aSocketAtWhichSomebodyListensIsNot() throws Exception {
        run(() -> {
            Server first = serve(path);
            assertThatThrownBy(() -> serve(path))
                    .isInstanceOf(BindException.class)
                    .hasMessageContaining("cannot listen on " + path)
                    .hasMessageContaining("another server listens there");
            assertEchoes(path);
            first.shutdown(LONG);
        });
    }

    @Test
    void norIsOneWhoseBacklogIsFull() throws Exception {
        List<SocketChannel> waiting = new ArrayList<>();
        run(() -> {
            try (ServerSocketChannel busy = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
                busy.bind(UnixDomainSocketAddress.of(path), 1);
                fill(waiting);
                assertThatThrownBy(() -> serve(path)).isInstanceOf(BindException.class);
                assertThat(exists(path)).isTrue();
            }
        });
        for (SocketChannel channel : waiting) {
            channel.close();
        }
    }

    /** Fills the backlog of the server at the path. */
    private void fill(List<SocketChannel> connections) throws IOException {
        try {
            while (true) {
                SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
                connections.add(channel);
                channel.configureBlocking(false);
                channel.connect(UnixDomainSocketAddress.of(path));
            }
        } catch (IOException e) {
            assertThat(connections.size()).isGreaterThan(1);
        }
    }

    @Test
    void aFileOrFolderThatIsNoSocketIsLeftAlone() throws Exception {
        Files.writeString(path, "precious");
        run(() -> {
            assertThatThrownBy(() -> serve(path))
                    .isInstanceOf(BindException.class)
                    .hasMessageContaining("cannot listen on " + path);
            assertThat(path).hasContent("precious");
            assertThatThrownBy(() -> serve(folder)).isInstanceOf(BindException.class);
            Path link = Files.createSymbolicLink(folder.resolve("link"), path);
            assertThatThrownBy(() -> serve(link)).isInstanceOf(BindException.class);
            assertThat(path).hasContent("precious");
            assertThat(exists(link)).isTrue();
        });
    }

    /** A pipe or a device is not a file, not a folder, and nobody can connect to it: as a socket left behind. */
    @Test
    void aPipeIsLeftAlone() throws Exception {
        assumeTrue(Program.isInstalled("mkfifo", path.toString()), "mkfifo is not installed");
        run(() -> {
            assertThatThrownBy(() -> serve(path)).isInstanceOf(BindException.class);
            assertThatThrownBy(() -> createUnixConnection(Recorder::new, path)).isInstanceOf(ConnectException.class);
        });
        assertThat(exists(path)).isTrue();
    }

    @Test
    void aLinkLeadsToTheServerWhichStaysWhereItIs() throws Exception {
        run(() -> {
            Server server = serve(path);
            Path link = Files.createSymbolicLink(folder.resolve("link"), path);
            assertEchoes(link);
            assertThatThrownBy(() -> serve(link)).isInstanceOf(BindException.class);
            server.shutdown(LONG);
            assertThatThrownBy(() -> serve(link)).isInstanceOf(BindException.class);
            assertThat(exists(link)).isTrue();
        });
    }

    // -- where nobody can listen ----------------------------------------------------------------------------------

    @Test
    void aServerThatCannotListenSaysWhere() throws Exception {
        run(() -> {
            for (Path impossible : List.of(folder.resolve("no/such/folder"), folder.resolve("x".repeat(200)))) {
                assertThatThrownBy(() -> serve(impossible))
                        .isInstanceOf(BindException.class)
                        .hasMessageContaining("cannot listen on " + impossible);
            }
            assertThatThrownBy(() -> serve(Path.of("")))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("needs a path");
            assertThatThrownBy(() -> UnixListenOptions.defaults().withBacklog(0))
                    .isInstanceOf(IllegalArgumentException.class);
        });
    }

    @Test
    void withoutPermissionNobodyListensOrConnects() throws Exception {
        assumeFalse(isRoot(), "root may do anything");
        run(() -> {
            Server server = serve(path);
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("---------"));
            assertThatThrownBy(() -> createUnixConnection(Recorder::new, path)).isInstanceOf(ConnectException.class);
            server.close();
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("r-xr-xr-x"));
            assertThatThrownBy(() -> serve(path)).isInstanceOf(BindException.class);
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        });
    }

    // -- connecting -----------------------------------------------------------------------------------------------

    @Test
    void whereNobodyListensNobodyConnects() throws Exception {
        Path left = folder.resolve("left");
        leaveBehind(left);
        Path file = Files.writeString(folder.resolve("file"), "text");
        run(() -> {
            for (Path nobody : List.of(path, left, file, folder, folder.resolve("x".repeat(200)))) {
                assertThatThrownBy(() -> createUnixConnection(Recorder::new, nobody))
                        .isInstanceOf(ConnectException.class)
                        .hasMessageContaining("cannot connect to " + nobody);
            }
            assertThatThrownBy(() -> createUnixConnection(Recorder::new, Path.of("")))
                    .isInstanceOf(IllegalArgumentException.class);
        });
    }

    @Test
    void aFullBacklogIsWaitedFor() throws Exception {
        run(() -> {
            Server server = createUnixServer(
                    Echo::new, path, UnixListenOptions.defaults().withBacklog(1).withStartServing(false));
            List<SocketChannel> waiting = new ArrayList<>();
            fill(waiting);
            Task<?> client = createTask(() -> assertEchoes(path));
            Task<?> cancelled = createTask(() -> assertEchoes(path));
            Until.settled();
            assertThat(client.done()).isFalse();
            cancelled.cancel();
            assertThatThrownBy(cancelled::await).isInstanceOf(CancelledError.class);
            server.startServing();
            client.await();
            for (SocketChannel channel : waiting) {
                channel.close();
            }
            server.shutdown(LONG);
        });
    }

    @Test
    void cancellingAConnectionLeavesNothingOpen() throws Exception {
        run(() -> {
            Server server = serve(path);
            List<Recorder> made = new ArrayList<>();
            Task<?> task = createTask(() -> createUnixConnection(
                    () -> {
                        made.add(new Recorder());
                        return made.getFirst();
                    },
                    path));
            Until.holds("connected", () -> {
                if (!made.isEmpty()) {
                    task.cancel();
                }
                return task.done();
            });
            if (!task.cancelled()) {
                made.getFirst().transport().abort();
            }
            server.shutdown(Duration.ZERO);
        });
    }

    // -- programs that are not ours -------------------------------------------------------------------------------

    @Test
    void socatTalksToAServer() throws Exception {
        assumeTrue(Program.isInstalled("which", "socat"), "socat is not installed");
        run(() -> {
            Server server = serve(path);
            try (Program socat = Program.start("socat", "-", "UNIX-CONNECT:" + path)) {
                socat.write("Grüße\n");
                Task<String> line = createTask(
                        () -> runningLoop().runInExecutor(null, socat::readLine).await());
                assertThat(line.await()).isEqualTo("Grüße");
            }
            server.shutdown(LONG);
        });
    }

    @Test
    void pythonsAsyncioTalksToAServer() throws Exception {
        assumeTrue(Program.isInstalled("python3", "-c", "import asyncio"), "python3 is not installed");
        String client = """
            import asyncio, sys
            async def main():
                reader, writer = await asyncio.open_unix_connection(sys.argv[1])
                data = bytes(range(256)) * 4000
                writer.write(data)
                assert await reader.readexactly(len(data)) == data
                writer.close()
                print('all there')
            asyncio.run(main())
            """;
        run(() -> {
            Server server = serve(path);
            try (Program python = Program.start("python3", "-c", client, path.toString())) {
                String line =
                        runningLoop().runInExecutor(null, python::readLine).await();
                assertThat(line).as(python.error()).isEqualTo("all there");
            }
            server.shutdown(LONG);
        });
    }

    @Test
    void aClientTalksToPythonsAsyncioAndAKilledServersFileIsReplaced() throws Exception {
        assumeTrue(Program.isInstalled("python3", "-c", "import asyncio"), "python3 is not installed");
        String echo = """
            import asyncio, sys
            async def handle(reader, writer):
                while data := await reader.read(65536):
                    writer.write(data)
            async def main():
                server = await asyncio.start_unix_server(handle, sys.argv[1])
                print('ready', flush=True)
                await server.serve_forever()
            asyncio.run(main())
            """;
        try (Program python = Program.start("python3", "-c", echo, path.toString())) {
            assertThat(python.readLine()).as(python.error()).isEqualTo("ready");
            run(() -> {
                assertEchoes(path);
                assertThatThrownBy(() -> serve(path)).isInstanceOf(BindException.class);
            });
            python.signal("KILL");
            python.status();
        }
        assertThat(exists(path)).isTrue();
        run(() -> {
            Server server = serve(path);
            assertEchoes(path);
            server.shutdown(LONG);
        });
    }
}
