package dev.tulip.streams;

import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Future;
import dev.tulip.loop.Suspends;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Tasks that wait for the same thing. Each has a future of its own, so that cancelling one does not cancel all. */
final class Waiters {
    private final EventLoop loop;

    // loop thread only
    private final List<Future<@Nullable Void>> waiting = new ArrayList<>(1);

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

    void wakeAll() {
        waiting.forEach(Waiters::wake);
    }

    private static void wake(Future<@Nullable Void> waiter) {
        if (!waiter.done()) {
            waiter.setResult(null);
        }
    }
}
