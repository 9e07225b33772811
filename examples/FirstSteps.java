import static dev.tulip.Tulip.*;
import java.time.Duration;

void main() {
    run(() -> {
        var slow = createTask(() -> { sleep(Duration.ofSeconds(2)); return "world"; });
        var fast = createTask(() -> { sleep(Duration.ofSeconds(1)); return "Hello"; });
        IO.println("two tasks sleep, on one thread, without a callback ...");
        IO.println(await(fast) + ", " + await(slow) + "!");
        // takes two seconds, not three
    });
}
