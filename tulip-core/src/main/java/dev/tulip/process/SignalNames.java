package dev.tulip.process;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Numbers and names of signals, as this system has them. */
final class SignalNames {
    private static final boolean MAC = System.getProperty("os.name", "").startsWith("Mac");

    private static final String LINUX_NAMES =
            "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU"
                    + " URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS";

    private static final String MAC_NAMES =
            "HUP INT QUIT ILL TRAP ABRT EMT FPE KILL BUS SEGV SYS PIPE ALRM TERM URG STOP TSTP CONT CHLD TTIN TTOU IO"
                    + " XCPU XFSZ VTALRM PROF WINCH INFO USR1 USR2";

    /** What these do to a process that does not care is not to end it. */
    private static final String HARMLESS = " CHLD CONT STOP TSTP TTIN TTOU URG WINCH INFO ";

    private static final String[] NAMES = (MAC ? MAC_NAMES : LINUX_NAMES).split(" ", -1);
    private static final Map<String, Integer> NUMBERS = numbers();

    private SignalNames() {}

    private static Map<String, Integer> numbers() {
        Map<String, Integer> numbers = new HashMap<>();
        for (int i = 0; i < NAMES.length; i++) {
            numbers.put(NAMES[i], i + 1);
        }
        numbers.putIfAbsent("POLL", numbers.get("IO"));
        numbers.put("IOT", numbers.get("ABRT"));
        return numbers;
    }

    /**
     * {@return the name of a signal without SIG, in capitals}
     *
     * @param name with or without
     * @throws IllegalArgumentException if there is no such signal
     */
    static String canonical(String name) {
        String upper = name.toUpperCase(Locale.ROOT);
        String bare = upper.startsWith("SIG") ? upper.substring(3) : upper;
        if (!NUMBERS.containsKey(bare)) {
            throw new IllegalArgumentException(
                    "there is no signal '" + name + "'; there are: " + String.join(", ", NAMES));
        }
        return bare;
    }

    /** {@return the name of a signal, as in SIGTERM, or null if it has none} */
    static @Nullable String nameOf(int number) {
        return number >= 1 && number <= NAMES.length ? "SIG" + NAMES[number - 1] : null;
    }

    /**
     * {@return what asyncio would call {@code status}, which the JDK gives: the negative number of the signal that has
     * ended the process, or its exit status}
     */
    static int returnCode(int status) {
        // The JDK has waited for the process and adds 128 to the number of a signal, as shells do; whether the process
        // itself exited with that number, nobody can tell any more.
        int number = status - 128;
        String name = Stdio.isWindows() ? null : nameOf(number);
        return name == null || HARMLESS.contains(" " + name.substring(3) + " ") ? status : -number;
    }

    /** {@return the end of a process in words: exited with 1, killed by SIGTERM} */
    static String describe(int returnCode) {
        if (returnCode >= 0 || Stdio.isWindows()) {
            return "exited with " + returnCode;
        }
        return "killed by " + nameOf(-returnCode);
    }
}
