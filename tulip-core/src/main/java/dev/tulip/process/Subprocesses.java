package dev.tulip.process;

import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Suspends;
import dev.tulip.net.Protocol;
import dev.tulip.streams.StreamReader;
import dev.tulip.streams.StreamReaderProtocol;
import dev.tulip.streams.StreamWriter;
import dev.tulip.sync.Semaphore;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Starts other programs. {@code dev.tulip.Tulip} has the most used of these methods, too. For tasks.
 *
 * <p>Starting takes a millisecond or two, on another thread. A child with pipes costs a thread for each that it writes to,
 * and one that waits for its end.
 *
 * @see <a href="https://docs.python.org/3.14/library/asyncio-subprocess.html">asyncio: Subprocesses</a>
 */
public final class Subprocesses {
    private Subprocesses() {}

    // -- streams --------------------------------------------------------------------------------------------------

    /** Starts a program that uses this one's standard streams. See {@link #createSubprocessExec(List, ProcessOptions)}. */
    @Suspends
    public static ChildProcess createSubprocessExec(List<String> command) throws IOException {
        return createSubprocessExec(command, ProcessOptions.defaults());
    }

    /**
     * Starts a program.
     *
     * <p>Cancelling this leaves nothing behind: it waits until the child is started, which takes a millisecond or two, and
     * kills it.
     *
     * @param command the program, which is looked for in this program's PATH if it has no slash in its name, and its
     *     arguments, which no shell interprets
     * @param options its standard streams, directory and environment
     * @throws java.nio.file.NoSuchFileException if there is no such program, or its working directory does not exist
     * @throws java.nio.file.AccessDeniedException if this process may not execute it, or enter that directory
     * @throws IOException if it cannot be started for another reason: too many processes, too long arguments
     * @throws IllegalArgumentException if {@code command} is empty, or an argument or a variable has a NUL in it, or
     *     letters that the locale of this process does not know
     * @throws IllegalStateException if called outside a task
     */
    @Suspends
    public static ChildProcess createSubprocessExec(List<String> command, ProcessOptions options) throws IOException {
        return createSubprocess("createSubprocessExec", command, options);
    }

    /** Starts a shell that uses this program's standard streams. See {@link #createSubprocessShell(String, ProcessOptions)}. */
    @Suspends
    public static ChildProcess createSubprocessShell(String command) throws IOException {
        return createSubprocessShell(command, ProcessOptions.defaults());
    }

    /**
     * Starts a shell, {@code /bin/sh}, with a command. Whatever comes from elsewhere, a file's name for instance, does not
     * belong into a command: the shell would interpret it. See {@link #createSubprocessExec(List, ProcessOptions)}.
     *
     * <p>Signals reach the shell, and not what it has started.
     */
    @Suspends
    public static ChildProcess createSubprocessShell(String command, ProcessOptions options) throws IOException {
        return createSubprocess("createSubprocessShell", Launch.shell(command), options);
    }

    @Suspends
    private static ChildProcess createSubprocess(String method, List<String> command, ProcessOptions options)
            throws IOException {
        @Nullable StreamReaderProtocol[] streams = new @Nullable StreamReaderProtocol[3];
        ChildTransport transport = start(method, command, options, new SubprocessProtocol() {}, child -> fd -> {
            StreamReaderProtocol protocol = new StreamReaderProtocol(options.streams());
            streams[fd] = protocol;
            return protocol;
        });
        return new ChildProcess(
                transport, options.streams().charset(), writer(streams[0]), reader(streams[1]), reader(streams[2]));
    }

    private static @Nullable StreamWriter writer(@Nullable StreamReaderProtocol protocol) {
        return protocol == null ? null : protocol.connection().writer();
    }

    private static @Nullable StreamReader reader(@Nullable StreamReaderProtocol protocol) {
        return protocol == null ? null : protocol.connection().reader();
    }

    // -- callbacks ------------------------------------------------------------------------------------------------

    /**
     * Starts a program, and returns when the protocol's {@code connectionMade} has been called. See
     * {@link #createSubprocessExec(List, ProcessOptions)}.
     *
     * @param <P> the protocol's class
     * @param protocolFactory makes the protocol, once the child runs
     */
    @Suspends
    public static <P extends SubprocessProtocol> SubprocessTransportAndProtocol<P> subprocessExec(
            Supplier<? extends P> protocolFactory, List<String> command, ProcessOptions options) throws IOException {
        return subprocess("subprocessExec", protocolFactory, command, options);
    }

    /**
     * Starts a shell with a command, and returns when the protocol's {@code connectionMade} has been called. See
     * {@link #createSubprocessShell(String, ProcessOptions)}.
     *
     * @param <P> the protocol's class
     * @param protocolFactory makes the protocol
     */
    @Suspends
    public static <P extends SubprocessProtocol> SubprocessTransportAndProtocol<P> subprocessShell(
            Supplier<? extends P> protocolFactory, String command, ProcessOptions options) throws IOException {
        return subprocess("subprocessShell", protocolFactory, Launch.shell(command), options);
    }

    @Suspends
    private static <P extends SubprocessProtocol> SubprocessTransportAndProtocol<P> subprocess(
            String method, Supplier<? extends P> protocolFactory, List<String> command, ProcessOptions options)
            throws IOException {
        Callers.loopOfTask(method);
        P protocol = Objects.requireNonNull(protocolFactory.get(), "the protocol factory returned null");
        ChildTransport transport =
                start(method, command, options, protocol, child -> fd -> new PipeCalls(child.calls(), protocol, fd));
        return new SubprocessTransportAndProtocol<>(transport, protocol);
    }

    // -- starting -------------------------------------------------------------------------------------------------

    /** Makes the protocols of a child's pipes. */
    private interface PipeProtocols {
        IntFunction<Protocol> of(ChildTransport child);
    }

    @Suspends
    private static ChildTransport start(
            String method,
            List<String> command,
            ProcessOptions options,
            SubprocessProtocol protocol,
            PipeProtocols pipeProtocols)
            throws IOException {
        EventLoop loop = Callers.loopOfTask(method);
        Launch launch = new Launch(command, options);
        Semaphore starts = Children.of(loop).starts;
        Executor threads = loop.blockingExecutor();
        Launched launched = starts.withPermit(() -> loop.openBlocking(
                () -> launch.start(threads),
                Launched::discard,
                /* patient= */ true)); // else the process might end in between, and leave the child
        ChildTransport transport = new ChildTransport(loop, launched, launch.name(), protocol);
        try {
            transport.connect(options, pipeProtocols.of(transport));
        } catch (Throwable e) {
            transport.close();
            throw e;
        }
        return transport;
    }
}
