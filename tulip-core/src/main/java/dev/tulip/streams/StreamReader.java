package dev.tulip.streams;

import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Future;
import dev.tulip.loop.LoopLocal;
import dev.tulip.loop.Suspends;
import dev.tulip.loop.Task;
import dev.tulip.net.DirectReading;
import dev.tulip.net.Transport;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the peer sends, to be read straight down. One task at a time reads; a second one is refused. Not for other threads
 * than its loop's.
 *
 * <p>Nothing is ever lost: if a method fails or is cancelled, all that it has not returned is read by the next one. What
 * had come before the connection was lost, or was closed on this side, can still be read; then a method that needs more
 * throws a {@link ConnectionLostException}.
 *
 * <p>What is here already is returned without suspending. Otherwise the task waits until more comes, and others run.
 *
 * @see Connection#reader
 * @see <a href="https://docs.python.org/3.14/library/asyncio-stream.html#streamreader">asyncio: StreamReader</a>
 */
public final class StreamReader {
    /*
     * Where the bytes come from:
     *
     *   a transport that can be read directly (DirectReading)    the task waits for the socket itself, then reads: into
     *                                                            its own memory if nothing is buffered, else, or if it
     *                                                            looks for a separator, into the buffer
     *   any other                                                it calls feedData(); over twice the limit it is paused
     *
     * A task always waits for the socket before it reads: in the usual case, a peer that answers, a read before that would
     * find nothing; and a task that reads from a peer that never stops lets the others have their turn.
     *
     * A method takes bytes out of the buffer only when it has all that it returns. Between its first wait and its end
     * reading is set.
     */
    private static final LoopLocal<ByteBuffer> SCRATCH =
            LoopLocal.withInitial(loop -> ByteBuffer.allocateDirect(Defaults.READ_SIZE));

    private static final byte[] NOTHING = new byte[0];
    private static final byte NEWLINE = '\n';

    // set once
    private final EventLoop loop;
    private final StreamOptions options;

    // loop thread only
    private final ReadBuffer buffer = new ReadBuffer();
    private @Nullable Transport transport;
    private @Nullable DirectReading direct; // the transport, if it is one
    private @Nullable ByteBuffer scratch; // the loop's, to be used and left between two suspensions
    private @Nullable Task<?> reading; // it waits here
    private @Nullable Future<@Nullable Void> arrival; // what it waits for, if not for the transport itself
    private boolean paused; // the transport, by this
    private boolean ended; // the stream has
    private boolean lost; // the connection is; known here only if the transport cannot be read directly
    private @Nullable Exception failure;

    /** A reader without a connection, for the running loop: it reads what is given to {@link #feedData}. */
    public StreamReader() {
        this(StreamOptions.defaults());
    }

    /**
     * A reader without a connection, for the running loop: it reads what is given to {@link #feedData}.
     *
     * @throws IllegalStateException if no loop runs here
     */
    public StreamReader(StreamOptions options) {
        this(EventLoop.running(), options);
    }

    StreamReader(EventLoop loop, StreamOptions options) {
        this.loop = loop;
        this.options = options;
    }

    // -- bytes ----------------------------------------------------------------------------------------------------

    /**
     * Reads what comes, at most {@code limit} bytes; none at all means the end of the stream.
     *
     * <p>Cancelling this takes nothing from the stream.
     *
     * @throws IllegalArgumentException if {@code limit} is negative: for all until the end, see {@link #readToEnd()}
     * @throws ConnectionLostException if the connection has ended otherwise
     * @throws IllegalStateException if called outside a task, or while another task reads
     */
    @Suspends
    public byte[] read(int limit) throws IOException {
        Task<?> task = start("read");
        if (limit < 0) {
            throw new IllegalArgumentException(
                    "cannot read " + limit + " bytes; to read until the end, there is readToEnd()");
        }
        if (limit == 0) {
            return NOTHING;
        }
        while (buffer.isEmpty()) {
            if (!awaitInput(task)) {
                return NOTHING;
            }
            if (direct != null) {
                ByteBuffer scratch = readScratch(direct, limit);
                if (scratch.hasRemaining()) {
                    byte[] result = new byte[scratch.remaining()];
                    scratch.get(result);
                    return result;
                }
            }
        }
        byte[] result = buffer.take(Math.min(limit, buffer.size()));
        taken();
        return result;
    }

    /**
     * Reads what comes into {@code target}, as much as there is room for: from a socket straight into it, if nothing is
     * buffered. Outside the heap that needs no copy.
     *
     * <p>Cancelling this takes nothing from the stream.
     *
     * @return how many bytes; -1 at the end of the stream; 0 if there is no room
     * @throws ConnectionLostException if the connection has ended otherwise
     * @throws IllegalStateException if called outside a task, or while another task reads
     */
    @Suspends
    public int read(ByteBuffer target) throws IOException {
        Task<?> task = start("read");
        if (!target.hasRemaining()) {
            return 0;
        }
        while (buffer.isEmpty()) {
            if (!awaitInput(task)) {
                return -1;
            }
            if (direct != null) {
                int count = readNow(direct, target);
                if (count > 0) {
                    return count;
                }
            }
        }
        int count = buffer.takeInto(target);
        taken();
        return count;
    }

    /**
     * Reads what comes, without memory of the caller's, and lends it: at most 256 KiB, in a buffer outside the heap that all
     * readers of this loop share. The caller may read and change what is in it, and write it to a {@link StreamWriter},
     * until its task suspends; what is still needed then is to be copied before.
     *
     * <p>So a connection that waits for its peer has no buffer. In time this costs the same as a buffer of one's own.
     *
     * <p>Cancelling this takes nothing from the stream.
     *
     * @return a buffer with what has come, or null at the end of the stream
     * @throws ConnectionLostException if the connection has ended otherwise
     * @throws IllegalStateException if called outside a task, or while another task reads
     */
    @Suspends
    public @Nullable ByteBuffer readShared() throws IOException {
        Task<?> task = start("readShared");
        while (buffer.isEmpty()) {
            if (!awaitInput(task)) {
                return null;
            }
            if (direct != null) {
                ByteBuffer scratch = readScratch(direct, Defaults.READ_SIZE);
                if (scratch.hasRemaining()) {
                    return scratch;
                }
            }
        }
        ByteBuffer scratch = scratch().clear();
        buffer.takeInto(scratch);
        taken();
        return scratch.flip();
    }

    /**
     * Writes all that comes until the end of the stream to {@code writer}, and waits whenever the writer's peer is slower:
     * one direction of a proxy. Neither end is closed after it, and {@link StreamWriter#writeEof} is left to the caller.
     *
     * <p>Cancelling this loses nothing: what was taken from here was given to the writer.
     *
     * @return how many bytes it were
     * @throws ConnectionLostException if one of the two connections has ended otherwise
     * @throws IllegalStateException if called outside a task, while another task reads, or after the writer's
     *     {@link StreamWriter#writeEof}
     */
    @Suspends
    public long transferTo(StreamWriter writer) throws IOException {
        long count = 0;
        for (ByteBuffer data = readShared(); data != null; data = readShared()) {
            count += data.remaining();
            writer.write(data);
            writer.drain();
        }
        return count;
    }

    /** As {@link #read(ByteBuffer)}, for an array; {@code length} is positive. */
    @Suspends
    int read(byte[] target, int offset, int length) throws IOException {
        Task<?> task = start("read");
        while (buffer.isEmpty()) {
            if (!awaitInput(task)) {
                return -1;
            }
            if (direct != null) {
                ByteBuffer scratch = readScratch(direct, length);
                int count = scratch.remaining();
                if (count > 0) {
                    scratch.get(target, offset, count);
                    return count;
                }
            }
        }
        int count = buffer.takeInto(target, offset, length);
        taken();
        return count;
    }

    /**
     * Reads exactly {@code count} bytes. Memory is taken as they come, not beforehand; the limit does not matter.
     *
     * <p>Cancelling this takes nothing from the stream.
     *
     * @throws IncompleteReadException if the stream ends before; it has what had come
     * @throws ConnectionLostException if the connection ends otherwise
     * @throws IllegalArgumentException if {@code count} is negative
     * @throws IllegalStateException if called outside a task, or while another task reads
     */
    @Suspends
    public byte[] readExactly(int count) throws IOException {
        Task<?> task = start("readExactly");
        if (count < 0) {
            throw new IllegalArgumentException("cannot read exactly " + count + " bytes");
        }
        while (buffer.size() < count) {
            if (!fill(task, count)) {
                throw new IncompleteReadException(buffer.takeAll(), count);
            }
        }
        byte[] result = buffer.take(count);
        taken();
        return result;
    }

    /**
     * Reads everything until the end of the stream, however much that is.
     *
     * <p>Cancelling this takes nothing from the stream.
     *
     * @throws ConnectionLostException if the connection ends otherwise
     * @throws IllegalStateException if called outside a task, or while another task reads
     */
    @Suspends
    public byte[] readToEnd() throws IOException {
        return readToEnd(Integer.MAX_VALUE);
    }

    /**
     * Reads everything until the end of the stream, but no more than {@code limit} bytes.
     *
     * <p>Cancelling this takes nothing from the stream.
     *
     * @throws LimitOverrunException if there is more; nothing is taken then
     * @throws ConnectionLostException if the connection ends otherwise
     * @throws IllegalStateException if called outside a task, or while another task reads
     */
    @Suspends
    public byte[] readToEnd(int limit) throws IOException {
        Task<?> task = start("readToEnd");
        do {
            if (buffer.size() > limit) {
                throw new LimitOverrunException(
                        "more than " + limit + " bytes came from " + peer() + " before the end", buffer.size());
            }
        } while (fill(task, Integer.MAX_VALUE));
        return buffer.takeAll();
    }

    // -- lines, and what else ends with a separator ---------------------------------------------------------------

    /**
     * Reads a line and returns it without its end, which is a newline, with or without a carriage return before it. At the
     * end of the stream returns what is left, and then null.
     *
     * <p>Cancelling this takes nothing from the stream.
     *
     * @throws LimitOverrunException if the line is longer than the limit; nothing is taken then
     * @throws ConnectionLostException if the connection ends otherwise
     * @throws IllegalStateException if called outside a task, or while another task reads
     */
    @Suspends
    public @Nullable String readLine() throws IOException {
        return readLine(options.limit());
    }

    /**
     * Reads a line, with a limit of its own. See {@link #readLine()}.
     *
     * @param limit how many bytes it may have before the newline
     * @throws LimitOverrunException if it has more; nothing is taken then
     * @throws ConnectionLostException if the connection has ended otherwise
     */
    @Suspends
    public @Nullable String readLine(int limit) throws IOException {
        Task<?> task = start("readLine");
        int newline;
        int searched = 0;
        while ((newline = buffer.indexOf(NEWLINE, searched)) < 0) {
            searched = buffer.size();
            checkLimit(searched, limit, "no end of line");
            if (!fill(task, 0)) {
                return searched == 0 ? null : takeText(searched, searched);
            }
        }
        checkLimit(newline, limit, "the end of line only after that");
        boolean afterReturn = newline > 0 && buffer.at(newline - 1) == '\r';
        return takeText(afterReturn ? newline - 1 : newline, newline + 1);
    }

    /** Takes {@code taken} bytes. {@return the first {@code count} of them as text} */
    private String takeText(int count, int taken) {
        String text = buffer.text(count, options.charset());
        buffer.skip(taken);
        taken();
        return text;
    }

    /**
     * {@return the lines until the end of the stream, for one {@code for} loop} Whatever {@link #readLine()} may do, the
     * loop may do before each line: suspend, be cancelled, or throw, {@link IOException} too.
     *
     * <p>Leaving the loop leaves the lines that it has not got.
     *
     * @throws IOException not here, but where the loop asks for the next line
     */
    @Suspends
    @SuppressWarnings("RedundantThrows") // so that the loop may be in a try block that catches it
    public Iterable<String> lines() throws IOException {
        return () -> new Lines(this);
    }

    /**
     * Reads until {@code separator} has come, and returns everything including it.
     *
     * <p>Cancelling this takes nothing from the stream.
     *
     * @throws LimitOverrunException if more bytes than the limit come before it; nothing is taken then
     * @throws IncompleteReadException if the stream ends before; it has what had come
     * @throws ConnectionLostException if the connection ends otherwise
     * @throws IllegalArgumentException if {@code separator} is empty
     * @throws IllegalStateException if called outside a task, or while another task reads
     */
    @Suspends
    public byte[] readUntil(byte[] separator) throws IOException {
        return readUntil(separator, options.limit());
    }

    /**
     * Reads until {@code separator} has come, with a limit of its own. See {@link #readUntil(byte[])}.
     *
     * @param limit how many bytes may come before it
     * @throws LimitOverrunException if more bytes come before it; nothing is taken then
     * @throws IncompleteReadException if the stream ends before; it has what had come
     */
    @Suspends
    public byte[] readUntil(byte[] separator, int limit) throws IOException {
        return readUntil(List.of(separator), limit);
    }

    /**
     * Reads until one of {@code separators} has come: the one that is complete first, and of those the longest. See
     * {@link #readUntil(byte[])}.
     *
     * @param limit how many bytes may come before it
     * @throws LimitOverrunException if more bytes come before it; nothing is taken then
     * @throws IncompleteReadException if the stream ends before; it has what had come
     */
    @Suspends
    public byte[] readUntil(List<byte[]> separators, int limit) throws IOException {
        Task<?> task = start("readUntil");
        int longest = longest(separators);
        int searched = 0;
        while (true) {
            int begin = -1;
            int end = Integer.MAX_VALUE;
            for (byte[] separator : separators) {
                int found = buffer.indexOf(separator, searched);
                int foundEnd = found + separator.length;
                if (found >= 0 && (foundEnd < end || (foundEnd == end && found < begin))) {
                    begin = found;
                    end = foundEnd;
                }
            }
            if (begin >= 0) {
                checkLimit(begin, limit, "the separator only after that");
                byte[] result = buffer.take(end);
                taken();
                return result;
            }
            searched = Math.max(0, buffer.size() + 1 - longest);
            checkLimit(searched, limit, "no separator");
            if (!fill(task, 0)) {
                throw new IncompleteReadException(buffer.takeAll(), -1);
            }
        }
    }

    private static int longest(List<byte[]> separators) {
        int longest = 0;
        for (byte[] separator : separators) {
            if (separator.length == 0) {
                throw new IllegalArgumentException("a separator must not be empty");
            }
            longest = Math.max(longest, separator.length);
        }
        if (longest == 0) {
            throw new IllegalArgumentException("there must be a separator");
        }
        return longest;
    }

    private void checkLimit(int count, int limit, String what) throws LimitOverrunException {
        if (count > limit) {
            throw new LimitOverrunException(
                    count + " bytes came from " + peer() + ", more than the limit of " + limit + ", and " + what
                            + "; nothing was taken",
                    count);
        }
    }

    // -- what else there is to know -------------------------------------------------------------------------------

    /** {@return whether the stream has ended and everything was read} Known once somebody has read until there. */
    public boolean atEof() {
        return ended && buffer.isEmpty();
    }

    /**
     * {@return this as a stream of the JDK, for whatever can read from one, inside a task} Its methods suspend the calling
     * task. Closing it ends the view, not the connection.
     */
    public InputStream asInputStream() {
        return new ReaderInputStream(this);
    }

    /** {@return how many bytes may come before the end of a line} */
    int limit() {
        return options.limit();
    }

    /** {@return how much has come and was not read yet: what this keeps, not what the system does} */
    int buffered() {
        return buffer.size();
    }

    // -- for those who bring the bytes ----------------------------------------------------------------------------

    /**
     * Appends all that remains in {@code data}, for whoever reads. For protocols, and for tests of code that reads; a
     * reader of a connection is fed by that.
     */
    public void feedData(ByteBuffer data) {
        loop.checkThread();
        if (data.hasRemaining()) {
            buffer.append(data, 0);
            wake();
            Transport transport = this.transport;
            if (transport != null && !paused && direct == null && buffer.size() > 2L * options.limit()) {
                paused = true;
                transport.pauseReading();
            }
        }
    }

    /** Ends the stream: nothing more will be fed. */
    public void feedEof() {
        loop.checkThread();
        ended = true;
        wake();
    }

    /** Reads from {@code transport} from now on: directly, if it can be, else what it calls {@link #feedData} with. */
    void setTransport(Transport transport) {
        this.transport = transport;
        paused = false;
        direct = transport instanceof DirectReading readable ? readable : null;
        if (direct != null) {
            transport.pauseReading();
        }
    }

    /**
     * The connection is about to be secured: nobody may read until {@link #endTls}.
     *
     * @throws IOException if something was not read; the connection is aborted then
     */
    void beginTls() throws IOException {
        Task<?> task = start("startTls");
        Transport transport = this.transport;
        if (!buffer.isEmpty() && transport != null) {
            int unread = buffer.size();
            transport.abort();
            throw new IOException(unread + " bytes came in the clear from " + peer()
                    + " before TLS could start; they may" + " be an attacker's, so the connection was aborted");
        }
        reading = task;
    }

    void endTls() {
        reading = null;
    }

    /** The connection has ended, because of {@code failure}, or in order. */
    void lose(@Nullable Exception failure) {
        lost = true;
        this.failure = failure;
        wake();
    }

    private void wake() {
        Future<@Nullable Void> arrival = this.arrival;
        if (arrival != null && !arrival.done()) {
            arrival.setResult(null);
        }
    }

    // -- waiting --------------------------------------------------------------------------------------------------

    /** Begins a method that may suspend. {@return the task that is calling} */
    private Task<?> start(String method) {
        Task<?> task = Callers.task(method);
        Task<?> reading = this.reading;
        if (reading != null) {
            throw new IllegalStateException(reading.getName() + " reads from " + peer() + " already; " + task.getName()
                    + " cannot do so at the same time, because nobody could tell who gets what");
        }
        if (task.getLoop() != loop) {
            throw new IllegalStateException(
                    method + " was called on " + task.getLoop() + "; the connection belongs to " + loop);
        }
        return task;
    }

    /**
     * Waits until there is more in the buffer.
     *
     * @param wanted how much there shall be in the end; 0 if nobody knows
     * @return false if the stream has ended instead
     */
    @Suspends
    private boolean fill(Task<?> task, int wanted) throws IOException {
        int before = buffer.size();
        while (buffer.size() == before) {
            if (!awaitInput(task)) {
                return false;
            }
            if (direct != null) {
                // Ahead of what is wanted, for the next time, but not if it is so much that it would be copied again.
                int size = wanted <= Defaults.READ_AHEAD ? Defaults.READ_AHEAD : wanted - before;
                buffer.append(readScratch(direct, size), wanted);
            }
        }
        return true;
    }

    /** Waits until something may have come. {@return false, without waiting, if the stream has ended} */
    @Suspends
    private boolean awaitInput(Task<?> task) throws IOException {
        if (ended) {
            return false;
        }
        if (lost) {
            throw lost();
        }
        DirectReading direct = this.direct;
        reading = task;
        try {
            if (direct == null) {
                awaitArrival();
            } else {
                direct.awaitReadable();
            }
        } catch (IOException e) {
            throw lost();
        } finally {
            reading = null;
        }
        return true;
    }

    /** Waits until {@link #feedData} or {@link #feedEof} is called, or the connection is lost. */
    @Suspends
    private void awaitArrival() {
        resume();
        Future<@Nullable Void> arrival = loop.createFuture();
        this.arrival = arrival;
        try {
            arrival.await();
        } finally {
            this.arrival = null;
        }
    }

    /** Something was taken out of the buffer: the transport may bring more, if there is room again. */
    private void taken() {
        if (paused && buffer.size() <= options.limit()) {
            resume();
        }
    }

    private void resume() {
        Transport transport = this.transport;
        if (paused && transport != null) {
            paused = false;
            transport.resumeReading();
        }
    }

    /** Reads at most {@code limit} bytes. {@return the loop's scratch buffer, with what was read, which may be nothing} */
    private ByteBuffer readScratch(DirectReading direct, int limit) throws IOException {
        ByteBuffer scratch = scratch();
        readNow(direct, scratch.clear().limit(Math.min(limit, scratch.capacity())));
        return scratch.flip();
    }

    private ByteBuffer scratch() {
        ByteBuffer scratch = this.scratch;
        if (scratch == null) {
            scratch = SCRATCH.get(loop);
            this.scratch = scratch;
        }
        return scratch;
    }

    /** {@return how much was read into {@code target}; not positive if there is nothing, or the stream has ended} */
    private int readNow(DirectReading direct, ByteBuffer target) throws IOException {
        try {
            int count = direct.read(target);
            ended = count < 0;
            return count;
        } catch (IOException e) {
            throw lost();
        }
    }

    private ConnectionLostException lost() {
        Transport transport = this.transport;
        Exception failure = this.failure != null || transport == null ? this.failure : transport.failure();
        return ConnectionLostException.of("read from", transport, failure);
    }

    private String peer() {
        return ConnectionLostException.peer(transport);
    }

    /** {@return whom it reads from, how much it keeps, whether the stream has ended} */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("StreamReader[from ").append(peer());
        text.append(", ").append(buffer.size()).append(" bytes buffered");
        if (ended) {
            text.append(", ended");
        }
        Task<?> reading = this.reading;
        if (reading != null) {
            text.append(", ").append(reading.getName()).append(" reads");
        }
        return text.append(']').toString();
    }
}
