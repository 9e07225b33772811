package dev.tulip.loop;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** The threads on which a loop runs what would block it. Loop thread only. */
final class LoopExecutor {
    private final BaseEventLoop loop;

    // loop thread only
    private @Nullable ExecutorService service;
    private boolean shutDown;

    LoopExecutor(BaseEventLoop loop) {
        this.loop = loop;
    }

    /** {@return whether there is a default executor, so that its end takes waiting} */
    boolean isUsed() {
        return service != null;
    }

    <T extends @Nullable Object> Future<T> run(@Nullable Executor executor, Callable<T> callable) {
        Objects.requireNonNull(callable, "job");
        Job<T> job = new Job<>(loop, executor == null ? service() : executor, callable);
        job.submit();
        return job;
    }

    void setDefault(ExecutorService executor) {
        service = Objects.requireNonNull(executor, "executor");
    }

    /** {@return the default executor; it is made at the first use} */
    ExecutorService service() {
        if (shutDown) {
            throw new IllegalStateException(
                    "Executor shutdown has been called: the default executor of " + loop.name + " takes no more jobs");
        }
        ExecutorService service = this.service;
        if (service == null) {
            service = newService(loop.name);
            this.service = service;
        }
        return service;
    }

    private static ExecutorService newService(String loopName) {
        AtomicInteger number = new AtomicInteger();
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                Defaults.EXECUTOR_THREADS,
                Defaults.EXECUTOR_THREADS,
                Defaults.EXECUTOR_KEEP_ALIVE_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                body -> Threads.unstartedDaemon(loopName + "-executor-" + number.incrementAndGet(), body));
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }

    @Suspends
    boolean shutdown(Duration timeout) {
        shutDown = true;
        ExecutorService service = this.service;
        if (service == null) {
            return true;
        }
        service.shutdown();
        Future<Boolean> ended = loop.createFuture();
        Thread waiter = Threads.daemon(loop.name + "-executor-shutdown", () -> {
            boolean inTime = awaitTermination(service, timeout);
            loop.leaveAtDoor(new Handle(() -> {
                if (!ended.done()) {
                    ended.setResult(inTime);
                }
            }));
        });
        try {
            return ended.await();
        } finally {
            waiter.interrupt(); // if this was cancelled
        }
    }

    private static boolean awaitTermination(ExecutorService service, Duration timeout) {
        try {
            return service.awaitTermination(Nanos.of(timeout), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            return false; // nobody waits any more
        }
    }

    /** The loop is closed: takes no more jobs, waits for none. */
    void close() {
        shutDown = true;
        if (service != null) {
            service.shutdown();
        }
    }
}
