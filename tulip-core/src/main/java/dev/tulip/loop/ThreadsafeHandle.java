package dev.tulip.loop;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The handle of {@link EventLoop#callSoonThreadsafe}, which any thread may cancel. As asyncio's since 3.14: after
 * {@code cancel()} has returned, the callback has finished or will never run.
 */
final class ThreadsafeHandle extends Handle {
    /*
     * PENDING -> RUNNING      // the loop, before it calls
     * RUNNING -> FINISHED     // the loop, after it called
     * RUNNING -> AWAITED      // a canceller on another thread, which then waits
     * AWAITED -> FINISHED     // the loop, after it called; wakes the cancellers
     * PENDING -> CANCELLED    // any thread
     *
     * A compare-and-set decides between the loop and a canceller, so neither can miss the other.
     */
    private static final int PENDING = 0;

    private static final int RUNNING = 1;
    private static final int AWAITED = 2;
    private static final int FINISHED = 3;
    private static final int CANCELLED = 4;

    private static final VarHandle STATE = VarHandles.of(MethodHandles.lookup(), "state", int.class);

    private final BaseEventLoop loop;

    // any thread
    private volatile int state = PENDING;

    ThreadsafeHandle(BaseEventLoop loop, Runnable callback, Object context) {
        super(callback, context);
        this.loop = loop;
    }

    @Override
    public void cancel() {
        if (STATE.compareAndSet(this, PENDING, CANCELLED)) {
            super.cancel();
            return;
        }
        // On the loop nobody has to wait, least of all the callback for itself.
        if (!loop.isCurrent() && (STATE.compareAndSet(this, RUNNING, AWAITED) || state == AWAITED)) {
            awaitFinish();
        }
    }

    @Override
    public boolean cancelled() {
        return state == CANCELLED;
    }

    @Override
    void run() {
        if (!STATE.compareAndSet(this, PENDING, RUNNING)) {
            return;
        }
        try {
            super.run();
        } finally {
            if (!STATE.compareAndSet(this, RUNNING, FINISHED)) {
                wakeCancellers();
            }
        }
    }

    private synchronized void awaitFinish() {
        boolean interrupted = false;
        while (state != FINISHED) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true; // cancel() is not a blocking call to its users: keep the promise, and the status
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void wakeCancellers() {
        state = FINISHED;
        notifyAll();
    }
}
