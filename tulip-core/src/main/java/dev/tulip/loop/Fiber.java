package dev.tulip.loop;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import org.jspecify.annotations.Nullable;

/**
 * The virtual thread under a coroutine: it runs only while its loop lets it, and suspends back into the loop.
 *
 * <p>There is one implementation an engine: {@link MountedFiber} and {@link HandoffFiber}. A fiber carries a task, or
 * the loop's plain callbacks ({@link CallbackFibers}), or a {@link Generator}, on behalf of the task or callback that
 * has asked for the next value.
 */
abstract sealed class Fiber extends Step implements Runnable permits MountedFiber, HandoffFiber {
    /*
     *  QUEUED -> RUNNING      // resume(): the loop lets it run
     * RUNNING -> WAITING      // suspend(WAITING): it waits for wake()
     * RUNNING -> QUEUED       // suspend(QUEUED): it lets the others go first
     * RUNNING -> NESTED       // runFirst(), call(): another fiber runs now, then this one at once
     * RUNNING -> YIELDED      // giveBack(): a generator that has a value, until the next call()
     * RUNNING -> BLOCKED      // it waits in a call of the JDK: a lock, a socket, Thread.sleep (mounted engine only)
     * RUNNING -> AWAY         // goAway(): it is on a thread of an executor, and comes back by itself: see Hop
     * RUNNING -> DONE         // its body ended
     * WAITING -> QUEUED       // wake()
     *  NESTED -> RUNNING      // the other fiber has left the thread: see afterThis()
     * YIELDED -> RUNNING      // call()
     *    AWAY -> QUEUED       // cameBack(), recall()
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
    static final byte YIELDED = 5;
    static final byte AWAY = 6;
    static final byte DONE = 7;

    private static final VarHandle AT_DOOR = VarHandles.of(MethodHandles.lookup(), "atDoor", boolean.class);

    // set once
    final BaseEventLoop loop;
    private final @Nullable Runnable generator; // its body, if this is a generator's fiber

    // set once, except for a generator: loop thread only, the task that has called it
    @Nullable
    Task<?> task;

    // loop thread only
    byte state = QUEUED;

    private @Nullable Fiber caller; // who runs on when this has left the thread

    Object context; // raw, see Context

    // any thread: true while this stands at the door, so that it stands there once
    @SuppressWarnings("unused") // through AT_DOOR
    private volatile boolean atDoor;

    Fiber(BaseEventLoop loop, @Nullable Task<?> task, @Nullable Runnable generator, Object context) {
        this.loop = loop;
        this.task = task;
        this.generator = generator;
        this.context = context;
    }

    /** Makes the fiber of {@code task}. It runs for the first time at {@link #resume}. */
    static Fiber ofTask(Task<?> task, Object context) {
        return create(task.loop, task, null, context);
    }

    /** Makes a fiber for plain callbacks. */
    static Fiber ofCallbacks(BaseEventLoop loop) {
        return create(loop, null, null, Context.NONE);
    }

    /** Makes the fiber of a generator with {@code body}. It runs for the first time at {@link #call}. */
    static Fiber ofGenerator(BaseEventLoop loop, Runnable body) {
        Fiber fiber = create(loop, null, body, Context.NONE);
        fiber.state = YIELDED;
        return fiber;
    }

    private static Fiber create(
            BaseEventLoop loop, @Nullable Task<?> task, @Nullable Runnable generator, Object context) {
        return VirtualThreads.MOUNTED
                ? new MountedFiber(loop, task, generator, context)
                : new HandoffFiber(loop, task, generator, context);
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

    /** {@return a name for its thread: empty, because a name costs more than the task, unless somebody wants one} */
    final String threadName() {
        Task<?> task = this.task;
        return task != null ? task.threadName() : loop.name + (generator == null ? "-callbacks" : "-generator");
    }

    /** {@return the frames of this and, if it is a generator's fiber, of those that wait for its value} */
    final List<StackTraceElement> stack() {
        List<StackTraceElement> frames = new ArrayList<>(List.of(runningThread().getStackTrace()));
        Fiber fiber = this;
        while (fiber.generator != null && fiber.caller != null) {
            fiber = fiber.caller;
            frames.addAll(List.of(fiber.runningThread().getStackTrace()));
        }
        return frames;
    }

    /**
     * Lets this fiber run until it suspends, blocks or ends. Does nothing if it is not {@link #QUEUED}: then the
     * entry was left over by a suspension that failed.
     */
    @Override
    final void resume() {
        if (state != QUEUED) {
            return;
        }
        Fiber fiber = this;
        do {
            fiber.letRun();
            fiber = fiber.afterThis();
        } while (fiber != null);
    }

    /** {@return who runs at once now that this fiber has left the thread, or null if that is up to the ready queue} */
    private @Nullable Fiber afterThis() {
        if (state == NESTED) {
            Fiber callee = loop.callee;
            loop.callee = null;
            return callee;
        }
        if (generator != null && (state == YIELDED || state == DONE)) {
            return caller;
        }
        // It waits, or its task is done. Whoever waits for a value of it waits, too; who started it eagerly goes on.
        Fiber fiber = this;
        while (fiber.generator != null && fiber.caller != null) {
            fiber = fiber.caller;
        }
        Fiber starter = fiber.caller;
        fiber.caller = null;
        return starter;
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
            throw cannotLeave();
        }
    }

    final IllegalStateException cannotLeave() {
        return new IllegalStateException(
                this + " cannot suspend here: a class initialiser or a native method is on its stack, and the JDK"
                        + " cannot take such a stack off the thread; suspend before or after it");
    }

    /** Runs a new task's fiber until it suspends or ends, then goes on at once. Called by this fiber. */
    final void runFirst(Fiber started) {
        started.caller = this;
        if (!nest(started)) { // then it waits for its turn like any task
            started.caller = null;
            loop.ready.add(started);
        }
    }

    /**
     * Runs the fiber of a generator until it has a value or ends, however often it suspends meanwhile, then goes on at
     * once. Called by this fiber.
     *
     * @throws IllegalStateException as {@link #leave}
     */
    final void call(Fiber generator) {
        Task<?> task = this.task;
        generator.caller = this;
        generator.task = task;
        generator.context = context;
        if (task != null) {
            task.movedTo(generator);
        }
        try {
            if (!nest(generator)) {
                throw cannotLeave();
            }
        } finally {
            context = generator.context;
            generator.caller = null;
            generator.task = null;
            if (task != null) {
                task.movedTo(this);
            }
        }
    }

    /** Ends the turn of this fiber, a generator's, which is the one that is calling; returns at the next {@link #call}. */
    final void giveBack() {
        leaveThread();
        assert loop.current == this && state == RUNNING : this;
        state = YIELDED;
        leave();
    }

    private void leaveThread() {
        Task<?> task = this.task;
        if (task != null) {
            task.leaveThread();
        }
    }

    /** {@return whether {@code callee} has run} */
    private boolean nest(Fiber callee) {
        assert loop.current == this && state == RUNNING : this;
        loop.callee = callee;
        state = NESTED;
        boolean left = false;
        try {
            switchOut();
            left = state == RUNNING;
        } finally {
            loop.callee = null;
            state = RUNNING;
        }
        return left;
    }

    /** Queues this fiber's next turn, if it waits for this. Loop thread only. */
    final void wake() {
        if (state == WAITING) {
            state = QUEUED;
            loop.ready.add(this);
        }
    }

    /**
     * Runs the body of {@code hop} on a thread of {@code executor} and returns when this fiber, which is calling, is
     * back on the loop. If the hop was dropped, its body has not run.
     *
     * @throws java.util.concurrent.RejectedExecutionException if the executor does not take it
     * @throws IllegalStateException as {@link #leave}
     */
    abstract void goAway(Hop<?> hop, ExecutorService executor);

    /** {@return the thread that runs its code: {@link #thread}, unless another one does so for it} */
    Thread runningThread() {
        return thread();
    }

    /** Fetches this fiber back if its body has not started elsewhere. {@return whether it has} Loop thread only. */
    abstract boolean recall();

    /** Runs this fiber, which is away, until it leaves the thread. On a platform thread. Mounted engine only. */
    abstract void resumeElsewhere();

    /** Queues this fiber's next turn: it is back. Loop thread only. */
    void cameBack() {
        if (state == AWAY) {
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

    /** This fiber went into a call of the JDK that waits. Loop thread only. */
    final void blocked() {
        Task<?> task = this.task;
        if (task != null) {
            task.blockedInJdk();
        }
    }

    /** Queues this fiber's next turn if it is blocked in a call of the JDK. Loop thread only. */
    void unblocked() {
        if (state == BLOCKED) {
            state = QUEUED;
            loop.ready.add(this);
        }
    }

    /** The body; the virtual thread calls it. Small, because the stack of a task that waits keeps its frame. */
    @Override
    public final void run() {
        Task<?> task = this.task;
        try {
            if (task != null && generator == null) {
                task.runBody();
            } else {
                runOther();
            }
        } catch (Throwable e) {
            loop.fatal(e); // unreachable: all report what they catch; but a silent end would hang whoever waits
        }
        state = DONE;
    }

    private void runOther() {
        if (generator != null) {
            generator.run();
            leaveThread();
        } else {
            loop.callbackFibers.run(this);
        }
    }

    @Override
    public String toString() {
        Task<?> task = this.task;
        if (task != null) {
            return task.getName();
        }
        return generator == null ? loop.name + "'s callback coroutine" : "a generator";
    }
}
