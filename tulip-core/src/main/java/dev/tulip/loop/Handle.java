package dev.tulip.loop;

import org.jspecify.annotations.Nullable;

/**
 * A callback that a loop will run, and the means to stop it. For the loop's thread, unless
 * {@link EventLoop#callSoonThreadsafe} returned it.
 */
public sealed class Handle extends Entry permits TimerHandle, ThreadsafeHandle, ChannelHandle, DoneCallback {
    // loop thread only; null once cancelled, so that nothing is held for a callback that will not run
    private @Nullable Runnable callback;

    Handle(@Nullable Runnable callback) {
        this.callback = callback;
    }

    /** Keeps the callback from running, if it has not run yet. Calling this twice is harmless. */
    public void cancel() {
        callback = null;
    }

    /** {@return whether this was cancelled} */
    public boolean cancelled() {
        return callback == null;
    }

    /** Runs the callback, on the callback coroutine. */
    void run() {
        Runnable callback = this.callback;
        if (callback != null) {
            callback.run();
        }
    }

    @Override
    final void fire(BaseEventLoop loop) {
        loop.ready.add(this);
    }

    @Override
    final void passDoor(BaseEventLoop loop) {
        loop.ready.add(this);
    }

    /** {@return what this is, its callback's class, and in debug mode where it was created} */
    @Override
    public String toString() {
        return "Handle[" + describe() + "]";
    }

    final String describe() {
        Runnable callback = this.callback;
        return callback == null ? "cancelled" : Describe.callback(callback);
    }
}
