package dev.tulip.net;

import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Future;
import dev.tulip.loop.Suspends;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Bytes over one connected socket, TCP or Unix. Loop thread only. */
final class SocketTransport extends ChannelTransport implements DirectReading {
    /*
     * Writing tries the socket first; only while that takes no more, the loop watches it for writing, and what is left
     * waits in the WriteBuffer.
     *
     * On the path of a request nothing is allocated: what is read goes into a buffer of the loop's pool, the protocol
     * looks at it there, and what it writes goes from its buffer to the socket.
     */

    // set once
    private final SocketChannel channel;
    private final int descriptor; // for SystemCalls
    private final @Nullable SocketAddress peerName;
    private final @Nullable SocketAddress sockName;
    private final WriteBuffer out;

    // loop thread only
    private Protocol protocol;
    private @Nullable BufferedProtocol buffered; // the protocol, if it is one
    private boolean endReceived; // the peer's end of stream
    private boolean endWritten; // writeEof() was called
    private @Nullable Future<@Nullable Void> fileWaiter; // what a sendFile waits for, if it waits
    private boolean sendingFile;
    private boolean held; // another thread uses the channel
    private int dropped;

    /**
     * A transport that owns {@code channel} from here on; {@link #start} must follow.
     *
     * @param channel connected, in non-blocking mode
     * @param server whose connection it is, or null
     * @throws IOException if the channel is closed; then it is still the caller's
     */
    SocketTransport(EventLoop loop, SocketChannel channel, Protocol protocol, @Nullable SocketServer server)
            throws IOException {
        this(loop, channel, protocol, server, channel.getRemoteAddress(), channel.getLocalAddress());
    }

    private SocketTransport(
            EventLoop loop,
            SocketChannel channel,
            Protocol protocol,
            @Nullable SocketServer server,
            @Nullable SocketAddress peerName,
            @Nullable SocketAddress sockName) {
        super(loop, channel, server);
        this.channel = channel;
        this.descriptor = SystemCalls.descriptor(channel);
        this.peerName = peerName;
        this.sockName = sockName;
        this.out = new WriteBuffer(resources);
        this.protocol = protocol;
        this.buffered = protocol instanceof BufferedProtocol buffered ? buffered : null;
    }

    // -- protocol -------------------------------------------------------------------------------------------------

    @Override
    public void setProtocol(Protocol protocol) {
        loop.checkThread();
        this.protocol = Objects.requireNonNull(protocol, "protocol");
        this.buffered = protocol instanceof BufferedProtocol buffered ? buffered : null;
    }

    @Override
    public Protocol getProtocol() {
        return protocol;
    }

    @Override
    BaseProtocol protocol() {
        return protocol;
    }

    @Override
    void callConnectionMade() {
        protocol.connectionMade(this);
    }

    // -- reading --------------------------------------------------------------------------------------------------

    @Override
    boolean canRead() {
        return !endReceived && !sendingFile;
    }

    /** One read; then the other connections have their turn. */
    @Override
    void read() {
        BufferedProtocol buffered = this.buffered;
        if (buffered == null) {
            readAndCall();
        } else {
            readInto(buffered);
        }
    }

    private void readAndCall() {
        // Taken from the pool, not a field: the protocol may wait in a call of the JDK, and others read meanwhile.
        ByteBuffer buffer = resources.buffers.take();
        try {
            int count = receive(buffer);
            if (count > 0) {
                callDataReceived(buffer.flip());
            } else if (count < 0) {
                endReceived();
            }
        } catch (IOException e) {
            lose(e);
        } finally {
            resources.buffers.give(buffer);
        }
    }

    private void callDataReceived(ByteBuffer data) {
        try {
            protocol.dataReceived(data);
        } catch (Throwable e) {
            fatal("dataReceived", e);
        }
    }

    @Override
    public void awaitReadable() throws IOException {
        checkDirectReading();
        if (!endReceived) {
            loop.awaitReadable(channel);
            watched = true;
        }
    }

    @Override
    public int read(ByteBuffer buffer) throws IOException {
        checkDirectReading();
        if (!buffer.hasRemaining()) {
            return 0;
        }
        if (endReceived) {
            return -1;
        }
        int count;
        try {
            count = readInto(buffer);
        } catch (IOException e) {
            lose(e);
            throw e;
        }
        endReceived = count < 0;
        return count;
    }

    private void checkDirectReading() throws IOException {
        loop.checkThread();
        if (!isOpen()) {
            throw new IOException("cannot read from " + this, failure());
        }
        if (isReading()) {
            throw new IllegalStateException(
                    this + " calls its protocol with what comes; pause it, to read from it directly");
        }
    }

    private void readInto(BufferedProtocol buffered) {
        int count;
        try {
            ByteBuffer buffer = buffered.getBuffer(-1);
            if (!isReadingWanted()) { // it has paused or closed the transport, or waited while somebody else did
                return;
            }
            count = readInto(buffer);
        } catch (IOException e) {
            lose(e);
            return;
        } catch (Throwable e) {
            fatal("getBuffer", e);
            return;
        }
        if (count < 0) {
            endReceived();
        } else if (count > 0) {
            try {
                buffered.bufferUpdated(count);
            } catch (Throwable e) {
                fatal("bufferUpdated", e);
            }
        }
    }

    private int readInto(ByteBuffer buffer) throws IOException {
        int room = buffer.remaining();
        if (room == 0) {
            throw new IllegalStateException(
                    "getBuffer() returned a buffer without room; to stop reading, pause the transport");
        }
        if (room <= Defaults.READ_SIZE) {
            return receive(buffer);
        }
        int limit = buffer.limit();
        buffer.limit(buffer.position() + Defaults.READ_SIZE);
        try {
            return receive(buffer);
        } finally {
            buffer.limit(limit);
        }
    }

    /** One call of the system. {@return how much was read; 0 if there is nothing, -1 at the end of the stream} */
    private int receive(ByteBuffer buffer) throws IOException {
        return maySkipChannel(buffer) && !buffer.isReadOnly()
                ? resources.calls.receive(descriptor, buffer)
                : channel.read(buffer);
    }

    /** One call of the system. {@return how much was sent} */
    private int transmit(ByteBuffer buffer) throws IOException {
        return maySkipChannel(buffer) ? resources.calls.send(descriptor, buffer) : channel.write(buffer);
    }

    private boolean maySkipChannel(ByteBuffer buffer) {
        return watched && descriptor != SystemCalls.NONE && SystemCalls.canUse(buffer) && channel.isOpen();
    }

    private void endReceived() {
        endReceived = true;
        settleReading();
        boolean keep;
        try {
            keep = protocol.eofReceived();
        } catch (Throwable e) {
            fatal("eofReceived", e);
            return;
        }
        if (!keep) {
            close();
        }
    }

    // -- writing --------------------------------------------------------------------------------------------------

    @Override
    public void write(ByteBuffer data) {
        checkWrite();
        if (!data.hasRemaining()) {
            return;
        }
        if (isLost()) {
            drop(data);
            return;
        }
        if (out.isEmpty()) {
            try {
                send(data);
            } catch (IOException e) {
                data.position(data.limit());
                lose(e);
                return;
            }
            if (!data.hasRemaining()) {
                return;
            }
        }
        out.append(data);
        armWriter();
        checkFlow();
    }

    @Override
    public void writeLines(List<ByteBuffer> data) {
        checkWrite();
        if (isLost()) {
            data.forEach(this::drop);
            return;
        }
        if (out.isEmpty()) {
            try {
                sendGathered(data.iterator());
            } catch (IOException e) {
                data.forEach(buffer -> buffer.position(buffer.limit()));
                lose(e);
                return;
            }
        }
        for (ByteBuffer buffer : data) {
            if (buffer.hasRemaining()) {
                out.append(buffer);
            }
        }
        if (!out.isEmpty()) {
            armWriter();
            checkFlow();
        }
    }

    private void checkWrite() {
        loop.checkThread();
        if (endWritten) {
            throw new IllegalStateException("cannot write to " + this + " after writeEof()");
        }
        if (sendingFile) {
            throw new IllegalStateException("cannot write to " + this + " while a file is sent to it");
        }
    }

    /** Nothing can be sent any more: drops {@code data}; says so, if that happens again and again. */
    private void drop(ByteBuffer data) {
        if (data.hasRemaining()) {
            data.position(data.limit());
            Log.droppedWrite(loop, ++dropped, "the connection has ended", this);
        }
    }

    /** Sends what the socket takes of {@code data}. */
    private void send(ByteBuffer data) throws IOException {
        if (data.isDirect()) {
            transmit(data);
            return;
        }
        // The JDK would copy all of it outside the heap, for each attempt, into memory that it keeps for ever.
        ByteBuffer copy = resources.buffers.take();
        try {
            int sent;
            int size;
            do {
                size = Math.min(data.remaining(), copy.capacity());
                copy.clear().limit(size).put(0, data, data.position(), size);
                sent = transmit(copy);
                data.position(data.position() + sent);
            } while (sent == size && data.hasRemaining());
        } finally {
            resources.buffers.give(copy);
        }
    }

    /** Sends what the socket takes, several buffers in one call of the system. */
    private void sendGathered(Iterator<ByteBuffer> data) throws IOException {
        @Nullable ByteBuffer[] gather = resources.gather;
        while (data.hasNext()) {
            int count = 0;
            int heap = 0; // bytes, of which the JDK makes a copy that it keeps: not too many at a time
            ByteBuffer last = null;
            while (data.hasNext() && count < gather.length && heap < Defaults.READ_SIZE) {
                last = data.next();
                if (last.hasRemaining()) {
                    gather[count++] = last;
                    heap += last.isDirect() ? 0 : Math.min(last.remaining(), Defaults.READ_SIZE);
                }
            }
            try {
                if (!sendAll(gather, count, heap < Defaults.READ_SIZE ? null : last)) {
                    return;
                }
            } finally {
                Arrays.fill(gather, 0, count, null);
            }
        }
    }

    /**
     * Sends {@code count} buffers. Returns whether all were sent.
     *
     * @param large the last of them, if it is not one to be sent with others
     */
    private boolean sendAll(@Nullable ByteBuffer[] gather, int count, @Nullable ByteBuffer large) throws IOException {
        int together = large == null ? count : count - 1;
        if (together > 0) {
            channel.write(gather, 0, together);
            ByteBuffer last = gather[together - 1];
            if (last != null && last.hasRemaining()) {
                return false;
            }
        }
        if (large != null) {
            send(large);
            return !large.hasRemaining();
        }
        return true;
    }

    @Override
    void flush() {
        if (!out.isEmpty()) {
            try {
                out.sendTo(channel);
            } catch (IOException e) {
                lose(e);
                return;
            }
            checkFlowAfterFlush();
        }
        if (out.isEmpty() && !isLost()) {
            disarmWriter();
            wakeFile();
            if (isClosing()) {
                lose(null);
            } else if (endWritten) {
                shutdownOutput();
            }
        }
    }

    @Override
    public void writeEof() {
        loop.checkThread();
        if (isClosing() || endWritten) {
            return;
        }
        if (sendingFile) {
            throw new IllegalStateException("cannot end " + this + " while a file is sent to it");
        }
        endWritten = true;
        if (out.isEmpty()) {
            shutdownOutput();
        }
    }

    private void shutdownOutput() {
        try {
            channel.shutdownOutput();
        } catch (IOException e) {
            lose(e);
        }
    }

    @Override
    public boolean canWriteEof() {
        return true;
    }

    @Override
    long pending() {
        return out.size();
    }

    @Override
    void forgetPending() {
        out.clear();
        wakeFile();
    }

    // -- sending a file: see SendFile -----------------------------------------------------------------------------

    /** Reserves this transport for a file: nobody else writes, and nothing is read. {@link #endFile} must follow. */
    void beginFile() {
        checkWrite();
        if (isClosing()) {
            throw new IllegalStateException("cannot send a file to " + this);
        }
        sendingFile = true;
        settleReading();
    }

    void endFile() {
        sendingFile = false;
        settleReading();
    }

    /** Waits until all that was written is sent, and the socket takes more. */
    @Suspends
    void awaitWritable() throws IOException {
        checkNotLost();
        Future<@Nullable Void> waiter = loop.createFuture();
        fileWaiter = waiter;
        armWriter();
        try {
            waiter.await();
        } finally {
            fileWaiter = null;
        }
        checkNotLost();
    }

    private void wakeFile() {
        Future<@Nullable Void> waiter = fileWaiter;
        if (waiter != null && !waiter.done()) {
            waiter.setResult(null);
        }
    }

    /** Throws if nothing can be sent any more. */
    void checkNotLost() throws IOException {
        if (isLost()) {
            throw new IOException("the connection ended before the file was sent: " + this, failure());
        }
    }

    /** {@return the socket, for another thread to send from a file; it is not closed before {@link #release}} */
    SocketChannel hold() {
        held = true;
        return channel;
    }

    void release() {
        held = false;
        if (isLost()) {
            lostLater();
        }
    }

    @Override
    boolean isHeld() {
        return held;
    }

    // -- what it is -----------------------------------------------------------------------------------------------

    @Override
    public @Nullable Object getExtraInfo(String name) {
        return switch (name) {
            case "peername" -> peerName;
            case "sockname" -> sockName;
            case "socket" -> channel;
            default -> null;
        };
    }

    /** {@return its state and addresses, what is to be sent, whether it reads} */
    @Override
    public String toString() {
        StringBuilder text =
                new StringBuilder("Transport[").append(describeState()).append(", ");
        text.append(sockName).append(" -> ").append(peerName);
        if (!out.isEmpty()) {
            text.append(", ").append(out.size()).append(" bytes to send");
        }
        if (isOpen()) {
            text.append(endReceived ? ", peer has sent its end" : isReading() ? ", reading" : ", reading paused");
        }
        return text.append(']').toString();
    }
}
