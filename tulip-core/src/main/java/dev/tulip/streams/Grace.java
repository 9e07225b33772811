package dev.tulip.streams;

import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Suspends;
import dev.tulip.loop.TimerHandle;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The time that handlers have to finish when their server is shut down. For the thread of their loop. */
final class Grace {
    // set once
    private final Handlers handlers;

    // loop thread only
    private @Nullable TimerHandle timer;
    private int aborted;

    Grace(Handlers handlers) {
        this.handlers = handlers;
    }

    /** {@return the loop of the handlers} Any thread. */
    EventLoop loop() {
        return handlers.loop();
    }

    /** From now on the handlers have {@code time}; then they are cancelled, and their connections aborted. */
    void begin(Duration time) {
        timer = loop().callLater(time, () -> aborted += handlers.abort());
    }

    /** Waits until no handler runs any more. {@return how many connections were aborted} */
    @Suspends
    int awaitEnd() {
        handlers.awaitEnd();
        return aborted;
    }

    /** From now on the handlers may go on as long as they want. */
    void end() {
        if (timer != null) {
            timer.cancel();
        }
    }
}
