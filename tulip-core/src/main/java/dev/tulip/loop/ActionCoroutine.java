package dev.tulip.loop;

import org.jspecify.annotations.Nullable;

/** An action seen as a coroutine. A class of its own, so that reports can name the action. */
record ActionCoroutine<X extends Throwable>(Action<X> action) implements Coroutine<@Nullable Void, X> {
    @Override
    public @Nullable Void run() throws X {
        action.run();
        return null;
    }
}
