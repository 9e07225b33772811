// Ten pages at the same time, with the JDK's HTTP client: sendAsync returns a CompletableFuture, a task awaits it.
//   ./tulip run examples/HttpFetch.java
// The server is here, too, so that nothing else is needed; each of its pages takes a tenth of a second.

import static dev.tulip.Tulip.*;

import com.sun.net.httpserver.*;
import dev.tulip.loop.Task;
import java.io.IOException;
import java.net.*;
import java.net.http.*;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.concurrent.*;

void main() throws IOException {
    try (ExecutorService threads = Executors.newCachedThreadPool()) {
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.createContext("/", this::answer);
        server.setExecutor(threads);
        server.start();
        try (HttpClient client = HttpClient.newHttpClient()) {
            run(() -> fetchAll(client, "http://127.0.0.1:" + server.getAddress().getPort()));
        } finally {
            server.stop(0);
        }
    }
}

void fetchAll(HttpClient client, String site) {
    long start = runningLoop().time();
    var pages = new ArrayList<Task<String>>();
    for (int i = 1; i <= 10; i++) {
        URI page = URI.create(site + "/page" + i);
        pages.add(createTask(() -> fetch(client, page)));
    }
    for (var page : pages) {
        IO.println(await(page));
    }
    long millis = (runningLoop().time() - start) / 1_000_000;
    IO.println(millis < 1_000 ? "all of them in less than a second" : "that took " + millis + " ms");
}

String fetch(HttpClient client, URI page) {
    var response = await(client.sendAsync(HttpRequest.newBuilder(page).build(), BodyHandlers.ofString()));
    return response.statusCode() + " " + response.body();
}

void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
        Thread.sleep(100);
        byte[] body = ("this is " + exchange.getRequestURI()).getBytes();
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body);
    } catch (InterruptedException e) {
        throw new IOException(e);
    }
}
