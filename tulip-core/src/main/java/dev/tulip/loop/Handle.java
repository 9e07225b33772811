package dev.tulip.loop;

import org.jspecify.annotations.Nullable;

/**
 * A callback that a loop will run, and the means to stop it. For the loop's thread, unless
 * {@link EventLoop#callSoonThreadsafe} returned it.
 */
public sealed class Handle extends Entry permits TimerHandle, ThreadsafeHandle, ChannelHandle, DoneCallback {
    // loop thread only; null once cancelled, so that nothing is held for a callback that will not run
    private @Nullable Runnable callback;

    // loop thread only; raw, see Context
    Object context;

    /** A callback of the library's own: it runs in an empty context. */
    Handle(@Nullable Runnable callback) {
        this(callback, Context.NONE);
    }

    Handle(@Nullable Runnable callback, Object context) {
        this.callback = callback;
        this.context = context;
    }

    /** Keeps the callback from running, if it has not run yet. Calling this twice is harmless. */
    public void cancel() {
        callback = null;
    }

    /** {@return whether this was cancelled} */
    public boolean cancelled() {
        return callback == null;
    }

    /** {@return the context that the callback runs in} */
    public Context getContext() {
        Context context = Context.of(this.context);
        this.context = context;
        return context;
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
