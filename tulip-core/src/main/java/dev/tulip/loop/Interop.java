package dev.tulip.loop;

import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Between {@link Future} and the futures of {@code java.util.concurrent}. */
final class Interop {
    private Interop() {}

    // -- CompletionStage ------------------------------------------------------------------------------------------

    /** See {@link EventLoop#wrapFuture}. */
    static <T extends @Nullable Object> Future<T> wrap(BaseEventLoop loop, CompletionStage<T> stage) {
        Future<T> future = loop.createFuture();
        stage.whenComplete((result, exception) -> {
            Handle settle = new Handle(() -> settle(future, result, exception));
            if (loop.isCurrent()) {
                loop.ready.add(settle);
            } else {
                loop.leaveAtDoor(settle);
            }
        });
        future.addDoneCallback(done -> {
            if (done.cancelled()) {
                stage.toCompletableFuture().cancel(true);
            }
        });
        return future;
    }

    private static <T extends @Nullable Object> void settle(Future<T> future, T result, @Nullable Throwable exception) {
        if (future.done()) {
            return;
        }
        if (exception == null) {
            future.settleResult(result);
            return;
        }
        Throwable cause = exception instanceof CompletionException && exception.getCause() != null
                ? exception.getCause()
                : exception;
        if (cause instanceof CancellationException) {
            future.cancel(cause.getMessage());
        } else {
            future.settleException(cause);
        }
    }

    /** See {@link Future#toCompletableFuture}. */
    static <T extends @Nullable Object> CompletableFuture<T> toCompletableFuture(Future<T> future) {
        CompletableFuture<T> stage = new CompletableFuture<>();
        onLoop(
                future.loop,
                () -> future.addDoneCallback(done -> {
                    if (done.cancelled()) {
                        stage.cancel(false);
                        return;
                    }
                    Throwable exception = done.exception();
                    if (exception == null) {
                        stage.complete(done.result());
                    } else {
                        stage.completeExceptionally(exception);
                    }
                }));
        stage.whenComplete((result, exception) -> {
            if (stage.isCancelled()) {
                future.cancel(false);
            }
        });
        return stage;
    }

    // -- Future.get -----------------------------------------------------------------------------------------------

    /** Waits until {@code future} is done. See {@link Future#get()}. */
    static void waitFor(Future<?> future) throws InterruptedException {
        waitFor(future, Long.MAX_VALUE);
    }

    /** Waits until {@code future} is done, {@code nanos} at most. {@return whether it is done} */
    static boolean waitFor(Future<?> future, long nanos) throws InterruptedException {
        if (Fiber.currentLoop() != future.loop) {
            return blockFor(future, nanos);
        }
        if (Task.current() == null) {
            throw new IllegalStateException("get() waits for " + future + " on the thread of " + future.loop.name
                    + ", outside a task: it would never be done; await it in a task");
        }
        Combinators.wait(List.of(future), ReturnWhen.ALL_COMPLETED, nanos);
        return future.done();
    }

    /** Blocks this thread, which is not the loop's. */
    private static boolean blockFor(Future<?> future, long nanos) throws InterruptedException {
        CountDownLatch done = new CountDownLatch(1);
        future.loop.blockedThreads.add(done);
        try {
            onLoop(future.loop, () -> future.addDoneCallback(ended -> done.countDown()));
            boolean inTime = !future.loop.isClosed() && done.await(nanos, TimeUnit.NANOSECONDS);
            if (!future.isDone() && future.loop.isClosed()) {
                throw new IllegalStateException(
                        future + " will never be done: Event loop is closed: " + future.loop.name);
            }
            return inTime;
        } finally {
            future.loop.blockedThreads.remove(done);
        }
    }

    /** Runs {@code action} on the loop, now if this is its thread or it does not run, else soon. */
    private static void onLoop(BaseEventLoop loop, Runnable action) {
        if (!loop.isRunning() || loop.isCurrent()) {
            action.run();
        } else {
            loop.callSoonThreadsafe(action);
        }
    }

    /** {@return the result of {@code task}; an interrupt does not end the waiting, its status is left standing} */
    static <T extends @Nullable Object> T getUninterruptibly(FutureTask<T> task) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return task.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                } catch (ExecutionException e) {
                    throw Sneaky.rethrow(e.getCause() == null ? e : e.getCause());
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
