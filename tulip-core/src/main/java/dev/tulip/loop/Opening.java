package dev.tulip.loop;

import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Something that is opened on another thread, because that may wait, for a task that may be cancelled meanwhile: of the
 * two, one closes it.
 *
 * @param <T> what is opened
 */
final class Opening<T> {
    /*
     *  PENDING -> OPENED       // by the thread; then an entry at the loop's door wakes the task
     *  PENDING -> FAILED       // the same
     *  PENDING -> ABANDONED    // by the task: the thread, which finds that, closes
     *   OPENED -> ABANDONED    // by the task, which has not heard of it and closes
     *
     * One compare-and-set decides. An entry that the closed loop drops is no loss: closing unwinds the task, and that
     * abandons.
     */
    private record Opened<T>(T thing) {}

    private record Failed(Throwable failure) {}

    private static final Object ABANDONED = new Object();

    private final Consumer<? super T> closing;

    // any thread: null while it is pending
    private final AtomicReference<@Nullable Object> state = new AtomicReference<>();

    Opening(Consumer<? super T> closing) {
        this.closing = closing;
    }

    /** See {@link EventLoop#openBlocking}. */
    @Suspends
    static <T, X extends Throwable> T open(
            BaseEventLoop loop, Coroutine<? extends T, ? extends X> body, Consumer<? super T> closing, boolean patient)
            throws X {
        Task.suspending("openBlocking");
        Executor threads = loop.blockingExecutor();
        Opening<T> opening = new Opening<>(closing);
        Future<@Nullable Void> over = loop.createFuture();
        threads.execute(() -> {
            if (opening.run(body)) {
                loop.leaveAtDoor(new Handle(() -> Interop.end(over)));
            }
        });
        try {
            Combinators.shield(over).await();
        } catch (CancelledError e) {
            opening.cancel(over, patient, threads);
            throw e;
        }
        return opening.thing();
    }

    /** On the thread. {@return whether the task is to be woken} */
    boolean run(Coroutine<? extends T, ?> body) {
        Object outcome;
        try {
            outcome = new Opened<T>(body.run());
        } catch (Throwable e) {
            outcome = new Failed(e);
        }
        if (state.compareAndSet(null, outcome)) {
            return true;
        }
        close(outcome);
        return false;
    }

    /** The task is cancelled. */
    @Suspends
    private void cancel(Future<@Nullable Void> over, boolean patient, Executor threads) {
        Executor closer = threads;
        if (patient) {
            try {
                Combinators.shield(over).await();
                closer = Runnable::run; // now: when the task has ended, so may the process
            } catch (CancelledError again) {
                // as if it were not patient
            }
        }
        abandon(closer);
    }

    /** The task waits no more. */
    void abandon(Executor threads) {
        Object outcome = state.getAndSet(ABANDONED);
        if (outcome instanceof Opened<?>) {
            threads.execute(() -> close(outcome));
        }
    }

    @SuppressWarnings("unchecked") // this class makes them
    private void close(Object outcome) {
        if (outcome instanceof Opened<?> opened) {
            closing.accept((T) opened.thing());
        }
    }

    @SuppressWarnings("unchecked") // this class makes them
    private T thing() {
        return switch (state.get()) {
            case Opened<?> opened -> (T) opened.thing();
            case Failed(Throwable failure) -> throw Sneaky.rethrow(failure);
            case null, default -> throw new AssertionError("unreachable: the task was woken");
        };
    }
}
