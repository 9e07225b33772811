package dev.tulip;

import dev.tulip.loop.Action;
import dev.tulip.loop.Combinators;
import dev.tulip.loop.Context;
import dev.tulip.loop.Coroutine;
import dev.tulip.loop.CoroutineConsumer;
import dev.tulip.loop.CoroutineFunction;
import dev.tulip.loop.EventLoop;
import dev.tulip.loop.EventLoopPolicy;
import dev.tulip.loop.FlowIterable;
import dev.tulip.loop.Future;
import dev.tulip.loop.Generator;
import dev.tulip.loop.LoopGroup;
import dev.tulip.loop.ReturnWhen;
import dev.tulip.loop.Runner;
import dev.tulip.loop.RunnerOptions;
import dev.tulip.loop.Suspends;
import dev.tulip.loop.Task;
import dev.tulip.loop.TaskGroup;
import dev.tulip.loop.TaskOptions;
import dev.tulip.loop.Timeout;
import dev.tulip.loop.WaitResult;
import dev.tulip.net.ConnectOptions;
import dev.tulip.net.DatagramEndpoint;
import dev.tulip.net.DatagramOptions;
import dev.tulip.net.DatagramProtocol;
import dev.tulip.net.DatagramTransportAndProtocol;
import dev.tulip.net.ListenOptions;
import dev.tulip.net.Network;
import dev.tulip.net.Pipes;
import dev.tulip.net.Protocol;
import dev.tulip.net.Server;
import dev.tulip.net.TlsOptions;
import dev.tulip.net.Transport;
import dev.tulip.net.TransportAndProtocol;
import dev.tulip.net.UnixListenOptions;
import dev.tulip.process.ChildProcess;
import dev.tulip.process.ProcessOptions;
import dev.tulip.process.Subprocesses;
import dev.tulip.streams.Connection;
import dev.tulip.streams.ConnectionHandler;
import dev.tulip.streams.StreamOptions;
import dev.tulip.streams.Streams;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Pipe;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Everything a program needs, as static methods: {@code import static dev.tulip.Tulip.*;}.
 *
 * <p>{@link #run} starts a loop. All the rest is for code that runs on one, and finds that loop by itself.
 */
public final class Tulip {
    private Tulip() {}

    // -- running a program ----------------------------------------------------------------------------------------

    /**
     * Runs {@code main} on a new loop and returns its result: the way into Tulip.
     *
     * <p>When {@code main} has ended, the tasks that it left behind are cancelled and awaited, and the loop is
     * closed. On the process's main thread Ctrl-C cancels {@code main}, and SIGTERM drains servers first: see {@link
     * Runner}.
     *
     * @param <T> what it returns
     * @param <X> what it may throw
     * @throws X as {@code main} does
     * @throws dev.tulip.loop.KeyboardInterrupt if Ctrl-C ended {@code main}
     * @throws dev.tulip.loop.Terminated if SIGTERM ended {@code main}
     * @throws dev.tulip.loop.CancelledError if {@code main} was cancelled otherwise
     * @throws IllegalStateException if called by code that a loop runs: await there instead
     */
    public static <T extends @Nullable Object, X extends Throwable> T run(Coroutine<? extends T, ? extends X> main)
            throws X {
        return run(main, RunnerOptions.defaults());
    }

    /**
     * Runs {@code main} on a new loop. See {@link #run(Coroutine)}.
     *
     * @param <X> what it may throw
     * @throws X as {@code main} does
     */
    public static <X extends Throwable> void run(Action<? extends X> main) throws X {
        run(main, RunnerOptions.defaults());
    }

    /**
     * Runs {@code main} on a new loop made as {@code options} say. See {@link #run(Coroutine)}.
     *
     * @param <T> what it returns
     * @param <X> what it may throw
     * @throws X as {@code main} does
     */
    public static <T extends @Nullable Object, X extends Throwable> T run(
            Coroutine<? extends T, ? extends X> main, RunnerOptions options) throws X {
        try (Runner runner = new Runner(options)) {
            return runner.run(main);
        }
    }

    /**
     * Runs {@code main} on a new loop made as {@code options} say. See {@link #run(Coroutine)}.
     *
     * @param <X> what it may throw
     * @throws X as {@code main} does
     */
    public static <X extends Throwable> void run(Action<? extends X> main, RunnerOptions options) throws X {
        try (Runner runner = new Runner(options)) {
            runner.run(main);
        }
    }

    // -- tasks ----------------------------------------------------------------------------------------------------

    /**
     * Starts {@code coroutine} as a task of the running loop. See {@link EventLoop#createTask(Coroutine)}.
     *
     * @param <T> what it returns
     * @throws IllegalStateException if no loop runs here
     */
    public static <T extends @Nullable Object> Task<T> createTask(Coroutine<? extends T, ?> coroutine) {
        return runningLoop().createTask(coroutine);
    }

    /**
     * Starts {@code action} as a task of the running loop. See {@link EventLoop#createTask(Coroutine)}.
     *
     * @throws IllegalStateException if no loop runs here
     */
    public static Task<@Nullable Void> createTask(Action<?> action) {
        return runningLoop().createTask(action);
    }

    /**
     * Starts {@code coroutine} as a task with a name, or eagerly. See {@link EventLoop#createTask(Coroutine)}.
     *
     * @param <T> what it returns
     * @throws IllegalStateException if no loop runs here
     */
    public static <T extends @Nullable Object> Task<T> createTask(
            Coroutine<? extends T, ?> coroutine, TaskOptions options) {
        return runningLoop().createTask(coroutine, options);
    }

    /**
     * Starts {@code action} as a task with a name, or eagerly. See {@link EventLoop#createTask(Coroutine)}.
     *
     * @throws IllegalStateException if no loop runs here
     */
    public static Task<@Nullable Void> createTask(Action<?> action, TaskOptions options) {
        return runningLoop().createTask(action, options);
    }

    /**
     * {@return the task that is calling, or null in a plain callback}
     *
     * @throws IllegalStateException if no loop runs here
     */
    public static @Nullable Task<?> currentTask() {
        return Task.current();
    }

    /**
     * {@return the tasks of the running loop that are not done, in the order of their creation}
     *
     * @throws IllegalStateException if no loop runs here
     */
    public static Set<Task<?>> allTasks() {
        return runningLoop().allTasks();
    }

    // -- waiting --------------------------------------------------------------------------------------------------

    /**
     * Suspends the calling task for {@code delay}. Zero or less lets everything that is ready now run once.
     *
     * <p>Cancelling this leaves nothing behind.
     *
     * @throws IllegalStateException if called outside a task
     */
    @Suspends
    public static void sleep(Duration delay) {
        Task.sleep(delay);
    }

    /**
     * Waits until {@code future} is done and returns the result. Does not suspend if it is done already.
     *
     * <p>Cancelling the waiting task cancels the future; if it is a task, that task.
     *
     * @throws dev.tulip.loop.CancelledError if the future or the waiting task was cancelled
     * @throws IllegalStateException if called outside a task, by the awaited task itself, or on another loop than the
     *     future's; what the future failed with is thrown as it is, checked or not
     */
    @Suspends
    public static <T extends @Nullable Object> T await(Future<T> future) {
        return future.await();
    }

    /**
     * The same as {@link #await(Future)}, for a future that may fail with a checked exception.
     *
     * @param mayThrow says which, so that the caller can catch it
     * @param <X> the checked exception
     * @throws X if the future failed with it
     */
    @Suspends
    @SuppressWarnings("unused") // mayThrow is there for its type
    public static <T extends @Nullable Object, X extends Throwable> T await(Future<T> future, Class<X> mayThrow)
            throws X {
        return future.await();
    }

    /**
     * Waits until {@code stage}, a {@link java.util.concurrent.CompletableFuture} for instance, is done and returns the
     * result. Any thread may complete it.
     *
     * <p>Cancelling the waiting task cancels the stage.
     *
     * @throws dev.tulip.loop.CancelledError if the stage or the waiting task was cancelled
     * @throws IllegalStateException if called outside a task; what the stage failed with is thrown as it is
     */
    @Suspends
    public static <T extends @Nullable Object> T await(CompletionStage<T> stage) {
        return runningLoop().wrapFuture(stage).await();
    }

    /**
     * Runs {@code body} on a thread of the loop's default executor and returns its result. For what would block the loop.
     * See {@link Task#toThread}.
     *
     * @param <T> what it returns
     * @param <X> what it may throw
     * @throws X as {@code body} does
     */
    @Suspends
    public static <T extends @Nullable Object, X extends Throwable> T toThread(Coroutine<? extends T, ? extends X> body)
            throws X {
        return Task.toThread(body);
    }

    /**
     * Runs {@code body} on a thread of the loop's default executor. See {@link Task#toThread}.
     *
     * @param <X> what it may throw
     * @throws X as {@code body} does
     */
    @Suspends
    public static <X extends Throwable> void toThread(Action<? extends X> body) throws X {
        Task.toThread(body.asCoroutine());
    }

    // -- generators -----------------------------------------------------------------------------------------------

    /**
     * {@return a generator that computes its values with {@code steps}} Any thread. See {@link Generator#of}.
     *
     * @param <Y> what it yields
     * @param <S> what can be sent to it
     */
    public static <Y extends @Nullable Object, S extends @Nullable Object> Generator<Y, S, @Nullable Void> generator(
            Generator.Steps<Y, S> steps) {
        return Generator.of(steps);
    }

    // -- context --------------------------------------------------------------------------------------------------

    /** {@return a copy of the caller's context} In O(1). Any thread. See {@link dev.tulip.loop.ContextVar}. */
    public static Context copyContext() {
        return Context.copyContext();
    }

    // -- waiting for several --------------------------------------------------------------------------------------

    /**
     * Waits for all of {@code futures} and returns their results, in the order given. The first failure is thrown at
     * once, and the others go on. Cancelling the calling task cancels them all. See {@link
     * Combinators#gather(Iterable)}.
     *
     * @param <T> what they have in common
     * @throws dev.tulip.loop.CancelledError if one of the futures or the calling task was cancelled; what else a future
     *     failed with is thrown as it is, checked or not
     */
    @Suspends
    public static <T extends @Nullable Object> List<T> gather(Iterable<? extends Future<? extends T>> futures) {
        return Combinators.gather(futures);
    }

    /**
     * Waits for all of {@code futures} and returns their results, in the order given. See {@link #gather(Iterable)}.
     *
     * @param <T> what they have in common
     */
    @Suspends
    @SafeVarargs
    @SuppressWarnings("varargs") // nothing is written to the array
    public static <T extends @Nullable Object> List<T> gather(Future<? extends T>... futures) {
        return Combinators.gather(Arrays.asList(futures));
    }

    /**
     * Waits for all of {@code futures}. See {@link Combinators#gather(boolean, Iterable)}.
     *
     * @param returnExceptions whether the list has, in the place of a future that failed or was cancelled, what it
     *     failed with
     */
    @Suspends
    public static List<@Nullable Object> gather(
            boolean returnExceptions, Iterable<? extends Future<? extends @Nullable Object>> futures) {
        return Combinators.gather(returnExceptions, futures);
    }

    /**
     * Waits for {@code futures}, as long as {@code when} says; throws nothing that they fail with, and never cancels
     * them. See {@link Combinators#wait(Iterable, ReturnWhen)}. Call it qualified, {@code Tulip.wait(...)}: every class
     * has another {@code wait} of its own.
     *
     * @param <F> the futures' type
     * @return which are done and which are not
     */
    @Suspends
    public static <F extends Future<?>> WaitResult<F> wait(Iterable<? extends F> futures, ReturnWhen when) {
        return Combinators.wait(futures, when);
    }

    /**
     * Waits for {@code futures}, as long as {@code when} says, but for {@code timeout} at most. See {@link
     * #wait(Iterable, ReturnWhen)}.
     *
     * @param timeout how long; that it is over is no error
     * @param <F> the futures' type
     * @return which are done and which are not
     */
    @Suspends
    public static <F extends Future<?>> WaitResult<F> wait(
            Iterable<? extends F> futures, ReturnWhen when, Duration timeout) {
        return Combinators.wait(futures, when, timeout);
    }

    /**
     * {@return the futures as they are done} The iterator's {@code next()} suspends until there is one that is done.
     * See {@link Combinators#asCompleted(Iterable)}.
     *
     * @param <F> the futures' type
     */
    public static <F extends Future<?>> Iterable<F> asCompleted(Iterable<? extends F> futures) {
        return Combinators.asCompleted(futures);
    }

    /**
     * {@return the futures as they are done, within {@code timeout} from now} See {@link
     * Combinators#asCompleted(Iterable, Duration)}.
     *
     * @param timeout how long, for all of them
     * @param <F> the futures' type
     * @throws TimeoutException by the iterator's {@code next()}, if the time is over
     */
    public static <F extends Future<?>> Iterable<F> asCompleted(Iterable<? extends F> futures, Duration timeout)
            throws TimeoutException {
        return Combinators.asCompleted(futures, timeout);
    }

    // -- not waiting for ever, and not passing a cancel on --------------------------------------------------------

    /**
     * Waits for {@code future}, but for {@code timeout} at most; then cancels it, waits until it has ended, and throws
     * {@link TimeoutException}. A result that is there wins. See {@link Combinators#waitFor(Future, Duration)}.
     *
     * <p>Cancelling the calling task cancels the future.
     *
     * @param <T> the result
     * @throws TimeoutException if the time was over
     */
    @Suspends
    public static <T extends @Nullable Object> T waitFor(Future<? extends T> future, Duration timeout)
            throws TimeoutException {
        return Combinators.waitFor(future, timeout);
    }

    /**
     * Runs {@code coroutine}, in the calling task, for {@code timeout} at most. See {@link #timeout(Duration,
     * Coroutine)}; if {@code timeout} is zero or less, it does not even start.
     *
     * @param <T> what it returns
     * @param <X> what it may throw
     * @throws X as {@code coroutine} does
     * @throws TimeoutException if the time was over
     */
    @Suspends
    public static <T extends @Nullable Object, X extends Throwable> T waitFor(
            Coroutine<? extends T, ? extends X> coroutine, Duration timeout) throws X, TimeoutException {
        return Combinators.waitFor(coroutine, timeout);
    }

    /**
     * Runs {@code action}, in the calling task, for {@code timeout} at most. See {@link #waitFor(Coroutine, Duration)}.
     *
     * @param <X> what it may throw
     * @throws X as {@code action} does
     * @throws TimeoutException if the time was over
     */
    @Suspends
    public static <X extends Throwable> void waitFor(Action<? extends X> action, Duration timeout)
            throws X, TimeoutException {
        Combinators.waitFor(action.asCoroutine(), timeout);
    }

    /**
     * {@return a future that ends as {@code future} does, but does not pass a cancel on to it} What is behind it goes
     * on if whoever awaits the shield is cancelled. See {@link Combinators#shield}.
     *
     * @param <T> the result
     */
    public static <T extends @Nullable Object> Future<T> shield(Future<T> future) {
        return Combinators.shield(future);
    }

    /**
     * Runs {@code body}, in the calling task, for {@code delay} at most; then cancels the task, lets the body clean up,
     * and throws {@link TimeoutException}. See {@link Timeout#after}.
     *
     * @param <T> what it returns
     * @param <X> what it may throw
     * @throws X as {@code body} does
     * @throws TimeoutException if the time was over
     * @throws dev.tulip.loop.CancelledError if others have cancelled the task
     */
    @Suspends
    public static <T extends @Nullable Object, X extends Throwable> T timeout(
            Duration delay, Coroutine<? extends T, ? extends X> body) throws X, TimeoutException {
        return Timeout.after(delay, timeout -> body.run());
    }

    /**
     * Runs {@code body} for {@code delay} at most. See {@link #timeout(Duration, Coroutine)}.
     *
     * @param <X> what it may throw
     * @throws X as {@code body} does
     * @throws TimeoutException if the time was over
     */
    @Suspends
    public static <X extends Throwable> void timeout(Duration delay, Action<? extends X> body)
            throws X, TimeoutException {
        timeout(delay, (CoroutineConsumer<Timeout, X>) timeout -> body.run());
    }

    /**
     * Runs {@code body} for {@code delay} at most. See {@link #timeout(Duration, Coroutine)}.
     *
     * @param body gets the timeout, with which it can move its deadline
     * @param <T> what it returns
     * @param <X> what it may throw
     * @throws X as {@code body} does
     * @throws TimeoutException if the time was over
     */
    @Suspends
    public static <T extends @Nullable Object, X extends Throwable> T timeout(
            Duration delay, CoroutineFunction<Timeout, ? extends T, ? extends X> body) throws X, TimeoutException {
        return Timeout.after(delay, body);
    }

    /**
     * Runs {@code body} for {@code delay} at most. See {@link #timeout(Duration, Coroutine)}.
     *
     * @param body gets the timeout, with which it can move its deadline
     * @param <X> what it may throw
     * @throws X as {@code body} does
     * @throws TimeoutException if the time was over
     */
    @Suspends
    @SuppressWarnings("overloads") // CoroutineFunction says which is chosen
    public static <X extends Throwable> void timeout(Duration delay, CoroutineConsumer<Timeout, ? extends X> body)
            throws X, TimeoutException {
        Timeout.after(delay, body.asFunction());
    }

    /**
     * Runs {@code body} until the loop's clock has reached {@code when} at most. See {@link #timeout(Duration,
     * Coroutine)}.
     *
     * @param when nanoseconds of {@link EventLoop#time}, or {@link Timeout#NEVER}
     * @param <T> what it returns
     * @param <X> what it may throw
     * @throws X as {@code body} does
     * @throws TimeoutException if the time was over
     */
    @Suspends
    public static <T extends @Nullable Object, X extends Throwable> T timeoutAt(
            long when, Coroutine<? extends T, ? extends X> body) throws X, TimeoutException {
        return Timeout.at(when, timeout -> body.run());
    }

    /**
     * Runs {@code body} until the loop's clock has reached {@code when} at most. See {@link #timeoutAt(long,
     * Coroutine)}.
     *
     * @param when nanoseconds of {@link EventLoop#time}, or {@link Timeout#NEVER}
     * @param <X> what it may throw
     * @throws X as {@code body} does
     * @throws TimeoutException if the time was over
     */
    @Suspends
    public static <X extends Throwable> void timeoutAt(long when, Action<? extends X> body) throws X, TimeoutException {
        timeoutAt(when, (CoroutineConsumer<Timeout, X>) timeout -> body.run());
    }

    /**
     * Runs {@code body} until the loop's clock has reached {@code when} at most. See {@link #timeoutAt(long,
     * Coroutine)}.
     *
     * @param when nanoseconds of {@link EventLoop#time}, or {@link Timeout#NEVER}
     * @param body gets the timeout, with which it can move its deadline
     * @param <T> what it returns
     * @param <X> what it may throw
     * @throws X as {@code body} does
     * @throws TimeoutException if the time was over
     */
    @Suspends
    public static <T extends @Nullable Object, X extends Throwable> T timeoutAt(
            long when, CoroutineFunction<Timeout, ? extends T, ? extends X> body) throws X, TimeoutException {
        return Timeout.at(when, body);
    }

    /**
     * Runs {@code body} until the loop's clock has reached {@code when} at most. See {@link #timeoutAt(long,
     * Coroutine)}.
     *
     * @param when nanoseconds of {@link EventLoop#time}, or {@link Timeout#NEVER}
     * @param body gets the timeout, with which it can move its deadline
     * @param <X> what it may throw
     * @throws X as {@code body} does
     * @throws TimeoutException if the time was over
     */
    @Suspends
    @SuppressWarnings("overloads") // CoroutineFunction says which is chosen
    public static <X extends Throwable> void timeoutAt(long when, CoroutineConsumer<Timeout, ? extends X> body)
            throws X, TimeoutException {
        Timeout.at(when, body.asFunction());
    }

    // -- task groups ----------------------------------------------------------------------------------------------

    /**
     * Runs {@code body} in the calling task and waits for all tasks that were created in the group. If one fails, the
     * others and the body are cancelled. See {@link TaskGroup}.
     *
     * @param body gets the group
     * @param <T> what it returns
     * @param <X> what it may throw
     * @return what the body returns; null if {@link TaskGroup#cancel} has ended it
     * @throws X as {@code body} does, if no task of the group has failed
     * @throws dev.tulip.loop.TaskGroupException if some have, with all their failures
     * @throws dev.tulip.loop.CancelledError if the calling task was cancelled; the tasks of the group were, too
     */
    @Suspends
    public static <T extends @Nullable Object, X extends Throwable> T taskGroup(
            CoroutineFunction<TaskGroup, ? extends T, ? extends X> body) throws X {
        return TaskGroup.run(body);
    }

    /**
     * Runs {@code body} in the calling task and waits for all tasks that were created in the group. See {@link
     * #taskGroup(CoroutineFunction)}.
     *
     * @param body gets the group
     * @param <X> what it may throw
     * @throws X as {@code body} does, if no task of the group has failed
     */
    @Suspends
    @SuppressWarnings("overloads") // CoroutineFunction says which is chosen
    public static <X extends Throwable> void taskGroup(CoroutineConsumer<TaskGroup, ? extends X> body) throws X {
        TaskGroup.run(body.asFunction());
    }

    // -- other threads --------------------------------------------------------------------------------------------

    /**
     * Starts {@code coroutine} as a task of {@code loop}, from any thread, which gets a future of the result. See
     * {@link EventLoop#runCoroutineThreadsafe(Coroutine)}.
     *
     * <p>Cancelling that future cancels the task.
     *
     * @param <T> what it returns
     * @throws IllegalStateException if the loop is closed
     */
    public static <T extends @Nullable Object> CompletableFuture<T> runCoroutineThreadsafe(
            Coroutine<? extends T, ?> coroutine, EventLoop loop) {
        return loop.runCoroutineThreadsafe(coroutine);
    }

    /**
     * Starts {@code action} as a task of {@code loop}, from any thread. See {@link #runCoroutineThreadsafe(Coroutine,
     * EventLoop)}.
     *
     * @throws IllegalStateException if the loop is closed
     */
    public static CompletableFuture<@Nullable Void> runCoroutineThreadsafe(Action<?> action, EventLoop loop) {
        return loop.runCoroutineThreadsafe(action);
    }

    // -- reactive streams -----------------------------------------------------------------------------------------

    /**
     * Subscribes to {@code publisher} and gives what it publishes to a plain {@code for} loop. See {@link
     * FlowIterable}.
     *
     * <p>The publisher is never asked for more than fits into a buffer of {@link Flow#defaultBufferSize} elements.
     *
     * @param <T> the elements
     * @throws IllegalStateException if no loop runs here
     */
    public static <T> FlowIterable<T> iterate(Flow.Publisher<? extends T> publisher) {
        return FlowIterable.of(publisher);
    }

    /**
     * Subscribes to {@code publisher} with a buffer of another size. See {@link #iterate(Flow.Publisher)}.
     *
     * @param <T> the elements
     * @throws IllegalArgumentException if the buffer has no room for one element
     * @throws IllegalStateException if no loop runs here
     */
    public static <T> FlowIterable<T> iterate(Flow.Publisher<? extends T> publisher, int bufferSize) {
        return FlowIterable.of(publisher, bufferSize);
    }

    /**
     * {@return a publisher of what {@code elements} iterates over, in tasks of the running loop} Its subscribers may be
     * on any thread. See {@link EventLoop#publisher}.
     *
     * @param <T> the elements
     * @throws IllegalStateException if no loop runs here
     */
    public static <T> Flow.Publisher<T> publisher(Iterable<? extends T> elements) {
        return runningLoop().publisher(elements);
    }

    // -- connections and servers ----------------------------------------------------------------------------------

    /**
     * Connects to {@code host} and puts a protocol on the connection. See
     * {@link Network#createConnection(Supplier, String, int, ConnectOptions)}.
     *
     * @param <P> the protocol's class
     * @throws IOException if there is no such host, or none of its addresses answers
     * @throws IllegalStateException if called outside a task
     */
    @Suspends
    public static <P extends Protocol> TransportAndProtocol<P> createConnection(
            Supplier<? extends P> protocolFactory, String host, int port) throws IOException {
        return Network.createConnection(protocolFactory, host, port);
    }

    /**
     * Connects to {@code host} as {@code options} say. See
     * {@link Network#createConnection(Supplier, String, int, ConnectOptions)}.
     *
     * @param <P> the protocol's class
     * @throws IOException if there is no such host, or none of its addresses answers
     * @throws IllegalStateException if called outside a task
     */
    @Suspends
    public static <P extends Protocol> TransportAndProtocol<P> createConnection(
            Supplier<? extends P> protocolFactory, String host, int port, ConnectOptions options) throws IOException {
        return Network.createConnection(protocolFactory, host, port, options);
    }

    /**
     * Secures a connection that stands already with TLS, as its client. See
     * {@link Network#startTls(Transport, Protocol, TlsOptions, boolean)}.
     *
     * @return the transport with which it goes on
     * @throws IOException if the handshake fails, or the connection has ended
     * @throws IllegalStateException if called outside a task
     */
    @Suspends
    public static Transport startTls(Transport transport, Protocol protocol, TlsOptions options) throws IOException {
        return Network.startTls(transport, protocol, options);
    }

    /**
     * Secures a connection that stands already with TLS, as its client or its server. See
     * {@link Network#startTls(Transport, Protocol, TlsOptions, boolean)}.
     *
     * @return the transport with which it goes on
     * @throws IOException if the handshake fails, or the connection has ended
     * @throws IllegalStateException if called outside a task
     */
    @Suspends
    public static Transport startTls(Transport transport, Protocol protocol, TlsOptions options, boolean serverSide)
            throws IOException {
        return Network.startTls(transport, protocol, options, serverSide);
    }

    /**
     * Listens on {@code host}, on every interface if that is null, and puts a protocol on each connection. See
     * {@link Network#createServer(Supplier, List, int, ListenOptions)}.
     *
     * @throws IOException if there is no such host, or the port is taken
     * @throws IllegalStateException if called outside a task
     */
    @Suspends
    public static Server createServer(Supplier<? extends Protocol> protocolFactory, @Nullable String host, int port)
            throws IOException {
        return Network.createServer(protocolFactory, host, port);
    }

    /**
     * Listens on {@code host} as {@code options} say. See
     * {@link Network#createServer(Supplier, List, int, ListenOptions)}.
     *
     * @throws IOException if there is no such host, or the port is taken
     * @throws IllegalStateException if called outside a task
     */
    @Suspends
    public static Server createServer(
            Supplier<? extends Protocol> protocolFactory, @Nullable String host, int port, ListenOptions options)
            throws IOException {
        return Network.createServer(protocolFactory, host, port, options);
    }

    // -- Unix sockets ---------------------------------------------------------------------------------------------

    /**
     * Connects to the Unix socket at {@code path} and puts a protocol on the connection. See
     * {@link Network#createUnixConnection(Supplier, Path)}.
     *
     * @param <P> the protocol's class
     * @throws IOException if there is no such file, or nobody listens there
     * @throws IllegalStateException if called outside a task
     */
    @Suspends
    public static <P extends Protocol> TransportAndProtocol<P> createUnixConnection(
            Supplier<? extends P> protocolFactory, Path path) throws IOException {
        return Network.createUnixConnection(protocolFactory, path);
    }

    /**
     * Listens on a Unix socket and puts a protocol on each connection. See
     * {@link Network#createUnixServer(Supplier, Path, UnixListenOptions)}.
     *
     * @throws IOException if somebody listens there, or no socket can be made there
     * @throws IllegalStateException if called outside a task
     */
    @Suspends
    public static Server createUnixServer(Supplier<? extends Protocol> protocolFactory, Path path) throws IOException {
        return Network.createUnixServer(protocolFactory, path);
    }

    /**
     * Listens on a Unix socket as {@code options} say. See
     * {@link Network#createUnixServer(Supplier, Path, UnixListenOptions)}.
     *
     * @throws IOException if somebody listens there, or no socket can be made there
     * @throws IllegalStateException if called outside a task
     */
    @Suspends
    public static Server createUnixServer(
            Supplier<? extends Protocol> protocolFactory, Path path, UnixListenOptions options) throws IOException {
        return Network.createUnixServer(protocolFactory, path, options);
    }

    // -- datagrams ------------------------------------------------------------------------------------------------

    /**
     * Opens an endpoint for datagrams and puts a protocol on it. See
     * {@link Network#createDatagramEndpoint(Supplier, DatagramOptions)}.
     *
     * @param <P> the protocol's class
     * @throws IOException if there is no such host, or the port is taken
     * @throws IllegalStateException if called outside a task
     */
    @Suspends
    public static <P extends DatagramProtocol> DatagramTransportAndProtocol<P> createDatagramEndpoint(
            Supplier<? extends P> protocolFactory, DatagramOptions options) throws IOException {
        return Network.createDatagramEndpoint(protocolFactory, options);
    }

    /**
     * Opens an endpoint for datagrams in straight-line code. See {@link Network#openDatagramEndpoint(DatagramOptions)}.
     *
     * @throws IOException if there is no such host, or the port is taken
     * @throws IllegalStateException if called outside a task
     */
    @Suspends
    public static DatagramEndpoint openDatagramEndpoint(DatagramOptions options) throws IOException {
        return Network.openDatagramEndpoint(options);
    }

    // -- streams --------------------------------------------------------------------------------------------------

    /**
     * Connects to {@code host}, for straight-line reading and writing. See
     * {@link Streams#openConnection(String, int, ConnectOptions, StreamOptions)}.
     *
     * @throws IOException if there is no such host, or none of its addresses answers
     * @throws IllegalStateException if called outside a task
     */
    @Suspends
    public static Connection openConnection(String host, int port) throws IOException {
        return Streams.openConnection(host, port);
    }

    /**
     * Connects to {@code host} as {@code options} say. See
     * {@link Streams#openConnection(String, int, ConnectOptions, StreamOptions)}.
     *
     * @throws IOException if there is no such host, or none of its addresses answers
     * @throws IllegalStateException if called outside a task
     */
    @Suspends
    public static Connection openConnection(String host, int port, ConnectOptions options) throws IOException {
        return Streams.openConnection(host, port, options);
    }

    /**
     * Listens on {@code host}, on every interface if that is null, and has each connection handled by a task. See
     * {@link Streams#startServer(String, int, ListenOptions, StreamOptions, ConnectionHandler)}.
     *
     * @throws IOException if there is no such host, or the port is taken
     * @throws IllegalStateException if called outside a task
     */
    @Suspends
    public static Server startServer(@Nullable String host, int port, ConnectionHandler handler) throws IOException {
        return Streams.startServer(host, port, handler);
    }

    /**
     * Listens on {@code host} as {@code options} say. See
     * {@link Streams#startServer(String, int, ListenOptions, StreamOptions, ConnectionHandler)}.
     *
     * @throws IOException if there is no such host, or the port is taken
     * @throws IllegalStateException if called outside a task
     */
    @Suspends
    public static Server startServer(@Nullable String host, int port, ListenOptions options, ConnectionHandler handler)
            throws IOException {
        return Streams.startServer(host, port, options, handler);
    }

    /**
     * Connects to the Unix socket at {@code path}, for straight-line reading and writing. See
     * {@link Streams#openUnixConnection(Path, StreamOptions)}.
     *
     * @throws IOException if there is no such file, or nobody listens there
     * @throws IllegalStateException if called outside a task
     */
    @Suspends
    public static Connection openUnixConnection(Path path) throws IOException {
        return Streams.openUnixConnection(path);
    }

    /**
     * Listens on a Unix socket, and has each connection handled by a task. See
     * {@link Streams#startUnixServer(Path, UnixListenOptions, StreamOptions, ConnectionHandler)}.
     *
     * @throws IOException if somebody listens there, or no socket can be made there
     * @throws IllegalStateException if called outside a task
     */
    @Suspends
    public static Server startUnixServer(Path path, ConnectionHandler handler) throws IOException {
        return Streams.startUnixServer(path, handler);
    }

    // -- several loops --------------------------------------------------------------------------------------------

    /**
     * Starts {@code coroutine} as a task of another loop, and returns a future that the calling one can await. See
     * {@link LoopGroup#createTaskOn(EventLoop, Coroutine, TaskOptions)}.
     *
     * @param <T> what it returns
     * @throws IllegalStateException if no loop runs here, or that loop is closed
     */
    public static <T extends @Nullable Object> Future<T> createTaskOn(
            EventLoop loop, Coroutine<? extends T, ?> coroutine) {
        return LoopGroup.createTaskOn(loop, coroutine);
    }

    /**
     * Starts {@code action} as a task of another loop. See
     * {@link LoopGroup#createTaskOn(EventLoop, Coroutine, TaskOptions)}.
     *
     * @throws IllegalStateException if no loop runs here, or that loop is closed
     */
    public static Future<@Nullable Void> createTaskOn(EventLoop loop, Action<?> action) {
        return LoopGroup.createTaskOn(loop, action);
    }

    /**
     * Listens on {@code host}, on every interface if that is null, and has the connections handled by tasks on all loops
     * of {@code group}. See
     * {@link Streams#startServer(LoopGroup, String, int, ListenOptions, StreamOptions, ConnectionHandler)}.
     *
     * @throws IOException if there is no such host, or the port is taken
     * @throws IllegalStateException if called outside a task, or a loop of the group is closed
     */
    @Suspends
    public static Server startServer(LoopGroup group, @Nullable String host, int port, ConnectionHandler handler)
            throws IOException {
        return Streams.startServer(group, host, port, handler);
    }

    /**
     * Listens on {@code host} as {@code options} say, for all loops of {@code group}. See
     * {@link Streams#startServer(LoopGroup, String, int, ListenOptions, StreamOptions, ConnectionHandler)}.
     *
     * @throws IOException if there is no such host, or the port is taken
     * @throws IllegalStateException if called outside a task, or a loop of the group is closed
     */
    @Suspends
    public static Server startServer(
            LoopGroup group, @Nullable String host, int port, ListenOptions options, ConnectionHandler handler)
            throws IOException {
        return Streams.startServer(group, host, port, options, handler);
    }

    /**
     * Listens on a Unix socket, for all loops of {@code group}. See
     * {@link Streams#startUnixServer(LoopGroup, Path, UnixListenOptions, StreamOptions, ConnectionHandler)}.
     *
     * @throws IOException if somebody listens there, or no socket can be made there
     * @throws IllegalStateException if called outside a task, or a loop of the group is closed
     */
    @Suspends
    public static Server startUnixServer(LoopGroup group, Path path, ConnectionHandler handler) throws IOException {
        return Streams.startUnixServer(group, path, handler);
    }

    /**
     * Listens on {@code host}, on every interface if that is null, and puts a protocol on each connection, on all loops of
     * {@code group}. See {@link Network#createServer(LoopGroup, Supplier, List, int, ListenOptions)}.
     *
     * @throws IOException if there is no such host, or the port is taken
     * @throws IllegalStateException if called outside a task, or a loop of the group is closed
     */
    @Suspends
    public static Server createServer(
            LoopGroup group, Supplier<? extends Protocol> protocolFactory, @Nullable String host, int port)
            throws IOException {
        return Network.createServer(group, protocolFactory, host, port);
    }

    /**
     * Listens on {@code host} as {@code options} say, for all loops of {@code group}. See
     * {@link Network#createServer(LoopGroup, Supplier, List, int, ListenOptions)}.
     *
     * @throws IOException if there is no such host, or the port is taken
     * @throws IllegalStateException if called outside a task, or a loop of the group is closed
     */
    @Suspends
    public static Server createServer(
            LoopGroup group,
            Supplier<? extends Protocol> protocolFactory,
            @Nullable String host,
            int port,
            ListenOptions options)
            throws IOException {
        return Network.createServer(group, protocolFactory, host, port, options);
    }

    // -- child processes and pipes --------------------------------------------------------------------------------

    /** Starts a program that uses this one's standard streams. See {@link Subprocesses#createSubprocessExec(List)}. */
    @Suspends
    public static ChildProcess createSubprocessExec(List<String> command) throws IOException {
        return Subprocesses.createSubprocessExec(command);
    }

    /** Starts a program. See {@link Subprocesses#createSubprocessExec(List, ProcessOptions)}. */
    @Suspends
    public static ChildProcess createSubprocessExec(List<String> command, ProcessOptions options) throws IOException {
        return Subprocesses.createSubprocessExec(command, options);
    }

    /** Starts a shell that uses this program's standard streams. See {@link Subprocesses#createSubprocessShell(String)}. */
    @Suspends
    public static ChildProcess createSubprocessShell(String command) throws IOException {
        return Subprocesses.createSubprocessShell(command);
    }

    /** Starts a shell. See {@link Subprocesses#createSubprocessShell(String, ProcessOptions)}. */
    @Suspends
    public static ChildProcess createSubprocessShell(String command, ProcessOptions options) throws IOException {
        return Subprocesses.createSubprocessShell(command, options);
    }

    /**
     * Reads from a pipe. See {@link Pipes#connectReadPipe(Supplier, Pipe.SourceChannel)}; {@link Pipes} has the same for
     * FIFOs.
     *
     * @param <P> the protocol's class
     */
    @Suspends
    public static <P extends Protocol> TransportAndProtocol<P> connectReadPipe(
            Supplier<? extends P> protocolFactory, Pipe.SourceChannel source) throws IOException {
        return Pipes.connectReadPipe(protocolFactory, source);
    }

    /**
     * Reads from a stream that blocks, such as {@code System.in}. See
     * {@link Pipes#connectReadPipe(Supplier, InputStream, String)}.
     *
     * @param <P> the protocol's class
     * @param name what the stream is called in messages
     */
    @Suspends
    public static <P extends Protocol> TransportAndProtocol<P> connectReadPipe(
            Supplier<? extends P> protocolFactory, InputStream stream, String name) {
        return Pipes.connectReadPipe(protocolFactory, stream, name);
    }

    /**
     * Writes to a pipe. See {@link Pipes#connectWritePipe(Supplier, Pipe.SinkChannel)}; {@link Pipes} has the same for
     * FIFOs.
     *
     * @param <P> the protocol's class
     */
    @Suspends
    public static <P extends Protocol> TransportAndProtocol<P> connectWritePipe(
            Supplier<? extends P> protocolFactory, Pipe.SinkChannel sink) throws IOException {
        return Pipes.connectWritePipe(protocolFactory, sink);
    }

    /**
     * Writes to a stream that blocks. See {@link Pipes#connectWritePipe(Supplier, OutputStream, String)}.
     *
     * @param <P> the protocol's class
     * @param name what the stream is called in messages
     */
    @Suspends
    public static <P extends Protocol> TransportAndProtocol<P> connectWritePipe(
            Supplier<? extends P> protocolFactory, OutputStream stream, String name) {
        return Pipes.connectWritePipe(protocolFactory, stream, name);
    }

    // -- signals --------------------------------------------------------------------------------------------------

    /**
     * Runs {@code callback} on the running loop whenever the process gets {@code signal}. See {@link
     * EventLoop#addSignalHandler}.
     *
     * @param signal a name such as {@code "SIGHUP"}
     * @throws IllegalArgumentException if no signal is called that here
     * @throws IllegalStateException if it is one that cannot be handled, or no loop runs here
     */
    public static void addSignalHandler(String signal, Runnable callback) {
        runningLoop().addSignalHandler(signal, callback);
    }

    /**
     * Takes {@link #addSignalHandler} back: the signal means again what it meant before. See {@link
     * EventLoop#removeSignalHandler}.
     *
     * @param signal a name such as {@code "SIGHUP"}
     * @return whether the running loop had a callback for it
     * @throws IllegalStateException if no loop runs here
     */
    public static boolean removeSignalHandler(String signal) {
        return runningLoop().removeSignalHandler(signal);
    }

    // -- loops ----------------------------------------------------------------------------------------------------

    /**
     * {@return the loop that runs the caller}
     *
     * @throws IllegalStateException if the caller is not run by a loop
     */
    public static EventLoop runningLoop() {
        return EventLoop.running();
    }

    /** {@return a new loop of the process's policy} Close it; or let {@link #run} do all that. Any thread. */
    public static EventLoop newEventLoop() {
        return EventLoopPolicy.current().newEventLoop();
    }

    /** Sets what makes the loops of this process from now on. Any thread. */
    public static void setEventLoopPolicy(EventLoopPolicy policy) {
        EventLoopPolicy.setCurrent(policy);
    }

    /** {@return what makes the loops of this process} Any thread. */
    public static EventLoopPolicy eventLoopPolicy() {
        return EventLoopPolicy.current();
    }
}
