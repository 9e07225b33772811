package dev.tulip.loop;

import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import org.jspecify.annotations.Nullable;

/**
 * A fiber that the loop mounts on its own thread: its virtual thread has this object as scheduler (design D2).
 *
 * <p>A call of the JDK that waits takes the fiber off the thread, and the loop goes on.
 */
final class MountedFiber extends Fiber implements Executor {
    /*
     * The JDK calls execute() to say "this can run now" and hands over a Runnable that runs it until it leaves the
     * thread; it is the same one each time. So it is kept from the first call, which Thread.start() makes, and from
     * then on the calls are only hints: the ready queue, not the JDK, decides when the fiber runs.
     *
     * Tulip's own suspensions use Thread.yield(), not park(): they need no permit and no wake-up call into the JDK, an
     * interrupt status left over by user code cannot end them early, and where the JDK cannot unmount (a class
     * initialiser on the stack) yield() returns, which suspend() sees, while park() would block the loop's thread for
     * ever. Measured: both take 115 ns.
     *
     * A virtual thread started inside this one gets the same scheduler (P3): a guest. Its Runnable is another one,
     * which is how it is told apart.
     */

    private final Thread thread;

    // set once, by the thread that creates the fiber
    private @Nullable Runnable continuation;

    // where this is away, and the executor: written before it leaves the loop, so whoever makes it runnable sees them
    private @Nullable Hop<?> hop;
    private @Nullable ExecutorService awayOn;

    // loop thread only: the JDK made it runnable before it was off the thread (Thread.yield, an early unpark)
    private boolean unblockedEarly;

    MountedFiber(BaseEventLoop loop, @Nullable Task<?> task, @Nullable Runnable generator, Object context) {
        super(loop, task, generator, context);
        thread = VirtualThreads.unstarted(this, threadName(), this);
        if (task != null || generator != null) {
            VirtualThreads.inheritScopedValues(thread);
        }
        thread.start();
    }

    static @Nullable Fiber currentFiber() {
        Thread current = Thread.currentThread();
        return current.isVirtual()
                        && VirtualThreads.schedulerOf(current) instanceof MountedFiber fiber
                        && fiber.thread == current
                        && fiber.state != AWAY
                ? fiber
                : null;
    }

    static @Nullable BaseEventLoop currentLoop() {
        Thread current = Thread.currentThread();
        return current.isVirtual()
                        && VirtualThreads.schedulerOf(current) instanceof MountedFiber fiber
                        && (fiber.thread != current || fiber.state != AWAY)
                ? fiber.loop
                : null;
    }

    @Override
    Thread thread() {
        return thread;
    }

    @Override
    void letRun() {
        Runnable continuation = this.continuation;
        assert continuation != null : "Thread.start() has called execute()";
        loop.current = this;
        state = RUNNING;
        continuation.run();
        loop.current = null;
        if (state == RUNNING) {
            // Neither suspended nor ended: it waits in the JDK. Or it did not run at all, because another thread
            // takes its stack trace at this moment; the JDK submits it again afterwards.
            state = BLOCKED;
            if (unblockedEarly) {
                unblockedEarly = false;
                unblocked();
            } else {
                blocked();
            }
        }
    }

    @Override
    void switchOut() {
        Thread.yield();
    }

    /**
     * Called by the JDK, on any thread, when {@code command} can run. Never blocks, never throws, runs nothing (P4,
     * P5).
     */
    @Override
    public void execute(Runnable command) {
        Hop<?> hop = this.hop;
        if (continuation == null) {
            continuation = command;
        } else if (command != continuation) {
            loop.submitGuest(command);
        } else if (hop != null) {
            hop.setRunnable();
        } else if (!loop.isCurrent()) {
            hint();
        } else if (state == RUNNING) {
            unblockedEarly = true;
        } else {
            unblocked();
        }
    }

    @Override
    void goAway(Hop<?> hop, ExecutorService executor) {
        if (!hop.submit(executor)) {
            hop.runBody();
            return;
        }
        awayOn = executor;
        this.hop = hop;
        state = AWAY;
        switchOut();
        if (hop.hasArrived()) {
            hop.runBody();
            hop.goBack();
            switchOut();
        } else if (state == AWAY) {
            this.hop = null;
            state = RUNNING;
            hop.abandon();
            throw cannotLeave();
        }
    }

    @Override
    boolean recall() {
        Hop<?> hop = this.hop;
        ExecutorService executor = awayOn;
        boolean dropped = hop != null && executor != null && hop.drop(executor);
        if (dropped) {
            cameBack();
        }
        return dropped;
    }

    @Override
    void cameBack() {
        hop = null;
        awayOn = null;
        super.cameBack();
    }

    @Override
    void resumeElsewhere() {
        Runnable continuation = this.continuation;
        assert continuation != null : "Thread.start() has called execute()";
        continuation.run();
    }

    @Override
    void unblocked() {
        Runnable continuation = this.continuation;
        if (state == DONE && continuation != null) {
            loop.submitGuest(continuation); // the JDK closes what the body left open (StackableScope), and that waited
        } else {
            super.unblocked();
        }
    }

    @Override
    void resumeWithoutLoop() {
        leftDoor();
        if (state == AWAY) {
            hop = null;
            state = RUNNING;
        }
        resumeElsewhere();
    }
}
