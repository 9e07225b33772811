package dev.tulip.loop;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A fiber of the fallback engine: an ordinary virtual thread that runs only while it holds the baton.
 *
 * <p>A call of the JDK that waits keeps the baton, so the loop stands still until it returns, as in asyncio.
 */
final class HandoffFiber extends Fiber {
    /*
     * The loop and its fibers are threads of the JDK's own scheduler, of which one runs at a time: the one with the
     * baton. letRun() passes it to the fiber and waits; switchOut(), or the end of the body, passes it back. The
     * volatile field is the baton, so what one thread wrote before passing it on is seen by the next.
     */

    private static final ThreadLocal<HandoffFiber> CURRENT = new ThreadLocal<>();

    private final Thread thread;

    // loop thread only
    private boolean started;

    // written by this fiber; others want to know what it is doing
    private volatile @Nullable Hop<?> awayWith;

    // the thread that holds the baton writes it
    private volatile boolean baton;

    HandoffFiber(BaseEventLoop loop, @Nullable Task<?> task, @Nullable Runnable generator, Object context) {
        super(loop, task, generator, context);
        thread = Thread.ofVirtual().name(threadName()).unstarted(this::runWithBaton);
    }

    static @Nullable Fiber currentFiber() {
        return Thread.currentThread().isVirtual() ? CURRENT.get() : null;
    }

    static @Nullable BaseEventLoop currentLoop() {
        Fiber fiber = currentFiber();
        return fiber == null ? null : fiber.loop;
    }

    @Override
    Thread thread() {
        return thread;
    }

    @Override
    void letRun() {
        loop.current = this;
        state = RUNNING;
        baton = true;
        if (started) {
            LockSupport.unpark(thread);
        } else {
            started = true;
            thread.start();
        }
        parkUntil(/* mine= */ false);
        loop.current = null;
    }

    @Override
    void switchOut() {
        passBack();
        parkUntil(/* mine= */ true);
    }

    private void runWithBaton() {
        CURRENT.set(this);
        try {
            run();
        } finally {
            passBack();
        }
    }

    private void passBack() {
        Thread loopThread = loop.carrier;
        baton = false;
        LockSupport.unpark(loopThread);
    }

    private void parkUntil(boolean mine) {
        // A thread whose interrupt status is set does not park: take it away meanwhile.
        boolean interrupted = false;
        while (baton != mine) {
            LockSupport.park(this);
            interrupted |= Thread.interrupted();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    void goAway(Hop<?> hop, ExecutorService executor) {
        if (!hop.submit(executor)) {
            hop.runBody();
            return;
        }
        state = AWAY;
        awayWith = hop;
        passBack();
        // From here on this thread runs beside the loop.
        hop.awaitEnd(executor);
        awayWith = null;
        loop.leaveAtDoor(hop);
        parkUntil(/* mine= */ true);
    }

    @Override
    Thread runningThread() {
        Hop<?> hop = awayWith;
        Thread other = hop == null ? null : hop.thread();
        return other == null ? thread : other;
    }

    @Override
    boolean recall() {
        return false; // the interrupt that follows does it
    }

    @Override
    void resumeElsewhere() {
        throw new AssertionError("unreachable: this engine's coroutines run on their own threads");
    }

    /** It comes back from an executor to a loop that is closed: its thread goes on beside everything else. */
    @Override
    void resumeWithoutLoop() {
        state = RUNNING;
        baton = true;
        LockSupport.unpark(thread);
    }
}
