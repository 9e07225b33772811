package dev.tulip.net;

import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Future;
import dev.tulip.loop.Suspends;
import dev.tulip.loop.TimerHandle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Tasks that wait for the same thing. Each has a future of its own, so that cancelling one does not cancel all. */
final class Waiters {
    private final EventLoop loop;

    // loop thread only
    private final List<Future<@Nullable Void>> waiting = new ArrayList<>();

    Waiters(EventLoop loop) {
        this.loop = loop;
    }

    /** Waits for {@link #wakeAll}. */
    @Suspends
    void await() {
        Future<@Nullable Void> waiter = loop.createFuture();
        waiting.add(waiter);
        try {
            waiter.await();
        } finally {
            waiting.remove(waiter);
        }
    }

    /** Waits for {@link #wakeAll}, {@code limit} at most. */
    @Suspends
    void await(Duration limit) {
        Future<@Nullable Void> waiter = loop.createFuture();
        await(waiter, loop.callLater(limit, () -> wake(waiter)));
    }

    /** Waits for {@link #wakeAll}, until {@code deadline} at most. */
    @Suspends
    void awaitUntil(long deadline) {
        Future<@Nullable Void> waiter = loop.createFuture();
        await(waiter, loop.callAt(deadline, () -> wake(waiter)));
    }

    @Suspends
    private void await(Future<@Nullable Void> waiter, TimerHandle timer) {
        waiting.add(waiter);
        try {
            waiter.await();
        } finally {
            timer.cancel();
            waiting.remove(waiter);
        }
    }

    void wakeAll() {
        waiting.forEach(Waiters::wake);
    }

    private static void wake(Future<@Nullable Void> waiter) {
        if (!waiter.done()) {
            waiter.setResult(null);
        }
    }
}
