package dev.tulip.loop;

import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A {@link CompletableFuture} that ends as a future of a loop does, or as a coroutine that was handed to the loop. Any
 * thread.
 *
 * <p>Its {@code get} and {@code join}, and those of its dependents, follow the rule of {@link Future#get()}: a task of
 * the loop awaits, another thread blocks. A plain callback is refused: it would wait for its own thread for ever.
 */
final class LoopStage<T extends @Nullable Object> extends CompletableFuture<T> {
    /*
     * Completed by whichever comes first: the loop, when the future is done; the user, who cancels it or completes it by
     * hand; the closing of the loop, which leaves nobody to wait for.
     */
    private final BaseEventLoop loop;

    // written once, on the loop's thread or before the stage is published
    private volatile @Nullable Future<T> future;

    private LoopStage(BaseEventLoop loop) {
        this.loop = loop;
    }

    /** See {@link Future#toCompletableFuture}. */
    static <T extends @Nullable Object> LoopStage<T> of(Future<T> future) {
        LoopStage<T> stage = new LoopStage<>(future.loop);
        stage.future = future;
        if (future.isDone()) {
            stage.pass(future);
        } else {
            Interop.onLoop(future.loop, () -> stage.follow(future));
            stage.endWithLoop();
        }
        return stage;
    }

    /** See {@link EventLoop#runCoroutineThreadsafe}. */
    static <T extends @Nullable Object> LoopStage<T> ofCoroutine(
            BaseEventLoop loop, Coroutine<? extends T, ?> coroutine) {
        Objects.requireNonNull(coroutine, "coroutine");
        LoopStage<T> stage = new LoopStage<>(loop);
        loop.callSoonThreadsafe(() -> stage.start(coroutine));
        stage.endWithLoop();
        return stage;
    }

    /** Starts {@code coroutine} as a task, unless this was cancelled meanwhile. Loop thread only. */
    private void start(Coroutine<? extends T, ?> coroutine) {
        if (!isDone()) {
            try {
                follow(loop.<T>createTask(coroutine));
            } catch (Throwable e) { // a task factory
                completeExceptionally(e);
                throw e;
            }
        }
    }

    /** Ends as {@code future} does, and cancels it if this is cancelled first. Loop thread only. */
    private void follow(Future<T> future) {
        this.future = future;
        future.addDoneCallback(this::pass);
        whenComplete((result, exception) -> {
            if (isCancelled()) {
                future.cancel(false);
            }
        });
    }

    /** Ends as {@code future}, which is done, has ended. */
    private void pass(Future<T> future) {
        switch (future.state()) {
            case SUCCESS -> complete(future.resultNow());
            case FAILED -> completeExceptionally(future.exceptionNow());
            default -> cancel(false);
        }
    }

    private void endWithLoop() {
        Runnable listener = this::loopClosed;
        loop.whenClosed(listener);
        whenComplete((result, exception) -> loop.forgetWhenClosed(listener));
    }

    private void loopClosed() {
        Future<T> future = this.future;
        if (future != null && future.isDone()) {
            pass(future);
        } else {
            completeExceptionally(new IllegalStateException(
                    (future == null ? "the coroutine never started" : future + " will never be done")
                            + ": Event loop is closed: " + loop.name));
        }
    }

    // -- CompletableFuture ----------------------------------------------------------------------------------------

    @Override
    public <U extends @Nullable Object> CompletableFuture<U> newIncompleteFuture() {
        return new LoopStage<>(loop);
    }

    @Override
    public T get() throws InterruptedException, ExecutionException {
        awaitInTask(Long.MAX_VALUE);
        return super.get();
    }

    @Override
    public T get(long timeout, TimeUnit unit) throws InterruptedException, ExecutionException, TimeoutException {
        return awaitInTask(unit.toNanos(timeout)) ? super.get(0, unit) : super.get(timeout, unit);
    }

    @Override
    public T join() {
        awaitInTask(Long.MAX_VALUE);
        return super.join();
    }

    /** If the caller is a coroutine of the loop, waits there. {@return whether it was, or this is done anyway} */
    private boolean awaitInTask(long nanos) {
        if (isDone() || !Interop.runsOn(loop)) {
            return isDone();
        }
        Interop.checkTask(loop, this);
        Future<@Nullable Void> ended = loop.createFuture();
        super.whenComplete((result, exception) -> Interop.onLoop(loop, () -> Interop.end(ended)));
        Combinators.wait(List.of(ended), ReturnWhen.ALL_COMPLETED, nanos);
        return true;
    }
}
