package dev.tulip.tests.programs;

import static dev.tulip.Tulip.addSignalHandler;
import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createServer;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.currentTask;
import static dev.tulip.Tulip.removeSignalHandler;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.sleep;
import static dev.tulip.Tulip.startServer;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.Drainable;
import dev.tulip.loop.EventLoop;
import dev.tulip.loop.KeyboardInterrupt;
import dev.tulip.loop.LoopLocal;
import dev.tulip.loop.RunnerOptions;
import dev.tulip.loop.Terminated;
import dev.tulip.net.ListenOptions;
import dev.tulip.net.Protocol;
import dev.tulip.net.Server;
import dev.tulip.net.Transport;
import dev.tulip.streams.ConnectionHandler;
import dev.tulip.tests.support.ChildJvm;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import sun.misc.Signal;

/** SIGTERM while {@code run} runs. In processes of their own: the signal is theirs. */
class TerminateTest {
    private static final Duration FOREVER = Duration.ofDays(1);

    /** Does what its first argument says, and prints how {@code run} ended. */
    public static final class Program {
        public static void main(String[] args) throws Exception {
            try {
                System.out.println("returned " + program(args[0]));
            } catch (Terminated e) {
                System.out.println("Terminated, cause " + e.getCause());
                if (args[0].equals("uncaught")) {
                    throw e;
                }
            } catch (CancelledError e) {
                System.out.println("CancelledError " + e.getMessage());
            } catch (IllegalStateException e) {
                System.out.println("IllegalStateException " + e.getMessage());
            }
        }

        private static Object program(String name) throws Exception {
            return switch (name) {
                case "plain", "uncaught" ->
                    run(() -> {
                        createTask(() -> {
                            try {
                                sleep(FOREVER);
                            } finally {
                                System.out.println("child finally");
                            }
                        });
                        try {
                            terminate();
                            sleep(FOREVER);
                        } finally {
                            System.out.println("main finally");
                        }
                        return "not reached";
                    });
                case "swallows" ->
                    run(() -> {
                        terminate();
                        try {
                            sleep(FOREVER);
                        } catch (CancelledError e) {
                            return "a value";
                        }
                        return "not reached";
                    });
                case "cancelled before" ->
                    run(() -> {
                        currentTask().cancel("by somebody else");
                        try {
                            sleep(FOREVER);
                        } catch (CancelledError byOther) {
                            terminate();
                            try {
                                sleep(FOREVER); // a signal comes when it comes; not after the end, please
                            } catch (CancelledError bySignal) {
                                throw byOther;
                            }
                        }
                        return "not reached";
                    });
                case "twice" ->
                    run(() -> {
                        terminate();
                        try {
                            sleep(FOREVER);
                        } catch (CancelledError e) {
                            System.out.println("goes on");
                            terminate();
                            sleep(FOREVER);
                        }
                        return "not reached";
                    });
                case "Ctrl-C second" ->
                    run(() -> {
                        terminate();
                        try {
                            sleep(FOREVER);
                        } catch (CancelledError e) {
                            System.out.println("goes on");
                            Signal.raise(new Signal("INT"));
                            sleep(FOREVER);
                        }
                        return "not reached";
                    });
                case "drains" ->
                    drains(Duration.ofSeconds(30), connection -> {
                        System.out.println("handler: " + connection.reader().readLine());
                        terminate();
                        while (server.isServing()) {
                            sleep(Duration.ofMillis(1));
                        }
                        System.out.println("handler goes on, resource open: " + resourceOpen);
                        connection.writer().write("answer\n");
                    });
                case "grace is over" ->
                    drains(Duration.ofMillis(100), connection -> {
                        try {
                            terminate();
                            sleep(FOREVER);
                        } finally {
                            System.out.println("handler cancelled, resource open: " + resourceOpen);
                        }
                    });
                case "closed server" ->
                    drains(Duration.ofSeconds(30), connection -> {
                        server.close();
                        server = null;
                        terminate();
                        sleep(Duration.ofMillis(50));
                        connection.writer().write("answer\n");
                        System.out.println("handler goes on, resource open: " + resourceOpen);
                    });
                case "nobody accepted yet" -> {
                    try {
                        yield run(() -> {
                            server = startServer(
                                    "127.0.0.1",
                                    0,
                                    ListenOptions.defaults().withBacklog(MANY),
                                    connection -> connection.writer().write("answer\n"));
                            Thread connecting = connectMany(server);
                            while (connecting.isAlive()) {
                                Thread.onSpinWait(); // holds the loop, which accepts a hundred at a time
                            }
                            sleep(FOREVER);
                            return "not reached";
                        });
                    } finally {
                        client.join(); // a thread that a task has started is a daemon
                    }
                }
                case "protocol" ->
                    run(
                            () -> {
                                server = createServer(Answering::new, "127.0.0.1", 0);
                                client(server);
                                server.serveForever();
                                return "not reached";
                            },
                            RunnerOptions.defaults().withGrace(Duration.ofSeconds(30)));
                case "own drainable" ->
                    run(
                            () -> {
                                Worker.OF_LOOP.get(runningLoop());
                                terminate();
                                try {
                                    sleep(FOREVER);
                                } finally {
                                    System.out.println("main is cancelled");
                                }
                                return "not reached";
                            },
                            RunnerOptions.defaults().withGrace(Duration.ofSeconds(30)));
                case "stubborn drainable" ->
                    run(
                            () -> {
                                Stubborn.OF_LOOP.get(runningLoop());
                                terminate();
                                sleep(FOREVER);
                                return "not reached";
                            },
                            RunnerOptions.defaults().withGrace(Duration.ZERO));
                case "main ends while it drains" ->
                    run(
                            () -> {
                                Worker.OF_LOOP.get(runningLoop());
                                Worker.work = FOREVER;
                                terminate();
                                while (!Worker.started) {
                                    sleep(Duration.ofMillis(1));
                                }
                                return "a value";
                            },
                            RunnerOptions.defaults().withGrace(Duration.ofSeconds(30)));
                case "another thread" -> onAnotherThread(RunnerOptions.defaults());
                case "another thread that wants signals" ->
                    onAnotherThread(RunnerOptions.defaults().withSignals(true));
                case "no signals" ->
                    run(Program::waitAndSee, RunnerOptions.defaults().withSignals(false));
                case "handled by the program" ->
                    run(() -> {
                        EventLoop loop = runningLoop();
                        var got = loop.<String>createFuture();
                        addSignalHandler("SIGTERM", () -> got.setResult("handled"));
                        terminate();
                        System.out.println(await(got));
                        removeSignalHandler("SIGTERM");
                        terminate(); // is run's again
                        sleep(FOREVER);
                        return "not reached";
                    });
                case "afterwards" -> {
                    run(() -> {});
                    terminate(); // nobody runs any more: the JVM exits
                    while (true) {
                        java.util.concurrent.locks.LockSupport.park();
                    }
                }
                default -> throw new AssertionError(name);
            };
        }

        // -- a server, and a resource that its handlers use -------------------------------------------------------

        private static Server server;
        private static boolean resourceOpen = true;

        private static String drains(Duration grace, ConnectionHandler handler) throws Exception {
            try {
                return run(
                        () -> {
                            server = startServer("127.0.0.1", 0, handler);
                            client(server);
                            try {
                                server.serveForever();
                            } finally {
                                resourceOpen = false;
                            }
                            sleep(FOREVER);
                            return "not reached";
                        },
                        RunnerOptions.defaults().withGrace(grace));
            } finally {
                System.out.println("client got " + answer());
            }
        }

        private static Thread client;
        private static volatile String got = "nothing";

        /** Asks the server and remembers the answer, on a thread of its own. */
        private static void client(Server server) throws IOException {
            InetSocketAddress address =
                    (InetSocketAddress) server.sockets().getFirst().getLocalAddress();
            client = Thread.ofPlatform().start(() -> {
                try (Socket socket = new Socket(address.getAddress(), address.getPort())) {
                    socket.getOutputStream().write("question\n".getBytes(StandardCharsets.US_ASCII));
                    String line = new BufferedReader(
                                    new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII))
                            .readLine();
                    got = line == null ? "nothing" : line;
                } catch (IOException e) {
                    // was aborted
                }
            });
        }

        private static final int MANY = 400;

        /** Connects many clients and sends SIGTERM, on a thread of its own; another one counts the answers. */
        private static Thread connectMany(Server server) throws IOException {
            InetSocketAddress address =
                    (InetSocketAddress) server.sockets().getFirst().getLocalAddress();
            List<Socket> clients = new ArrayList<>();
            Thread connecting = Thread.ofPlatform().start(() -> {
                try {
                    for (int i = 0; i < MANY; i++) {
                        clients.add(new Socket(address.getAddress(), address.getPort()));
                    }
                } catch (IOException e) {
                    System.out.println("cannot connect: " + e);
                }
                terminate();
            });
            client = Thread.ofPlatform().start(() -> {
                try {
                    connecting.join();
                    int answers = 0;
                    for (Socket socket : clients) {
                        answers += new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII)
                                        .equals("answer\n")
                                ? 1
                                : 0;
                        socket.close();
                    }
                    System.out.println(answers + " answers");
                } catch (IOException | InterruptedException e) {
                    System.out.println("cannot read: " + e);
                }
            });
            return connecting;
        }

        private static String answer() throws InterruptedException {
            client.join();
            return got;
        }

        /** Answers after SIGTERM. */
        private static final class Answering implements Protocol {
            private Transport transport;

            @Override
            public void connectionMade(Transport transport) {
                this.transport = transport;
            }

            @Override
            public void dataReceived(ByteBuffer data) {
                terminate();
                answerWhenDraining();
            }

            private void answerWhenDraining() {
                if (server.isServing()) {
                    transport.getLoop().callLater(Duration.ofMillis(1), this::answerWhenDraining);
                } else {
                    System.out.println("answers");
                    transport.write(StandardCharsets.US_ASCII.encode("answer\n"));
                    transport.close();
                }
            }

            @Override
            public void connectionLost(Exception cause) {
                System.out.println("connection lost, cause " + cause);
            }
        }

        /** Finishes its work. */
        private static final class Worker implements Drainable {
            private static final LoopLocal<Worker> OF_LOOP = LoopLocal.withInitial(loop -> new Worker());
            private static Duration work = Duration.ofMillis(50);
            private static boolean started;

            @Override
            public void drain(long deadline) {
                System.out.println("drains");
                started = true;
                sleep(work);
                System.out.println("drained, in time: " + (runningLoop().time() < deadline));
            }
        }

        /** Does not. */
        private static final class Stubborn implements Drainable {
            private static final LoopLocal<Stubborn> OF_LOOP = LoopLocal.withInitial(loop -> new Stubborn());

            @Override
            public void drain(long deadline) {
                sleep(FOREVER);
            }
        }

        // -- other threads ----------------------------------------------------------------------------------------

        private static String onAnotherThread(RunnerOptions options) throws InterruptedException {
            String[] result = {"nothing"};
            Thread thread = Thread.ofPlatform().start(() -> {
                try {
                    result[0] = run(Program::waitAndSee, options);
                } catch (Terminated e) {
                    result[0] = "Terminated";
                }
            });
            thread.join();
            return result[0];
        }

        private static String waitAndSee() {
            terminate();
            sleep(FOREVER);
            return "not reached";
        }

        private static void terminate() {
            Signal.raise(new Signal("TERM"));
        }
    }

    private static void ends(String program, int status, String... lines) {
        ChildJvm.Result result = ChildJvm.run(Program.class, ChildJvm.engineOptions(), List.of(program));
        assertThat(result.out().lines().toList()).as(result.err()).containsExactly(lines);
        assertThat(result.err()).isEmpty();
        assertThat(result.status()).isEqualTo(status);
    }

    private static final String TERMINATED = "Terminated, cause dev.tulip.loop.CancelledError";

    // -- the main task --------------------------------------------------------------------------------------------

    @Test
    void aPlainMainCoroutineIsCancelledAndRunThrowsTerminated() {
        ends("plain", 0, "main finally", "child finally", TERMINATED);
    }

    @Test
    void terminatedThatNobodyCatchesEndsTheProcessQuietlyWith143() {
        ends("uncaught", Terminated.EXIT_STATUS, "main finally", "child finally", TERMINATED);
    }

    @Test
    void aMainCoroutineThatSwallowsTheCancelHasTheLastWord() {
        ends("swallows", 0, "returned a value");
    }

    @Test
    void aMainCoroutineThatSomebodyElseHasCancelledBeforeIsCancelled() {
        ends("cancelled before", 0, "CancelledError by somebody else");
    }

    @Test
    void aMainCoroutineThatEndsWhileServersDrainHasTheLastWord() {
        ends("main ends while it drains", 0, "drains", "returned a value");
    }

    @Test
    void aSecondSigtermEndsTheProcess() {
        ends("twice", Terminated.EXIT_STATUS, "goes on");
    }

    @Test
    void ctrlCAfterSigtermEndsTheProcess() {
        ends("Ctrl-C second", KeyboardInterrupt.EXIT_STATUS, "goes on");
    }

    // -- draining -------------------------------------------------------------------------------------------------

    @Test
    void handlersFinishWhileTheMainCoroutineStillHasItsResources() {
        ends("drains", 0, "handler: question", "handler goes on, resource open: true", "client got answer", TERMINATED);
    }

    @Test
    void handlersThatAreNotDoneWithinTheGraceAreCancelledBeforeTheMainCoroutineIs() {
        ends("grace is over", 0, "handler cancelled, resource open: true", "client got nothing", TERMINATED);
    }

    @Test
    void connectionsOfAServerThatIsClosedAlreadyMayFinishToo() {
        ends("closed server", 0, "handler goes on, resource open: false", "client got answer", TERMINATED);
    }

    @Test
    void clientsThatHaveConnectedAndThatNobodyHasAcceptedYetAreAnsweredToo() {
        ends("nobody accepted yet", 0, "400 answers", TERMINATED);
    }

    @Test
    void connectionsWithProtocolsMayFinish() {
        ends("protocol", 0, "answers", "connection lost, cause null", TERMINATED);
    }

    @Test
    void whateverElseIsDrainableIsDrainedFirst() {
        ends("own drainable", 0, "drains", "drained, in time: true", "main is cancelled", TERMINATED);
    }

    @Test
    void whatDoesNotDrainIsNamedAndGivenUp() {
        ChildJvm.Result result = ChildJvm.run(Program.class, ChildJvm.engineOptions(), List.of("stubborn drainable"));
        assertThat(result.out()).isEqualTo(TERMINATED + "\n");
        assertThat(result.err())
                .contains("what SIGTERM should have ended within PT0S goes on; run does not wait for it");
    }

    // -- whose signal it is ---------------------------------------------------------------------------------------

    @Test
    void onAnotherThreadSigtermIsLeftToTheJvm() {
        ends("another thread", Terminated.EXIT_STATUS);
    }

    @Test
    void onAnotherThreadThatWantsSignalsItEndsRun() {
        ends("another thread that wants signals", 0, "returned Terminated");
    }

    @Test
    void aProgramThatWantsNoSignalsLeavesThemToTheJvm() {
        ends("no signals", Terminated.EXIT_STATUS);
    }

    @Test
    void aProgramsOwnHandlerComesFirstAndWhenItIsRemovedTheSignalIsRunsAgain() {
        ends("handled by the program", 0, "handled", TERMINATED);
    }

    @Test
    void afterRunSigtermIsTheJvmsAgain() {
        ends("afterwards", Terminated.EXIT_STATUS);
    }
}
