// A callback that prints and schedules itself again, every two seconds, until Ctrl-C.
// Another period: ./tulip run examples/HelloWorld.java 500   (milliseconds)

import static dev.tulip.Tulip.*;

import dev.tulip.loop.*;
import java.time.Duration;

void main(String[] args) {
    Duration period = Duration.ofMillis(args.length > 0 ? Long.parseLong(args[0]) : 2_000);
    try (EventLoop loop = newEventLoop()) {
        loop.callSoon(() -> hello(loop, period));
        loop.runForever();
    }
}

void hello(EventLoop loop, Duration period) {
    IO.println("Hello World");
    loop.callLater(period, () -> hello(loop, period));
}
