package dev.tulip.tests.sync;

import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.sleep;

import java.time.Duration;

/** Lets the loop go on. */
final class Turns {
    private Turns() {}

    /** Lets everything that is ready run {@code n} times. */
    static void pass(int n) {
        for (int i = 0; i < n; i++) {
            sleep(Duration.ZERO);
        }
    }

    /** Runs {@code operation} and fails if that lets anything else run. */
    static void withoutSuspending(Runnable operation) {
        boolean[] ran = {false};
        runningLoop().callSoon(() -> ran[0] = true);
        operation.run();
        if (ran[0]) {
            throw new AssertionError("it suspended");
        }
        pass(1);
    }
}
