// A task group: when one child fails, the others are cancelled and clean up, and all failures come out together.

import static dev.tulip.Tulip.*;

import dev.tulip.loop.*;
import java.io.IOException;
import java.time.Duration;

void main() {
    run(() -> {
        try {
            taskGroup(group -> {
                group.createTask(this::reader, TaskOptions.named("reader"));
                group.createTask(this::writer, TaskOptions.named("writer"));
                group.createTask(this::monitor, TaskOptions.named("monitor"));
            });
        } catch (TaskGroupException e) {
            IO.println(e.getMessage());
            e.failures().forEach(failure -> IO.println("- " + failure));
        }
        IO.println("left: " + allTasks().size() + " task");
    });
}

void reader() throws IOException {
    sleep(Duration.ofMillis(100));
    throw new IOException("connection reset");
}

void writer() {
    try {
        sleep(Duration.ofDays(1));
    } finally {
        sleep(Duration.ofMillis(50)); // cleaning up may take its time
        throwIfNotFlushed();
    }
}

void throwIfNotFlushed() {
    throw new IllegalStateException("3 bytes were not written");
}

void monitor() {
    try {
        sleep(Duration.ofDays(1));
    } catch (CancelledError e) {
        IO.println("monitor: cancelled, because " + e.getMessage());
        throw e;
    }
}
