package dev.tulip.net;

import java.time.Duration;

/** Every tunable number of this package: value, unit, origin. */
final class Defaults {
    /** Water marks of what is to be sent, in bytes. As CPython. */
    static final WaterMarks WRITE_LIMITS = new WaterMarks(64 * 1024, 16 * 1024);

    /** How long one address may take until the next one is tried beside it. RFC 8305, section 5. */
    static final Duration HAPPY_EYEBALLS_DELAY = Duration.ofMillis(250);

    /** How many addresses of the first family come first: "First Address Family Count" of RFC 8305, section 4. */
    static final int INTERLEAVE = 1;

    /** Connections that the system keeps for a server until it accepts them. As CPython. */
    static final int BACKLOG = 100;

    /** How much is read from one connection at a time, in bytes; then the others have their turn. As CPython. */
    static final int READ_SIZE = 256 * 1024;

    private Defaults() {}
}
