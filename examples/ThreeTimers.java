// Timers set for 1, 5 and 2 time units fire in the order of their deadlines, not in the order they were set.

import static dev.tulip.Tulip.*;

import dev.tulip.loop.*;
import java.time.Duration;

static final Duration UNIT = Duration.ofMillis(100);

void main() {
    try (EventLoop loop = newEventLoop()) {
        for (int units : new int[] {1, 5, 2}) {
            IO.println("set for " + units);
            loop.callLater(UNIT.multipliedBy(units), () -> IO.println("fired after " + units));
        }
        loop.callLater(UNIT.multipliedBy(6), loop::stop);
        loop.runForever();
    }
}
