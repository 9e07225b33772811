package dev.tulip.streams;

import dev.tulip.loop.Suspends;
import dev.tulip.net.ExtraInfo;
import dev.tulip.net.Network;
import dev.tulip.net.TlsOptions;
import dev.tulip.net.Transport;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is sent to the peer. Any number of tasks may write. Not for other threads than its loop's.
 *
 * <p>{@code write} never suspends: what the peer does not take at once is kept and sent later. So a task that writes much
 * calls {@link #drain} after each piece, which waits while too much is kept.
 *
 * @see Connection#writer
 * @see <a href="https://docs.python.org/3.14/library/asyncio-stream.html#streamwriter">asyncio: StreamWriter</a>
 */
public final class StreamWriter {
    // set once
    private final StreamReaderProtocol protocol;
    private final Charset charset;

    // loop thread only
    private Transport transport; // another one after startTls
    private boolean securing; // startTls is at work
    private boolean ended; // by writeEof
    private boolean paused; // more is kept than the transport's high-water mark
    private boolean lost; // connectionLost was called
    private @Nullable Exception failure; // what it was called with
    private boolean told; // somebody got to know that
    private boolean kept; // the last write was not sent at once
    private @Nullable Waiters waiters;

    StreamWriter(StreamReaderProtocol protocol, Transport transport, StreamOptions options) {
        this.protocol = protocol;
        this.transport = transport;
        this.charset = options.charset();
    }

    // -- writing --------------------------------------------------------------------------------------------------

    /**
     * Sends all that remains in {@code data}: at once what the connection takes, the rest later. The memory is the caller's
     * again.
     *
     * @throws ConnectionLostException if the connection has ended, also if that turned out just now. Then some, all or none
     *     of what was written before has arrived, too
     * @throws IllegalStateException after {@link #writeEof}
     */
    public void write(ByteBuffer data) throws IOException {
        checkOpen();
        transport.write(data);
        written();
    }

    /** Sends all of {@code data}. See {@link #write(ByteBuffer)}. */
    public void write(byte[] data) throws IOException {
        write(ByteBuffer.wrap(data));
    }

    /** Sends {@code text}, in UTF-8 if the connection's options say nothing else. See {@link #write(ByteBuffer)}. */
    public void write(String text) throws IOException {
        write(ByteBuffer.wrap(text.getBytes(charset)));
    }

    /**
     * Sends all that remains in all of {@code data}, one after the other, without first copying them together. See
     * {@link #write(ByteBuffer)}.
     */
    public void writeLines(List<ByteBuffer> data) throws IOException {
        checkOpen();
        transport.writeLines(data);
        written();
    }

    /**
     * Ends the stream to the peer, once all that was written is sent; reading goes on. Calling this again is harmless.
     *
     * @throws UnsupportedOperationException if {@link #canWriteEof} says no
     * @throws ConnectionLostException if the connection has ended
     */
    public void writeEof() throws IOException {
        checkOpen();
        transport.writeEof();
        ended = true;
        written();
    }

    /** {@return whether one direction can be ended without the other} */
    public boolean canWriteEof() {
        return transport.canWriteEof();
    }

    /**
     * Waits while more is left to send than the transport's high-water mark, 64 KiB, until it is no more than the low one,
     * 16 KiB. Several tasks may wait.
     *
     * <p>Cancelling this changes nothing.
     *
     * @throws ConnectionLostException if the connection has ended, and what was written cannot be sent any more
     * @throws IllegalStateException if called outside a task
     */
    @Suspends
    public void drain() throws IOException {
        Callers.task("drain");
        if (!paused) {
            checkOpen();
            return;
        }
        while (paused && !lost) {
            waiters().await();
        }
        if (paused || failure() != null) {
            throw gone();
        }
    }

    private void checkOpen() throws IOException {
        if (transport.isClosing()) {
            throw gone();
        }
        if (securing) {
            throw new IllegalStateException(
                    "startTls() is at work on this connection; what is written now would be sent in the clear");
        }
    }

    /** Something was given to the transport: throws if that has ended the connection. */
    private void written() throws IOException {
        checkOpen();
        kept = transport.getWriteBufferSize() > 0;
    }

    private ConnectionLostException gone() {
        told = true;
        return ConnectionLostException.of("write to", transport, failure());
    }

    // -- from plain to TLS ----------------------------------------------------------------------------------------

    /**
     * Secures the connection: as its server, if it is one of {@link Streams#startServer}, else as its client. See
     * {@link #startTls(TlsOptions, boolean)}.
     */
    @Suspends
    public void startTls(TlsOptions options) throws IOException {
        startTls(options, protocol.isServerSide());
    }

    /**
     * Secures the connection, once both sides have agreed to that in the clear; returns when the handshake is done. The
     * reader and the writer stay the same; from then on what they carry is encrypted. A connection that has TLS gets TLS in
     * TLS.
     *
     * <p>What was written before is still sent in the clear. What has come in the clear and was not read yet is refused:
     * whoever took it for secured would obey an attacker who has slipped it in (the "STARTTLS injection"). While this waits,
     * nobody else may read or write.
     *
     * <p>If this fails or is cancelled, the connection is aborted.
     *
     * @param options as the client they need a server name ({@link TlsOptions#withServerName}); as the server a certificate
     *     ({@link TlsOptions#withIdentity})
     * @param serverSide whether this is the server, which waits for the client to begin
     * @throws ConnectionLostException if the connection has ended
     * @throws IOException if something has come and was not read, or the handshake fails
     * @throws IllegalArgumentException if the options lack what that side needs
     * @throws IllegalStateException if called outside a task, while another task reads, or after {@link #writeEof}
     * @see <a href="https://docs.python.org/3.14/library/asyncio-stream.html#asyncio.StreamWriter.start_tls">asyncio:
     *     StreamWriter.start_tls</a>
     * @see <a href="https://nostarttls.secvuln.info">the attack</a>
     */
    @Suspends
    public void startTls(TlsOptions options, boolean serverSide) throws IOException {
        if (ended) {
            throw new IllegalStateException("cannot start TLS after writeEof(): " + this);
        }
        StreamReader reader = protocol.connection().reader();
        reader.beginTls();
        try {
            drain();
            securing = true;
            Transport secured = Network.startTls(transport, protocol, options, serverSide);
            transport = secured;
            reader.setTransport(secured);
        } finally {
            securing = false;
            reader.endTls();
        }
    }

    // -- ending ---------------------------------------------------------------------------------------------------

    /**
     * Closes the connection in order, without waiting for that: what was written is still sent. Calling this again is
     * harmless. {@link Connection#close} waits, too.
     */
    public void close() {
        transport.close();
    }

    /** {@return whether the connection is closed or about to be: by this side or because it was lost} */
    public boolean isClosing() {
        return transport.isClosing();
    }

    /**
     * Waits until the connection has ended: somebody has closed it and all is sent, or it was lost.
     *
     * <p>Cancelling this changes nothing.
     *
     * @throws ConnectionLostException if it was lost
     * @throws IllegalStateException if called outside a task
     */
    @Suspends
    public void waitClosed() throws IOException {
        Callers.task("waitClosed");
        awaitLost();
        if (failure != null) {
            throw gone();
        }
    }

    @Suspends
    private void awaitLost() {
        while (!lost) {
            waiters().await();
        }
    }

    /** Closes the connection and waits until all is sent. See {@link Connection#close}. */
    @Suspends
    void closeAndWait() throws IOException {
        transport.close();
        if (transport.getWriteBufferSize() > 0) {
            awaitLost();
        }
        if (kept && !told && failure() != null) {
            throw gone();
        }
    }

    /** {@return whether the connection has ended} */
    boolean isClosed() {
        return lost;
    }

    /** {@return whether something was written and not sent yet} */
    boolean isKeeping() {
        return transport.getWriteBufferSize() > 0;
    }

    // -- what else there is to know -------------------------------------------------------------------------------

    /** {@return a fact about the connection, or null if it has none of that name} See {@link ExtraInfo}. */
    public @Nullable Object getExtraInfo(String name) {
        return transport.getExtraInfo(name);
    }

    /**
     * {@return a fact about the connection, or null if it has none of that kind}
     *
     * @param <T> what it is
     */
    public <T> @Nullable T getExtraInfo(ExtraInfo<T> info) {
        return transport.getExtraInfo(info);
    }

    /** {@return the transport under this, for what it has more: its water marks, for instance} */
    public Transport transport() {
        return transport;
    }

    /**
     * {@return this as a stream of the JDK, for whatever can write to one, inside a task} It keeps nothing back; a write
     * suspends the calling task while too much is left to send, as {@link #drain} does. Closing it ends the view, not the
     * connection.
     */
    public OutputStream asOutputStream() {
        return new WriterOutputStream(this);
    }

    // -- for the protocol -----------------------------------------------------------------------------------------

    void pause() {
        paused = true;
    }

    void resume() {
        paused = false;
        wakeAll();
    }

    void lose(@Nullable Exception failure) {
        lost = true;
        this.failure = failure;
        wakeAll();
    }

    private Waiters waiters() {
        Waiters waiters = this.waiters;
        if (waiters == null) {
            waiters = new Waiters(transport.getLoop());
            this.waiters = waiters;
        }
        return waiters;
    }

    private void wakeAll() {
        if (waiters != null) {
            waiters.wakeAll();
        }
    }

    private @Nullable Exception failure() {
        return failure != null ? failure : transport.failure();
    }

    /** {@return whom it writes to, what is left to send, whether the connection is closing} */
    @Override
    public String toString() {
        return "StreamWriter[to " + ConnectionLostException.peer(transport) + ", " + transport.getWriteBufferSize()
                + " bytes to send" + (lost ? ", closed" : transport.isClosing() ? ", closing" : "") + "]";
    }
}
