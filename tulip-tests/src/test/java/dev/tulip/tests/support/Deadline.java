package dev.tulip.tests.support;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/** Waits in plain threads for what must happen; how long it takes never decides a test, only that it happens at all. */
public final class Deadline {
    /** Far longer than anything takes; reached only by what hangs. */
    public static final Duration LONG = Duration.ofSeconds(30);

    /** Long enough to believe that something which has not happened never will. For broken twins only. */
    public static final Duration NEVER = Duration.ofSeconds(2);

    private Deadline() {}

    /** Waits until {@code condition} holds. */
    public static void until(String what, BooleanSupplier condition) {
        if (!within(LONG, condition)) {
            throw new AssertionError("did not happen within " + LONG + ": " + what);
        }
    }

    /** Waits until {@code condition} holds, or the time is over. {@return whether it holds} */
    public static boolean within(Duration limit, BooleanSupplier condition) {
        long end = System.nanoTime() + limit.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                return false;
            }
            java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
        }
        return true;
    }
}
