package dev.tulip.streams;

/** Every tunable number of this package: value, unit, origin. */
final class Defaults {
    /** How long a line may be, in bytes, and what else is bounded by {@link StreamOptions#limit}. As CPython. */
    static final int LIMIT = 64 * 1024;

    /** How much is read at a time, in bytes, if nobody has said how much there will be. */
    static final int READ_AHEAD = 64 * 1024;

    /** How much is read at a time at most, in bytes; then the others have their turn. As {@code dev.tulip.net}. */
    static final int READ_SIZE = 256 * 1024;

    /** The least that a reader's buffer takes, in bytes, if it takes anything. */
    static final int LEAST_BUFFER = 128;

    private Defaults() {}
}
