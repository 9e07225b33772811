package dev.tulip.loop;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A callback that waits for a future, and the handle under which it then runs: one object for both. */
final class DoneCallback<T extends @Nullable Object> extends Handle {
    private final Future<T> future;
    private final Consumer<? super Future<T>> consumer;

    DoneCallback(Future<T> future, Consumer<? super Future<T>> consumer, Object context) {
        super(null, context);
        this.future = future;
        this.consumer = consumer;
    }

    boolean calls(Object other) {
        return consumer.equals(other);
    }

    @Override
    public boolean cancelled() {
        return false;
    }

    @Override
    void run() {
        consumer.accept(future);
    }

    @Override
    public String toString() {
        return "Handle[" + Describe.callback(consumer) + " for "
                + (future instanceof Task<?> task ? task.getName() : "a future") + "]";
    }
}
