// Two programs in a pipeline, with this one in the middle, which shows how far they are: as pv does in a shell.
//   ./tulip run examples/Pipeline.java "seq 1 3000000" "sort -rn | head -n 3"

import static dev.tulip.Tulip.*;

import dev.tulip.loop.Task;
import dev.tulip.process.*;
import dev.tulip.streams.ConnectionLostException;
import java.io.IOException;
import java.time.Duration;

long copied;

void main(String[] args) throws IOException {
    String from = args.length > 0 ? args[0] : "seq 1 3000000";
    String to = args.length > 1 ? args[1] : "sort -rn | head -n 3";
    run(() -> {
        try (ChildProcess producer = createSubprocessShell(from, ProcessOptions.defaults().withStdout(Stdio.PIPE));
                ChildProcess consumer = createSubprocessShell(to, ProcessOptions.defaults().withStdin(Stdio.PIPE))) {
            Task<?> progress = createTask(this::showProgress);
            copy(producer, consumer);
            consumer.await();
            progress.cancel();
            System.err.println("\r" + copied + " bytes");
            System.err.println(producer + "\n" + consumer);
        }
    });
}

// The producer can be no faster than the consumer: drain waits, so nobody reads, so the producer waits.
void copy(ChildProcess producer, ChildProcess consumer) throws IOException {
    byte[] piece;
    while ((piece = producer.stdout().read(64 * 1024)).length > 0) {
        try {
            consumer.stdin().write(piece);
            consumer.stdin().drain();
        } catch (ConnectionLostException e) {
            producer.sendSignal("SIGPIPE"); // the consumer has seen enough: what the shell's pipe would do
            producer.await();
            return;
        }
        copied += piece.length;
    }
    consumer.stdin().writeEof();
    producer.await();
}

void showProgress() {
    while (true) {
        System.err.print("\r" + copied + " bytes");
        sleep(Duration.ofMillis(100));
    }
}
