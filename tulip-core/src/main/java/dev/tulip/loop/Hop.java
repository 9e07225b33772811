package dev.tulip.loop;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** A stay of a task's coroutine on a thread of the default executor. See {@link Task#toThread}. */
final class Hop<T extends @Nullable Object> extends Step implements Runnable {
    /*
     * The coroutine gives the job to the executor, then leaves the loop. Whoever sets runner decides what follows:
     *
     *   the executor's thread      the body runs
     *   a cancel, on the loop      DROPPED: the body never runs
     *
     * Mounted engine: the executor's thread runs the coroutine itself. It may do so as soon as the coroutine is off the
     * loop's thread, and again whenever the JDK says that it can go on; both are said by execute(), which sets runnable.
     * The last time, when the body is done, the coroutine has left the executor's thread before this stands at the
     * loop's door: it is never on two threads.
     *
     * Fallback engine: the executor's thread calls the body; the coroutine waits for that, without the baton.
     *
     * Either way the coroutine comes back through the door.
     */
    private static final Object DROPPED = new Object();

    private static final VarHandle RUNNER = VarHandles.of(MethodHandles.lookup(), "runner", Object.class);

    // set once
    private final Fiber fiber;
    private final Context context = Context.copyContext();
    private final Coroutine<? extends T, ?> body;

    // any thread
    private volatile @Nullable Object runner; // a Thread or DROPPED
    private volatile boolean runnable;
    private volatile boolean abandoned;

    // under this object's lock, so that no interrupt comes after the end; ended may be read without it
    private volatile boolean ended;
    private boolean passedOn;
    private boolean untaken;

    // the coroutine, and the thread that runs it
    private boolean inPlace;
    private boolean arrived;
    private boolean returning;
    private @Nullable T result;
    private @Nullable Throwable failure;

    Hop(Fiber fiber, Coroutine<? extends T, ?> body) {
        this.fiber = fiber;
        this.body = body;
    }

    // -- the coroutine, on the loop -------------------------------------------------------------------------------

    /** {@return whether {@code executor} has taken the job; else it wants the caller to do it} */
    boolean submit(ExecutorService executor) {
        executor.execute(this);
        return !inPlace;
    }

    /** Takes the job back if it has not started. {@return whether that was in time} */
    boolean drop(ExecutorService executor) {
        boolean dropped = RUNNER.compareAndSet(this, null, DROPPED);
        if (dropped && executor instanceof ThreadPoolExecutor pool) {
            pool.remove(this);
        }
        return dropped;
    }

    /** {@return the thread that runs the body, if one does} Any thread. */
    @Nullable
    Thread thread() {
        return runner instanceof Thread thread ? thread : null;
    }

    boolean isDropped() {
        return runner == DROPPED;
    }

    /** The coroutine could not leave the loop. */
    void abandon() {
        abandoned = true;
        unpark();
    }

    /** {@return what became of the body} */
    @Nullable
    Throwable failure() {
        return failure;
    }

    @SuppressWarnings("NullAway") // it is a T if there is no failure
    T result() {
        return result;
    }

    // -- the executor's thread ------------------------------------------------------------------------------------

    @Override
    public void run() {
        Thread thread = Thread.currentThread();
        if (thread == fiber.thread()) {
            inPlace = true; // a pool that is full and lets its callers work
            return;
        }
        if (!VirtualThreads.MOUNTED) {
            if (claim(thread)) {
                runBody();
                end();
            }
        } else if (!thread.isVirtual()) {
            if (claim(thread)) {
                carry();
            }
        } else { // which cannot mount another one: it lends its place only
            Thread carrier = Threads.unstartedDaemon(fiber.loop.name + "-to-thread", this::carry);
            if (claim(carrier)) {
                carrier.start();
                Threads.join(carrier);
            }
        }
    }

    /** Settles that {@code thread} runs the body. {@return whether it does} */
    boolean claim(Thread thread) {
        return RUNNER.compareAndSet(this, null, thread);
    }

    /** Calls the body; by whichever thread it runs on. */
    void runBody() {
        try {
            result = context.run(body);
        } catch (Throwable e) {
            failure = e;
        }
    }

    // -- mounted engine -------------------------------------------------------------------------------------------

    /** Runs the coroutine until it has come to the end of the body. On a platform thread. */
    private void carry() {
        boolean interrupted = false;
        do {
            while (!runnable && !abandoned) {
                LockSupport.park(this);
                interrupted |= Thread.interrupted();
            }
            if (abandoned) {
                return;
            }
            runnable = false;
            arrived = true;
            fiber.resumeElsewhere();
        } while (!returning);
        fiber.loop.leaveAtDoor(this);
        if (interrupted) {
            Thread.currentThread().interrupt(); // somebody wants the pool to end
        }
    }

    /** {@return whether the executor's thread runs the coroutine, which is calling} */
    boolean hasArrived() {
        return arrived;
    }

    /** The body is done: the next time that the coroutine leaves the thread it goes back to its loop. */
    void goBack() {
        returning = true;
    }

    /** The JDK says that the coroutine can run. Any thread; never blocks, never throws, runs nothing. */
    void setRunnable() {
        runnable = true;
        unpark();
    }

    private void unpark() {
        if (runner instanceof Thread thread) {
            LockSupport.unpark(thread);
        }
    }

    // -- fallback engine ------------------------------------------------------------------------------------------

    private void end() {
        synchronized (this) {
            untaken = passedOn && Thread.interrupted();
            ended = true;
        }
        LockSupport.unpark(fiber.thread());
    }

    /**
     * Waits until the body is done, or the job is dropped. By the coroutine. An interrupt is passed on to the body; if the
     * body does not take it, it is the coroutine's again.
     */
    void awaitEnd(ExecutorService executor) {
        boolean interrupted = false;
        while (!ended) {
            LockSupport.park(this);
            if (Thread.interrupted()) {
                if (drop(executor)) {
                    return;
                }
                interrupted |= !passOnInterrupt();
            }
        }
        if (interrupted || untaken) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized boolean passOnInterrupt() {
        if (!ended && runner instanceof Thread thread) {
            passedOn = true;
            thread.interrupt();
            return true;
        }
        return false;
    }

    // -- back on the loop -----------------------------------------------------------------------------------------

    @Override
    void passDoor(BaseEventLoop loop) {
        fiber.cameBack();
    }

    @Override
    void resumeWithoutLoop() {
        fiber.resumeWithoutLoop();
    }

    @Override
    void resume() {
        throw new AssertionError("unreachable: its coroutine has turns, not " + this);
    }

    @Override
    void fire(BaseEventLoop loop) {
        throw new AssertionError("unreachable: no timer is ever set for " + this);
    }

    @Override
    public String toString() {
        return "toThread of " + fiber;
    }
}
