package dev.tulip.benchmarks.echo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The load generator believes no server. */
@Timeout(60)
class LoadGeneratorTest {
    private interface Answer {
        void to(byte[] message, Socket client) throws IOException;
    }

    /** Puts a load of 1 KiB x 1 on a server that answers its first messages right, and then one in its own way. */
    private static void load(int rightAnswers, Answer answer) throws Exception {
        try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            FutureTask<Void> server = new FutureTask<>(() -> serve(listener, rightAnswers, answer), null);
            Thread thread = Thread.ofPlatform().start(server);
            try {
                LoadGenerator.main(new String[] {
                    Integer.toString(listener.getLocalPort()),
                    Long.toString(ProcessHandle.current().pid()),
                    "1kx1",
                    "1",
                    "1"
                });
            } finally {
                thread.join();
                server.get();
            }
        }
    }

    private static void serve(ServerSocket listener, int rightAnswers, Answer answer) {
        try (Socket client = listener.accept()) {
            for (int i = 0; i <= rightAnswers; i++) {
                byte[] message = client.getInputStream().readNBytes(1024);
                if (i == rightAnswers) {
                    answer.to(message, client);
                } else {
                    client.getOutputStream().write(message);
                }
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void aSingleWrongByteIsNoticed() {
        assertThatThrownBy(() -> load(3, (message, client) -> {
                    message[1000]++;
                    client.getOutputStream().write(message);
                }))
                .hasMessageContaining("the answer differs from the message");
    }

    @Test
    void bytesInAnotherOrderAreNoticed() {
        assertThatThrownBy(() -> load(0, (message, client) -> {
                    client.getOutputStream().write(message, 512, 512);
                    client.getOutputStream().write(message, 0, 512);
                }))
                .hasMessageContaining("the answer differs from the message");
    }

    @Test
    void moreBytesThanWereSentAreNoticed() {
        assertThatThrownBy(() -> load(1, (message, client) -> {
                    byte[] more = java.util.Arrays.copyOf(message, 1025);
                    client.getOutputStream().write(more);
                }))
                .hasMessageContaining("more than it has got");
    }

    @Test
    void aConnectionThatEndsIsNoticed() {
        assertThatThrownBy(() -> load(2, (message, client) -> client.close()))
                .hasMessageContaining("the server has closed a connection");
    }

    @Test
    void whatItMeasuresPassesThroughALine() {
        Sample sample = new Sample(4.25, 123_456.5, 10, 20, 30, 56.5);
        assertThat(Sample.parse(sample.line())).isEqualTo(sample);
    }
}
