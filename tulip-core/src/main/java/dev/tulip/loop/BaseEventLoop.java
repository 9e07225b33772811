package dev.tulip.loop;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.UnknownHostException;
import java.nio.channels.spi.SelectorProvider;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Flow;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The loop proper: a queue of what is ready, a heap of timers, a select, and a door for other threads. What it
 * offers for channels is in {@link SelectorEventLoop}.
 */
abstract sealed class BaseEventLoop implements EventLoop permits SelectorEventLoop {
    /*
     * OPEN -> RUNNING -> OPEN      // runForever, runUntilComplete; any number of times
     * OPEN -> CLOSING -> CLOSED    // close()
     *
     * Two kinds of code run on the loop's thread. The carrier is the bare thread: the methods of this class from
     * runOnce() down. It selects, fires timers and mounts coroutines; it runs no user code and takes no lock that user
     * code could hold (P1). Everything else runs on a coroutine that the carrier mounted: a task on its own, callbacks
     * on CallbackFibers.
     *
     * Other threads leave what they have in the EntryQueue, and wake the select if it sleeps.
     */
    private static final VarHandle RUNNING = VarHandles.of(MethodHandles.lookup(), "running", boolean.class);

    private static final AtomicInteger LAST_NUMBER = new AtomicInteger();

    // set once
    final Clock clock;
    final Channels channels;
    final ReadyQueue ready = new ReadyQueue();
    final TimerHeap timers = new TimerHeap();
    final TaskRegistry tasks = new TaskRegistry();
    final Leftovers failures = new Leftovers(this);
    final Leftovers generators = new Leftovers(this);
    final CallbackFibers callbackFibers = new CallbackFibers(this);
    final StepWatch steps = new StepWatch(this);
    final LoopExecutor executor = new LoopExecutor(this);
    final Resolver resolver = new Resolver(this);
    final SignalHandlers signals = new SignalHandlers(this);

    // set before it runs: a LoopGroup gives its loops names of their own
    String name;

    // loop thread only; others see of carrier and current that they are not these
    @Nullable
    Thread carrier;

    @Nullable
    Fiber current;

    @Nullable
    Fiber callee; // what the fiber that leaves in state NESTED wants to be run before it goes on

    int budget;
    final Map<LoopLocal<?>, Object> locals = new HashMap<>();
    private boolean stopping;
    private boolean ending; // its Runner cancels what is left
    private boolean interrupted; // the thread was, while it selected
    private @Nullable Throwable fatal;
    private @Nullable Throwable lastFatal; // what has left the loop
    private @Nullable TaskFactory taskFactory;
    private @Nullable ExceptionHandler exceptionHandler;

    // any thread
    private final EntryQueue door = new EntryQueue();
    private final Set<Runnable> closeListeners = ConcurrentHashMap.newKeySet();

    @SuppressWarnings("unused") // through RUNNING
    private volatile boolean running;

    private volatile boolean closing;
    private volatile boolean closed;

    BaseEventLoop(LoopOptions options) {
        VirtualThreads.checkEngine();
        String name = options.name();
        this.name = name == null ? "EventLoop-" + LAST_NUMBER.incrementAndGet() : name;
        this.clock = options.clock();
        this.channels = new Channels(this, options);
        steps.setEnabled(options.debug());
    }

    // -- running --------------------------------------------------------------------------------------------------

    @Override
    public void runForever() {
        checkOpen();
        BaseEventLoop outer = Fiber.currentLoop();
        if (outer != null) {
            throw new IllegalStateException("cannot run " + name + " inside " + outer.name
                    + ": its thread is taken; await there instead, or run on another thread");
        }
        if (!RUNNING.compareAndSet(this, false, true)) {
            throw new IllegalStateException(name + " is running already");
        }
        try {
            Carrier.run(this, this::runUntilStopped);
        } finally {
            running = false;
        }
        Throwable fatal = this.fatal;
        if (fatal != null) {
            this.fatal = null;
            lastFatal = fatal;
            throw Sneaky.rethrow(fatal);
        }
    }

    @Override
    public <T extends @Nullable Object> T runUntilComplete(Future<T> future) {
        if (future.loop != this) {
            throw new IllegalArgumentException(future + " belongs to " + future.loop.name + ", not to " + name);
        }
        boolean[] over = {false};
        Consumer<Future<T>> stop = done -> {
            if (!over[0]) { // a KeyboardInterrupt ends the run first, and must not stop the next one
                stop();
            }
        };
        future.addDoneCallback(stop);
        try {
            runForever();
        } finally {
            over[0] = true;
            future.removeDoneCallback(stop);
        }
        if (!future.done()) {
            throw new IllegalStateException(name + " was stopped before " + future + " was done");
        }
        return future.result();
    }

    @Override
    public <T extends @Nullable Object, X extends Throwable> T runUntilComplete(
            Coroutine<? extends T, ? extends X> main) throws X {
        Task<T> task = createTask(main);
        return runUntilComplete(task);
    }

    @Override
    public void stop() {
        checkThread();
        stopping = true;
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    @Override
    public boolean isClosed() {
        return closed;
    }

    @Override
    public long time() {
        return clock.nanos();
    }

    private void runUntilStopped() {
        try {
            do {
                runOnce();
            } while (!stopping && fatal == null);
        } finally {
            stopping = false;
        }
    }

    // -- one iteration, on the carrier ----------------------------------------------------------------------------

    private void runOnce() {
        openDoor();
        try {
            select();
        } catch (IOException e) {
            throw new UncheckedIOException("select failed in " + name, e);
        }
        openDoor();
        fireTimers();
        runReady();
    }

    /** {@return whether the thread was interrupted, and forgets it} */
    boolean takeInterrupted() {
        boolean taken = interrupted;
        interrupted = false;
        return taken;
    }

    /** Queues the callbacks of channels that are ready; waits for one if nothing else is ready. */
    private void select() throws IOException {
        if (!ready.isEmpty() || stopping || fatal != null) {
            channels.selectNow();
            return;
        }
        // First without waiting: a channel that was closed is noticed by a select, and not only when the waiting is
        // over.
        channels.selectNow();
        long deadline = timers.nextDeadline();
        long now = deadline == Long.MAX_VALUE ? 0 : clock.nanos();
        if (ready.isEmpty() && deadline > now) {
            sleepInSelect(deadline == Long.MAX_VALUE ? 0 : Nanos.toSelectMillis(deadline - now));
        }
    }

    /** Waits for the door, at most until {@code deadline}. For a loop that closes; on the carrier. */
    void sleepUntil(long deadline) {
        try {
            sleepInSelect(Nanos.toSelectMillis(deadline - clock.nanos()));
        } catch (IOException e) {
            throw new UncheckedIOException("select failed in " + name, e);
        }
    }

    private void sleepInSelect(long millis) throws IOException {
        if (door.fallAsleep()) {
            channels.select(millis);
        }
        door.wakeUp();
        interrupted |= Thread.interrupted(); // see Carrier
    }

    private void fireTimers() {
        if (!timers.isEmpty()) {
            long now = clock.nanos();
            while (timers.nextDeadline() <= now) {
                timers.poll().fire(this);
            }
        }
    }

    /** Runs what is ready now. What that queues waits for the next iteration. */
    private void runReady() {
        budget = ready.size();
        while (budget > 0 && fatal == null) {
            if (ready.peek() instanceof Step step) {
                ready.poll();
                budget--;
                if (steps.isEnabled()) {
                    steps.resume(step);
                } else {
                    step.resume();
                }
            } else {
                callbackFibers.runBatch();
            }
        }
    }

    /** {@return the next callback of this iteration, if a callback comes next; it leaves the queue} */
    @Nullable
    Handle pollHandle() {
        if (budget > 0 && fatal == null && ready.peek() instanceof Handle handle) {
            budget--;
            ready.poll();
            return handle;
        }
        return null;
    }

    // -- callbacks ------------------------------------------------------------------------------------------------

    @Override
    public Handle callSoon(Runnable callback) {
        Runnable prepared = prepare(callback);
        return soon(prepared, captureContext());
    }

    @Override
    public Handle callSoon(Context context, Runnable callback) {
        Objects.requireNonNull(context, "context");
        Runnable prepared = prepare(callback);
        return soon(prepared, context);
    }

    private Handle soon(Runnable prepared, Object context) {
        Handle handle = new Handle(prepared, context);
        ready.add(handle);
        return handle;
    }

    @Override
    public TimerHandle callLater(Duration delay, Runnable callback) {
        return callAt(Nanos.plus(clock.nanos(), Nanos.of(delay)), callback);
    }

    @Override
    public TimerHandle callLater(Duration delay, Context context, Runnable callback) {
        return callAt(Nanos.plus(clock.nanos(), Nanos.of(delay)), context, callback);
    }

    @Override
    public TimerHandle callAt(long when, Runnable callback) {
        Runnable prepared = prepare(callback);
        return at(when, prepared, captureContext());
    }

    @Override
    public TimerHandle callAt(long when, Context context, Runnable callback) {
        Objects.requireNonNull(context, "context");
        Runnable prepared = prepare(callback);
        return at(when, prepared, context);
    }

    private TimerHandle at(long when, Runnable prepared, Object context) {
        TimerHandle handle = new TimerHandle(this, when, prepared, context);
        timers.add(when, handle);
        return handle;
    }

    /** {@return a copy of the caller's context, raw, for what it schedules or creates now} Loop thread only. */
    final Object captureContext() {
        Fiber current = this.current;
        return Context.bindingsOf(current != null ? current.context : Context.raw());
    }

    /** Checks that a callback may be scheduled, and gives it its origin in debug mode. */
    final Runnable prepare(Runnable callback) {
        Objects.requireNonNull(callback, "callback");
        checkOpen();
        checkThread();
        return steps.isEnabled() ? Traced.callback(callback) : callback;
    }

    // -- other threads --------------------------------------------------------------------------------------------

    @Override
    public Handle callSoonThreadsafe(Runnable callback) {
        return threadsafe(callback, Context.bindingsOf(Context.raw()));
    }

    @Override
    public Handle callSoonThreadsafe(Context context, Runnable callback) {
        return threadsafe(callback, Objects.requireNonNull(context, "context"));
    }

    private Handle threadsafe(Runnable callback, Object context) {
        Objects.requireNonNull(callback, "callback");
        checkOpen();
        Runnable traced = steps.isEnabled() ? Traced.callback(callback) : callback;
        ThreadsafeHandle handle = new ThreadsafeHandle(this, traced, context);
        if (isCurrent()) {
            ready.add(handle); // in the order of callSoon
        } else {
            leaveAtDoor(handle);
        }
        return handle;
    }

    @Override
    public void execute(Runnable command) {
        try {
            callSoonThreadsafe(command);
        } catch (IllegalStateException e) {
            throw new RejectedExecutionException(e.getMessage(), e);
        }
    }

    /** Hands {@code entry} to this loop. Any thread; never blocks, never throws, runs nothing. */
    void leaveAtDoor(Entry entry) {
        if (door.push(entry)) {
            channels.wakeup();
        }
        if (closed) {
            closeDoor(); // the loop did not see it any more
        }
    }

    /** The JDK says that a virtual thread which a task started can run: a guest of this loop (D10). Any thread. */
    void submitGuest(Runnable continuation) {
        GuestStep guest = new GuestStep(continuation);
        if (isCurrent()) {
            ready.add(guest);
        } else {
            leaveAtDoor(guest);
        }
    }

    void openDoor() {
        if (!door.isEmpty()) {
            for (Entry entry = door.takeAll(), next; entry != null; entry = next) {
                next = entry.nextAtDoor;
                entry.nextAtDoor = null;
                entry.passDoor(this);
            }
        }
    }

    /** The loop is closed: nobody runs what still comes, except coroutines, which end on the reaper. Any thread. */
    private void closeDoor() {
        for (Entry entry = door.takeAll(), next; entry != null; entry = next) {
            next = entry.nextAtDoor;
            entry.nextAtDoor = null;
            if (entry instanceof Step step) {
                Reaper.finish(step);
            } else if (entry instanceof Handle handle) {
                handle.cancel();
            }
        }
    }

    /** {@return whether the caller runs on this loop's thread, on a coroutine or on the carrier} */
    boolean isCurrent() {
        Thread carrier = this.carrier;
        if (carrier == null) {
            return false;
        }
        if (VirtualThreads.MOUNTED) {
            return carrier == VirtualThreads.currentCarrier();
        }
        Thread thread = Thread.currentThread();
        Fiber current = this.current;
        return thread == carrier || (current != null && thread == current.thread());
    }

    @Override
    public void checkThread() {
        if (carrier != null && !isCurrent()) {
            throw new WrongThreadException("Non-thread-safe operation on " + name + " from thread "
                    + Thread.currentThread() + "; hand it over with callSoonThreadsafe");
        }
    }

    void checkOpen() {
        if (closing) {
            throw new IllegalStateException("Event loop is closed: " + name);
        }
    }

    // -- futures and tasks ----------------------------------------------------------------------------------------

    @Override
    public <T extends @Nullable Object> Future<T> createFuture() {
        return new Future<>(this);
    }

    @Override
    @SuppressWarnings("unchecked") // a factory makes a task of the coroutine it is given
    public <T extends @Nullable Object> Task<T> createTask(Coroutine<? extends T, ?> coroutine, TaskOptions options) {
        TaskFactory factory = taskFactory;
        return factory == null
                ? Task.create(this, coroutine, options)
                : (Task<T>) factory.createTask(this, coroutine, options);
    }

    @Override
    @SuppressWarnings("unchecked") // a factory makes a task of the coroutine it is given
    public Task<@Nullable Void> createTask(Action<?> action, TaskOptions options) {
        TaskFactory factory = taskFactory;
        return factory == null
                ? Task.start(this, action, options)
                : (Task<@Nullable Void>) factory.createTask(this, action.asCoroutine(), options);
    }

    @Override
    public Set<Task<?>> allTasks() {
        if (carrier == null || isCurrent()) {
            return tasks.snapshot();
        }
        FutureTask<Set<Task<?>>> snapshot = new FutureTask<>(tasks::snapshot);
        callSoonThreadsafe(snapshot);
        return Interop.getUninterruptibly(snapshot);
    }

    @Override
    public void setTaskFactory(@Nullable TaskFactory factory) {
        checkThread();
        taskFactory = factory;
    }

    @Override
    public @Nullable TaskFactory taskFactory() {
        return taskFactory;
    }

    @Override
    public <T extends @Nullable Object> Future<T> wrapFuture(CompletionStage<T> stage) {
        checkThread();
        return Interop.wrap(this, stage);
    }

    @Override
    public void shutdownGenerators() {
        Set<Task<?>> before = tasks.snapshot();
        generators.endAll();
        Set<Task<?>> closing = tasks.snapshot();
        closing.removeAll(before);
        closing.forEach(Task::await);
    }

    // -- executor: see LoopExecutor -------------------------------------------------------------------------------

    @Override
    public <T extends @Nullable Object> Future<T> runInExecutor(@Nullable Executor executor, Callable<T> job) {
        checkOpen();
        checkThread();
        return this.executor.run(executor, job);
    }

    @Override
    public void setDefaultExecutor(ExecutorService executor) {
        checkThread();
        this.executor.setDefault(executor);
    }

    @Override
    public boolean shutdownDefaultExecutor(Duration timeout) {
        return executor.shutdown(timeout);
    }

    @Override
    public <T extends @Nullable Object> CompletableFuture<T> runCoroutineThreadsafe(
            Coroutine<? extends T, ?> coroutine) {
        return LoopStage.ofCoroutine(this, coroutine);
    }

    // -- names: see Resolver --------------------------------------------------------------------------------------

    @Override
    public List<InetSocketAddress> getaddrinfo(@Nullable String host, int port, @Nullable ProtocolFamily family)
            throws UnknownHostException {
        return resolver.getaddrinfo(host, port, family);
    }

    @Override
    public String getnameinfo(InetSocketAddress address) {
        return resolver.getnameinfo(address);
    }

    // -- reactive streams: see IterablePublisher ------------------------------------------------------------------

    @Override
    public <T> Flow.Publisher<T> publisher(Iterable<? extends T> elements) {
        return new IterablePublisher<>(this, elements);
    }

    // -- signals: see SignalHandlers ------------------------------------------------------------------------------

    @Override
    public void addSignalHandler(String signal, Runnable callback) {
        signals.add(signal, prepare(callback));
    }

    @Override
    public boolean removeSignalHandler(String signal) {
        checkThread();
        return signals.remove(signal);
    }

    // -- errors and debugging -------------------------------------------------------------------------------------

    @Override
    public void setExceptionHandler(@Nullable ExceptionHandler handler) {
        checkThread();
        exceptionHandler = handler;
    }

    @Override
    public @Nullable ExceptionHandler exceptionHandler() {
        return exceptionHandler;
    }

    @Override
    public void defaultExceptionHandler(ExceptionContext context) {
        Log.error(this, context);
    }

    @Override
    public void callExceptionHandler(ExceptionContext context) {
        ExceptionHandler handler = exceptionHandler;
        if (handler == null) {
            defaultExceptionHandler(context);
            return;
        }
        try {
            if (context.get("task") instanceof Task<?> task && Fiber.current() != null) {
                task.getContext().run(() -> handler.handle(this, context));
            } else {
                handler.handle(this, context);
            }
        } catch (KeyboardInterrupt e) {
            throw e;
        } catch (Throwable e) {
            defaultExceptionHandler(
                    new ExceptionContext("Unhandled error in exception handler", e, "context", context));
            defaultExceptionHandler(context);
        }
    }

    /** {@return whether {@code error} has ended a run: then it has been thrown to whoever called that} */
    boolean hasThrown(Throwable error) {
        return error == lastFatal;
    }

    /** Ends the run with {@code error}, at the end of the current step. */
    void fatal(Throwable error) {
        if (fatal == null) {
            fatal = error;
        } else if (fatal != error) {
            fatal.addSuppressed(error);
        }
    }

    @Override
    public void setDebug(boolean enabled) {
        checkThread();
        steps.setEnabled(enabled);
    }

    @Override
    public boolean isDebug() {
        return steps.isEnabled();
    }

    @Override
    public void setSlowCallbackDuration(Duration duration) {
        checkThread();
        steps.setSlow(duration);
    }

    @Override
    public Duration slowCallbackDuration() {
        return steps.slow();
    }

    @Override
    public Executor blockingExecutor() {
        checkOpen();
        checkThread();
        return executor.blocking();
    }

    @Override
    public <T, X extends Throwable> T openBlocking(
            Coroutine<? extends T, ? extends X> opening, Consumer<? super T> closing, boolean patient) throws X {
        return Opening.open(this, opening, closing, patient);
    }

    @Override
    public SelectorProvider selectorProvider() {
        return channels.provider();
    }

    @Override
    public Engine engine() {
        return VirtualThreads.ENGINE;
    }

    // -- closing --------------------------------------------------------------------------------------------------

    @Override
    public void close() {
        if (closing) {
            return;
        }
        if (!RUNNING.compareAndSet(this, false, true)) {
            throw new IllegalStateException("cannot close " + name + " while it is running; stop it first");
        }
        closing = true;
        signals.close();
        try {
            Unwinding.run(this);
        } finally {
            closed = true;
            running = false;
        }
        closeDoor();
        closeLocals();
        steps.close();
        executor.close();
        resolver.close();
        try {
            channels.close();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot close the selector of " + name, e);
        } finally {
            closeListeners.forEach(this::tellThatClosed);
        }
    }

    /**
     * Runs {@code listener} when this loop is closed: once, on the thread that closes it, or now if it is closed. For
     * those who wait for the loop on other threads, and would wait for ever. Any thread.
     */
    void whenClosed(Runnable listener) {
        closeListeners.add(listener);
        if (closed) { // whoever closes it may not have seen the listener; of the two, one takes it out
            tellThatClosed(listener);
        }
    }

    /** Takes {@link #whenClosed} back. Any thread. */
    void forgetWhenClosed(Runnable listener) {
        closeListeners.remove(listener);
    }

    private void tellThatClosed(Runnable listener) {
        if (closeListeners.remove(listener)) {
            try {
                listener.run();
            } catch (Throwable e) {
                callExceptionHandler(new ExceptionContext("Exception while " + name + " is closed", e, "loop", this));
            }
        }
    }

    private void closeLocals() {
        for (Object value : List.copyOf(locals.values())) {
            if (value instanceof AutoCloseable closeable) {
                try {
                    closeable.close();
                } catch (Exception e) {
                    callExceptionHandler(new ExceptionContext("Exception while " + name + " was closed", e, Map.of()));
                }
            }
        }
        locals.clear();
    }

    /** Notes that this loop will be closed, and that what is left on it is cancelled for that reason. Loop thread only. */
    void setEnding() {
        ending = true;
    }

    /** {@return whether what is cancelled now is so because this loop is closed, or will be} Loop thread only. */
    boolean isEnding() {
        return ending || closing;
    }

    /** {@return whether the loop closes or is closed, so that nothing may suspend any more} */
    boolean isClosing() {
        return closing;
    }

    @Override
    public String toString() {
        return name + "[" + (closed ? "closed" : running ? "running" : "not running") + ", " + engine().name() + "]";
    }
}
