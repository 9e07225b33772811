package dev.tulip.process;

import dev.tulip.loop.Suspends;
import dev.tulip.loop.Task;
import dev.tulip.loop.TaskGroup;
import dev.tulip.streams.ConnectionLostException;
import dev.tulip.streams.StreamReader;
import dev.tulip.streams.StreamWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * A program that this one has started. Its pipes are streams. Not for other threads than its loop's.
 *
 * {@snippet :
 * ProcessOptions options = ProcessOptions.defaults().withStdout(Stdio.PIPE);
 * try (ChildProcess child = createSubprocessExec(List.of("ls", "-l"), options)) {
 *     for (String line : child.stdout().lines()) {
 *         IO.println(line);
 *     }
 *     IO.println(child.await());
 * }
 * }
 *
 * <p>A pipe holds 64 KiB. So who waits for a child that writes more, and does not read, waits for ever; so does who writes
 * all that it shall read and only then reads what it answers. {@link #communicate} does both at the same time.
 *
 * <p>A child that still runs when its loop is closed is killed.
 *
 * @see Subprocesses#createSubprocessExec
 * @see <a href="https://docs.python.org/3.14/library/asyncio-subprocess.html#asyncio.subprocess.Process">asyncio:
 *     Process</a>
 */
public final class ChildProcess implements AutoCloseable {
    private static final byte[] NOTHING = new byte[0];

    private final ChildTransport transport;
    private final Charset charset;
    private final @Nullable StreamWriter stdin;
    private final @Nullable StreamReader stdout;
    private final @Nullable StreamReader stderr;

    ChildProcess(
            ChildTransport transport,
            Charset charset,
            @Nullable StreamWriter stdin,
            @Nullable StreamReader stdout,
            @Nullable StreamReader stderr) {
        this.transport = transport;
        this.charset = charset;
        this.stdin = stdin;
        this.stdout = stdout;
        this.stderr = stderr;
    }

    // -- pipes ----------------------------------------------------------------------------------------------------

    /**
     * {@return what the child reads} End it with {@link StreamWriter#writeEof}. That the child reads no more is noticed
     * at the next write, or when it exits.
     *
     * @throws IllegalStateException if its standard input is not a pipe
     */
    public StreamWriter stdin() {
        if (stdin == null) {
            throw noPipe("standard input", "withStdin");
        }
        return stdin;
    }

    /**
     * {@return what the child writes} It ends when the child has closed it, and everybody whom the child has given it
     * to.
     *
     * <p>Of a child that exits within a millisecond or two, the JDK may close the pipe before anybody can hold it: then what
     * the child itself has written is all there is.
     *
     * @throws IllegalStateException if its standard output is not a pipe
     */
    public StreamReader stdout() {
        if (stdout == null) {
            throw noPipe("standard output", "withStdout");
        }
        return stdout;
    }

    /**
     * {@return what the child writes to standard error}
     *
     * @throws IllegalStateException if its standard error is not a pipe
     */
    public StreamReader stderr() {
        if (stderr == null) {
            throw noPipe("standard error", "withStderr");
        }
        return stderr;
    }

    private IllegalStateException noPipe(String what, String option) {
        return new IllegalStateException("the " + what + " of " + transport.name()
                + " is not a pipe; start it with ProcessOptions.defaults()." + option + "(Stdio.PIPE)");
    }

    /**
     * Ends the child's standard input, reads everything that it writes, and waits for its end. See
     * {@link #communicate(byte[])}.
     */
    @Suspends
    public CompletedProcess communicate() throws IOException {
        return communicate((byte[]) null);
    }

    /** The same as {@link #communicate(byte[])} for text, in UTF-8 if the options say nothing else. */
    @Suspends
    public CompletedProcess communicate(String input) throws IOException {
        return communicate(input.getBytes(charset));
    }

    /**
     * Writes {@code input} to the child, ends its standard input, reads everything that it writes meanwhile, and waits
     * for its end. For output that fits into memory.
     *
     * <p>A child that does not read all of its input is nothing special. The output ends when nobody has it open any
     * more: a process that the child has started and left may keep this waiting.
     *
     * <p>Cancelling this leaves the child running; what it has written so far can still be read.
     *
     * @param input or null for none
     * @throws ConnectionLostException if {@link #close} is called meanwhile
     * @throws IllegalStateException if there is input and the child's standard input is not a pipe, if somebody else reads
     *     from it, or if called outside a task
     */
    @Suspends
    public CompletedProcess communicate(byte @Nullable [] input) throws IOException {
        Callers.loopOfTask("communicate");
        StreamWriter writer = input != null ? stdin() : stdin;
        return TaskGroup.<CompletedProcess, IOException>run(group -> {
            Task<byte[]> errors = group.createTask(() -> readAll(stderr));
            if (writer != null) {
                group.createTask(() -> feed(writer, input == null ? NOTHING : input));
            }
            byte[] output = readAll(stdout);
            return new CompletedProcess(transport.name(), await(), output, errors.await(), charset);
        });
    }

    @Suspends
    private static byte[] readAll(@Nullable StreamReader reader) throws IOException {
        return reader == null ? NOTHING : reader.readToEnd();
    }

    @Suspends
    private static void feed(StreamWriter writer, byte[] input) throws IOException {
        try {
            for (int start = 0; start < input.length; start += Defaults.INPUT_PIECE) {
                writer.write(ByteBuffer.wrap(input, start, Math.min(Defaults.INPUT_PIECE, input.length - start)));
                writer.drain();
            }
            writer.writeEof();
        } catch (ConnectionLostException e) {
            // the child reads no more: it has what it wants
        }
    }

    // -- the end --------------------------------------------------------------------------------------------------

    /**
     * Waits until the child has exited, also if somebody else still has its pipes open. Any number of tasks may wait.
     *
     * <p>Cancelling this changes nothing.
     *
     * @return {@link #returnCode}
     * @throws IllegalStateException if called outside a task
     */
    @Suspends
    public int await() {
        return transport.awaitExit();
    }

    /**
     * {@return how the child has ended: its exit status; minus the number of the signal that has killed it; nothing while
     * it runs, or has not been noticed to have exited}
     *
     * <p>The JDK gives 128 plus the number for a signal, as shells do: -15 stands for 143. If a child itself exits with
     * such a number, as a shell does whose own child was killed, it looks the same.
     */
    public OptionalInt returnCode() {
        return transport.getReturncode();
    }

    /** {@return the number that the system has given the child} After its end, another process may have it. */
    public long pid() {
        return transport.getPid();
    }

    /**
     * Sends a signal to the child, and not to others that it has started.
     *
     * <p>Does not wait until it is there: signals other than SIGTERM and SIGKILL are sent by a shell, in order. If the
     * system does not permit one, the exception handler is told.
     *
     * @param signal its name, such as {@code SIGHUP} or {@code HUP}
     * @return false if the child was noticed to have exited: then nothing is sent
     * @throws IllegalArgumentException if this system has no such signal
     * @throws UnsupportedOperationException if it is Windows, and the signal neither SIGTERM nor SIGKILL
     */
    public boolean sendSignal(String signal) {
        return transport.sendSignal(signal);
    }

    /**
     * Asks the child to end, by SIGTERM; on Windows the same as {@link #kill}.
     *
     * @return false if it was noticed to have exited
     */
    public boolean terminate() {
        return transport.terminate();
    }

    /**
     * Ends the child, by SIGKILL. What it has written can still be read.
     *
     * @return false if it was noticed to have exited
     */
    public boolean kill() {
        return transport.kill();
    }

    /**
     * Closes the pipes, kills the child if it still runs, and waits until it has exited. Calling this again is harmless.
     * A plain callback cannot wait.
     *
     * <p>If this is cancelled while it waits, the child is killed nevertheless.
     */
    @Override
    @Suspends
    public void close() {
        transport.close();
        if (Task.current() != null) {
            transport.awaitExit();
        }
    }

    /** {@return the transport under this, for what it has more} */
    public SubprocessTransport transport() {
        return transport;
    }

    /** {@return program and number, and whether it runs or how it has ended} */
    @Override
    public String toString() {
        return "ChildProcess[" + transport.name() + ", " + transport.describeState() + "]";
    }
}
