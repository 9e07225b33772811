package dev.tulip.loop;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * The virtual thread under a coroutine: it runs only while its loop lets it, and suspends back into the loop.
 *
 * <p>There is one implementation an engine: {@link MountedFiber} and {@link HandoffFiber}. A fiber carries a task,
 * or, if it has none, the loop's plain callbacks ({@link CallbackFibers}).
 */
abstract sealed class Fiber extends Step implements Runnable permits MountedFiber, HandoffFiber {
    /*
     *  QUEUED -> RUNNING      // resume(): the loop lets it run
     * RUNNING -> WAITING      // suspend(WAITING): it waits for wake()
     * RUNNING -> QUEUED       // suspend(QUEUED): it lets the others go first
     * RUNNING -> NESTED       // runFirst(): another fiber runs now, then this one at once
     * RUNNING -> BLOCKED      // it waits in a call of the JDK: a lock, a socket, Thread.sleep (mounted engine only)
     * RUNNING -> DONE         // its body ended
     * WAITING -> QUEUED       // wake()
     *  NESTED -> RUNNING      // the other fiber suspended or ended
     * BLOCKED -> QUEUED       // the JDK made it runnable again
     *
     * All of it happens on the loop thread. What other threads say (unblocked, stack trace taken) is a hint that passes
     * the door, and a hint for a fiber that is not BLOCKED means nothing: P6 of the JDK's traps.
     */
    static final byte QUEUED = 0;

    static final byte RUNNING = 1;
    static final byte WAITING = 2;
    static final byte NESTED = 3;
    static final byte BLOCKED = 4;
    static final byte DONE = 5;

    private static final VarHandle AT_DOOR = VarHandles.of(MethodHandles.lookup(), "atDoor", boolean.class);

    // set once
    final BaseEventLoop loop;
    final @Nullable Task<?> task;

    // loop thread only
    byte state = QUEUED;

    Object context; // raw, see Context

    // any thread: true while this stands at the door, so that it stands there once
    @SuppressWarnings("unused") // through AT_DOOR
    private volatile boolean atDoor;

    Fiber(BaseEventLoop loop, @Nullable Task<?> task, Object context) {
        this.loop = loop;
        this.task = task;
        this.context = context;
    }

    /** Makes the fiber of {@code task}, or one for plain callbacks. It runs for the first time at {@link #resume}. */
    static Fiber create(BaseEventLoop loop, @Nullable Task<?> task, Object context) {
        return VirtualThreads.MOUNTED ? new MountedFiber(loop, task, context) : new HandoffFiber(loop, task, context);
    }

    /** {@return the fiber that is calling, or null outside every coroutine; a guest thread (D10) is no coroutine} */
    static @Nullable Fiber current() {
        return VirtualThreads.MOUNTED ? MountedFiber.currentFiber() : HandoffFiber.currentFiber();
    }

    /** {@return the loop on whose thread the caller runs, as a coroutine or as its guest, or null} */
    static @Nullable BaseEventLoop currentLoop() {
        return VirtualThreads.MOUNTED ? MountedFiber.currentLoop() : HandoffFiber.currentLoop();
    }

    abstract Thread thread();

    /**
     * Lets this fiber run until it suspends, blocks or ends. Does nothing if it is not {@link #QUEUED}: then the
     * entry was left over by a suspension that failed.
     */
    @Override
    final void resume() {
        if (state != QUEUED) {
            return;
        }
        letRun();
        while (state == NESTED) {
            Fiber first = loop.runFirst;
            loop.runFirst = null;
            if (first != null) {
                first.resume();
            }
            letRun();
        }
    }

    /** Sets {@link #RUNNING}, runs the fiber, and returns when it has left that state or blocks. */
    abstract void letRun();

    /** Gives the thread back to the loop; returns when the loop lets this fiber run again, or at once if it cannot. */
    abstract void switchOut();

    /**
     * Says how this fiber, which is the one that is calling, will be once it has left: {@link #WAITING} until
     * {@link #wake}, or {@link #QUEUED} for one turn. From here on it can be woken; {@link #leave} must follow.
     */
    final void enter(byte newState) {
        assert loop.current == this && state == RUNNING : this;
        state = newState;
        if (newState == QUEUED) {
            loop.ready.add(this);
        }
    }

    /**
     * Suspends this fiber, after {@link #enter}; returns when the loop lets it run again.
     *
     * @throws IllegalStateException if it cannot leave the thread: a class initialiser or a native frame is on its
     *     stack
     */
    final void leave() {
        try {
            switchOut();
        } catch (Throwable e) { // no memory for the stack
            state = RUNNING;
            throw e;
        }
        if (state != RUNNING) {
            state = RUNNING;
            throw new IllegalStateException(
                    this + " cannot suspend here: a class initialiser or a native method is on its stack, and the JDK"
                            + " cannot take such a stack off the thread; suspend before or after it");
        }
    }

    /** Runs {@code other} until it suspends or ends, then goes on at once. Called by this fiber. */
    final void runFirst(Fiber other) {
        assert loop.current == this && state == RUNNING : this;
        loop.runFirst = other;
        state = NESTED;
        try {
            switchOut();
        } finally {
            if (state != RUNNING) { // it could not leave the thread: then the other waits for its turn like any task
                state = RUNNING;
                loop.runFirst = null;
                loop.ready.add(other);
            }
        }
    }

    /** Queues this fiber's next turn, if it waits for this. Loop thread only. */
    final void wake() {
        if (state == WAITING) {
            state = QUEUED;
            loop.ready.add(this);
        }
    }

    /** The JDK says that this fiber can go on. Any thread; never throws, never runs anything. */
    final void hint() {
        if (AT_DOOR.compareAndSet(this, false, true)) {
            loop.leaveAtDoor(this);
        }
    }

    /** The time is over that this fiber's task wanted to sleep. */
    @Override
    final void fire(BaseEventLoop loop) {
        wake();
    }

    @Override
    final void passDoor(BaseEventLoop loop) {
        leftDoor();
        unblocked();
    }

    /** From here on another thread may leave this at the door again: before anything is made of the hint. */
    final void leftDoor() {
        AT_DOOR.setVolatile(this, false);
    }

    /** Queues this fiber's next turn if it is blocked in a call of the JDK. Loop thread only. */
    void unblocked() {
        if (state == BLOCKED) {
            state = QUEUED;
            loop.ready.add(this);
        }
    }

    /** The body; the virtual thread calls it. */
    @Override
    public final void run() {
        try {
            if (task == null) {
                loop.callbackFibers.run(this);
            } else {
                task.runBody();
            }
        } catch (Throwable e) {
            loop.fatal(e); // unreachable: both report what they catch; but a silent end would hang whoever waits
        } finally {
            state = DONE;
        }
    }

    @Override
    public String toString() {
        return task == null ? loop.name + "'s callback coroutine" : task.getName();
    }
}
