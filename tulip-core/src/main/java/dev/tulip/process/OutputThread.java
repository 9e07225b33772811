package dev.tulip.process;

import java.io.InputStream;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/** A thread for one of the pipes that a child writes to. It holds the monitor of the stream until it has had its job. */
final class OutputThread implements Executor {
    /*
     * When a child exits, the JDK takes what is in the pipe at that moment and closes it, under the monitor of the
     * stream; what other processes still write to it would be lost. So whoever has started the child has a thread take
     * the monitor at once, which then waits for its one job: to read.
     */
    private final CompletableFuture<Runnable> job = new CompletableFuture<>();

    /** Has a thread of {@code threads} hold {@code stream}, and waits until it does. Not on the loop. */
    OutputThread(Executor threads, InputStream stream) {
        CompletableFuture<Void> held = new CompletableFuture<>();
        threads.execute(() -> {
            synchronized (stream) {
                held.complete(null);
                job.join().run();
            }
        });
        held.join();
    }

    @Override
    public void execute(Runnable body) {
        if (!job.complete(body)) {
            throw new RejectedExecutionException("this thread has had its job");
        }
    }

    /** There is no job for the thread, if it has not had it yet: lets it go. */
    void release() {
        job.complete(() -> {});
    }
}
