package dev.tulip.tests.support;

import static dev.tulip.Tulip.runningLoop;

import java.util.concurrent.CountDownLatch;

/** Holds a loop's thread, so that nothing else runs on that loop meanwhile. */
public final class Hold {
    private Hold() {}

    /** Holds the calling task's loop until {@code release} is counted down. */
    public static void until(CountDownLatch release) {
        if (!runningLoop().engine().isMounted()) {
            join(release); // there a call of the JDK that waits holds the loop, and not a processor
        }
        while (release.getCount() > 0) {
            Thread.onSpinWait();
        }
    }

    /** Blocks the calling thread, which is none of a loop's, until {@code latch} is counted down. */
    public static void join(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
