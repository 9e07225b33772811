package dev.tulip.benchmarks.report;

/** One line on standard error that says what is being done: rewritten in place on a terminal. */
public final class Progress {
    private static final boolean ON_TERMINAL =
            System.console() != null && System.console().isTerminal();
    private static final String CLEAR_LINE = "\r\033[K";

    private Progress() {}

    /** Says what is being done now. */
    public static void show(String what) {
        if (ON_TERMINAL) {
            System.err.print(CLEAR_LINE + what);
            System.err.flush();
        } else {
            System.err.println(what);
        }
    }

    /** Takes the line away, before something else is printed. */
    public static void clear() {
        if (ON_TERMINAL) {
            System.err.print(CLEAR_LINE);
            System.err.flush();
        }
    }
}
