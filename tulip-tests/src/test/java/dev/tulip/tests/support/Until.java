package dev.tulip.tests.support;

import static dev.tulip.Tulip.sleep;

import dev.tulip.loop.Suspends;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Waits in tasks for what must happen, as {@link Deadline} does in threads. */
public final class Until {
    private Until() {}

    /** Waits until {@code condition} holds, while the loop goes on. */
    @Suspends
    public static void holds(String what, BooleanSupplier condition) {
        holds(() -> what, condition);
    }

    /** The same, with a text that is asked for when it did not happen. */
    @Suspends
    public static void holds(Supplier<String> what, BooleanSupplier condition) {
        long end = System.nanoTime() + Deadline.LONG.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("did not happen within " + Deadline.LONG + ": " + what.get());
            }
            sleep(Duration.ofMillis(1));
        }
    }

    /** Lets the loop go round, so that everything happens that is about to. */
    @Suspends
    public static void settled() {
        for (int i = 0; i < 10; i++) {
            sleep(Duration.ZERO);
        }
    }
}
