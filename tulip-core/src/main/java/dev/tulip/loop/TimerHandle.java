package dev.tulip.loop;

import org.jspecify.annotations.Nullable;

/** A {@link Handle} with a deadline. Cancelling it frees it at once, in O(log n) of the pending timers. */
public sealed class TimerHandle extends Handle permits SleepTimer {
    // set once
    private final SelectorEventLoop loop;
    final long deadlineNanos;

    // loop thread only, written by TimerHeap
    long sequence;
    int heapIndex = -1;

    TimerHandle(SelectorEventLoop loop, long deadlineNanos, @Nullable Runnable callback) {
        super(callback);
        this.loop = loop;
        this.deadlineNanos = deadlineNanos;
    }

    /** {@return the deadline, in nanoseconds of the loop's clock} */
    public final long when() {
        return deadlineNanos;
    }

    @Override
    public void cancel() {
        loop.checkThread();
        super.cancel();
        loop.timers.remove(this);
    }

    /** The deadline has come: queues what is to be done. */
    void fire() {
        loop.ready.add(this);
    }

    @Override
    public String toString() {
        return "TimerHandle[when " + deadlineNanos + " ns, " + describe() + "]";
    }
}
