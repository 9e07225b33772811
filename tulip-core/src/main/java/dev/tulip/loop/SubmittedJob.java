package dev.tulip.loop;

import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import org.jspecify.annotations.Nullable;

/**
 * A job that its executor may send away: it gets the callable as it is, because it may want to serialise it, and the
 * future that it returns is followed.
 */
final class SubmittedJob<T extends @Nullable Object> extends Job<T> {
    // set once
    private final ExecutorService service;

    // loop thread only; null before it was submitted
    private java.util.concurrent.@Nullable Future<T> outcome;

    SubmittedJob(BaseEventLoop loop, ExecutorService service, Callable<T> callable) {
        super(loop, service, callable);
        this.service = service;
    }

    @Override
    void submit() {
        java.util.concurrent.Future<T> outcome = service.submit(callable);
        this.outcome = outcome;
        if (outcome instanceof CompletionStage<?> stage) {
            stage.whenComplete((result, exception) -> follow(outcome));
        } else {
            // Nothing but get() tells when it is done; a virtual thread that waits costs next to nothing.
            Threads.virtual(loop.name + "-follower", () -> follow(outcome));
        }
    }

    /** Waits for the outcome, if it is not there yet, and hands it to the loop. Any thread. */
    private void follow(java.util.concurrent.Future<T> outcome) {
        T result;
        try {
            result = outcome.get();
        } catch (ExecutionException e) {
            leaveFailure(e.getCause() == null ? e : e.getCause());
            return;
        } catch (CancellationException e) {
            leave(() -> settleCancelled(e.getMessage()));
            return;
        } catch (Throwable e) {
            leaveFailure(e);
            return;
        }
        leaveResult(result);
    }

    @Override
    void stop() {
        pass(true);
    }

    @Override
    void drop() {
        pass(false);
    }

    private void pass(boolean mayInterruptIfRunning) {
        java.util.concurrent.Future<T> outcome = this.outcome;
        if (outcome != null) {
            outcome.cancel(mayInterruptIfRunning);
        }
    }

    @Override
    List<StackTraceElement> stack() {
        return List.of();
    }

    @Override
    String place() {
        return "submitted to " + Describe.shortened(service);
    }
}
