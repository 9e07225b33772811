package dev.tulip.benchmarks;

import dev.tulip.loop.Clock;
import java.time.Duration;

/** The system's clock, which the program can put forward. */
final class MovableClock implements Clock {
    private volatile long movedNanos;

    @Override
    public long nanos() {
        return System.nanoTime() + movedNanos;
    }

    void move(Duration forward) {
        movedNanos += forward.toNanos();
    }
}
