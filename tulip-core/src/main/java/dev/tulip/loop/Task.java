package dev.tulip.loop;

import java.io.InterruptedIOException;
import java.io.PrintStream;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.channels.ClosedByInterruptException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import org.jspecify.annotations.Nullable;

/**
 * A coroutine that runs on its loop beside others, and the future of its result. Not for other threads, as
 * {@link Future}.
 *
 * <p>It runs until it suspends: in a method marked {@link Suspends}, or, on the mounted engine, in a call of the
 * JDK that waits. In between nothing else of the loop runs.
 *
 * <p><b>Cancellation</b> is a request: the task gets a {@link CancelledError} where it waits, or where it suspends
 * next, and may clean up, or even go on. It is delivered once. A task that waits in a call of the JDK is
 * interrupted instead; the interrupt counts as delivered once the call has taken it. A task that is cancelled
 * before its first step never runs.
 *
 * @param <T> the result
 * @see EventLoop#createTask(Coroutine)
 * @see <a href="https://docs.python.org/3.14/library/asyncio-task.html#task-object">asyncio: Task Object</a>
 */
public final class Task<T extends @Nullable Object> extends Future<T> {
    /*
     * The fiber knows whether the task runs, waits or is queued. What a task waits for in Tulip is in waitingOn:
     *
     *   a Future     cancel() cancels it, which wakes the task
     *   else         a sleep, a channel, several futures: cancel() wakes the task, which then takes its registration
     *                back itself
     *   null         it does not wait, or it waits in a call of the JDK
     *
     * mustCancel: a request that is still to be delivered, as a CancelledError, at the next resume. As in CPython's
     * Task.__step, it replaces whatever the task was resumed with.
     */

    private static final Object ASLEEP = new Object() {
        @Override
        public String toString() {
            return "sleep";
        }
    };

    // set once
    private final int number;
    private final Object body; // a Coroutine or an Action

    // loop thread only
    private Fiber fiber; // its own, or that of the generator whose next value it wants
    private @Nullable String name;
    private @Nullable Object waitingOn;
    private @Nullable String cancelMessage;
    private int cancelRequests;
    private boolean mustCancel;
    private boolean interrupted; // a request went out as an interrupt, and the JDK's call may not have taken it yet
    private boolean interruptTaken; // it has: the exception of that call is how the request was delivered

    // loop thread only, written by Channels: most tasks wait for one channel again and again
    @Nullable
    Readiness lastAwaited;

    // loop thread only, written by TaskRegistry
    @Nullable
    Task<?> previous;

    @Nullable
    Task<?> next;

    private Task(BaseEventLoop loop, Object body, @Nullable String name, Object context) {
        super(loop);
        this.body = loop.isDebug() && !(body instanceof Traced) ? Traced.body(body) : body;
        this.number = loop.tasks.nextNumber();
        this.name = name;
        this.fiber = Fiber.ofTask(this, context);
    }

    /**
     * Starts a task the standard way, whatever the loop's task factory: the method for task factories.
     *
     * @param <T> the result
     * @param loop its loop
     * @param coroutine its body
     * @param options its name, its context, and whether its first step runs at once; that it can only on a loop that
     *     runs
     * @return the task
     * @throws IllegalStateException if the loop is closed
     * @throws WrongThreadException if another thread calls this while the loop runs
     */
    public static <T extends @Nullable Object> Task<T> create(
            EventLoop loop, Coroutine<? extends T, ?> coroutine, TaskOptions options) {
        return start((BaseEventLoop) loop, coroutine, options);
    }

    /** The same, for a body that is a {@link Coroutine} with a T or, if T is Void, an {@link Action}. */
    static <T extends @Nullable Object> Task<T> start(BaseEventLoop owner, Object body, TaskOptions options) {
        Objects.requireNonNull(body, "coroutine");
        owner.checkOpen();
        owner.checkThread();
        Context context = options.context();
        Task<T> task = new Task<>(owner, body, options.name(), context == null ? owner.captureContext() : context);
        owner.tasks.add(task);
        Fiber creator = Boolean.TRUE.equals(options.eagerStart()) ? Fiber.current() : null;
        if (creator == null) {
            owner.ready.add(task.fiber);
        } else {
            creator.runFirst(task.fiber);
        }
        return task;
    }

    /**
     * {@return the task that is calling, or null in a plain callback}
     *
     * @throws IllegalStateException if no loop runs here
     */
    public static @Nullable Task<?> current() {
        EventLoop.running();
        return currentOrNull();
    }

    /**
     * Suspends the calling task for {@code delay}. Zero or less lets everything that is ready now run once.
     *
     * <p>Cancelling this leaves nothing behind.
     *
     * @param delay how long; there is no upper limit
     * @throws IllegalStateException if called outside a task
     */
    @Suspends
    public static void sleep(Duration delay) {
        Task<?> task = suspending("sleep");
        long nanos = Nanos.of(delay);
        if (nanos <= 0) {
            task.yieldOnce();
        } else {
            task.sleepUntil(Nanos.plus(task.loop.time(), nanos));
        }
    }

    /**
     * Runs {@code body} on a thread of the loop's default executor and returns its result: for what would block the
     * loop's thread, such as files, process pipes and computing. The loop goes on meanwhile. It is the same coroutine
     * that runs there, but outside the loop: it may call what is for any thread, and nothing that suspends in Tulip.
     *
     * <p>The body runs in a copy of the caller's {@link Context}. On the mounted engine thread-locals, {@link ScopedValue}s
     * and {@code Thread.currentThread()} are the task's own, too; on the fallback they are the executor's thread's.
     *
     * <p>Cancelling this drops a body that has not started, and interrupts one that runs, which has the last word: if it
     * ends by the interrupt, this throws {@link CancelledError}; if it returns a value, this returns it, and the
     * request is delivered at the next suspension.
     *
     * @param <T> what it returns
     * @param <X> what it may throw
     * @throws X as {@code body} does
     * @throws java.util.concurrent.RejectedExecutionException if the executor does not take it
     * @throws IllegalStateException if called outside a task, or the default executor was shut down
     */
    @Suspends
    public static <T extends @Nullable Object, X extends Throwable> T toThread(Coroutine<? extends T, ? extends X> body)
            throws X {
        Task<?> task = suspending("toThread");
        Objects.requireNonNull(body, "body");
        ExecutorService executor = task.loop.executor.service();
        task.settleInterrupt();
        task.checkLoopOpen();
        task.deliverCancel();
        Hop<T> hop = new Hop<>(task.fiber, body);
        task.fiber.goAway(hop, executor);
        task.cameBack(hop);
        return hop.result();
    }

    /** Throws what there is to throw now that this task, which is calling, is back from another thread. */
    private void cameBack(Hop<?> hop) {
        Throwable failure = hop.failure();
        if (hop.isDropped()) {
            interrupted = false;
            mustCancel = false;
            throw new CancelledError(cancelMessage);
        } else if (failure != null && interrupted && isInterruption(failure)) {
            leaveThread();
            interrupted = false;
            mustCancel = false;
            CancelledError error = new CancelledError(cancelMessage);
            error.initCause(failure);
            throw error;
        } else if (failure != null) {
            throw Sneaky.rethrow(failure);
        }
    }

    private void deliverCancel() {
        if (mustCancel) {
            mustCancel = false;
            throw new CancelledError(cancelMessage);
        }
    }

    static @Nullable Task<?> currentOrNull() {
        Fiber fiber = Fiber.current();
        return fiber == null ? null : fiber.task;
    }

    /**
     * {@return the task that is calling}
     *
     * @param method the method that is about to suspend it
     * @throws IllegalStateException if there is none
     */
    static Task<?> suspending(String method) {
        Task<?> task = currentOrNull();
        if (task == null) {
            throw new IllegalStateException(method + " suspends, so it needs a task; this is " + whereNoTaskIs()
                    + ": start one with run or createTask");
        }
        return task;
    }

    private static String whereNoTaskIs() {
        BaseEventLoop loop = Fiber.currentLoop();
        if (loop == null) {
            return "the thread " + Thread.currentThread().getName() + " outside every loop";
        }
        return Fiber.current() == null
                ? "a thread that a task of " + loop.name + " started"
                : "a callback of " + loop.name;
    }

    // -- what it is -----------------------------------------------------------------------------------------------

    /** {@return its name, {@code Task-N} unless one was given} */
    public String getName() {
        String name = this.name;
        return name == null ? "Task-" + number : name;
    }

    /** Sets its name. Its thread keeps the one it has. */
    public void setName(String name) {
        this.name = Objects.requireNonNull(name, "name");
    }

    /** {@return the coroutine that it runs} */
    @SuppressWarnings("unchecked") // start() was given a body for this type
    public Coroutine<? extends T, ?> getCoroutine() {
        Object code = body instanceof Traced traced ? traced.code() : body;
        return (Coroutine<? extends T, ?>) (code instanceof Action<?> action ? action.asCoroutine() : code);
    }

    /** {@return the context that it runs in} */
    public Context getContext() {
        Context context = Context.of(fiber.context);
        fiber.context = context;
        return context;
    }

    /** {@return where it is suspended, the nearest frame first; nothing if it is done or has not run yet} */
    public List<StackTraceElement> getStack() {
        return done() ? List.of() : fiber.stack();
    }

    /** Prints {@link #getStack} as a stack trace. */
    public void printStack(PrintStream out) {
        out.println("Stack of " + this + ":");
        getStack().forEach(frame -> out.println("\tat " + frame));
    }

    /** {@return the name of its thread: empty, because a name costs more than the task, unless somebody wants one} */
    String threadName() {
        return name != null || loop.isDebug() ? getName() : "";
    }

    // -- cancelling -----------------------------------------------------------------------------------------------

    /**
     * Asks this task to end: see the class comment for what it gets, and when.
     *
     * <p>Every request counts, {@link #cancelling}; several before the task runs again are delivered as one.
     *
     * @param message for the {@link CancelledError}, or null
     * @return false if it is done already
     */
    @Override
    public boolean cancel(@Nullable String message) {
        loop.checkThread();
        if (done()) {
            return super.cancel(message);
        }
        cancelRequests++;
        Object waitingOn = this.waitingOn;
        if (waitingOn instanceof Future<?> future && future.cancel(message)) {
            return true; // it wakes this task with a CancelledError
        }
        if (message != null || !mustCancel) { // a request without a message leaves the message of another one
            cancelMessage = message;
        }
        mustCancel = true;
        if (waitingOn != null) {
            fiber.wake(); // unless it is awake already: then its result is replaced
        } else {
            interruptWhereItIs();
        }
        return true;
    }

    /** Interrupts a call of the JDK, or the body of {@link #toThread}, which is dropped if it has not started. */
    private void interruptWhereItIs() {
        if (fiber.state == Fiber.BLOCKED || (fiber.state == Fiber.AWAY && !fiber.recall())) {
            interrupt();
        }
    }

    /** {@return how many requests to cancel there were, less those taken back with {@link #uncancel}} */
    public int cancelling() {
        return cancelRequests;
    }

    /**
     * Takes one request to cancel back, as {@code timeout} and {@code taskGroup} do for their own. If none is left, a
     * request that was not delivered yet is dropped; one that was passed on to what the task waits for is not.
     *
     * @return how many are left
     */
    public int uncancel() {
        loop.checkThread();
        if (cancelRequests > 0 && --cancelRequests == 0) {
            mustCancel = false;
        }
        return cancelRequests;
    }

    /**
     * Not for tasks.
     *
     * @throws UnsupportedOperationException always
     */
    @Override
    public void setResult(T result) {
        throw new UnsupportedOperationException(this + " gets its result from its coroutine");
    }

    /**
     * Not for tasks.
     *
     * @throws UnsupportedOperationException always
     */
    @Override
    public void setException(Throwable exception) {
        throw new UnsupportedOperationException(this + " fails if its coroutine does");
    }

    /** Called by this task when it goes into a generator, or comes out of it: its code runs on {@code fiber} now. */
    void movedTo(Fiber fiber) {
        leaveThread();
        this.fiber = fiber;
    }

    /**
     * Called by this task before its code goes on on another thread: an interrupt that nobody has taken is taken back,
     * and the request stands. One that was taken is settled later, where it is known what became of it.
     */
    void leaveThread() {
        if (interrupted && Thread.interrupted()) {
            interrupted = false;
        }
    }

    /** Called by the fiber when it went into a call of the JDK that waits. */
    void blockedInJdk() {
        if (mustCancel && !interrupted) {
            interrupt();
        }
    }

    private void interrupt() {
        interrupted = true;
        fiber.thread().interrupt();
    }

    /**
     * Settles what became of an interrupt. Called by this task, where a request would be delivered. If the status
     * is gone, the JDK's call has taken it: that was the delivery. If it is still there, it is taken back, and the
     * request stands.
     */
    private void settleInterrupt() {
        if (interrupted) {
            interrupted = false;
            if (!Thread.interrupted()) {
                mustCancel = false;
                interruptTaken = true;
            }
        }
    }

    // -- cancelling and taking it back: for timeouts and task groups, which this task is in ------------------------

    /**
     * {@return how many requests have been delivered} One that was not, and will be in the block that is entered now,
     * counts among those of that block.
     */
    int requestsDelivered() {
        settleInterrupt();
        return mustCancel ? cancelRequests - 1 : cancelRequests;
    }

    /**
     * Takes back the one request that the block made which now ends. If no other came in that block, it is not
     * delivered any more.
     *
     * @param requestsBefore what {@link #requestsDelivered} was when the block began
     * @return whether others came
     */
    boolean takeBackRequest(int requestsBefore) {
        settleInterrupt();
        cancelRequests = Math.max(cancelRequests - 1, 0); // 0: the block has taken back more than it should have
        boolean othersCame = cancelRequests > requestsBefore;
        mustCancel &= othersCame;
        interruptTaken &= othersCame;
        return othersCame;
    }

    /** A request was delivered, but the block that it ended throws something else: delivers it again. */
    void deliverAgain(@Nullable String message) {
        if (!mustCancel) {
            mustCancel = true;
            cancelMessage = message;
        }
    }

    /** {@return the error with which a request is delivered here and now, or null if there is none to deliver} */
    @Nullable
    CancelledError takeUndelivered() {
        if (!mustCancel) {
            return null;
        }
        mustCancel = false;
        return new CancelledError(cancelMessage);
    }

    /**
     * {@return the cancellation as which a request has ended a body of this task with {@code e}, or null if {@code e}
     * is something else: an interrupted call of the JDK throws its own exceptions}
     */
    @Nullable
    CancelledError cancellationIn(Throwable e) {
        boolean wasInterrupted = interrupted || interruptTaken;
        settleInterrupt();
        if (e instanceof CancelledError error) {
            return error;
        }
        if (!wasInterrupted || cancelRequests == 0 || !isInterruption(e)) {
            return null;
        }
        mustCancel = false; // some of these exceptions leave the status set
        interruptTaken = true;
        CancelledError error = new CancelledError(cancelMessage);
        error.initCause(e);
        return error;
    }

    // -- suspending -----------------------------------------------------------------------------------------------

    /**
     * Suspends this task, which is calling, until {@link #wake}. Its caller has registered it where the wake-up
     * comes from, and takes that back if this throws.
     *
     * @param waitingOn what it waits for: see the comment at the top
     * @throws CancelledError if it was cancelled, and {@code waitingOn} is not a cancelled future, which says so itself
     */
    void waitFor(Object waitingOn) {
        settleInterrupt();
        checkLoopOpen();
        this.waitingOn = waitingOn;
        try {
            if (!mustCancel) {
                fiber.enter(Fiber.WAITING);
            } else if (waitingOn instanceof Future<?> future) {
                // As CPython: it suspends all the same, and the error comes from the future.
                fiber.enter(Fiber.WAITING);
                mustCancel = !future.cancel(cancelMessage);
            } else {
                fiber.enter(Fiber.QUEUED);
            }
            fiber.leave();
        } finally {
            this.waitingOn = null;
        }
        if (mustCancel) {
            mustCancel = false;
            if (!(waitingOn instanceof Future<?> future && future.cancelled())) {
                throw new CancelledError(cancelMessage);
            }
        }
    }

    /**
     * The same, but only until the loop's clock has reached {@code deadlineNanos}, if it is not {@link Long#MAX_VALUE}.
     * Its caller finds out what has woken it.
     */
    void waitFor(Object waitingOn, long deadlineNanos) {
        if (deadlineNanos == Long.MAX_VALUE) {
            waitFor(waitingOn);
            return;
        }
        loop.timers.add(deadlineNanos, fiber);
        try {
            waitFor(waitingOn);
        } finally {
            loop.timers.remove(fiber);
        }
    }

    /** Queues this task's next turn, if it waits. Loop thread only. */
    void wake() {
        fiber.wake();
    }

    /** Lets everything that is ready run once, then goes on. This task is calling. */
    void yieldOnce() {
        settleInterrupt();
        checkLoopOpen();
        fiber.enter(Fiber.QUEUED);
        fiber.leave();
        deliverCancel();
    }

    /** Suspends this task, which is calling, until the loop's clock has reached {@code deadlineNanos}. */
    void sleepUntil(long deadlineNanos) {
        waitFor(ASLEEP, deadlineNanos);
    }

    private void checkLoopOpen() {
        if (loop.isClosing()) {
            throw new CancelledError(loop.name + " is closed");
        }
    }

    // -- running --------------------------------------------------------------------------------------------------

    /** The body of its fiber. One small method, because the stack of a task that waits keeps the frame of each. */
    @SuppressWarnings({"unchecked", "NullAway"}) // start() was given a body for this type
    void runBody() {
        T result = null;
        Throwable failure = null;
        try {
            if (!mustCancel) {
                if (body instanceof Action<?> action) {
                    action.run();
                } else {
                    result = ((Coroutine<T, ?>) body).run();
                }
            }
        } catch (Throwable e) {
            failure = e;
        }
        end(result, failure);
    }

    private void end(T result, @Nullable Throwable failure) {
        try {
            if (failure != null) {
                failed(failure);
                return;
            }
            settleInterrupt();
            if (mustCancel) {
                settleCancelled(cancelMessage); // as CPython: a request that found no suspension to be delivered at
            } else {
                settleResult(result);
            }
        } finally {
            loop.tasks.remove(this);
        }
    }

    private void failed(Throwable e) {
        CancelledError cancellation = cancellationIn(e);
        if (cancellation != null) {
            settleCancelled(cancellation);
        } else {
            settleException(e);
            if (e instanceof KeyboardInterrupt) {
                markRetrieved(); // by whoever runs the loop
                if (!loop.hasThrown(e)) { // not twice, if this has only awaited the task that threw it
                    loop.fatal(e);
                }
            }
        }
    }

    /** {@return whether {@code e} is how a call of the JDK ends when its thread is interrupted} */
    private static boolean isInterruption(Throwable e) {
        return e instanceof InterruptedException
                || (e instanceof InterruptedIOException && !(e instanceof SocketTimeoutException))
                || e instanceof ClosedByInterruptException
                || (e instanceof SocketException && "Closed by interrupt".equals(e.getMessage()));
    }

    /**
     * Unwinds this task: its loop closes. It does not run again, except its {@code finally} blocks. Loop thread
     * only.
     */
    void unwind() {
        cancelRequests++;
        mustCancel = true;
        cancelMessage = loop.name + " is closed";
        interruptWhereItIs();
        fiber.wake();
    }

    /** {@return whether it is in the body of {@link #toThread}, or waits for a thread there} */
    boolean isOnOtherThread() {
        return fiber.state == Fiber.AWAY;
    }

    /** {@return what this is, without its state: for reports made where no code of the user's may run} */
    String label() {
        return "Task[" + getName() + ", " + Describe.callback(body) + "]";
    }

    Fiber fiber() {
        return fiber;
    }

    /** {@return its name and state, its coroutine's class, what it waits for, in debug mode where it was created} */
    @Override
    public String toString() {
        StringBuilder text =
                new StringBuilder("Task[").append(getName()).append(' ').append(describeState());
        if (cancelRequests > 0 && !isDone()) {
            text.append(", cancelling ").append(cancelRequests);
        }
        text.append(", ").append(Describe.callback(body));
        Object waitingOn = this.waitingOn;
        if (waitingOn != null) {
            text.append(", waiting on ").append(waitingOn instanceof Task<?> task ? task.getName() : waitingOn);
        } else if (fiber.state == Fiber.BLOCKED) {
            text.append(", in a call of the JDK that waits");
        } else if (fiber.state == Fiber.AWAY) {
            text.append(", on a thread of the executor");
        }
        return text.append(']').toString();
    }
}
