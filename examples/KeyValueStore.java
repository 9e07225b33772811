// A store of keys and values behind a Unix socket, for the programs of one machine. Because one thread runs every
// handler, a plain HashMap does, and a command of several steps is never seen half done.
//   ./tulip run examples/KeyValueStore.java /tmp/store.sock
//   nc -U /tmp/store.sock      SET name value | GET name | ADD name number | DEL name | KEYS | WAIT name

import static dev.tulip.Tulip.*;

import dev.tulip.net.Server;
import dev.tulip.streams.Connection;
import dev.tulip.sync.Condition;
import java.io.IOException;
import java.nio.file.Path;
import java.util.*;

final Map<String, String> store = new HashMap<>();

void main(String[] args) throws IOException {
    if (args.length != 1) {
        IO.println("usage: KeyValueStore SOCKET");
        return;
    }
    run(() -> {
        Condition changed = new Condition();
        Server server = startUnixServer(Path.of(args[0]), connection -> serve(connection, changed));
        IO.println("store on " + args[0]);
        server.serveForever(); // Ctrl-C ends it, and removes the socket's file
    });
}

void serve(Connection connection, Condition changed) throws IOException {
    for (String line : connection.reader().lines()) {
        String answer;
        try {
            answer = execute(line.strip().split(" +", 3), changed);
        } catch (IllegalArgumentException e) {
            answer = "ERROR " + e.getMessage();
        }
        connection.writer().write(answer + "\n");
        connection.writer().drain();
    }
}

String execute(String[] words, Condition changed) {
    return switch (words[0].toUpperCase()) {
        case "SET" -> put(word(words, 1), word(words, 2), changed);
        case "GET" -> store.getOrDefault(word(words, 1), "(none)");
        case "ADD" -> {
            String key = word(words, 1);
            long sum = number(store.getOrDefault(key, "0")) + number(word(words, 2));
            put(key, Long.toString(sum), changed);
            yield Long.toString(sum);
        }
        case "DEL" -> store.remove(word(words, 1)) == null ? "(none)" : "OK";
        case "KEYS" -> String.join(" ", new TreeSet<>(store.keySet()));
        case "WAIT" -> changed.withLock(() -> { // until somebody sets it; the other clients go on
            changed.awaitFor(() -> store.containsKey(word(words, 1)));
            return store.get(word(words, 1));
        });
        default -> throw new IllegalArgumentException("unknown command: " + words[0]);
    };
}

String put(String key, String value, Condition changed) {
    store.put(key, value);
    changed.withLock(changed::notifyAllWaiters);
    return "OK";
}

String word(String[] words, int index) {
    if (index >= words.length) {
        throw new IllegalArgumentException(words[0] + " needs more words");
    }
    return words[index];
}

long number(String text) {
    try {
        return Long.parseLong(text);
    } catch (NumberFormatException e) {
        throw new IllegalArgumentException("not a number: " + text);
    }
}
