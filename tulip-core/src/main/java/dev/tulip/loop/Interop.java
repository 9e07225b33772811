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
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Between {@link Future} and the futures of {@code java.util.concurrent}. The other way: {@link LoopStage}. */
final class Interop {
    /*
     * Another thread, and one that finds the loop at rest, never touches a future's waiters: it asks the loop, through
     * its door. Whoever waits registers with whenClosed, too, because a loop that is closed does not answer.
     */

    private Interop() {}

    // -- CompletionStage ------------------------------------------------------------------------------------------

    /** See {@link EventLoop#wrapFuture}. */
    static <T extends @Nullable Object> Future<T> wrap(BaseEventLoop loop, CompletionStage<T> stage) {
        Future<T> future = loop.createFuture();
        stage.whenComplete((result, exception) -> onLoop(loop, () -> settle(future, result, exception)));
        future.addDoneCallback(done -> {
            if (done.cancelled()) {
                cancel(stage);
            }
        });
        return future;
    }

    private static void cancel(CompletionStage<?> stage) {
        CompletableFuture<?> cancellable;
        try {
            cancellable = stage.toCompletableFuture();
        } catch (UnsupportedOperationException e) {
            return; // a stage may refuse; then nobody can cancel it
        }
        cancellable.cancel(true);
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

    // -- waiting --------------------------------------------------------------------------------------------------

    /** Waits until {@code future} is done. See {@link Future#get()}. */
    static void waitFor(Future<?> future) throws InterruptedException {
        waitFor(future, Long.MAX_VALUE);
    }

    /** Waits until {@code future} is done, {@code nanos} at most. {@return whether it is done} */
    static boolean waitFor(Future<?> future, long nanos) throws InterruptedException {
        if (!runsOn(future.loop)) {
            return blockFor(future, nanos);
        }
        checkTask(future.loop, future);
        Combinators.wait(List.of(future), ReturnWhen.ALL_COMPLETED, nanos);
        return future.done();
    }

    /** {@return whether the caller is a coroutine of {@code loop}; a guest thread (D10) may block like any other} */
    static boolean runsOn(BaseEventLoop loop) {
        Fiber fiber = Fiber.current();
        return fiber != null && fiber.loop == loop;
    }

    /** Throws if the caller, a coroutine of {@code loop}, is not a task, so that it cannot wait for {@code what}. */
    static void checkTask(BaseEventLoop loop, Object what) {
        if (Task.currentOrNull() == null) {
            throw new IllegalStateException("get() waits for " + what + " on the thread of " + loop.name
                    + ", outside a task: it would never be done; await it in a task");
        }
    }

    /** Ends {@code ended}, if it is not done. Loop thread only. */
    static void end(Future<@Nullable Void> ended) {
        if (!ended.done()) {
            ended.setResult(null);
        }
    }

    /** Blocks this thread, which is not the loop's. */
    private static boolean blockFor(Future<?> future, long nanos) throws InterruptedException {
        BaseEventLoop loop = future.loop;
        CountDownLatch done = new CountDownLatch(1);
        Runnable release = done::countDown;
        Consumer<Future<?>> callback = ended -> done.countDown();
        loop.whenClosed(release);
        onLoop(loop, () -> future.addDoneCallback(callback));
        try {
            boolean inTime = done.await(nanos, TimeUnit.NANOSECONDS);
            if (inTime && !future.isDone()) {
                throw new IllegalStateException(future + " will never be done: Event loop is closed: " + loop.name);
            }
        } finally {
            loop.forgetWhenClosed(release);
            if (!future.isDone()) {
                onLoop(loop, () -> future.removeDoneCallback(callback));
            }
        }
        return future.isDone();
    }

    /** Runs {@code action} on the loop: now if this is its thread, else soon, and never if it is closed. Any thread. */
    static void onLoop(BaseEventLoop loop, Runnable action) {
        if (loop.isCurrent()) {
            action.run();
        } else {
            loop.leaveAtDoor(new Handle(action));
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
