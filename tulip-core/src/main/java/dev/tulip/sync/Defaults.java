package dev.tulip.sync;

/** Every tunable number of this package: value, unit, origin. */
final class Defaults {
    /** Items a queue holds before it grows the first time; a power of two. */
    static final int QUEUE_CAPACITY = 16;

    private Defaults() {}
}
