package dev.tulip.process;

/** Every tunable number of this package: value, unit, origin. */
final class Defaults {
    /** Children of one loop that are started at the same time; the others wait: to start one is work for a processor. */
    static final int STARTS = 2 * Math.max(2, Runtime.getRuntime().availableProcessors());

    /** How much {@code communicate} hands over at a time, in bytes: as much as a pipe holds on Linux. */
    static final int INPUT_PIECE = 64 * 1024;

    /** How many letters of a shell's command stand in messages. */
    static final int COMMAND_IN_MESSAGE = 40;

    private Defaults() {}
}
