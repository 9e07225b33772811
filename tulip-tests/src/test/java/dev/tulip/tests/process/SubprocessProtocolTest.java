package dev.tulip.tests.process;

import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.sleep;
import static dev.tulip.process.Subprocesses.subprocessExec;
import static dev.tulip.process.Subprocesses.subprocessShell;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.Coroutine;
import dev.tulip.loop.Suspends;
import dev.tulip.loop.Task;
import dev.tulip.net.Transport;
import dev.tulip.process.ProcessOptions;
import dev.tulip.process.Stdio;
import dev.tulip.process.SubprocessProtocol;
import dev.tulip.process.SubprocessTransport;
import dev.tulip.tests.support.Deadline;
import dev.tulip.tests.support.Errors;
import dev.tulip.tests.support.MountedOnly;
import dev.tulip.tests.support.Until;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Children as callbacks: rows Y6 and Y7 and behaviour 60 of asyncio. */
class SubprocessProtocolTest {
    private static final ProcessOptions PIPES = ProcessOptions.defaults().withPipes();

    @TempDir
    Path directory;

    /** Writes down what it is told. */
    private static class Witness implements SubprocessProtocol {
        final List<String> events = new ArrayList<>();
        SubprocessTransport transport;

        @Override
        public void connectionMade(SubprocessTransport transport) {
            this.transport = transport;
            events.add("made");
        }

        @Override
        public void pipeDataReceived(int fd, ByteBuffer data) {
            events.add(fd + " data " + StandardCharsets.UTF_8.decode(data));
        }

        @Override
        public void pipeConnectionLost(int fd, Exception exception) {
            events.add(fd
                    + (exception == null
                            ? " lost"
                            : " lost " + exception.getClass().getSimpleName()));
        }

        @Override
        public void processExited() {
            events.add("exited " + transport.getReturncode().getAsInt());
        }

        @Override
        public void pauseWriting() {
            events.add("pause");
        }

        @Override
        public void resumeWriting() {
            events.add("resume");
        }

        @Override
        public void connectionLost(Exception exception) {
            events.add("lost");
        }

        boolean isLost() {
            return events.contains("lost");
        }
    }

    /** Waits for {@code body} on a loop that is slow, so that what a child does at once comes before its transport is made. */
    @Suspends
    private static <T> T slowly(Coroutine<T, Exception> body) throws Exception {
        boolean[] done = {false};
        class Burden implements Runnable {
            @Override
            public void run() {
                long end = System.nanoTime() + Duration.ofMillis(20).toNanos();
                while (System.nanoTime() < end) {
                    Thread.onSpinWait();
                }
                if (!done[0]) {
                    runningLoop().callSoon(this);
                }
            }
        }
        new Burden().run();
        try {
            return body.run();
        } finally {
            done[0] = true;
        }
    }

    @Test
    void connectionMadeComesFirstAndConnectionLostLast() throws Exception {
        run(() -> {
            for (int i = 0; i < 20; i++) {
                Witness witness = subprocessShell(Witness::new, "echo out; echo err >&2; exit 3", PIPES)
                        .protocol();
                Until.holds("everything has ended", witness::isLost);
                assertThat(witness.events)
                        .containsExactlyInAnyOrder(
                                "made",
                                "1 data out\n",
                                "2 data err\n",
                                "0 lost",
                                "1 lost",
                                "2 lost",
                                "exited 3",
                                "lost");
                assertThat(witness.events.getFirst()).isEqualTo("made");
                assertThat(witness.events.getLast()).isEqualTo("lost");
                assertThat(witness.transport.isClosing()).isTrue();
                assertThat(witness.transport.toString()).contains("exited with 3");
            }
        });
    }

    @Test
    void aPipeCanBeWrittenToAndEnded() throws Exception {
        run(() -> {
            Witness witness =
                    subprocessExec(Witness::new, List.of("cat"), PIPES).protocol();
            Transport stdin = witness.transport.getPipeTransport(0);
            stdin.write("hello".getBytes());
            Until.holds("it comes back", () -> witness.events.contains("1 data hello"));
            stdin.writeEof();
            Until.holds("everything has ended", witness::isLost);
            assertThat(witness.events).contains("exited 0").doesNotContain("pause");
        });
    }

    @Test
    void theTransportKnowsThePipesThatThereAre() throws Exception {
        run(() -> {
            ProcessOptions options =
                    ProcessOptions.defaults().withStdin(Stdio.DEVNULL).withStdout(Stdio.PIPE);
            Witness witness =
                    subprocessExec(Witness::new, List.of("echo"), options).protocol();
            SubprocessTransport transport = witness.transport;
            assertThat(transport.getPipeTransport(0)).isNull();
            assertThat(transport.getPipeTransport(1)).isNotNull();
            assertThat(transport.getPipeTransport(2)).isNull();
            assertThatThrownBy(() -> transport.getPipeTransport(3)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> transport.getPipeTransport(1).write(new byte[1]))
                    .isInstanceOf(UnsupportedOperationException.class)
                    .hasMessageContaining("from standard output of echo (pid " + transport.getPid() + ")");
            Until.holds("everything has ended", witness::isLost);
        });
    }

    @Test
    void writingIsPausedAndResumedForStandardInput() throws Exception {
        run(() -> {
            Witness witness = subprocessShell(Witness::new, "read line; cat > /dev/null", PIPES)
                    .protocol();
            Transport stdin = witness.transport.getPipeTransport(0);
            stdin.write(new byte[1_000_000]);
            assertThat(witness.events).as("from within write").endsWith("pause");
            stdin.write("\n".getBytes());
            Until.holds("all was read", () -> witness.events.contains("resume"));
            stdin.close();
            Until.holds("everything has ended", witness::isLost);
        });
    }

    @Test
    void aChildThatReadsNoMoreEndsThePipeWithAnError() throws Exception {
        run(() -> {
            Witness witness = subprocessShell(Witness::new, "exec <&-; echo ready; exec sleep 60", PIPES)
                    .protocol();
            Until.holds("it has closed its input", () -> witness.events.contains("1 data ready\n"));
            witness.transport.getPipeTransport(0).write(new byte[10]);
            Until.holds("that is noticed", () -> witness.events.contains("0 lost IOException"));
            witness.transport.kill();
            Until.holds("everything has ended", witness::isLost);
            assertThat(witness.events).contains("exited -9");
        });
    }

    @Test
    void closeClosesThePipesAndKills() throws Exception {
        run(() -> {
            Witness witness =
                    subprocessExec(Witness::new, List.of("cat"), PIPES).protocol();
            witness.transport.close();
            witness.transport.close();
            assertThat(witness.transport.isClosing()).isTrue();
            assertThat(witness.events).as("nothing from within close").containsExactly("made");
            Until.holds("everything has ended", witness::isLost);
            assertThat(witness.events)
                    .containsExactlyInAnyOrder("made", "0 lost", "1 lost", "2 lost", "exited -9", "lost");
            assertThat(witness.transport.kill()).isFalse();
        });
    }

    @Test
    void whileAGrandchildHoldsAPipeTheConnectionIsNotLost() throws Exception {
        Path fifo = Fifo.in(directory);
        run(() -> {
            ProcessOptions options = PIPES.withStderr(Stdio.DEVNULL);
            Witness witness = subprocessExec(
                            Witness::new, List.of("sh", "-c", "cat $0 & read go", fifo.toString()), options)
                    .protocol();
            witness.transport.getPipeTransport(0).write("go\n".getBytes());
            Until.holds("its input is closed, because it has exited", () -> witness.events.contains("0 lost"));
            Until.settled();
            assertThat(witness.events).containsExactly("made", "exited 0", "0 lost");
            witness.transport.close();
            Until.holds("close does not wait for the grandchild", witness::isLost);
            assertThat(witness.events).endsWith("1 lost", "lost");
        });
        Files.writeString(fifo, ""); // ends the grandchild
    }

    @Test
    void whatAMethodThrowsIsReportedAndTheChildGoesOn(Errors errors) throws Exception {
        run(() -> {
            Witness witness = subprocessExec(
                            () -> new Witness() {
                                @Override
                                public void pipeDataReceived(int fd, ByteBuffer data) {
                                    super.pipeDataReceived(fd, data);
                                    throw new IllegalStateException("on purpose");
                                }
                            },
                            List.of("cat"),
                            PIPES)
                    .protocol();
            Transport stdin = witness.transport.getPipeTransport(0);
            stdin.write("one".getBytes());
            Until.holds("it came", () -> witness.events.contains("1 data one"));
            stdin.write("two".getBytes());
            stdin.writeEof();
            Until.holds("everything has ended", witness::isLost);
            assertThat(witness.events).contains("1 data two", "exited 0");
        });
        assertThat(errors.take())
                .hasSize(2)
                .allSatisfy(error -> assertThat(error.message()).isEqualTo("protocol.pipeDataReceived() failed"));
    }

    @Test
    void noMethodIsCalledInTheTaskThatStartsTheChild() throws Exception {
        run(() -> {
            List<Task<?>> tasks = new ArrayList<>();
            Witness witness = slowly(() -> subprocessShell(
                            () -> new Witness() {
                                @Override
                                public void connectionMade(SubprocessTransport transport) {
                                    tasks.add(Task.current());
                                    super.connectionMade(transport);
                                }

                                @Override
                                public void pipeDataReceived(int fd, ByteBuffer data) {
                                    tasks.add(Task.current());
                                    super.pipeDataReceived(fd, data);
                                }
                            },
                            "echo out; echo err >&2",
                            PIPES)
                    .protocol());
            assertThat(witness.events).startsWith("made");
            Until.holds("everything has ended", witness::isLost);
            assertThat(tasks).hasSize(3).containsOnlyNulls();
        });
    }

    @Test
    void whoStartsAChildAndIsCancelledMeetsNoHalfMadeOne() throws Exception {
        run(() -> {
            for (int steps = 0; steps < 60; steps++) {
                Witness witness = new Witness();
                Task<?> starting = createTask(() -> subprocessExec(() -> witness, List.of("cat"), PIPES));
                for (int i = 0; i < steps / 4; i++) {
                    sleep(i % 2 == 0 ? Duration.ZERO : Duration.ofMillis(1));
                }
                starting.cancel();
                try {
                    starting.await();
                    witness.transport.close();
                } catch (CancelledError e) {
                    // it was in time
                }
                Until.holds("all or nothing", () -> witness.events.isEmpty() || witness.isLost());
            }
        });
        Deadline.until(
                "nobody is left",
                () -> ProcessHandle.current().children().findAny().isEmpty());
    }

    @Test
    @MountedOnly // on the fallback a method that waits holds the loop
    void aMethodThatWaitsInTheJdkIsNotOvertakenByOtherCalls() throws Exception {
        CountDownLatch latch = new CountDownLatch(1);
        run(() -> {
            boolean[] inside = {false};
            Witness witness = slowly(() -> subprocessShell(
                            () -> new Witness() {
                                @Override
                                public void pipeDataReceived(int fd, ByteBuffer data) {
                                    assertThat(inside[0]).isFalse();
                                    inside[0] = true;
                                    if (fd == 1 && latch.getCount() > 0) {
                                        try {
                                            latch.await();
                                        } catch (InterruptedException e) {
                                            throw new AssertionError(e);
                                        }
                                    }
                                    inside[0] = false;
                                    super.pipeDataReceived(fd, data);
                                }
                            },
                            "echo out; read line; echo err >&2; echo more; exit 1",
                            PIPES)
                    .protocol());
            try {
                Until.holds("a method waits", () -> inside[0]);
                witness.transport.getPipeTransport(0).write("go\n".getBytes());
                Until.holds(
                        "the child has exited",
                        () -> witness.transport.getReturncode().isPresent());
                sleep(Duration.ofMillis(10));
                assertThat(witness.events).containsExactly("made");
            } finally {
                latch.countDown(); // else run waits for the method, and nobody sees what has failed
            }
            Until.holds("everything has ended", witness::isLost);
            assertThat(witness.events).startsWith("made", "1 data out\n").endsWith("lost");
            assertThat(witness.events).contains("2 data err\n", "1 data more\n", "exited 1");
        });
    }

    @Test
    void otherThreadsAreRefused() throws Exception {
        run(() -> {
            Witness witness =
                    subprocessExec(Witness::new, List.of("cat"), PIPES).protocol();
            List<Throwable> refused = new ArrayList<>();
            Thread other = dev.tulip.tests.support.Spawn.platform("other", () -> {
                try {
                    witness.transport.kill();
                } catch (WrongThreadException e) {
                    refused.add(e);
                }
            });
            Until.holds("it has tried", () -> !other.isAlive());
            assertThat(refused).hasSize(1);
            witness.transport.close();
            Until.holds("everything has ended", witness::isLost);
        });
        Deadline.until(
                "nobody is left",
                () -> ProcessHandle.current().children().findAny().isEmpty());
    }
}
