// Keeps a program running: starts it again when it fails, after a delay that grows from failure to failure.
//   ./tulip run examples/Supervisor.java "sleep 1; exit 1"

import static dev.tulip.Tulip.*;

import dev.tulip.loop.CancelledError;
import dev.tulip.process.ChildProcess;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeoutException;

static final Duration FIRST_DELAY = Duration.ofMillis(100);
static final Duration LONGEST_DELAY = Duration.ofSeconds(10);
static final Duration STEADY = Duration.ofSeconds(30); // whoever ran that long starts with the first delay again
static final Duration GRACE = Duration.ofSeconds(5);

void main(String[] args) throws IOException {
    String command = args.length > 0 ? args[0] : "sleep 1; exit 1";
    run(() -> {
        Duration delay = FIRST_DELAY;
        while (true) {
            long start = runningLoop().time();
            if (runOnce(command) == 0) {
                return;
            }
            if (runningLoop().time() - start > STEADY.toNanos()) {
                delay = FIRST_DELAY;
            }
            IO.println("again in " + delay.toMillis() + " ms");
            sleep(delay);
            delay = delay.multipliedBy(2).compareTo(LONGEST_DELAY) < 0 ? delay.multipliedBy(2) : LONGEST_DELAY;
        }
    });
}

int runOnce(String command) throws IOException {
    try (ChildProcess child = createSubprocessShell(command)) {
        IO.println("started " + command);
        int code;
        try {
            code = child.await();
        } catch (CancelledError e) { // Ctrl-C
            stop(child);
            throw e;
        }
        IO.println(child.toString().replaceAll(".*, (.*)]", "$1"));
        return code;
    }
}

// First asks; who does not listen is killed, when the child is closed.
void stop(ChildProcess child) {
    child.terminate();
    try {
        timeout(GRACE, () -> child.await());
        IO.println("stopped");
    } catch (TimeoutException e) {
        IO.println("does not stop");
    }
}
