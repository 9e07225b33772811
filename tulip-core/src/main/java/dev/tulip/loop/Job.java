package dev.tulip.loop;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadPoolExecutor;
import org.jspecify.annotations.Nullable;

/** A call on an executor's thread, and the future of its result. See {@link EventLoop#runInExecutor}. */
final class Job<T extends @Nullable Object> extends Future<T> implements Runnable {
    /*
     * A door between the loop and the executor's thread: claimed decides whether the job starts or is cancelled
     * first. The result comes back through the loop's own door.
     */
    private static final VarHandle CLAIMED = VarHandles.of(MethodHandles.lookup(), "claimed", boolean.class);

    // set once
    private final Executor executor;
    private final Callable<T> callable;

    // any thread
    @SuppressWarnings("unused") // through CLAIMED
    private volatile boolean claimed;

    Job(BaseEventLoop loop, Executor executor, Callable<T> callable) {
        super(loop);
        this.executor = executor;
        this.callable = callable;
    }

    void submit() {
        executor.execute(this);
    }

    @Override
    public boolean cancel(@Nullable String message) {
        boolean cancelled = super.cancel(message);
        if (cancelled && drop() && executor instanceof ThreadPoolExecutor pool) {
            pool.remove(this);
        }
        return cancelled;
    }

    /** Keeps the job from starting. Returns whether that was in time. */
    boolean drop() {
        return CLAIMED.compareAndSet(this, false, true);
    }

    /** On the executor's thread. */
    @Override
    public void run() {
        if (!CLAIMED.compareAndSet(this, false, true)) {
            return;
        }
        Runnable settlement;
        try {
            T result = callable.call();
            settlement = () -> settleResult(result);
        } catch (Throwable e) {
            settlement = () -> settleException(e);
        }
        Runnable outcome = settlement;
        loop.leaveAtDoor(new Handle(() -> {
            if (!done()) {
                outcome.run();
            }
        }));
    }
}
