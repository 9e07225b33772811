package dev.tulip.benchmarks.echo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.FutureTask;
import javax.net.ServerSocketFactory;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The load generator believes no server, and ends the connections of the warm-up in order. */
@Timeout(60)
class LoadGeneratorTest {
    private interface Answer {
        void to(byte[] message, Socket client) throws IOException;
    }

    private interface Program {
        void run() throws IOException;
    }

    private static ServerSocket listen(ServerSocketFactory factory) throws IOException {
        return factory.createServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
    }

    /** Puts a load of 1 KiB x 1 on a server that answers its first messages right, and then one in its own way. */
    private static void load(int rightAnswers, Answer answer) throws Exception {
        ServerSocket listener = listen(ServerSocketFactory.getDefault());
        load(listener, () -> {
            for (int answers = 0; answers <= rightAnswers; ) {
                try (Socket client = listener.accept()) {
                    byte[] message = client.getInputStream().readNBytes(1024);
                    while (message.length > 0 && answers < rightAnswers) {
                        client.getOutputStream().write(message);
                        answers++;
                        message = client.getInputStream().readNBytes(1024);
                    }
                    if (message.length > 0) {
                        answer.to(message, client);
                        answers++;
                    }
                }
            }
        });
    }

    private static void load(ServerSocket listener, Program program) throws Exception {
        try (listener) {
            FutureTask<Void> server = new FutureTask<>(() -> {
                program.run();
                return null;
            });
            Thread.ofPlatform().start(server);
            try {
                LoadGenerator.main(new String[] {
                    Integer.toString(listener.getLocalPort()),
                    Long.toString(ProcessHandle.current().pid()),
                    "1kx1",
                    "60", // longer than any server here takes to show what it is
                    "1"
                });
            } finally {
                server.get();
            }
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
    void bytesAfterTheLastAnswerAreNoticed() throws Exception {
        ServerSocket listener = listen(ServerSocketFactory.getDefault());
        assertThatThrownBy(() -> load(listener, () -> {
                    try (Socket client = listener.accept()) {
                        client.getInputStream().transferTo(client.getOutputStream());
                        client.getOutputStream().write(1);
                    }
                }))
                .hasMessageContaining("more than it has got");
    }

    @Test
    void theWarmUpGoesOnWithOtherConnections() throws Exception {
        ServerSocket listener = listen(ServerSocketFactory.getDefault());
        assertThatThrownBy(() -> load(listener, () -> {
                    for (int generation = 0; generation < 3; generation++) {
                        try (Socket client = listener.accept()) {
                            client.getInputStream().transferTo(client.getOutputStream());
                        }
                    }
                    try (Socket client = listener.accept()) {
                        client.getInputStream().readNBytes(1024);
                    }
                }))
                .hasMessageContaining("the server has closed a connection");
    }

    @Test
    void whatIsMeasuredComesWhenTheWarmUpHasEndedInOrder() throws Exception {
        assertEndsInOrder(ServerSocketFactory.getDefault(), "1x3");
    }

    @Test
    void throughTlsTheWarmUpEndsInOrderToo(@TempDir Path folder) throws Exception {
        char[] password = "secret".toCharArray();
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(KeyStore.getInstance(Keys.make(folder).toFile(), password), password);
        SSLContext context = SSLContext.getInstance("TLSv1.3");
        context.init(keys.getKeyManagers(), null, null);
        assertEndsInOrder(context.getServerSocketFactory(), "tls-1x3");
    }

    /** The shortest warm-up is one generation. */
    private static void assertEndsInOrder(ServerSocketFactory factory, String load) throws Exception {
        List<String> events = Collections.synchronizedList(new ArrayList<>());
        List<Socket> clients = new ArrayList<>();
        try (ServerSocket listener = listen(factory)) {
            FutureTask<Void> server = new FutureTask<>(() -> {
                for (int i = 0; i < 6; i++) {
                    Socket client = listener.accept();
                    clients.add(client);
                    events.add("opened");
                    Thread.startVirtualThread(() -> echo(client, events));
                }
                return null;
            });
            Thread.ofPlatform().start(server);
            long pid = ProcessHandle.current().pid();
            Sample sample = new LoadGenerator(listener.getLocalPort(), pid, Load.parse(load)).measure(1, 100_000_000);
            server.get();
            assertThat(sample.requestsPerSecond()).isPositive();
            assertThat(events.subList(0, 6)).filteredOn("ended"::equals).hasSize(3);
            assertThat(events.subList(6, events.size())).containsExactly("opened", "opened", "opened");
        } finally {
            for (Socket client : clients) {
                client.close();
            }
        }
    }

    private static void echo(Socket client, List<String> events) {
        try (client) {
            client.getInputStream().transferTo(client.getOutputStream());
            events.add("ended");
        } catch (IOException e) {
            events.add(e.toString()); // at last also that the test closes it
        }
    }

    @Test
    void whatItMeasuresPassesThroughALine() {
        Sample sample = new Sample(4.25, 123_456.5, 10, 20, 30, 56.5);
        assertThat(Sample.parse(sample.line())).isEqualTo(sample);
    }
}
