// A race: the same file from three mirrors, within a second. The first answer wins, the slower downloads are cancelled.

import static dev.tulip.Tulip.*;

import dev.tulip.loop.*;
import java.io.IOException;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.TimeoutException;

/** A server somewhere; here one that only takes its time. */
record Mirror(String name, int millis, boolean works) {
    String download() throws IOException {
        try {
            sleep(Duration.ofMillis(millis));
        } catch (CancelledError e) {
            IO.println(name + ": cancelled");
            throw e;
        }
        if (!works) {
            throw new IOException("503 Service Unavailable");
        }
        return "the file from " + name;
    }
}

void main() {
    run(() -> {
        fetch(new Mirror("far", 2_000, true), new Mirror("broken", 50, false), new Mirror("near", 200, true));
        fetch(new Mirror("far", 2_000, true), new Mirror("farther", 3_000, true));
    });
}

void fetch(Mirror... mirrors) {
    try {
        IO.println(timeout(Duration.ofSeconds(1), () -> fastest(List.of(mirrors))));
    } catch (IOException | TimeoutException e) {
        IO.println("failed: " + e.getMessage());
    }
}

String fastest(List<Mirror> mirrors) throws IOException {
    return taskGroup(group -> {
        List<Task<Optional<String>>> downloads = new ArrayList<>();
        for (Mirror mirror : mirrors) {
            // In the background: what still runs when the body has ended is cancelled.
            downloads.add(group.createBackgroundTask(() -> attempt(mirror)));
        }
        for (Task<Optional<String>> download : asCompleted(downloads)) {
            if (download.result().isPresent()) {
                return download.result().get();
            }
        }
        throw new IOException("no mirror works");
    });
}

Optional<String> attempt(Mirror mirror) {
    try {
        return Optional.of(mirror.download());
    } catch (IOException e) {
        IO.println(mirror.name() + ": " + e.getMessage());
        return Optional.empty();
    }
}
