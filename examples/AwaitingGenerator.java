// A generator that waits for a future between its values. In a task, the plain for loop is "async for".

import static dev.tulip.Tulip.*;

import dev.tulip.loop.Future;
import dev.tulip.loop.Generator;
import java.time.Duration;

record Pair(char letter, int number) {}

void main() {
    run(() -> {
        Future<Integer> future = runningLoop().createFuture();
        runningLoop().callLater(Duration.ofMillis(20), () -> {
            IO.println("the future is set");
            future.setResult(42);
        });
        Generator<Object, Void, Void> letters = generator(out -> {
            out.yield('A');
            out.yield(new Pair('B', await(future)));
            out.yield(new Pair('C', await(future)));
        });
        for (Object letter : letters) {
            IO.println(letter);
        }
    });
}
