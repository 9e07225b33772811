package dev.tulip.net;

import dev.tulip.loop.EventLoop;
import dev.tulip.loop.ExceptionContext;
import dev.tulip.loop.Future;
import dev.tulip.loop.KeyboardInterrupt;
import dev.tulip.loop.TimerHandle;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * TLS over another transport: a socket's, or another one of this kind. Loop thread only.
 *
 * <p>To the transport below this is a protocol ({@link Below}); what that brings is decrypted and handed to the protocol
 * above, what is written is encrypted and written below at once. So what piles up does so below, as bytes to send; here
 * it does only while the engine is busy with a handshake.
 */
final class TlsTransport implements Transport {
    /*
     * HANDSHAKING -> OPEN       // opened(): connectionMade is called
     *        OPEN -> CLOSING    // close(), or the peer's close_notify: what was written is sent, then ours
     *  any of them -> LOST      // lose(): nothing is encrypted or decrypted any more, and the transport below is closed
     *        LOST -> CLOSED     // lost(): that one has ended; connectionLost is called
     *
     * CLOSING ends when the peer's close_notify has come, or its end of stream without one, or the time is over. What it
     * sends in between is dropped: as over TCP, nothing is received after close().
     *
     * Everything else is done by advance(), which is called when anything has changed, and does step() after step until
     * nothing is left to do. Two things can make it wait. A protocol's method may wait in a call of the JDK and give its
     * coroutine up to that: nothing else of the protocol is called meanwhile, as caller says. And the engine may be in
     * use: by a coroutine that waits for a lock inside of it, or by the executor, to which the costly steps of a handshake
     * go. Nobody else uses it then, as busy says: what is written goes to the queue, and the transport below is paused.
     * Whoever has made something wait calls advance() afterwards.
     */
    private static final byte HANDSHAKING = 0;

    private static final byte OPEN = 1;
    private static final byte CLOSING = 2;
    private static final byte LOST = 3;
    private static final byte CLOSED = 4;

    // how lose() ends the transport below: aborts it, or still has it send what was written to it
    private static final boolean HARD = true;
    private static final boolean SOFT = false;

    private static final String HANDSHAKE_FAILED = "TLS handshake failed; the connection is dropped";

    // set once
    private final EventLoop loop;
    private final LoopResources resources;
    private final TlsOptions options;
    private final TlsEngine engine;
    private final @Nullable String host; // to whom a client connects, for messages
    private final Supplier<? extends Protocol> protocolFactory;
    private final @Nullable Future<@Nullable Void> handshake; // null if nobody waits: on servers
    private final Below below = new Below();
    private final Runnable onAdvance = this::advanceNow;
    private @Nullable Transport inner; // by carriedBy

    // loop thread only
    private byte state = HANDSHAKING;
    private @Nullable Protocol protocol; // null until the handshake is done, or for ever
    private @Nullable BufferedProtocol buffered; // the protocol, if it is one
    private boolean made; // connectionMade was called, so connectionLost must be
    private @Nullable Exception cause; // of the end
    private @Nullable Exception failure; // of the engine; first, what it decrypted before is handed over
    private @Nullable TimerHandle timer; // of the handshake, or of closing
    private long unsent; // when that timer was set

    // what advance() knows
    private boolean advancing;
    private boolean again; // advance() was called meanwhile
    private boolean scheduled; // advance() stands in the ready queue
    private boolean busy;
    private @Nullable Thread caller;
    private boolean unsettled; // something was not called because of caller

    // reading
    private @Nullable ByteBuffer plain; // decrypted, and not handed over yet
    private boolean readingPaused;
    private boolean held; // nobody has this transport yet, so nothing is handed over
    private boolean innerReading = true;
    private boolean closeReceived; // the peer's close_notify
    private boolean endReceived; // the end of the stream below
    private boolean endTold;

    // writing
    private final WriteBuffer queue;
    private WaterMarks marks = WaterMarks.defaults();
    private boolean closeSent; // our close_notify
    private boolean innerPaused; // the transport below has more to send than its marks allow
    private boolean protocolPaused;
    private int answers; // of the engine's own, while innerPaused
    private int dropped;
    private boolean innerLost;
    private @Nullable Exception innerCause;

    private TlsTransport(
            EventLoop loop,
            LoopResources resources,
            TlsOptions options,
            TlsEngine engine,
            @Nullable String host,
            Supplier<? extends Protocol> protocolFactory,
            boolean awaited) {
        this.loop = loop;
        this.resources = resources;
        this.options = options;
        this.engine = engine;
        this.host = host;
        this.protocolFactory = protocolFactory;
        this.handshake = awaited ? loop.createFuture() : null;
        this.queue = new WriteBuffer(resources);
    }

    // -- making one -----------------------------------------------------------------------------------------------

    /**
     * A client's transport, for a connection that is about to begin. {@link #carriedBy} must follow.
     *
     * @param host to which it connects, or null if that is not known
     */
    static TlsTransport ofClient(
            EventLoop loop,
            TlsOptions options,
            @Nullable String host,
            int port,
            Supplier<? extends Protocol> protocolFactory) {
        LoopResources resources = LoopResources.of(loop);
        String name = options.serverName() == null ? host : options.serverName();
        TlsEngine engine = TlsEngine.forClient(resources, options, name, port);
        return new TlsTransport(loop, resources, options, engine, name, protocolFactory, /* awaited= */ true);
    }

    /**
     * A server's transport, for a connection that is about to begin. {@link #carriedBy} must follow.
     *
     * @param awaited whether somebody waits for the handshake; else its failure is reported
     */
    static TlsTransport ofServer(
            EventLoop loop, TlsOptions options, Supplier<? extends Protocol> protocolFactory, boolean awaited) {
        LoopResources resources = LoopResources.of(loop);
        TlsEngine engine = TlsEngine.forServer(resources, options);
        return new TlsTransport(loop, resources, options, engine, null, protocolFactory, awaited);
    }

    /** {@return what the transport below is to call} */
    Protocol below() {
        return below;
    }

    /** Says what carries this. The handshake begins when that calls {@code connectionMade}. */
    void carriedBy(Transport transport) {
        inner = transport;
        marks = transport.getWriteBufferLimits();
    }

    /**
     * Takes the place of the protocol of a connection that stands already. Nothing is handed over before
     * {@link #release}.
     */
    void takeOver(Transport transport, Protocol protocol) {
        transport.pauseReading();
        carriedBy(transport);
        setProtocol(protocol);
        made = true; // on the transport below
        held = true;
        // Whether that transport has paused its protocol, it does not say: have it resume the protocol, and then, with
        // its marks as they were, perhaps pause this one.
        WaterMarks marks = transport.getWriteBufferLimits();
        transport.setWriteBufferLimits(Integer.MAX_VALUE, Integer.MAX_VALUE);
        transport.setProtocol(below);
        transport.setWriteBufferLimits(marks);
        innerReading = false;
        begin();
    }

    /** Whoever waited has this transport now: soon, what comes is handed over. */
    void release() {
        held = false;
        advanceSoon();
    }

    /** {@return the outermost transport over {@code transport}: that one, or the last one that {@code startTls} made} */
    static Transport outermost(Transport transport) {
        Transport outermost = transport;
        while (protocolOf(outermost) instanceof Below below) {
            outermost = below.owner();
        }
        return outermost;
    }

    private static @Nullable Protocol protocolOf(Transport transport) {
        return transport instanceof TlsTransport tls ? tls.protocol : transport.getProtocol();
    }

    // -- the handshake --------------------------------------------------------------------------------------------

    /** {@return a future that is done when the connection stands, and fails if the handshake does} */
    Future<@Nullable Void> handshake() {
        return Objects.requireNonNull(handshake, "somebody waits");
    }

    private void begin() {
        setTimer(options.handshakeTimeout(), this::handshakeTimedOut);
        try {
            engine.engine.beginHandshake();
        } catch (SSLException | RuntimeException e) {
            failure = e;
        }
        advance();
    }

    private void handshakeTimedOut() {
        timer = null;
        failHandshake(TlsErrors.handshakeTimedOut(peer(), options.handshakeTimeout(), strangeBytes()));
    }

    private void opened() {
        cancelTimer();
        state = OPEN;
        if (protocol == null) {
            try {
                setProtocol(Objects.requireNonNull(protocolFactory.get(), "the protocol factory returned null"));
            } catch (KeyboardInterrupt e) {
                throw e;
            } catch (Throwable e) {
                state = HANDSHAKING;
                noProtocol(e);
                return;
            }
        }
        if (!made) {
            made = true;
            callConnectionMade();
        }
        if (handshake != null && !handshake.done()) {
            handshake.setResult(null);
        }
    }

    private void callConnectionMade() {
        enter();
        try {
            protocol().connectionMade(this);
        } catch (KeyboardInterrupt e) {
            throw e;
        } catch (Throwable e) {
            report("protocol.connectionMade() failed; the connection goes on", e);
        } finally {
            leave();
        }
    }

    private void noProtocol(Throwable error) {
        try {
            tellHandshake("Error on transport creation for incoming connection", error);
        } finally {
            lose(null, HARD);
        }
    }

    private void failHandshake(IOException error) {
        try {
            tellHandshake(HANDSHAKE_FAILED, error);
        } finally {
            lose(error, error.getCause() instanceof SSLException ? withLastWords() : HARD);
        }
    }

    /** Tells whoever waits for the handshake that it has failed; if that is nobody, the exception handler. */
    private void tellHandshake(String message, Throwable error) {
        if (handshake == null) {
            report(message, error);
        } else if (!handshake.done()) {
            handshake.setException(error);
        }
    }

    /** Runs the engine's tasks on the executor; if that takes none, here. Returns whether they are done. */
    private boolean runTasks() {
        busy = true;
        Future<@Nullable Void> job;
        try {
            job = loop.runInExecutor(options.executor(), () -> {
                engine.runTasks();
                return null;
            });
        } catch (IllegalStateException | RejectedExecutionException e) { // the program ends, or the executor is full
            engine.runTasks();
            busy = false;
            return true;
        }
        job.addDoneCallback(done -> {
            busy = false;
            Throwable error = done.cancelled() ? null : done.exception();
            if (error != null && failure == null) {
                failure = new SSLException("a task of the TLS engine failed: " + error, error);
            }
            advance();
        });
        return false;
    }

    // -- what happens next ----------------------------------------------------------------------------------------

    private void advanceSoon() {
        if (!scheduled && !loop.isClosed()) {
            scheduled = true;
            loop.callSoon(onAdvance);
        }
    }

    private void advanceNow() {
        scheduled = false;
        advance();
    }

    private void advance() {
        if (advancing || busy) {
            again = true;
            return;
        }
        do {
            again = false;
            advancing = true;
            try {
                while (step()) {
                    // the next one
                }
            } finally {
                advancing = false;
            }
        } while (again && !busy);
        if (!busy) {
            engine.trim();
            if (state >= LOST) {
                forget();
            }
        }
        checkFlow();
        settleReading();
        if (innerLost) {
            lost();
        }
    }

    /** Does the one thing that comes first. Returns whether there may be another one. */
    private boolean step() {
        if (state >= LOST || busy) {
            return false;
        }
        if (failure != null && plain == null) {
            fail(failure);
            return false;
        }
        HandshakeStatus status = engine.engine.getHandshakeStatus();
        if (status == HandshakeStatus.NEED_TASK) {
            return runTasks();
        }
        // With the peer's end received and ours not sent the engine asks for a wrap, too, to be reminded of the latter.
        if (status == HandshakeStatus.NEED_WRAP && (closeSent || !closeReceived) && sendOwn()) {
            return true;
        }
        if (innerLost) {
            return false;
        }
        if (state == HANDSHAKING && status == HandshakeStatus.NOT_HANDSHAKING && !closeReceived) {
            opened();
            return true;
        }
        if (!queue.isEmpty() && maySend(status) && sendQueue()) {
            return true;
        }
        if (state == CLOSING && !closeSent && queue.isEmpty()) {
            engine.engine.closeOutbound();
            closeSent = true;
            return true;
        }
        if (plain != null) {
            return handOver();
        }
        if (closeReceived) {
            return endOfStream();
        }
        if (mayTakeIn() && engine.hasInput()) {
            return takeIn();
        }
        if (endReceived && !engine.hasInput()) {
            cutOff();
        }
        return false;
    }

    private void fail(Exception error) {
        sendLastWords();
        if (state == HANDSHAKING) {
            failHandshake(TlsErrors.handshakeFailed(peer(), error, strangeBytes()));
        } else {
            lose(TlsErrors.broken(peer(), error), withLastWords());
        }
    }

    /** {@return how to end the transport below so that the peer is told why, if it still reads} */
    private boolean withLastWords() {
        return innerPaused ? HARD : SOFT;
    }

    /** The engine has failed, and may want to tell the peer why. */
    private void sendLastWords() {
        ByteBuffer records = resources.records.take();
        busy = true;
        try {
            engine.wrapOwn(records);
        } catch (SSLException | RuntimeException e) {
            // it has told why already
        } finally {
            inner().write(records.flip());
            busy = false;
            resources.records.give(records);
        }
    }

    // -- reading --------------------------------------------------------------------------------------------------

    /** {@return whether more may be decrypted} */
    private boolean mayTakeIn() {
        return state != OPEN || (!readingPaused && !held && plain == null);
    }

    /** Decrypts as many records as one buffer takes, or what the engine wants to see. Returns whether that was anything. */
    private boolean takeIn() {
        ByteBuffer to = resources.records.take();
        boolean progress = false;
        busy = true;
        try {
            while (engine.hasInput()) {
                SSLEngineResult result = engine.unwrap(to);
                progress |= result.bytesConsumed() > 0;
                if (result.getStatus() == SSLEngineResult.Status.CLOSED) {
                    closeReceived = true;
                    progress = true;
                    break;
                }
                if (result.getStatus() != SSLEngineResult.Status.OK // half a record, or no more room
                        || result.getHandshakeStatus() != HandshakeStatus.NOT_HANDSHAKING
                        || result.bytesConsumed() == 0) {
                    break;
                }
            }
        } catch (SSLException | RuntimeException e) {
            failure = e;
            progress = true;
        } finally {
            busy = false;
            if (to.flip().hasRemaining() && state == OPEN) {
                plain = to;
            } else {
                resources.records.give(to);
            }
        }
        return progress;
    }

    /** Hands what was decrypted to the protocol. Returns whether that was possible. */
    private boolean handOver() {
        ByteBuffer data = Objects.requireNonNull(plain);
        if (state != OPEN) {
            plain = null;
            resources.records.give(data);
            return true;
        }
        if (readingPaused || held || !enter()) {
            return false;
        }
        plain = null;
        try {
            if (buffered == null) {
                callDataReceived(data);
            } else {
                fill(buffered, data);
            }
        } finally {
            if (data.hasRemaining() && state == OPEN) {
                plain = data;
            } else {
                resources.records.give(data);
            }
            leave();
        }
        return true;
    }

    private void callDataReceived(ByteBuffer data) {
        try {
            protocol().dataReceived(data);
        } catch (Throwable e) {
            fatal("dataReceived", e);
        } finally {
            data.position(data.limit());
        }
    }

    /** Copies as much as the protocol takes at a time; it may pause before the rest. */
    private void fill(BufferedProtocol buffered, ByteBuffer data) {
        int count;
        try {
            ByteBuffer room = buffered.getBuffer(data.remaining());
            if (state != OPEN || readingPaused) { // it has paused or closed the transport
                return;
            }
            count = Math.min(room.remaining(), data.remaining());
            if (count == 0) {
                throw new IllegalStateException(
                        "getBuffer() returned a buffer without room; to stop reading, pause the transport");
            }
            room.put(room.position(), data, data.position(), count);
            room.position(room.position() + count);
            data.position(data.position() + count);
        } catch (Throwable e) {
            fatal("getBuffer", e);
            return;
        }
        try {
            buffered.bufferUpdated(count);
        } catch (Throwable e) {
            fatal("bufferUpdated", e);
        }
    }

    /** The peer's close_notify has come, and everything before it is handed over. Returns whether there is more to do. */
    private boolean endOfStream() {
        if (state == HANDSHAKING) {
            failHandshake(TlsErrors.handshakeCutOff(peer(), !engine.hasSpoken(), strangeBytes()));
            return false;
        }
        if (state == CLOSING) {
            lose(null, SOFT);
            return false;
        }
        if (endTold || readingPaused || held || !enter()) {
            return false;
        }
        endTold = true;
        try {
            protocol().eofReceived(); // what it returns has no effect: see Protocol
        } catch (Throwable e) {
            fatal("eofReceived", e);
        } finally {
            leave();
        }
        close();
        return true;
    }

    /** The stream below has ended without a close_notify. */
    private void cutOff() {
        switch (state) {
            case HANDSHAKING -> {
                if (handshake == null && !engine.hasSpoken() && strangeBytes().length == 0) {
                    lose(null, HARD); // it has connected and gone: to see whether the port is open, most likely
                } else {
                    failHandshake(TlsErrors.handshakeCutOff(peer(), !engine.hasSpoken(), strangeBytes()));
                }
            }
            case OPEN ->
                lose(
                        new TlsTruncatedException("the TLS stream from " + peer()
                                + " ended without a close_notify: what has come may be cut off"),
                        HARD);
            default -> lose(null, SOFT); // it needs no more from us, and we want no more
        }
    }

    @Override
    public void pauseReading() {
        loop.checkThread();
        if (!isClosing() && !readingPaused) {
            readingPaused = true;
            settleReading();
        }
    }

    @Override
    public void resumeReading() {
        loop.checkThread();
        if (!isClosing() && readingPaused) {
            readingPaused = false;
            advanceSoon(); // something may have come meanwhile
        }
    }

    @Override
    public boolean isReading() {
        return !isClosing() && !readingPaused;
    }

    /** Has the transport below read, or not. */
    private void settleReading() {
        boolean wanted = state < LOST && !busy && !endReceived && mayTakeIn() && !engine.hasInput();
        if (wanted != innerReading) {
            innerReading = wanted;
            if (wanted) {
                inner().resumeReading();
            } else {
                inner().pauseReading();
            }
        }
    }

    // -- writing --------------------------------------------------------------------------------------------------

    @Override
    public void write(ByteBuffer data) {
        loop.checkThread();
        if (!data.hasRemaining()) {
            return;
        }
        if (!isSending()) {
            drop(data);
            return;
        }
        if (maySendNow()) {
            send(data);
        }
        queue(data);
        settleWriting();
    }

    @Override
    public void writeLines(List<ByteBuffer> data) {
        loop.checkThread();
        if (data.stream().noneMatch(ByteBuffer::hasRemaining)) {
            return;
        }
        if (!isSending()) {
            data.forEach(this::drop);
            return;
        }
        if (maySendNow()) {
            send(data.stream().filter(ByteBuffer::hasRemaining).toArray(ByteBuffer[]::new));
        }
        data.forEach(this::queue);
        settleWriting();
    }

    /** {@return whether what is written has a chance to be sent} */
    private boolean isSending() {
        return state == OPEN && !inner().isClosing();
    }

    private boolean maySendNow() {
        return queue.isEmpty() && !busy && maySend(engine.engine.getHandshakeStatus());
    }

    /**
     * {@return whether what is written may be sent} Not within another handshake (of TLS 1.2): that is allowed, but there
     * are peers who do not expect it.
     */
    private boolean maySend(HandshakeStatus status) {
        return status == HandshakeStatus.NOT_HANDSHAKING || (closeReceived && !closeSent);
    }

    /** Encrypts and writes {@code data}: all of it, as long as the engine takes it. */
    private void send(ByteBuffer data) {
        busy = true;
        ByteBuffer records = resources.records.take();
        try {
            while (data.hasRemaining() && engine.wrap(data, records.clear())) {
                inner().write(records.flip());
            }
        } catch (SSLException | RuntimeException e) {
            data.position(data.limit());
            failure = e;
        } finally {
            resources.records.give(records);
            busy = false;
        }
    }

    private void send(ByteBuffer[] data) {
        busy = true;
        ByteBuffer records = resources.records.take();
        try {
            while (data[data.length - 1].hasRemaining() && engine.wrap(data, records.clear())) {
                inner().write(records.flip());
            }
        } catch (SSLException | RuntimeException e) {
            failure = e;
        } finally {
            resources.records.give(records);
            busy = false;
        }
    }

    private void queue(ByteBuffer data) {
        if (data.hasRemaining() && state == OPEN) {
            queue.append(data);
        }
    }

    /** Sends what was queued while the engine was busy. Returns whether it takes that now. */
    private boolean sendQueue() {
        ByteBuffer first = queue.first();
        int before = first.remaining();
        send(first);
        int sent = before - first.remaining();
        queue.sent(sent);
        return sent > 0;
    }

    /** Sends what the engine itself has to say. Returns whether it had anything. */
    private boolean sendOwn() {
        ByteBuffer records = resources.records.take();
        busy = true;
        boolean any = false;
        try {
            any = engine.wrapOwn(records);
            if (any) {
                inner().write(records.flip());
            }
        } catch (SSLException | RuntimeException e) {
            failure = e;
            any = true;
        } finally {
            busy = false;
            resources.records.give(records);
        }
        if (any && innerPaused && state == OPEN && ++answers > Defaults.TLS_UNREAD_ANSWERS) {
            failure = new SSLException("the peer makes this side answer again and again, and does not read it");
        }
        if (closeSent && state == CLOSING) {
            inner().setWriteBufferLimits(0, 0); // says when all of it is sent
        }
        return any;
    }

    /** After a write: what had to wait for it, and what the engine wants now. */
    private void settleWriting() {
        checkFlow();
        if (again || failure != null || (!busy && !queue.isEmpty())) {
            advance();
        }
    }

    /** Nothing can be sent any more: drops {@code data}; says so, if that happens again and again. */
    private void drop(ByteBuffer data) {
        if (data.hasRemaining()) {
            data.position(data.limit());
            Log.droppedWrite(loop, ++dropped, "the connection has ended", this);
        }
    }

    @Override
    public void writeEof() {
        throw new UnsupportedOperationException("TLS cannot end one direction alone; close " + this);
    }

    @Override
    public boolean canWriteEof() {
        return false;
    }

    // -- flow control ---------------------------------------------------------------------------------------------

    @Override
    public int getWriteBufferSize() {
        return (int) Math.min(queue.size() + inner().getWriteBufferSize(), Integer.MAX_VALUE);
    }

    @Override
    public WaterMarks getWriteBufferLimits() {
        return marks;
    }

    @Override
    public void setWriteBufferLimits(WaterMarks marks) {
        loop.checkThread();
        this.marks = marks;
        if (state <= OPEN) {
            inner().setWriteBufferLimits(marks);
        }
        checkFlow();
    }

    /** Tells the protocol to stop writing, or to go on, if it is time. */
    private void checkFlow() {
        if (state == HANDSHAKING || state >= LOST || busy || protocolPaused == wantsPause()) {
            return;
        }
        Thread outer = caller;
        Thread current = Thread.currentThread();
        if (outer != null && outer != current) {
            unsettled = true;
            return;
        }
        caller = current;
        boolean pause = !protocolPaused;
        protocolPaused = pause;
        try {
            if (pause) {
                protocol().pauseWriting();
            } else {
                protocol().resumeWriting();
            }
        } catch (KeyboardInterrupt e) {
            throw e;
        } catch (Throwable e) {
            report("protocol." + (pause ? "pause" : "resume") + "Writing() failed", e);
        } finally {
            caller = outer;
            if (outer == null) {
                leave();
            }
        }
    }

    private boolean wantsPause() {
        if (protocolPaused) {
            return innerPaused || queue.size() > marks.low();
        }
        return state == OPEN && (innerPaused || queue.size() > marks.high());
    }

    // -- the end --------------------------------------------------------------------------------------------------

    @Override
    public boolean isClosing() {
        return state >= CLOSING || inner().isClosing();
    }

    @Override
    public void close() {
        loop.checkThread();
        if (state >= CLOSING) {
            return;
        }
        if (state == HANDSHAKING) {
            abort();
            return;
        }
        state = CLOSING;
        setCloseTimer();
        advance();
    }

    private void setCloseTimer() {
        unsent = getWriteBufferSize();
        setTimer(options.shutdownTimeout(), this::closeTimedOut);
    }

    /** The peer has time as long as it reads. */
    private void closeTimedOut() {
        timer = null;
        long before = unsent;
        unsent = getWriteBufferSize();
        if (unsent < before) {
            setTimer(options.shutdownTimeout(), this::closeTimedOut);
        } else if (state == CLOSING) {
            lose(TlsErrors.closeTimedOut(peer(), options.shutdownTimeout(), unsent > 0), HARD);
        } else {
            inner().abort();
        }
    }

    @Override
    public void abort() {
        loop.checkThread();
        lose(null, HARD);
    }

    /**
     * Ends the connection: nothing is encrypted or decrypted any more. When the transport below has ended, the protocol
     * is told.
     *
     * @param hard {@link #HARD} or {@link #SOFT}
     */
    private void lose(@Nullable Exception cause, boolean hard) {
        if (state >= LOST) {
            return;
        }
        if (state == HANDSHAKING && handshake != null && !handshake.done()) {
            handshake.setException(new IOException("the connection was closed during the TLS handshake"));
        }
        state = LOST;
        this.cause = cause;
        if (hard) {
            cancelTimer();
            inner().abort();
        } else {
            inner().close();
            setCloseTimer();
        }
        advance();
    }

    /** The protocol has failed in {@code method}: reports that, and ends the connection. */
    private void fatal(String method, Throwable error) {
        if (error instanceof KeyboardInterrupt interrupt) {
            throw interrupt;
        }
        try {
            report("Fatal error: protocol." + method + "() call failed.", error);
        } finally {
            lose(
                    error instanceof Exception exception
                            ? exception
                            : new IOException("protocol." + method + "() call failed: " + error, error),
                    HARD);
        }
    }

    /** The transport below has ended. */
    private void lost() {
        if (state == CLOSED || !enter()) {
            return;
        }
        Exception reason = cause != null ? cause : state == OPEN || innerPaused ? innerCause : null;
        boolean inHandshake = state == HANDSHAKING;
        state = CLOSED;
        cancelTimer();
        forget();
        try {
            if (inHandshake) {
                reason = lostInHandshake();
            }
            if (made) {
                protocol().connectionLost(reason);
            }
        } catch (KeyboardInterrupt e) {
            throw e;
        } catch (Throwable e) {
            report("protocol.connectionLost() failed", e);
        } finally {
            leave();
        }
    }

    private Exception lostInHandshake() {
        IOException error = innerCause == null
                ? new IOException("the connection with " + peer() + " was closed during the TLS handshake")
                : TlsErrors.handshakeFailed(peer(), innerCause, strangeBytes());
        if (handshake != null || innerCause != null) { // else the server itself has ended it
            tellHandshake(HANDSHAKE_FAILED, error);
        }
        return error;
    }

    /** Gives all memory back. The engine is not in use. */
    private void forget() {
        engine.clear();
        queue.clear();
        if (plain != null) {
            resources.records.give(plain);
            plain = null;
        }
    }

    private void setTimer(Duration limit, Runnable callback) {
        cancelTimer();
        try {
            timer = loop.callLater(limit, callback);
        } catch (IllegalStateException e) { // the loop closes, and waits for nobody
            inner().abort();
        }
    }

    private void cancelTimer() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }

    // -- one call at a time: see LiveTransport --------------------------------------------------------------------

    private boolean enter() {
        if (caller != null) {
            unsettled = true;
            return false;
        }
        caller = Thread.currentThread();
        return true;
    }

    private void leave() {
        caller = null;
        if (unsettled) {
            unsettled = false;
            advanceSoon();
        }
    }

    private void report(String message, Throwable error) {
        Map<String, Object> subjects = new LinkedHashMap<>();
        subjects.put("transport", this);
        if (protocol != null) {
            subjects.put("protocol", protocol);
        }
        loop.callExceptionHandler(new ExceptionContext(message, error, subjects));
    }

    // -- what the transport below calls ---------------------------------------------------------------------------

    /** The protocol of the transport below: takes what comes, and knows when that is to pause. */
    private final class Below implements BufferedProtocol {
        private TlsTransport owner() {
            return TlsTransport.this;
        }

        @Override
        public void connectionMade(Transport transport) {
            begin();
        }

        @Override
        public ByteBuffer getBuffer(int sizeHint) {
            return engine.room();
        }

        @Override
        public void bufferUpdated(int count) {
            engine.arrived(count);
            if (advancing || busy) {
                again = true;
                innerReading = false;
                inner().pauseReading();
            } else {
                advance();
            }
        }

        @Override
        public boolean eofReceived() {
            endReceived = true;
            advance();
            return true; // what becomes of it is decided above
        }

        @Override
        public void pauseWriting() {
            innerPaused = true;
            checkFlow();
        }

        @Override
        public void resumeWriting() {
            innerPaused = false;
            answers = 0;
            checkFlow();
        }

        @Override
        public void connectionLost(@Nullable Exception exception) {
            innerLost = true;
            innerCause = exception;
            advance();
        }

        @Override
        public String toString() {
            return "TLS";
        }
    }

    // -- what it is -----------------------------------------------------------------------------------------------

    private Transport inner() {
        return Objects.requireNonNull(inner, "carriedBy() comes first");
    }

    private Protocol protocol() {
        return Objects.requireNonNull(protocol, "there is one once the handshake is done");
    }

    @Override
    public void setProtocol(Protocol protocol) {
        loop.checkThread();
        this.protocol = Objects.requireNonNull(protocol, "protocol");
        this.buffered = protocol instanceof BufferedProtocol buffered ? buffered : null;
    }

    @Override
    public Protocol getProtocol() {
        return protocol();
    }

    @Override
    public EventLoop getLoop() {
        return loop;
    }

    @Override
    public @Nullable Object getExtraInfo(String name) {
        SSLSession session = engine.engine.getSession();
        return switch (name) {
            case "sslcontext" -> options.credentials().context();
            case "ssl_object" -> engine.engine;
            case "ssl_session" -> session;
            case "cipher" -> session.getCipherSuite();
            case "peercert" -> peerCertificate(session);
            case "alpn_protocol" -> applicationProtocol();
            default -> inner().getExtraInfo(name);
        };
    }

    private static @Nullable Certificate peerCertificate(SSLSession session) {
        try {
            return session.getPeerCertificates()[0];
        } catch (SSLPeerUnverifiedException e) {
            return null; // it has shown none
        }
    }

    private @Nullable String applicationProtocol() {
        String chosen = engine.engine.getApplicationProtocol();
        return chosen == null || chosen.isEmpty() ? null : chosen;
    }

    private byte[] strangeBytes() {
        return engine.strangeBytes(Defaults.TLS_STRANGE_BYTES);
    }

    /** {@return who is at the other end, for messages} */
    private String peer() {
        Object address = inner().getExtraInfo("peername");
        String text = address == null ? "the peer" : address.toString();
        return host == null ? text : host + " (" + text + ")";
    }

    /** {@return its state, the version and cipher suite, and the transport below} */
    @Override
    public String toString() {
        String word = switch (state) {
            case HANDSHAKING -> "handshaking";
            case OPEN -> "open";
            case CLOSING -> "closing";
            case LOST -> "lost";
            default -> "closed";
        };
        SSLSession session = engine.engine.getSession();
        return "TlsTransport[" + word
                + (state == HANDSHAKING ? "" : ", " + session.getProtocol() + " " + session.getCipherSuite())
                + (state == OPEN && readingPaused ? ", reading paused" : "")
                + ", " + inner + "]";
    }
}
