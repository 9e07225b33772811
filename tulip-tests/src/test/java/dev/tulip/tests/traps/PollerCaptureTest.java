package dev.tulip.tests.traps;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tulip.Tulip;
import dev.tulip.tests.support.ChildJvm;
import dev.tulip.tests.support.Deadline;
import dev.tulip.tests.support.MountedOnly;
import dev.tulip.tests.support.Spawn;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/**
 * Trap P2: the first virtual thread of a process that waits for a socket starts the JDK's pollers, as threads of
 * its own scheduler. If that is a loop, and the loop is busy, the sockets of everybody else stand still. Cure:
 * decision D5.
 *
 * <p>In processes of their own: the pollers are started once per process.
 */
@MountedOnly
class PollerCaptureTest {
    private static final String OPENS = "--add-opens=java.base/java.lang=ALL-UNNAMED";

    @Test
    void aBusyNaiveLoopStopsTheSocketsOfOtherVirtualThreads() {
        assertThat(ChildJvm.run(Program.class, List.of(OPENS), List.of("naive")).out())
                .isEqualTo("stuck");
    }

    @Test
    void aBusyTulipLoopDoesNot() {
        assertThat(ChildJvm.run(Program.class, List.of(OPENS), List.of("tulip")).out())
                .isEqualTo("free");
    }

    /** Keeps a loop busy until a virtual thread that has nothing to do with it has read a byte, or for a while. */
    public static final class Program {
        private static volatile boolean read;

        public static void main(String[] args) {
            try {
                System.out.print((args[0].equals("naive") ? naive() : tulip()) ? "free" : "stuck");
            } catch (Exception e) {
                throw new AssertionError(e);
            }
            System.exit(0); // the stuck ones are no daemons
        }

        private static boolean naive() throws InterruptedException {
            NaiveLoop loop = new NaiveLoop().start();
            boolean[] seen = {false};
            loop.go(Program::readSomething).join();
            loop.go(() -> seen[0] = spinUntilOthersHaveRead(Deadline.NEVER)).join();
            return seen[0];
        }

        private static boolean tulip() {
            return Tulip.run(() -> {
                await(createTask(Program::readSomething));
                return spinUntilOthersHaveRead(Deadline.LONG);
            });
        }

        /** Waits for a socket: the first of the process. */
        private static void readSomething() {
            try (ServerSocket server = new ServerSocket(0);
                    Socket client = new Socket("127.0.0.1", server.getLocalPort());
                    Socket accepted = server.accept()) {
                Thread reader = Thread.currentThread();
                Spawn.platform("writer", () -> {
                    Deadline.until("the other waits", () -> reader.getState() == Thread.State.WAITING);
                    client.getOutputStream().write(1);
                });
                accepted.getInputStream().read();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static boolean spinUntilOthersHaveRead(Duration limit) {
            // Started by a platform thread, so of the JDK's own scheduler, like any server's threads.
            Spawn.platform(
                    "starter",
                    () -> Spawn.virtual(() -> {
                        readSomething();
                        read = true;
                    }));
            return spin(() -> read, limit);
        }

        private static boolean spin(BooleanSupplier condition, Duration limit) {
            long end = System.nanoTime() + limit.toNanos();
            while (!condition.getAsBoolean() && System.nanoTime() < end) {
                Thread.onSpinWait();
            }
            return condition.getAsBoolean();
        }
    }
}
