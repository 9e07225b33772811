package dev.tulip.benchmarks;

import java.util.concurrent.Executor;

/**
 * Callbacks that schedule one another: so many chains side by side, each as long as the others. The same code for every
 * contender; only the scheduler differs. Runs on the scheduler's one thread.
 */
final class Chains {
    private final Executor scheduler;
    private final Runnable whenDone;
    private final int length;

    private int unfinished;
    private long calls;

    Chains(Executor scheduler, int chains, int callbacks, Runnable whenDone) {
        this.scheduler = scheduler;
        this.whenDone = whenDone;
        this.length = callbacks / chains;
        this.unfinished = chains;
    }

    /** Schedules the first callback of every chain. */
    void start() {
        for (int i = unfinished; i > 0; i--) {
            scheduler.execute(new Chain());
        }
    }

    /** {@return how many callbacks have run} */
    long calls() {
        return calls;
    }

    private final class Chain implements Runnable {
        private int left = length;

        @Override
        public void run() {
            calls++;
            if (--left > 0) {
                scheduler.execute(this);
            } else if (--unfinished == 0) {
                whenDone.run();
            }
        }
    }
}
