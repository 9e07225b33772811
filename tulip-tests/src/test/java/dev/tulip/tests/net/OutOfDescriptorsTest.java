package dev.tulip.tests.net;

import static dev.tulip.Tulip.createServer;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tulip.loop.Clock;
import dev.tulip.loop.EventLoop;
import dev.tulip.loop.ExceptionContext;
import dev.tulip.loop.LoopGroup;
import dev.tulip.loop.LoopGroupOptions;
import dev.tulip.loop.LoopOptions;
import dev.tulip.loop.RunnerOptions;
import dev.tulip.net.ListenOptions;
import dev.tulip.net.Protocol;
import dev.tulip.net.Server;
import dev.tulip.net.Transport;
import dev.tulip.tests.support.ChildJvm;
import dev.tulip.tests.support.Program;
import java.io.FileInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Scanner;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A server in a process that runs out of file descriptors. */
class OutOfDescriptorsTest {
    @ParameterizedTest
    @ValueSource(strings = {"one loop", "handed over", "shared port"})
    void theServerSaysSoOnceAndRecoversByItself(String way) throws Exception {
        assumeTrue(Program.isInstalled("sh", "-c", "ulimit -n 200"), "no shell that limits descriptors");
        List<String> command = new ArrayList<>(List.of("sh", "-c", "ulimit -n 200; exec \"$@\"", "sh"));
        command.addAll(ChildJvm.command(EchoServer.class, ChildJvm.engineOptions(), List.of(way)));
        try (Program server = Program.start(command.toArray(String[]::new))) {
            int port = Integer.parseInt(server.readLineThatStartsWith("port ").substring(5));
            try (Socket before = new Socket("127.0.0.1", port)) {
                assertEchoes(before);
                server.write("exhaust\n");
                server.readLineThatStartsWith("exhausted");
                try (Socket waiting = new Socket("127.0.0.1", port)) { // the system takes it, not the server
                    assertThat(server.readLineThatStartsWith("error: "))
                            .isEqualTo("error: Accepting a connection failed; the server tries again,"
                                    + " Too many open files");
                    assertEchoes(before);
                    server.write("tick\n"); // several more attempts
                    assertThat(server.readLine()).startsWith("ticked");
                    server.write("free\n");
                    assertThat(server.readLine()).isEqualTo("freed");
                    assertEchoes(waiting);
                }
                try (Socket after = new Socket("127.0.0.1", port)) {
                    assertEchoes(after);
                }
            }
            server.closeInput();
            assertThat(server.readAllLines()).isEmpty(); // no second error
            assertThat(server.status()).as(server.error()).isZero();
            assertThat(server.error()).isEmpty();
        }
    }

    private static void assertEchoes(Socket socket) throws IOException {
        socket.setSoTimeout(30_000);
        socket.getOutputStream().write("hello".getBytes());
        assertThat(new String(socket.getInputStream().readNBytes(5))).isEqualTo("hello");
    }

    /** The program: an echo server that takes orders on its standard input. Its seconds last ten milliseconds. */
    static final class EchoServer {
        private static final List<FileInputStream> HELD = new ArrayList<>();

        private EchoServer() {}

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

        public static void main(String[] args) throws Exception {
            loadAllClasses();
            RunnerOptions options = RunnerOptions.defaults().withPolicy(EchoServer::newEventLoop);
            if (args[0].equals("one loop")) {
                run(() -> serve(createServer(Echo::new, "127.0.0.1", 0)), options);
                return;
            }
            ListenOptions listening = ListenOptions.defaults().withReusePort(args[0].equals("shared port"));
            LoopGroupOptions loops = LoopGroupOptions.defaults().withLoops(2).withRunner(options);
            run(
                    () -> {
                        try (LoopGroup group = LoopGroup.of(loops)) {
                            serve(createServer(group, Echo::new, "127.0.0.1", 0, listening));
                        }
                    },
                    options);
        }

        private static EventLoop newEventLoop() {
            Clock fast = () -> System.nanoTime() * 100;
            EventLoop loop = EventLoop.create(LoopOptions.defaults().withClock(fast));
            loop.setExceptionHandler((l, context) -> report(context));
            return loop;
        }

        private static void serve(Server server) throws IOException {
            EventLoop loop = runningLoop();
            InetSocketAddress address =
                    (InetSocketAddress) server.sockets().getFirst().getLocalAddress();
            System.out.println("port " + address.getPort());
            Thread.ofPlatform().daemon().start(() -> takeOrders(loop, server));
            server.serveForever();
        }

        private static void report(ExceptionContext context) {
            System.out.println(
                    "error: " + context.message() + ", " + context.exception().getMessage());
        }

        private static void takeOrders(EventLoop loop, Server server) {
            Scanner orders = new Scanner(System.in);
            while (orders.hasNext()) {
                switch (orders.next()) {
                    case "exhaust" -> exhaust();
                    case "tick" -> tick(loop);
                    default -> free();
                }
            }
            loop.callSoonThreadsafe(server::close);
        }

        private static void exhaust() {
            try {
                while (true) {
                    HELD.add(new FileInputStream("/dev/null"));
                }
            } catch (IOException e) {
                System.out.println("exhausted: " + e.getMessage());
            }
        }

        /** Five of the loop's seconds. */
        private static void tick(EventLoop loop) {
            loop.callSoonThreadsafe(
                    () -> loop.callLater(java.time.Duration.ofSeconds(5), () -> System.out.println("ticked")));
        }

        private static void free() {
            try {
                for (FileInputStream file : HELD) {
                    file.close();
                }
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
            System.out.println("freed");
        }

        /** A class that is in a folder, not in a jar, needs a descriptor to be loaded: before there is none. */
        private static void loadAllClasses() throws Exception {
            loadFrom(EventLoop.class, "dev/tulip");
            loadFrom(EchoServer.class, "dev/tulip/tests/net");
        }

        private static void loadFrom(Class<?> neighbour, String folder) throws Exception {
            Path root = Path.of(neighbour
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            if (!Files.isDirectory(root)) {
                return;
            }
            try (Stream<Path> files = Files.walk(root.resolve(folder))) {
                for (Path path : files.map(root::relativize).toList()) {
                    String name = path.toString().replace('/', '.');
                    if (name.endsWith(".class")
                            && (folder.equals("dev/tulip") || name.startsWith(EchoServer.class.getName()))) {
                        Class.forName(name.substring(0, name.length() - ".class".length()));
                    }
                }
            }
        }
    }
}
