package dev.tulip.loop;

import java.io.Serializable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** The threads on which a loop runs what would block it, and the end of the jobs there. Loop thread only. */
final class LoopExecutor {
    private final BaseEventLoop loop;

    // loop thread only
    private final Set<Job<?>> jobs = new LinkedHashSet<>(); // of the default executor, those that have not ended
    private final List<Future<@Nullable Void>> watchers = new ArrayList<>();
    private @Nullable ExecutorService service;
    private boolean isOurs; // service was made here
    private boolean shutDown;
    private boolean terminated; // service has ended, or cannot tell
    private @Nullable ExecutorService blocking;

    LoopExecutor(BaseEventLoop loop) {
        this.loop = loop;
    }

    /** {@return whether there is a default executor, so that its end takes waiting} */
    boolean isUsed() {
        return service != null;
    }

    <T extends @Nullable Object> Future<T> run(@Nullable Executor executor, Callable<T> callable) {
        Objects.requireNonNull(callable, "job");
        Job<T> job = job(executor == null ? service() : executor, callable);
        job.submit();
        if (executor == null) {
            jobs.add(job);
        }
        return job;
    }

    private <T extends @Nullable Object> Job<T> job(Executor executor, Callable<T> callable) {
        return callable instanceof Serializable && executor instanceof ExecutorService service
                ? new SubmittedJob<>(loop, service, callable)
                : new LocalJob<>(loop, executor, callable);
    }

    /** A job has ended, or will never begin. */
    void ended(Job<?> job) {
        if (jobs.remove(job)) {
            wakeWatchers();
        }
    }

    void setDefault(ExecutorService executor) {
        Objects.requireNonNull(executor, "executor");
        if (service != null && isOurs) {
            service.shutdown(); // nobody will use it any more; what it runs goes on
        }
        service = executor;
        isOurs = false;
        terminated = false;
    }

    /** {@return the default executor; it is made at the first use} */
    ExecutorService service() {
        if (shutDown) {
            throw new IllegalStateException(
                    "Executor shutdown has been called: the default executor of " + loop.name + " takes no more jobs");
        }
        ExecutorService service = this.service;
        if (service == null) {
            service = Threads.daemons(loop.name + "-executor", Defaults.EXECUTOR_THREADS);
            isOurs = true;
            this.service = service;
        }
        return service;
    }

    /** See {@link EventLoop#blockingExecutor}. */
    Executor blocking() {
        ExecutorService blocking = this.blocking;
        if (blocking == null) {
            blocking = Threads.daemonForEachJob(loop.name + "-blocking");
            this.blocking = blocking;
        }
        return blocking;
    }

    // -- the end --------------------------------------------------------------------------------------------------

    /** See {@link EventLoop#shutdownDefaultExecutor}. */
    @Suspends
    boolean shutdown(Duration timeout) {
        return shutdownUntil(() -> isOver(false), timeout);
    }

    /**
     * Ends the default executor at the end of a run: see {@link Runner#close}.
     *
     * @param timeout how long jobs may take that nobody has cancelled
     * @param threadsAreLost whether tasks keep threads that they will not give back
     */
    @Suspends
    void end(Duration timeout, boolean threadsAreLost) {
        TimerHandle report = loop.callLater(
                Defaults.SHUTDOWN_REPORT_DELAY,
                () -> Log.warn(
                        loop, "run waits for jobs of its default executor: " + Describe.withStacks(jobs, Job::stack)));
        shutdownUntil(() -> isOver(threadsAreLost) || allAreCalledOff(), timeout);
        report.cancel();
        if (isOver(threadsAreLost)) {
            return;
        }
        Duration grace = grace(timeout);
        for (Job<?> job : List.copyOf(jobs)) {
            job.cancel("run has ended");
        }
        if (jobs.isEmpty()) {
            Log.warn(loop, "run ends without its default executor, which others keep busy: " + service);
        } else if (!shutdownUntil(() -> isOver(threadsAreLost), grace)) {
            Log.warn(
                    loop,
                    "run ends without these jobs of its default executor, which were cancelled and interrupted and go"
                            + " on after " + grace + ": " + Describe.withStacks(jobs, Job::stack));
        }
    }

    /** {@return how long a job may take to end that was cancelled, if others may take {@code timeout}} */
    static Duration grace(Duration timeout) {
        return timeout.compareTo(Defaults.JOB_GRACE) < 0 ? timeout : Defaults.JOB_GRACE;
    }

    private boolean isOver(boolean threadsAreLost) {
        return jobs.isEmpty() && (service == null || terminated || threadsAreLost);
    }

    private boolean allAreCalledOff() {
        return !jobs.isEmpty() && jobs.stream().allMatch(Job::isCalledOff);
    }

    /** Shuts the default executor down and suspends the calling task until {@code condition} holds. */
    @Suspends
    private boolean shutdownUntil(BooleanSupplier condition, Duration timeout) {
        shutDown = true;
        ExecutorService service = this.service;
        if (service == null) {
            return true;
        }
        shutDown(service);
        Thread terminator = Threads.daemon(loop.name + "-executor-shutdown", () -> awaitTermination(service));
        try {
            return until(condition, timeout);
        } finally {
            terminator.interrupt();
        }
    }

    private static void shutDown(ExecutorService service) {
        try {
            service.shutdown();
        } catch (RuntimeException e) {
            // One that belongs to an application server refuses: it is not the loop's to end.
        }
    }

    /** On a thread of its own: nothing but this call tells when an executor has ended. */
    private void awaitTermination(ExecutorService service) {
        boolean ended;
        try {
            ended = service.awaitTermination(Long.MAX_VALUE, TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            return; // nobody waits any more
        } catch (RuntimeException e) {
            ended = false; // as in shutDown
        }
        boolean threwTheRestAway = ended;
        loop.leaveAtDoor(new Handle(() -> {
            terminated = true;
            if (threwTheRestAway) {
                jobs.removeIf(job -> job.executor == service);
            }
            wakeWatchers();
        }));
    }

    /** Suspends the calling task until {@code condition} holds, or the time is over. {@return whether it holds} */
    @Suspends
    private boolean until(BooleanSupplier condition, Duration timeout) {
        long deadline = Nanos.plus(loop.time(), Nanos.of(timeout));
        while (!condition.getAsBoolean()) {
            long left = deadline - loop.time();
            if (left <= 0) {
                return false;
            }
            Future<@Nullable Void> change = loop.createFuture();
            watchers.add(change);
            Combinators.wait(List.of(change), ReturnWhen.ALL_COMPLETED, left);
        }
        return true;
    }

    private void wakeWatchers() {
        watchers.forEach(Interop::end);
        watchers.clear();
    }

    /** The loop is closed: takes no more jobs, waits for none. */
    void close() {
        shutDown = true;
        if (service != null) {
            shutDown(service);
        }
        if (blocking != null) {
            blocking.shutdown();
        }
    }
}
