package dev.tulip.net;

import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Suspends;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channel;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.Pipe;
import java.nio.channels.SelectableChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Puts transports on pipes: pipes of the JDK, standard input and output, FIFOs. For tasks.
 *
 * <p>A pipe has one direction. A transport for reading refuses to write; when it has called {@code eofReceived} it ends,
 * whatever that returns. On a transport for writing, {@link Transport#writeEof} ends it, too, once all is sent. That
 * nobody reads any more is noticed at the next write: then {@code connectionLost} gets the error.
 *
 * <p>What the selector cannot watch, blocks, and is read or written on a thread of its own, one piece of at most 64 KiB
 * at a time; a paused transport reads one piece ahead.
 *
 * @see <a href="https://docs.python.org/3.14/library/asyncio-eventloop.html#working-with-pipes">asyncio: Working with
 *     pipes</a>
 */
public final class Pipes {
    private Pipes() {}

    // -- pipes of the JDK -----------------------------------------------------------------------------------------

    /**
     * Reads from a pipe of the JDK, which belongs to the transport from here on, also if this fails. Returns when the
     * protocol's {@code connectionMade} has been called.
     *
     * <p>If this is cancelled, the pipe is closed.
     *
     * @param <P> the protocol's class
     * @param source is put into non-blocking mode
     * @throws IOException if it is closed
     * @throws IllegalStateException if called outside a task
     */
    @Suspends
    public static <P extends Protocol> TransportAndProtocol<P> connectReadPipe(
            Supplier<? extends P> protocolFactory, Pipe.SourceChannel source) throws IOException {
        EventLoop loop = Callers.loopOfTask("connectReadPipe");
        return connect(protocolFactory, source, protocol -> new PipeReadTransport(loop, source, protocol));
    }

    /**
     * Writes to a pipe of the JDK, which belongs to the transport from here on, also if this fails. Returns when the
     * protocol's {@code connectionMade} has been called.
     *
     * <p>If this is cancelled, the pipe is closed.
     *
     * @param <P> the protocol's class
     * @param sink is put into non-blocking mode
     * @throws IOException if it is closed
     * @throws IllegalStateException if called outside a task
     */
    @Suspends
    public static <P extends Protocol> TransportAndProtocol<P> connectWritePipe(
            Supplier<? extends P> protocolFactory, Pipe.SinkChannel sink) throws IOException {
        EventLoop loop = Callers.loopOfTask("connectWritePipe");
        return connect(protocolFactory, sink, protocol -> new PipeWriteTransport(loop, sink, protocol));
    }

    private interface Connecting {
        LiveTransport transport(Protocol protocol);
    }

    @Suspends
    private static <P extends Protocol> TransportAndProtocol<P> connect(
            Supplier<? extends P> protocolFactory, SelectableChannel channel, Connecting connecting)
            throws IOException {
        try {
            channel.configureBlocking(false);
        } catch (Throwable e) {
            Closing.quietly(channel);
            throw e;
        }
        return connect(protocolFactory, (Channel) channel, connecting);
    }

    /** Makes a transport of {@code channel}, which is closed if that fails, and starts it. */
    @Suspends
    private static <P extends Protocol> TransportAndProtocol<P> connect(
            Supplier<? extends P> protocolFactory, Channel channel, Connecting connecting) {
        P protocol;
        LiveTransport transport;
        try {
            protocol = Objects.requireNonNull(protocolFactory.get(), "the protocol factory returned null");
            transport = connecting.transport(protocol);
        } catch (Throwable e) {
            Closing.quietly(channel);
            throw e;
        }
        try {
            transport.start().await();
        } catch (Throwable e) {
            transport.abort();
            throw e;
        }
        return new TransportAndProtocol<>((Transport) transport, protocol);
    }

    // -- streams --------------------------------------------------------------------------------------------------

    /**
     * Reads from a stream that blocks, such as {@code System.in}, which belongs to the transport from here on. Returns
     * when the protocol's {@code connectionMade} has been called.
     *
     * <p>A thread reads it, which holds the stream's monitor from the first read to the end, and closes it there. A
     * transport that is closed while the stream gives nothing leaves that thread waiting, until something comes or the
     * stream ends: a read cannot be called off. What it reads then is dropped. So nobody else can read the rest of
     * {@code System.in} after a transport has.
     *
     * <p>If this is cancelled, the stream is closed.
     *
     * @param <P> the protocol's class
     * @param stream what blocks
     * @param name what it is called in messages
     * @throws IllegalStateException if called outside a task
     */
    @Suspends
    public static <P extends Protocol> TransportAndProtocol<P> connectReadPipe(
            Supplier<? extends P> protocolFactory, InputStream stream, String name) {
        EventLoop loop = Callers.loopOfTask("connectReadPipe");
        return connectReadPipe(loop, protocolFactory, stream, null, loop.blockingExecutor(), name);
    }

    /**
     * Reads from a stream that blocks, on a thread of {@code executor}, from which it gets one job that lasts until the
     * end of the stream. See {@link #connectReadPipe(Supplier, InputStream, String)}.
     *
     * @param <P> the protocol's class
     * @param stream what blocks
     * @param name what it is called in messages
     * @throws IllegalStateException if called outside a task
     */
    @Suspends
    public static <P extends Protocol> TransportAndProtocol<P> connectReadPipe(
            Supplier<? extends P> protocolFactory, InputStream stream, String name, Executor executor) {
        EventLoop loop = Callers.loopOfTask("connectReadPipe");
        return connectReadPipe(loop, protocolFactory, stream, null, executor, name);
    }

    @Suspends
    private static <P extends Protocol> TransportAndProtocol<P> connectReadPipe(
            EventLoop loop,
            Supplier<? extends P> protocolFactory,
            InputStream stream,
            @Nullable Channel interruptible,
            Executor reader,
            String name) {
        Channel unused = new BlockingInput(loop, stream, interruptible, reader, () -> {}); // to close it
        return connect(
                protocolFactory,
                unused,
                protocol -> BlockingReadTransport.of(loop, stream, interruptible, reader, name, protocol));
    }

    /**
     * Writes to a stream that blocks, which belongs to the transport from here on. Returns when the protocol's
     * {@code connectionMade} has been called.
     *
     * <p>A thread writes, flushes after each piece, and closes the stream in the end. If the transport is aborted while
     * that thread writes, it goes on until it has.
     *
     * <p>For standard output: {@code new FileOutputStream(FileDescriptor.out)}, because {@code System.out} keeps errors
     * to itself. If it is needed afterwards, give this a stream whose {@code close} does nothing.
     *
     * <p>If this is cancelled, the stream is closed.
     *
     * @param <P> the protocol's class
     * @param stream what blocks
     * @param name what it is called in messages
     * @throws IllegalStateException if called outside a task
     */
    @Suspends
    public static <P extends Protocol> TransportAndProtocol<P> connectWritePipe(
            Supplier<? extends P> protocolFactory, OutputStream stream, String name) {
        return connectWritePipe(Callers.loopOfTask("connectWritePipe"), protocolFactory, stream, null, name);
    }

    @Suspends
    private static <P extends Protocol> TransportAndProtocol<P> connectWritePipe(
            EventLoop loop,
            Supplier<? extends P> protocolFactory,
            OutputStream stream,
            @Nullable Channel interruptible,
            String name) {
        Channel unused = new BlockingOutput(loop, stream, interruptible, () -> {}); // to close it
        return connect(
                protocolFactory,
                unused,
                protocol -> BlockingWriteTransport.of(loop, stream, interruptible, name, protocol));
    }

    // -- FIFOs ----------------------------------------------------------------------------------------------------

    /**
     * Reads from a FIFO or another special file, such as a terminal. Waits until somebody has opened it for writing, and
     * returns when the protocol's {@code connectionMade} has been called.
     *
     * <p>Cancelling this takes effect at once. A thread that waits for somebody to open the other end goes on waiting;
     * then it closes the file.
     *
     * @param <P> the protocol's class
     * @throws IllegalArgumentException if it is a regular file or a directory
     * @throws java.nio.file.NoSuchFileException if there is none
     * @throws AccessDeniedException if this process may not
     * @throws IOException if it cannot be opened for another reason
     * @throws IllegalStateException if called outside a task
     */
    @Suspends
    public static <P extends Protocol> TransportAndProtocol<P> connectReadPipe(
            Supplier<? extends P> protocolFactory, Path fifo) throws IOException {
        EventLoop loop = Callers.loopOfTask("connectReadPipe");
        FileChannel channel = open(loop, fifo, StandardOpenOption.READ);
        InputStream stream = Channels.newInputStream(channel);
        return connectReadPipe(loop, protocolFactory, stream, channel, loop.blockingExecutor(), fifo.toString());
    }

    /**
     * Writes to a FIFO or another special file. Waits until somebody has opened it for reading, and returns when the
     * protocol's {@code connectionMade} has been called. See {@link #connectReadPipe(Supplier, Path)}.
     *
     * @param <P> the protocol's class
     * @throws IllegalArgumentException if it is a regular file or a directory
     * @throws java.nio.file.NoSuchFileException if there is none
     * @throws AccessDeniedException if this process may not
     * @throws IOException if it cannot be opened for another reason
     * @throws IllegalStateException if called outside a task
     */
    @Suspends
    public static <P extends Protocol> TransportAndProtocol<P> connectWritePipe(
            Supplier<? extends P> protocolFactory, Path fifo) throws IOException {
        EventLoop loop = Callers.loopOfTask("connectWritePipe");
        FileChannel channel = open(loop, fifo, StandardOpenOption.WRITE);
        return connectWritePipe(loop, protocolFactory, Channels.newOutputStream(channel), channel, fifo.toString());
    }

    @Suspends
    private static FileChannel open(EventLoop loop, Path path, OpenOption option) throws IOException {
        return loop.openBlocking(
                () -> {
                    BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
                    if (!attributes.isOther()) {
                        throw new IllegalArgumentException(path + " is a "
                                + (attributes.isDirectory() ? "directory" : "regular file")
                                + ", not a pipe; for files there is toThread");
                    }
                    return FileChannel.open(path, option);
                },
                Closing::quietly,
                /* patient= */ false); // the other end may never be opened
    }
}
