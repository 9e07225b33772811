// print, sleep a second, print: straight-line code, and the loop is free meanwhile.

import static dev.tulip.Tulip.*;

import java.time.Duration;

void main() {
    run(() -> {
        var first = createTask(() -> slowPrint("a"));
        var second = createTask(() -> slowPrint("b"));
        await(first);
        await(second);
    });
}

void slowPrint(String name) {
    IO.println(name + ": hello ...");
    sleep(Duration.ofSeconds(1));
    IO.println(name + ": ... world");
}
