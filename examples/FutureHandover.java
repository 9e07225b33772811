// A future that one task resolves and another awaits.

import static dev.tulip.Tulip.*;

import dev.tulip.loop.*;
import java.time.Duration;

void main() {
    run(() -> {
        Future<String> future = runningLoop().createFuture();
        createTask(() -> {
            IO.println("worker: working");
            sleep(Duration.ofMillis(500));
            future.setResult("Future is done!");
        });
        IO.println("main: waiting for " + future);
        IO.println("main: " + await(future));
        IO.println("main: " + future);
    });
}
