package dev.tulip.repl;

import dev.tulip.Tulip;
import dev.tulip.loop.EventLoop;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A loop that runs on a thread of its own until this is closed. */
final class LoopThread implements AutoCloseable {
    private final CompletableFuture<EventLoop> loop = new CompletableFuture<>();
    private final CompletableFuture<@Nullable Void> end = new CompletableFuture<>();
    private final Thread thread;

    LoopThread() {
        thread = Thread.ofPlatform()
                .name("tulip-repl")
                .daemon()
                .start(() -> Tulip.run(() -> {
                    loop.complete(Tulip.runningLoop());
                    Tulip.await(end);
                }));
    }

    EventLoop loop() {
        return loop.join();
    }

    /** Cancels the tasks that are left, waits for them, and closes the loop. */
    @Override
    public void close() {
        end.complete(null);
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // somebody is in a hurry: the thread is a daemon
        }
    }
}
