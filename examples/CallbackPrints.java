// A callback that prints: the smallest thing an event loop does.

import static dev.tulip.Tulip.*;

import dev.tulip.loop.*;

void main() {
    try (EventLoop loop = newEventLoop()) {
        loop.callSoon(() -> {
            IO.println("Hello from a callback");
            loop.stop();
        });
        loop.runForever();
    }
}
