package dev.tulip.loop;

import java.util.Collection;

/** A task in {@link Combinators#wait}. Loop thread only. */
final class Waiting implements Observer {
    private final Task<?> task;
    private final ReturnWhen when;

    // loop thread only
    private int pending;
    private boolean over;

    private Waiting(Task<?> task, ReturnWhen when) {
        this.task = task;
        this.when = when;
    }

    /** Suspends the calling task until {@code when} holds for {@code futures}, or the loop's clock has the deadline. */
    @Suspends
    static void run(Collection<? extends Future<?>> futures, ReturnWhen when, long deadlineNanos) {
        if (holds(futures, when)) {
            return;
        }
        Task<?> task = Task.suspending("wait");
        Waiting waiting = new Waiting(task, when);
        for (Future<?> future : futures) {
            if (future.addObserver(waiting)) {
                waiting.pending++;
            }
        }
        try {
            task.waitFor(waiting, deadlineNanos);
        } finally {
            waiting.over = true;
            for (Future<?> future : futures) {
                future.removeObserver(waiting);
            }
        }
    }

    private static boolean holds(Collection<? extends Future<?>> futures, ReturnWhen when) {
        boolean all = true;
        for (Future<?> future : futures) {
            if (!future.done()) {
                all = false;
            } else if (isEnough(future, when)) {
                return true;
            }
        }
        return all;
    }

    /** {@return whether {@code future}, which is done, ends the waiting although others are not} */
    private static boolean isEnough(Future<?> future, ReturnWhen when) {
        return switch (when) {
            case FIRST_COMPLETED -> true;
            case FIRST_EXCEPTION -> future.state() == java.util.concurrent.Future.State.FAILED;
            case ALL_COMPLETED -> false;
        };
    }

    @Override
    public void futureDone(Future<?> future) {
        pending--;
        if (!over && (pending == 0 || isEnough(future, when))) {
            task.wake();
        }
    }

    @Override
    public boolean isOver() {
        return over;
    }

    @Override
    public String toString() {
        return "wait[" + when + ", " + pending + " pending]";
    }
}
