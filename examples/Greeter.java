// A coroutine that sleeps between two lines, for ever. Ctrl-C cancels it; its finally block runs.
// Another pause: ./tulip run examples/Greeter.java 100   (milliseconds)

import static dev.tulip.Tulip.*;

import java.time.Duration;

void main(String[] args) {
    Duration pause = Duration.ofMillis(args.length > 0 ? Long.parseLong(args[0]) : 1_000);
    run(() -> {
        try {
            while (true) {
                IO.println("Hello");
                sleep(pause);
                IO.println("World");
                sleep(pause);
            }
        } finally {
            IO.println("Goodbye");
        }
    });
}
