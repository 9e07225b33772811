package dev.tulip.process;

import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;

/** A thread for one of the pipes that a child writes to. It holds the monitor of the stream until it has had its job. */
final class OutputThread implements Executor {
    /*
     * When a child exits, the JDK takes what is in its pipes at that moment and closes them, standard output first, each
     * under the monitor of its stream; what other processes still write to them would be lost. So the thread that starts
     * the child takes that monitor as the next thing it does, and keeps it until the end of the stream. It waits for its
     * one job: to read. With standard output in one thread's hands, there is time to give standard error to another.
     *
     * What is left is the time between the system starting the child and the JDK returning it: a child that has started
     * another one and is through by then is quicker than the JDK. With the first child of a process it may well be.
     */
    private final CompletableFuture<Process> started = new CompletableFuture<>();
    private final CompletableFuture<Runnable> job = new CompletableFuture<>();

    /** Starts a child, or has it already. */
    interface Starter {
        Process start() throws IOException;
    }

    /**
     * Has a thread of {@code threads} start a child and hold one of its streams. {@link #process} must follow.
     *
     * @param output which one
     */
    OutputThread(Executor threads, Starter starter, Function<Process, InputStream> output) {
        threads.execute(() -> {
            Process process;
            try {
                process = starter.start();
            } catch (Throwable e) {
                started.completeExceptionally(e);
                return;
            }
            synchronized (output.apply(process)) {
                started.complete(process);
                job.join().run();
            }
        });
    }

    /** {@return the child, when it is started and the thread holds its stream} Not on the loop. */
    Process process() throws IOException {
        try {
            return started.join();
        } catch (CompletionException e) {
            switch (e.getCause()) {
                case IOException failure -> throw failure;
                case RuntimeException failure -> throw failure;
                case Error failure -> throw failure;
                case null, default -> throw e;
            }
        }
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
