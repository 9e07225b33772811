package dev.tulip.tests.interop;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.iterate;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.tulip.loop.CancelledError;
import dev.tulip.loop.FlowIterable;
import dev.tulip.loop.Task;
import dev.tulip.tests.support.Deadline;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The JDK's HTTP client, used from tasks: {@code sendAsync} returns a CompletableFuture. */
class HttpClientTest {
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private HttpServer server;

    @BeforeEach
    void startServer() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.start();
    }

    @AfterEach
    void stopServer() {
        server.stop(0);
        threads.shutdownNow();
    }

    private HttpRequest get(String path) {
        int port = server.getAddress().getPort();
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .build();
    }

    @Test
    void manyTasksFetchAtTheSameTime() throws Exception {
        int count = 20;
        CountDownLatch allAreHere = new CountDownLatch(count);
        server.createContext("/", exchange -> {
            allAreHere.countDown();
            try {
                allAreHere.await(); // so the requests are under way at the same time, or this never ends
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            byte[] body = ("you asked for " + exchange.getRequestURI()).getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        try (HttpClient client = HttpClient.newHttpClient()) {
            run(() -> {
                List<Task<HttpResponse<String>>> tasks = new ArrayList<>();
                for (int i = 0; i < count; i++) {
                    HttpRequest request = get("/" + i);
                    tasks.add(createTask(() -> await(client.sendAsync(request, BodyHandlers.ofString()))));
                }
                for (int i = 0; i < count; i++) {
                    HttpResponse<String> response = await(tasks.get(i));
                    assertThat(response.statusCode()).isEqualTo(200);
                    assertThat(response.body()).isEqualTo("you asked for /" + i);
                }
            });
        }
    }

    @Test
    void whatTheClientFailsWithIsThrownAsItIs() throws Exception {
        int deadPort;
        try (ServerSocket dead = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            deadPort = dead.getLocalPort();
        }
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + deadPort))
                .build();
        try (HttpClient client = HttpClient.newHttpClient()) {
            run(() -> assertThatThrownBy(() -> await(client.sendAsync(request, BodyHandlers.discarding())))
                    .isInstanceOf(ConnectException.class));
        }
    }

    @Test
    void cancellingTheTaskHangsUp() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                HttpClient client = HttpClient.newHttpClient()) {
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + silent.getLocalPort()))
                    .build();
            java.util.concurrent.Future<Socket> accepted = threads.submit(silent::accept);
            run(() -> {
                Task<?> task = createTask(() -> await(client.sendAsync(request, BodyHandlers.ofString())));
                while (!accepted.isDone()) {
                    sleep(Duration.ofMillis(1));
                }
                task.cancel();
                assertThatThrownBy(() -> await(task)).isInstanceOf(CancelledError.class);
            });
            try (Socket socket = accepted.get()) {
                socket.setSoTimeout((int) Deadline.LONG.toMillis());
                socket.getInputStream().readAllBytes(); // to its end, which comes because the client has hung up
            }
        }
    }

    /** A body that comes piece by piece, with back-pressure from the loop to the socket. */
    @Test
    void aBodyIsAForLoop() throws Exception {
        byte[] piece = "0123456789".repeat(1_000).getBytes(StandardCharsets.UTF_8);
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, 0);
            for (int i = 0; i < 50; i++) {
                exchange.getResponseBody().write(piece);
            }
            exchange.close();
        });
        try (HttpClient client = HttpClient.newHttpClient()) {
            run(() -> {
                var response = await(client.sendAsync(get("/"), BodyHandlers.ofPublisher()));
                long bytes = 0;
                try (FlowIterable<List<ByteBuffer>> pieces = iterate(response.body(), 2)) {
                    for (List<ByteBuffer> buffers : pieces) {
                        bytes += buffers.stream().mapToLong(Buffer::remaining).sum();
                        sleep(Duration.ZERO);
                    }
                }
                assertThat(bytes).isEqualTo(50L * piece.length);
            });
        }
    }
}
