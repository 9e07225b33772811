package dev.tulip.loop;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.FileChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Flow;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One thread, one queue of callbacks and coroutines, one selector: runs them one after another, so that they need no
 * locks among themselves. Not safe for other threads, except where a method says so.
 *
 * <p>An iteration: wait for channels and timers (not at all, if something is ready); queue the callbacks of the
 * channels, then the timers that are due; run exactly the entries that are ready now, first in first out. What they
 * queue runs in the next iteration. A plain callback must not suspend: calls marked {@link Suspends} are for tasks.
 *
 * <p>Every callback and every task runs in a copy of the {@link Context} of whoever scheduled or created it, made at that
 * moment.
 *
 * <p>Most programs never touch this class: {@code Tulip.run} makes a loop, runs the program's main coroutine on it and
 * closes it.
 *
 * <p><b>Threads.</b> While the loop runs, its methods are for its own coroutines and callbacks; on any other thread
 * they throw {@link WrongThreadException}. The doors for other threads are {@link #callSoonThreadsafe}, {@link
 * #execute}, {@link #runCoroutineThreadsafe}, {@link #publisher} and the accessors {@link #time}, {@link #isRunning},
 * {@link #isClosed}, {@link #engine}. A loop that does not run may be used by any one thread at a time.
 *
 * <p>For several loops at a time there is {@link LoopGroup}.
 *
 * <p><b>Closed loops.</b> After {@link #close} every method that would schedule something throws
 * {@link IllegalStateException}.
 *
 * @see <a href="https://docs.python.org/3.14/library/asyncio-eventloop.html">asyncio: Event loop</a>
 */
public sealed interface EventLoop extends Executor, AutoCloseable permits BaseEventLoop {

    /** {@return a new loop with default options; it holds a selector until it is closed} */
    static EventLoop create() {
        return create(LoopOptions.defaults());
    }

    /**
     * {@return a new loop; it holds a selector until it is closed}
     *
     * @param options its name, clock, network and debug mode
     * @throws java.io.UncheckedIOException if no selector can be opened: the process is out of file descriptors
     * @throws IllegalStateException if the system property {@code tulip.engine} forces an engine that does not work
     *     here
     */
    static EventLoop create(LoopOptions options) {
        return new SelectorEventLoop(options);
    }

    /**
     * {@return the loop that runs the caller}
     *
     * @throws IllegalStateException if the caller is not run by a loop
     */
    static EventLoop running() {
        BaseEventLoop loop = Fiber.currentLoop();
        if (loop == null) {
            throw new IllegalStateException("no running event loop on " + Thread.currentThread()
                    + "; start one with run, or pass the loop to this thread");
        }
        return loop;
    }

    // -- running --------------------------------------------------------------------------------------------------

    /**
     * Runs until {@link #stop}. Called on a platform thread, that thread becomes the loop's; called on a virtual
     * thread, the loop takes a platform thread of its own and the caller waits.
     *
     * <p>If {@code stop()} was called before, runs exactly one iteration, without waiting for channels or timers.
     *
     * <p>Interrupting the thread does not end the loop: the JDK drops an interrupt that arrives while a virtual
     * thread is mounted. Use {@code loop.callSoonThreadsafe(loop::stop)}.
     *
     * @throws IllegalStateException if this loop is closed or runs already, or if the caller is itself run by a loop
     * @throws KeyboardInterrupt if a task or callback threw it; the loop can be run again
     */
    void runForever();

    /**
     * Runs until {@code future} is done and returns its result.
     *
     * @throws IllegalArgumentException if the future belongs to another loop
     * @throws IllegalStateException as {@link #runForever}, or if the loop was stopped before the future was done
     * @throws CancelledError if the future was cancelled; what else it failed with is thrown as it is, checked or not
     */
    <T extends @Nullable Object> T runUntilComplete(Future<T> future);

    /**
     * Runs {@code main} as a task and this loop until that task is done.
     *
     * @param <T> what it returns
     * @param <X> what it may throw
     * @throws X as {@code main} does
     * @throws IllegalStateException as {@link #runUntilComplete(Future)}
     */
    <T extends @Nullable Object, X extends Throwable> T runUntilComplete(Coroutine<? extends T, ? extends X> main)
            throws X;

    /**
     * Runs {@code main} as a task and this loop until that task is done.
     *
     * @param <X> what it may throw
     * @throws X as {@code main} does
     * @throws IllegalStateException as {@link #runUntilComplete(Future)}
     */
    default <X extends Throwable> void runUntilComplete(Action<? extends X> main) throws X {
        runUntilComplete(main.asCoroutine());
    }

    /**
     * Makes {@link #runForever} return at the end of the current iteration: everything that is ready in it still runs,
     * what that schedules waits for the next run.
     */
    void stop();

    /** {@return whether the loop runs right now} Any thread. */
    boolean isRunning();

    /** {@return whether {@link #close} was called} Any thread. */
    boolean isClosed();

    /**
     * Closes the loop: drops what is scheduled without running it, shuts the default executor down without waiting for
     * it, gives the selector back. Closing twice is harmless.
     *
     * <p>Tasks that are not done are reported to the exception handler, then unwound: each gets a {@link
     * CancelledError} where it waits, and at every later attempt to suspend, so that its {@code finally} blocks
     * run. A task that sits in a call of the JDK is interrupted; if that does not end it, it goes on on a spare
     * thread, outside the loop. {@code Tulip.run} cancels and awaits its tasks properly before it comes to this.
     *
     * <p>A callback that another thread left at the door and that was not run is dropped; its handle says cancelled.
     *
     * @throws IllegalStateException if the loop is running
     */
    @Override
    void close();

    /** {@return the loop's clock, in nanoseconds since an arbitrary origin; it never goes back} Any thread. */
    long time();

    // -- callbacks ------------------------------------------------------------------------------------------------

    /**
     * Runs {@code callback} once, in the next iteration, after everything that was scheduled before it.
     *
     * @return a handle to cancel it
     * @throws IllegalStateException if this loop is closed
     * @throws WrongThreadException if another thread calls this while the loop runs
     */
    Handle callSoon(Runnable callback);

    /** The same as {@link #callSoon(Runnable)}, in a given context instead of a copy of the caller's. */
    Handle callSoon(Context context, Runnable callback);

    /**
     * Runs {@code callback} once, no sooner than {@code delay} from now.
     *
     * <p>Never in the current iteration. Equal deadlines run in the order scheduled. A zero or negative delay is due in
     * the next iteration, after what {@link #callSoon} put there. There is no upper limit. O(log n) in pending timers.
     *
     * @return a handle to cancel it, which frees it at once
     * @throws IllegalStateException if this loop is closed
     * @throws WrongThreadException if another thread calls this while the loop runs
     */
    TimerHandle callLater(Duration delay, Runnable callback);

    /** The same as {@link #callLater(Duration, Runnable)}, in a given context instead of a copy of the caller's. */
    TimerHandle callLater(Duration delay, Context context, Runnable callback);

    /**
     * Runs {@code callback} once, when {@link #time} has reached {@code when}.
     *
     * @param when nanoseconds of the loop's clock
     * @return a handle to cancel it, which frees it at once
     * @throws IllegalStateException if this loop is closed
     * @throws WrongThreadException if another thread calls this while the loop runs
     * @see #callLater
     */
    TimerHandle callAt(long when, Runnable callback);

    /** The same as {@link #callAt(long, Runnable)}, in a given context instead of a copy of the caller's. */
    TimerHandle callAt(long when, Context context, Runnable callback);

    /**
     * The same as {@link #callSoon} for any thread: wakes the loop if it waits.
     *
     * <p>Never blocks and never runs the callback itself. What one thread passes runs in the order passed. The
     * handle may be cancelled from any thread: once {@link Handle#cancel} has returned, the callback has either
     * finished or will never run.
     *
     * @return a handle to cancel it
     * @throws IllegalStateException if this loop is closed
     */
    Handle callSoonThreadsafe(Runnable callback);

    /** The same as {@link #callSoonThreadsafe(Runnable)}, in a given context instead of a copy of the caller's. */
    Handle callSoonThreadsafe(Context context, Runnable callback);

    /**
     * Runs {@code command} soon: {@link #callSoonThreadsafe} for libraries that want an {@link Executor}.
     *
     * @throws RejectedExecutionException if this loop is closed
     */
    @Override
    void execute(Runnable command);

    // -- futures and tasks ----------------------------------------------------------------------------------------

    /** {@return a new pending future of this loop} */
    <T extends @Nullable Object> Future<T> createFuture();

    /**
     * Starts {@code coroutine} as a task; its first step runs in the next iteration.
     *
     * <p>The loop holds the task until it is done. If it fails and nobody ever takes the exception, the exception
     * handler gets it: when the task is garbage collected, at the latest when the loop is closed.
     *
     * @param <T> what it returns
     * @throws IllegalStateException if this loop is closed
     * @throws WrongThreadException if another thread calls this while the loop runs
     */
    default <T extends @Nullable Object> Task<T> createTask(Coroutine<? extends T, ?> coroutine) {
        return createTask(coroutine, TaskOptions.defaults());
    }

    /** Starts {@code action} as a task without a result. See {@link #createTask(Coroutine)}. */
    default Task<@Nullable Void> createTask(Action<?> action) {
        return createTask(action, TaskOptions.defaults());
    }

    /**
     * Starts {@code coroutine} as a task with a name, or eagerly. See {@link #createTask(Coroutine)}.
     *
     * @param <T> what it returns
     */
    <T extends @Nullable Object> Task<T> createTask(Coroutine<? extends T, ?> coroutine, TaskOptions options);

    /**
     * Starts {@code action} as a task without a result, with a name, or eagerly. See {@link
     * #createTask(Coroutine)}.
     */
    Task<@Nullable Void> createTask(Action<?> action, TaskOptions options);

    /** {@return the tasks of this loop that are not done, in the order of their creation} A copy. */
    Set<Task<?>> allTasks();

    /** Sets what makes this loop's tasks; null for the standard one. */
    void setTaskFactory(@Nullable TaskFactory factory);

    /** {@return what makes this loop's tasks, or null for the standard one} */
    @Nullable
    TaskFactory taskFactory();

    /**
     * {@return a future of this loop that ends as {@code stage} does} Any thread may complete the stage. Cancelling the
     * future cancels the stage. If the loop is closed first, the stage's outcome is dropped.
     */
    <T extends @Nullable Object> Future<T> wrapFuture(CompletionStage<T> stage);

    /**
     * Closes the generators of this loop that stand in the middle of their bodies, each in a task, and waits for that.
     * What they throw goes to the exception handler. {@code Tulip.run} does this at its end.
     *
     * <p>Cancelling this leaves the closing to those tasks.
     */
    @Suspends
    void shutdownGenerators();

    // -- threads --------------------------------------------------------------------------------------------------

    /**
     * Runs {@code job} on {@code executor}, or on the loop's default executor if that is null: a pool of
     * {@code min(32, processors + 4)} daemon threads, unless {@link #setDefaultExecutor} was called.
     *
     * <p>Cancelling the future drops the job if it has not begun, and interrupts its thread if it has, except with
     * {@code cancel(false)}; what it still returns or throws is dropped. A task that is cancelled while it awaits the
     * future cancels it.
     *
     * <p>Know two things of the JDK. An interrupt closes the channel that the job uses, if it uses one. And an executor
     * that starts a virtual thread for each job starts guests of this loop, on the mounted engine: they may wait, but
     * not compute.
     *
     * <p>An {@link ExecutorService} gets a job that is {@link java.io.Serializable} as it is, through {@code submit},
     * so that it may send it to another process. Every other job needs an executor of this process.
     *
     * @param <T> what it returns
     * @return a future of this loop
     * @throws RejectedExecutionException if the executor does not take it
     * @throws IllegalStateException if this loop is closed, or its default executor was shut down
     */
    <T extends @Nullable Object> Future<T> runInExecutor(@Nullable Executor executor, Callable<T> job);

    /**
     * Sets the executor for {@link #runInExecutor} with null: any, also one whose threads are in other processes. The
     * loop shuts it down when it is closed; one that refuses that, as those of application servers do, goes on.
     */
    void setDefaultExecutor(ExecutorService executor);

    /**
     * Ends the default executor: takes no more jobs, waits until those it has are done.
     *
     * <p>If the time is over, or this is cancelled, the jobs that run go on and nobody waits for them.
     *
     * @return whether all jobs were done in time
     */
    @Suspends
    boolean shutdownDefaultExecutor(Duration timeout);

    /**
     * Starts {@code coroutine} as a task of this loop, and returns a future of its result for threads that are not the
     * loop's. Any thread.
     *
     * <p>Cancelling the returned future cancels the task; if the loop has not seen the coroutine yet, it never starts.
     * Completing it by hand, or by its time limits, leaves the task alone. A task that ends cancelled cancels it; what
     * a task fails with, it fails with. What depends on it runs on the loop, as a callback does. If the loop is closed
     * before, it fails with an {@link IllegalStateException}.
     *
     * <p>Do not wait for it where the loop itself would have to go on: its {@code get} and {@code join} refuse that in
     * a callback of this loop. In a task of this loop they await, as does {@code Tulip.await}.
     *
     * @param <T> what it returns
     * @throws IllegalStateException if this loop is closed
     */
    <T extends @Nullable Object> CompletableFuture<T> runCoroutineThreadsafe(Coroutine<? extends T, ?> coroutine);

    /** Starts {@code action} as a task, from any thread. See {@link #runCoroutineThreadsafe(Coroutine)}. */
    default CompletableFuture<@Nullable Void> runCoroutineThreadsafe(Action<?> action) {
        return this.<@Nullable Void>runCoroutineThreadsafe(action.asCoroutine());
    }

    // -- names ----------------------------------------------------------------------------------------------------

    /**
     * Looks up the addresses of a host. See {@link #getaddrinfo(String, int, ProtocolFamily)}.
     *
     * @return its addresses with {@code port}, at least one, in the order in which the system's resolver gives them
     * @throws UnknownHostException if the name has no address
     */
    @Suspends
    default List<InetSocketAddress> getaddrinfo(@Nullable String host, int port) throws UnknownHostException {
        return getaddrinfo(host, port, null);
    }

    /**
     * Looks up the addresses of a host that are of one family.
     *
     * <p>The system's resolver is asked on one of a few threads that do nothing else, so that no job of
     * {@link #runInExecutor} can hold it up. An address that is spelt out is not looked up, and does not suspend.
     *
     * <p>Cancelling this takes effect at once; the thread goes on until the system answers, which nobody hears.
     *
     * @param host a name, in any script, or an address; null for this host itself
     * @param port goes into the addresses
     * @param family {@link java.net.StandardProtocolFamily#INET} or {@code INET6}; null for both
     * @return its addresses with {@code port}, at least one, in the order in which the system's resolver gives them
     * @throws UnknownHostException if the name has no address of that family
     * @throws IllegalArgumentException if {@code port} is none
     */
    @Suspends
    List<InetSocketAddress> getaddrinfo(@Nullable String host, int port, @Nullable ProtocolFamily family)
            throws UnknownHostException;

    /**
     * Looks up the name of an address: as {@link #getaddrinfo}, on a thread that does nothing else.
     *
     * <p>As the JDK does, believes a name only if a look-up of that name leads back to the address.
     *
     * @return the name, or the address spelt out if it has none
     */
    @Suspends
    String getnameinfo(InetSocketAddress address);

    // -- reactive streams -----------------------------------------------------------------------------------------

    /**
     * {@return a publisher of what {@code elements} iterates over} Any thread. Each subscriber gets an iteration of its
     * own, in a task of this loop, so that {@code next()} may suspend; the task has a copy of the context in which this
     * is called. {@code () -> iterator} makes a source of an iterator; a generator is one itself.
     *
     * <p>All signals come on the loop's thread, one after another, inside that task. There is never an element that was
     * not requested; but the iterator is asked ahead whether there is one, so that the end is signalled when it is
     * known. What the iteration throws is signalled as the error, and so is a null. Cancelling the subscription cancels
     * the task, unless it is inside the subscriber, which is left to finish. A subscriber that throws is reported to
     * the exception handler and hears nothing more. If the loop ends first, the error is a {@link CancelledError}, or
     * an {@link IllegalStateException} for those who come when it is closed.
     *
     * <p>An iterator that is {@link AutoCloseable} is closed at the end of its iteration, however that comes. Elements
     * that are {@link AutoCloseable} themselves, as a whole, are for one subscriber: the next gets an
     * {@link IllegalStateException}, and they are closed when the first has had them.
     *
     * @param <T> what is published
     * @see FlowIterable the other way: from a publisher to a {@code for} loop
     */
    <T> Flow.Publisher<T> publisher(Iterable<? extends T> elements);

    // -- channels -------------------------------------------------------------------------------------------------

    /**
     * Calls {@code callback} in every iteration in which {@code channel} can be read from, or accept, or has failed.
     * Replaces the reader that was there.
     *
     * @throws java.nio.channels.ClosedChannelException if the channel is closed
     * @throws java.nio.channels.IllegalBlockingModeException if it is in blocking mode
     * @throws IllegalArgumentException if it can be neither read nor accept
     * @throws IllegalStateException if this loop is closed, or a task waits to read from the channel
     */
    void addReader(SelectableChannel channel, Runnable callback) throws ClosedChannelException;

    /**
     * Ends {@link #addReader}. Returns whether there was a reader; on a closed loop false. Called for a channel that
     * was closed, frees at once what the loop keeps for it, which the next select would have to find.
     */
    boolean removeReader(SelectableChannel channel);

    /**
     * Calls {@code callback} in every iteration in which {@code channel} can be written to, or has connected, or
     * failed. Replaces the writer that was there.
     *
     * @throws java.nio.channels.ClosedChannelException if the channel is closed
     * @throws java.nio.channels.IllegalBlockingModeException if it is in blocking mode
     * @throws IllegalArgumentException if it cannot be written to
     * @throws IllegalStateException if this loop is closed, or a task waits to write to the channel
     */
    void addWriter(SelectableChannel channel, Runnable callback) throws ClosedChannelException;

    /** Ends {@link #addWriter}. Returns whether there was a writer; on a closed loop false. */
    boolean removeWriter(SelectableChannel channel);

    /**
     * Waits until {@code channel} can be read from, or has a connection to accept, has failed, or is closed: whoever reads
     * then finds out. Goes by what the system says when the loop asks it next, so the calling task suspends in any case;
     * it is resumed without a callback in between.
     *
     * <p>Cancelling this takes nothing from the channel.
     *
     * @throws java.nio.channels.ClosedChannelException if the channel was closed before
     * @throws IllegalArgumentException if it cannot be read from, or is in blocking mode
     * @throws IllegalStateException if called outside a task, or somebody else waits to read from the channel
     */
    @Suspends
    void awaitReadable(SelectableChannel channel) throws ClosedChannelException;

    /**
     * Waits until {@code channel} can be written to, or has connected, has failed, or is closed. See
     * {@link #awaitReadable}.
     *
     * @throws java.nio.channels.ClosedChannelException if the channel was closed before
     * @throws IllegalArgumentException if it cannot be written to, or is in blocking mode
     * @throws IllegalStateException if called outside a task, or somebody else waits to write to the channel
     */
    @Suspends
    void awaitWritable(SelectableChannel channel) throws ClosedChannelException;

    /**
     * Waits for a connection to {@code listener} and accepts it.
     *
     * <p>Cancelling this takes no connection. All {@code sock} methods try first and suspend only if they must; they
     * want channels in non-blocking mode, and refuse a second task that waits for the same thing on the same channel.
     *
     * @return the connection, in non-blocking mode; it belongs to the caller
     * @throws IOException if accepting fails, or the channel is or gets closed
     */
    @Suspends
    SocketChannel sockAccept(ServerSocketChannel listener) throws IOException;

    /**
     * Connects {@code channel}. A host name that is not resolved yet is looked up: see {@link #getaddrinfo}.
     *
     * <p>Cancelling this leaves the channel open, neither connected nor failed: close it.
     *
     * @throws java.net.ConnectException if the peer refuses; the message names it, and the JDK has closed the channel
     * @throws java.net.UnknownHostException if the name has no address
     * @throws IOException for everything else that can go wrong
     */
    @Suspends
    void sockConnect(SocketChannel channel, SocketAddress address) throws IOException;

    /**
     * Waits for data and returns at most {@code limit} bytes of it; none at all means the end of the stream.
     *
     * <p>Cancelling this takes nothing from the stream.
     *
     * @throws IllegalArgumentException if {@code limit} is not positive
     * @throws IOException if reading fails: a reset connection, a closed channel
     */
    @Suspends
    byte[] sockRecv(SocketChannel channel, int limit) throws IOException;

    /**
     * Waits for data and reads it into {@code buffer}.
     *
     * <p>Cancelling this takes nothing from the stream.
     *
     * @return how many bytes were read; -1 at the end of the stream; 0 if the buffer has no room
     * @throws IOException if reading fails: a reset connection, a closed channel
     */
    @Suspends
    int sockRecvInto(SocketChannel channel, ByteBuffer buffer) throws IOException;

    /**
     * Sends all that remains in {@code data}.
     *
     * <p>If this fails or is cancelled, some, all or none of the data was sent; the buffer's position says how much.
     *
     * @throws IOException if writing fails: a broken connection, a closed channel
     */
    @Suspends
    void sockSendall(SocketChannel channel, ByteBuffer data) throws IOException;

    /** Sends all of {@code data}. See {@link #sockSendall(SocketChannel, ByteBuffer)}. */
    @Suspends
    default void sockSendall(SocketChannel channel, byte[] data) throws IOException {
        sockSendall(channel, ByteBuffer.wrap(data));
    }

    /**
     * Sends a part of a file, without a copy in this process where the system can do that. The file is read on the default
     * executor, because files block; the loop waits for the peer.
     *
     * <p>If this fails or is cancelled, some, all or none of it was sent. A cancelled call returns when the thread that
     * sends has come back, which does not wait for the peer.
     *
     * @param channel is not used by anybody else meanwhile
     * @param file where from; its position is neither used nor changed
     * @param offset the first byte
     * @param count how many bytes at most; the file may end before
     * @return how many bytes were sent
     * @throws IllegalArgumentException if {@code offset} or {@code count} is negative
     * @throws IOException if the file cannot be read, or writing fails: a broken connection, a closed channel
     */
    @Suspends
    long sockSendfile(SocketChannel channel, FileChannel file, long offset, long count) throws IOException;

    /**
     * Waits for a datagram and returns it, cut off after {@code limit} bytes.
     *
     * <p>Cancelling this takes no datagram.
     *
     * @throws IllegalArgumentException if {@code limit} is not positive
     * @throws IOException if receiving fails: a closed channel, or an error that an earlier datagram met
     */
    @Suspends
    Datagram sockRecvfrom(DatagramChannel channel, int limit) throws IOException;

    /**
     * Waits for a datagram and puts it into {@code buffer}, cut off where the buffer ends.
     *
     * @return who sent it
     * @throws IOException if receiving fails: a closed channel, or an error that an earlier datagram met
     */
    @Suspends
    SocketAddress sockRecvfromInto(DatagramChannel channel, ByteBuffer buffer) throws IOException;

    /**
     * Sends one datagram with all that remains in {@code data}.
     *
     * <p>Cancelling this sends nothing.
     *
     * @throws IOException if sending fails
     */
    @Suspends
    void sockSendto(DatagramChannel channel, ByteBuffer data, SocketAddress target) throws IOException;

    // -- signals --------------------------------------------------------------------------------------------------

    /**
     * Runs {@code callback} on this loop whenever the process gets {@code signal}: {@code kill -HUP}, Ctrl-C, a terminal
     * that is resized. A loop that waits is woken. Signals that come faster than the system or this loop can take them
     * may be one.
     *
     * <p>It replaces the callback that this loop has for the signal, and takes the signal from whoever had it in this
     * process: the JVM, which for SIGINT, SIGTERM and SIGHUP would exit; {@code run}, which for the first two ends the
     * program in order; another loop. They have it again when {@link #removeSignalHandler} was called or this loop is
     * closed. If several loops want one signal, the one that has added its handler last gets it.
     *
     * <p>The callback runs as any other, in a copy of the caller's context, so it must not suspend; to do more than a
     * line, create a task. What it throws goes to the exception handler.
     *
     * <p>SIGHUP, SIGINT and SIGTERM never come if they were ignored when the JVM started, as {@code nohup} has it; the
     * log says so. The JVM suspends threads with SIGUSR2 when somebody profiles it; prefer SIGUSR1.
     *
     * @param signal a name such as {@code "SIGHUP"} or {@code "HUP"}
     * @throws IllegalArgumentException if no signal is called that here
     * @throws IllegalStateException if it is one that cannot be handled: SIGKILL and SIGSTOP, those that the JVM needs
     *     for itself, such as SIGSEGV and SIGQUIT, and all that end a JVM if it was started with {@code -Xrs}; or if
     *     this loop is closed
     * @throws UnsupportedOperationException if this Java runtime was made without the module {@code jdk.unsupported}
     * @throws WrongThreadException if another thread calls this while the loop runs
     */
    void addSignalHandler(String signal, Runnable callback);

    /**
     * Takes {@link #addSignalHandler} back: the signal means again what it meant before. The callback does not run any
     * more, not even for a signal that has come already.
     *
     * @param signal a name such as {@code "SIGHUP"} or {@code "HUP"}
     * @return whether this loop had a callback for it
     * @throws WrongThreadException if another thread calls this while the loop runs
     */
    boolean removeSignalHandler(String signal);

    // -- errors and debugging -------------------------------------------------------------------------------------

    /**
     * Sets who gets the errors that nobody is waiting for; null for {@link #defaultExceptionHandler}. If the handler
     * itself throws, the default handler gets both errors.
     */
    void setExceptionHandler(@Nullable ExceptionHandler handler);

    /** {@return the handler set with {@link #setExceptionHandler}, or null} */
    @Nullable
    ExceptionHandler exceptionHandler();

    /** Logs {@code context} as an error, with its stack trace, to the system logger {@code dev.tulip}. */
    void defaultExceptionHandler(ExceptionContext context);

    /**
     * Hands {@code context} to the exception handler, in the {@link Context} of the task or callback that it concerns.
     * Never throws, except {@link KeyboardInterrupt}.
     */
    void callExceptionHandler(ExceptionContext context);

    /**
     * Switches debug mode, which finds mistakes at some cost: callbacks, tasks and futures remember where they were
     * created, and whatever holds the loop for {@link #slowCallbackDuration} is named in the log, with its stack,
     * while it does so. The system property {@code tulip.debug} sets the default.
     */
    void setDebug(boolean enabled);

    /** {@return whether debug mode is on} */
    boolean isDebug();

    /** Sets from when on debug mode reports what holds the loop. The default is 100 ms. */
    void setSlowCallbackDuration(Duration duration);

    /** {@return from when on debug mode reports what holds the loop} */
    Duration slowCallbackDuration();

    // -- for those who build on this loop -------------------------------------------------------------------------

    /**
     * {@return where this loop takes its network from: whoever opens a channel for it, opens it there} See {@link
     * LoopOptions#selectorProvider}. Any thread.
     */
    SelectorProvider selectorProvider();

    /**
     * {@return an executor that has a thread for every job, at once} For calls that block for as long as they like, such
     * as reading from a child process: on the default executor they would keep others waiting. Daemon threads, kept some
     * seconds for the next job. When this loop is closed, it takes no more jobs; those that run are left to their ends.
     * Any thread may use it.
     *
     * @throws IllegalStateException if this loop is closed
     */
    Executor blockingExecutor();

    /**
     * Runs {@code opening} on a thread of {@link #blockingExecutor} and waits for what it returns: for what may wait
     * long, such as opening a FIFO, and must be closed by whoever gets it.
     *
     * <p>Cancelling this leaves nothing open: what {@code opening} returns nevertheless, {@code closing} gets. If this is
     * {@code patient}, it waits for that before it throws, unless it is cancelled once more; otherwise that happens later,
     * on such a thread, or not at all if the process ends before.
     *
     * @param opening what waits
     * @param closing must not wait if this is patient
     * @param patient whether a cancel takes effect only when {@code opening} has returned
     * @param <T> what is opened
     * @param <X> what that may throw
     * @throws X as {@code opening} does
     * @throws IllegalStateException if called outside a task, or this loop is closed
     */
    @Suspends
    <T, X extends Throwable> T openBlocking(
            Coroutine<? extends T, ? extends X> opening, Consumer<? super T> closing, boolean patient) throws X;

    /**
     * Checks that the caller may touch what belongs to this loop.
     *
     * @throws WrongThreadException if this loop runs, and not the caller
     */
    void checkThread();

    /** {@return how this process runs coroutines, and why so} Any thread. */
    Engine engine();
}
