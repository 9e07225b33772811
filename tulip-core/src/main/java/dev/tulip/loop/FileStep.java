package dev.tulip.loop;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** A step of {@link EventLoop#sockSendfile} on the executor: moves as much from a file to a socket as that takes. */
final class FileStep implements Callable<Long> {
    /*
     * While the executor's thread has the two channels, the task must not return: its caller may close them. So a task
     * that is cancelled waits for the thread, if that has begun; else it claims the step, and nobody does it.
     */
    private final FileChannel file;
    private final long position;
    private final long count;
    private final SocketChannel socket;
    private final AtomicBoolean claimed = new AtomicBoolean();

    private boolean atEnd; // written by the executor's thread, read when its job is done

    FileStep(FileChannel file, long position, long count, SocketChannel socket) {
        this.file = file;
        this.position = position;
        this.count = count;
        this.socket = socket;
    }

    @Override
    public Long call() throws IOException {
        if (!claimed.compareAndSet(false, true)) {
            return 0L; // nobody waits for it
        }
        long moved = file.transferTo(position, count, socket);
        atEnd = position + moved >= file.size();
        return moved;
    }

    /** Has the executor do this, and waits for it. {@return how many bytes were moved} Loop thread only. */
    @Suspends
    long run(EventLoop loop) throws IOException {
        Future<Long> job = loop.runInExecutor(null, this);
        CancelledError cancelled = null;
        while (!job.done()) {
            Future<@Nullable Void> ended = loop.createFuture();
            job.addDoneCallback(done -> {
                if (!ended.done()) {
                    ended.setResult(null);
                }
            });
            try {
                ended.await();
            } catch (CancelledError e) {
                cancelled = e;
                if (claimed.compareAndSet(false, true)) {
                    job.cancel();
                    break;
                }
            }
        }
        if (cancelled != null) {
            if (!job.cancelled()) {
                job.exception(); // taken: the cancellation is what the caller gets
            }
            throw cancelled;
        }
        return job.await();
    }

    /** {@return whether the file ends behind what was moved} */
    boolean isAtEnd() {
        return atEnd;
    }
}
