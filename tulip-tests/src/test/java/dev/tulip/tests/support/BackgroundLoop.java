package dev.tulip.tests.support;

import dev.tulip.Tulip;
import dev.tulip.loop.EventLoop;
import java.util.concurrent.CompletableFuture;

/** A loop that runs on a thread of its own while a test does what other threads do. */
public final class BackgroundLoop implements AutoCloseable {
    private final CompletableFuture<EventLoop> loop = new CompletableFuture<>();
    private final CompletableFuture<Void> end = new CompletableFuture<>();
    private final Thread thread = Spawn.platform(
            "background-loop",
            () -> Tulip.run(() -> {
                loop.complete(Tulip.runningLoop());
                Tulip.await(end);
            }));

    /** {@return the loop, which runs} */
    public EventLoop loop() {
        return loop.join();
    }

    /** Ends the run: cancels its tasks, waits for them, and closes the loop. */
    @Override
    public void close() {
        end.complete(null);
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
