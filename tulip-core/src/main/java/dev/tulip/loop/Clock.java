package dev.tulip.loop;

/** Where a loop takes its time from: the system, or whatever a test puts here. */
@FunctionalInterface
public interface Clock {
    /** {@return nanoseconds since an arbitrary but fixed origin; never less than before} Any thread. */
    long nanos();

    /** {@return the system's monotonic clock, whose origin is the start of this library} */
    static Clock system() {
        return SystemClock.INSTANCE;
    }
}
