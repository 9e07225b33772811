package dev.tulip.loop;

/** A {@link Handle} with a deadline. Cancelling it frees it at once, in O(log n) of the pending timers. */
public final class TimerHandle extends Handle {
    // set once
    private final BaseEventLoop loop;
    private final long when;

    TimerHandle(BaseEventLoop loop, long when, Runnable callback, Object context) {
        super(callback, context);
        this.loop = loop;
        this.when = when;
    }

    /** {@return the deadline, in nanoseconds of the loop's clock} */
    public long when() {
        return when;
    }

    @Override
    public void cancel() {
        loop.checkThread();
        super.cancel();
        loop.timers.remove(this);
    }

    @Override
    public String toString() {
        return "TimerHandle[when " + when + " ns, " + describe() + "]";
    }
}
