package dev.tulip;

import dev.tulip.loop.Action;
import dev.tulip.loop.Coroutine;
import dev.tulip.loop.EventLoop;
import dev.tulip.loop.EventLoopPolicy;
import dev.tulip.loop.Future;
import dev.tulip.loop.Runner;
import dev.tulip.loop.RunnerOptions;
import dev.tulip.loop.Suspends;
import dev.tulip.loop.Task;
import dev.tulip.loop.TaskOptions;
import dev.tulip.net.ConnectOptions;
import dev.tulip.net.ListenOptions;
import dev.tulip.net.Network;
import dev.tulip.net.Protocol;
import dev.tulip.net.Server;
import dev.tulip.net.TlsOptions;
import dev.tulip.net.Transport;
import dev.tulip.net.TransportAndProtocol;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
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
     * closed. On the process's main thread Ctrl-C cancels {@code main}: see {@link Runner}.
     *
     * @param <T> what it returns
     * @param <X> what it may throw
     * @throws X as {@code main} does
     * @throws dev.tulip.loop.KeyboardInterrupt if Ctrl-C ended {@code main}
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
