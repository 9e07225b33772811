package dev.tulip.net;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Future;
import dev.tulip.loop.Suspends;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Sends a part of a file over a transport. Reading a file blocks the thread, so that is done on the loop's executor.
 */
final class SendFile {
    /*
     * Over a socket: the executor's thread calls transferTo, which has the system move bytes from the file to the
     * socket until the socket takes no more; the loop waits for the socket to take more, and so on. While that thread
     * has the socket, nobody writes to it and nobody closes it: a task that is cancelled waits for the thread first, if
     * that has begun. If it is cancelled again, the transport is aborted.
     *
     * Over any other transport: the executor's thread reads a piece, the task writes it and waits while it is too much.
     *
     * In both cases, that thread is not interrupted when the task is cancelled: the JDK closes a FileChannel whose user
     * is, and this one is the caller's.
     */
    private SendFile() {}

    /** See {@link Network#sendFile}. */
    @Suspends
    static long send(EventLoop loop, Transport transport, FileChannel file, long offset, long count)
            throws IOException {
        if (offset < 0 || count < 0) {
            throw new IllegalArgumentException("offset (" + offset + ") and count (" + count + ") must be >= 0");
        }
        return transport instanceof SocketTransport socket
                ? overSocket(loop, socket, file, offset, count)
                : overOther(loop, transport, file, offset, count);
    }

    // -- one step on the executor -----------------------------------------------------------------------------------

    private interface Body<T> {
        T run() throws IOException;
    }

    /** Whoever claims it decides whether it is done at all. */
    private record Step<T>(Body<T> body, AtomicBoolean claimed) implements Callable<@Nullable T> {
        @Override
        public @Nullable T call() throws IOException {
            return claimed.compareAndSet(false, true) ? body.run() : null; // null: nobody waits for it
        }
    }

    /**
     * Has the executor run {@code body}, and waits for it; also if cancelled, once {@code body} has begun.
     *
     * @param ended runs on the loop when the executor is through with it, or has not taken it
     * @param impatient runs if the task is cancelled a second time: then it waits no longer
     */
    @Suspends
    private static <T> T step(EventLoop loop, Body<T> body, Runnable ended, Runnable impatient) throws IOException {
        Step<T> step = new Step<>(body, new AtomicBoolean());
        Future<@Nullable T> job;
        try {
            job = loop.runInExecutor(null, step);
        } catch (Throwable e) { // the executor takes no jobs
            ended.run();
            throw e;
        }
        Waiters waiters = new Waiters(loop);
        job.addDoneCallback(done -> {
            if (!done.cancelled()) {
                done.exception(); // taken, also if nobody waits for it any more
            }
            ended.run();
            waiters.wakeAll();
        });
        CancelledError cancelled = null;
        while (!job.done()) {
            try {
                waiters.await();
            } catch (CancelledError e) {
                if (step.claimed().compareAndSet(false, true)) { // it has not begun, and never will
                    job.cancel();
                    throw e;
                }
                if (cancelled != null) {
                    impatient.run();
                    throw e;
                }
                cancelled = e;
            }
        }
        if (cancelled != null) {
            throw cancelled;
        }
        return Objects.requireNonNull(job.result());
    }

    // -- over a socket --------------------------------------------------------------------------------------------

    /**
     * What a step has done.
     *
     * @param bytes how many went from the file to the socket
     * @param end whether the file ends behind them
     */
    private record Moved(long bytes, boolean end) {}

    @Suspends
    private static long overSocket(EventLoop loop, SocketTransport transport, FileChannel file, long offset, long count)
            throws IOException {
        transport.beginFile();
        try {
            if (transport.getWriteBufferSize() > 0) {
                transport.awaitWritable();
            }
            long sent = 0;
            while (sent < count) {
                long wanted = Math.min(count - sent, Defaults.FILE_STEP);
                Moved moved = move(loop, transport, file, offset + sent, wanted);
                sent += moved.bytes();
                if (moved.end()) {
                    break;
                }
                if (moved.bytes() < wanted) {
                    transport.awaitWritable();
                }
            }
            return sent;
        } finally {
            transport.endFile();
        }
    }

    /** Moves what the socket takes. */
    @Suspends
    private static Moved move(EventLoop loop, SocketTransport transport, FileChannel file, long position, long count)
            throws IOException {
        transport.checkNotLost();
        SocketChannel socket = transport.hold();
        Body<Moved> body = () -> {
            long bytes = file.transferTo(position, count, socket);
            return new Moved(bytes, position + bytes >= file.size());
        };
        return step(loop, body, transport::release, transport::abort);
    }

    // -- over any other transport ---------------------------------------------------------------------------------

    @Suspends
    private static long overOther(EventLoop loop, Transport transport, FileChannel file, long offset, long count)
            throws IOException {
        if (transport.isClosing()) {
            throw new IllegalStateException("cannot send a file to " + transport);
        }
        boolean wasReading = transport.isReading();
        Watch watch = new Watch(loop, transport);
        transport.pauseReading();
        transport.setProtocol(watch);
        try {
            ByteBuffer piece = ByteBuffer.allocate(Defaults.CHUNK_SIZE);
            long sent = 0;
            while (sent < count) {
                watch.awaitResumed();
                long position = offset + sent;
                piece.clear().limit((int) Math.min(count - sent, piece.capacity()));
                int read = step(loop, () -> file.read(piece, position), () -> {}, () -> {});
                if (read < 0) {
                    break;
                }
                watch.awaitResumed();
                transport.write(piece.flip());
                sent += read;
            }
            watch.awaitResumed();
            return sent;
        } finally {
            watch.end();
            if (wasReading) {
                transport.resumeReading();
            }
        }
    }

    /** Stands between a transport and its protocol, to see when to write and when it is over. */
    private static final class Watch implements Protocol {
        private final Transport transport;
        private final Protocol protocol;
        private final Waiters changes;

        // loop thread only
        private boolean paused;
        private boolean lost;
        private @Nullable Exception cause;

        private Watch(EventLoop loop, Transport transport) {
            this.transport = transport;
            this.protocol = transport.getProtocol();
            this.changes = new Waiters(loop);
            this.paused = transport.getWriteBufferSize()
                    > transport.getWriteBufferLimits().high();
        }

        @Suspends
        private void awaitResumed() throws IOException {
            while (paused && !lost) {
                changes.await();
            }
            if (lost || transport.isClosing()) {
                throw new IOException("the connection ended before the file was sent: " + transport, cause);
            }
        }

        private void end() {
            if (transport.getProtocol() == this) {
                transport.setProtocol(protocol);
            }
        }

        @Override
        public void dataReceived(ByteBuffer data) {
            protocol.dataReceived(data);
        }

        @Override
        public boolean eofReceived() {
            return protocol.eofReceived();
        }

        @Override
        public void pauseWriting() {
            paused = true;
            protocol.pauseWriting();
        }

        @Override
        public void resumeWriting() {
            paused = false;
            changes.wakeAll();
            protocol.resumeWriting();
        }

        @Override
        public void connectionLost(@Nullable Exception exception) {
            lost = true;
            cause = exception;
            changes.wakeAll();
            protocol.connectionLost(exception);
        }
    }
}
