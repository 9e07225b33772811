package dev.tulip.sync;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Future;
import dev.tulip.loop.Suspends;
import dev.tulip.loop.Task;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The tasks that stand in line for one thing, first come first served: what every class of this package is built on.
 * Loop thread only.
 */
final class WaitQueue {
    /*
     * WAITING -> CALLED      // call(n): it is one of the first n; its task is queued by the loop
     *  CALLED -> WAITING     // call(n) with a smaller n: what it was called for is gone; it keeps its place
     *  CALLED -> OUT         // its task runs: await() returns, and the task takes what it was called for
     *  CALLED -> OUT         // its task runs, and was cancelled: the next one in line is called instead
     * WAITING -> OUT         // cancelled
     * any     -> RELEASED    // releaseAll(): the line is dissolved; there is nothing to pass on
     *
     * Invariant: those CALLED are the first `called` in line, and they stay in line until their tasks run.
     *
     * So whoever is called owns nothing yet: the lock is free, the permit counted, the item in its queue, until the
     * called task itself takes it. That is why a cancel, at whatever moment, cannot lose anything and leaves nothing to
     * be put back. And whoever finds the line empty barges past nobody.
     *
     * CPython's Lock works that way; its Semaphore hands the permit over, and its Queue takes the woken out of the
     * line. Not taken: to hand over the thing itself. If the receiver is cancelled, that must be undone, and an item go
     * back to the front of a queue from which others have been served meanwhile.
     */
    private static final byte WAITING = 0;

    private static final byte CALLED = 1;
    private static final byte RELEASED = 2;
    private static final byte OUT = 3;

    /** What {@link #await} returns to a task that was called. */
    static final int CALLED_IN_TURN = -1;

    /** One task in line. */
    private static final class Waiter {
        private final Task<?> task;
        private Future<@Nullable Void> wakeUp;
        private byte state = WAITING;
        private int place = CALLED_IN_TURN;
        private @Nullable Waiter previous;
        private @Nullable Waiter next;

        private Waiter(Task<?> task, Future<@Nullable Void> wakeUp) {
            this.task = task;
            this.wakeUp = wakeUp;
        }

        /** Task.cancel() has reached it, though its task has not run yet: it will never take anything. */
        private boolean isCancelled() {
            return state == WAITING && wakeUp.cancelled();
        }

        private void wake() {
            if (!wakeUp.done()) { // else it was called before and has not run yet
                wakeUp.setResult(null);
            }
        }
    }

    private final LoopBinding binding;

    // loop thread only
    private @Nullable Waiter first;
    private @Nullable Waiter last;
    private @Nullable Waiter firstWaiting; // behind those that are called
    private int size;
    private int called;
    private boolean loopCloses;

    WaitQueue(LoopBinding binding) {
        this.binding = binding;
    }

    // -- waiting --------------------------------------------------------------------------------------------------

    /**
     * Puts {@code task}, which is calling, at the end of the line and suspends it until it is called or released.
     *
     * <p>If this throws, the task has left the line, and a call that had reached it went to the next one.
     *
     * @return {@link #CALLED_IN_TURN}; or, if all were released, the place where it stood, 0 for the first
     * @throws CancelledError if the task was cancelled
     * @throws IllegalStateException if it cannot suspend here
     */
    @Suspends
    int await(Task<?> task) {
        EventLoop loop = binding.bind(task);
        Waiter waiter = new Waiter(task, loop.createFuture());
        append(waiter);
        try {
            waiter.wakeUp.await();
            while (waiter.state == WAITING) {
                waiter.wakeUp = loop.createFuture();
                waiter.wakeUp.await();
            }
        } catch (RuntimeException | Error e) {
            loopCloses |= e instanceof CancelledError && !waiter.wakeUp.done();
            boolean wasCalled = waiter.state == CALLED;
            leave(waiter);
            if (wasCalled) {
                callMore(1);
            }
            throw e;
        }
        leave(waiter);
        return waiter.place;
    }

    /**
     * {@return whether {@link #await} has thrown a {@link CancelledError} for which nobody asked: the loop is being
     * closed, and no task can suspend any more}
     */
    boolean loopCloses() {
        return loopCloses;
    }

    // -- calling --------------------------------------------------------------------------------------------------

    /** Sees to it that exactly the first {@code n} in line are called, or all if they are fewer. */
    void call(int n) {
        while (called > n) {
            callBackLast();
        }
        while (called < n && firstWaiting != null) {
            callNext(firstWaiting);
        }
    }

    /** Calls {@code n} more, or all if they are fewer. */
    void callMore(int n) {
        call(called + Math.min(n, size - called));
    }

    /** Sends all away who are in line now. Those who come later wait anew. */
    void releaseAll() {
        int place = 0;
        for (Waiter waiter = first, next; waiter != null; waiter = next) {
            next = waiter.next;
            waiter.previous = null;
            waiter.next = null;
            if (waiter.isCancelled()) {
                waiter.state = OUT;
            } else {
                waiter.state = RELEASED;
                waiter.place = place++;
                waiter.wake();
            }
        }
        first = null;
        last = null;
        firstWaiting = null;
        size = 0;
        called = 0;
    }

    private void callNext(Waiter waiter) {
        if (waiter.isCancelled()) {
            leave(waiter);
        } else {
            waiter.state = CALLED;
            called++;
            firstWaiting = waiter.next;
            waiter.wake();
        }
    }

    private void callBackLast() {
        Waiter waiter = firstWaiting == null ? last : firstWaiting.previous;
        assert waiter != null && waiter.state == CALLED : "those called are the first in line";
        waiter.state = WAITING;
        called--;
        firstWaiting = waiter;
    }

    // -- the line -------------------------------------------------------------------------------------------------

    /**
     * {@return whether nobody is in line, called or not, so that a newcomer barges past nobody} One who is cancelled
     * and has not run yet counts; but while there is something to be had, somebody was called, and such were taken out.
     */
    boolean isEmpty() {
        return size == 0;
    }

    /** {@return whether {@code n} tasks or more are in line} */
    boolean hasAtLeast(int n) {
        return size >= n && count() >= n;
    }

    /** {@return how many tasks are in line} */
    int count() {
        int count = 0;
        for (Waiter waiter = first; waiter != null; waiter = waiter.next) {
            if (!waiter.isCancelled()) {
                count++;
            }
        }
        return count;
    }

    /** {@return the tasks in line, the first one first} A copy. */
    List<Task<?>> tasks() {
        List<Task<?>> tasks = new ArrayList<>(size);
        for (Waiter waiter = first; waiter != null; waiter = waiter.next) {
            if (!waiter.isCancelled()) {
                tasks.add(waiter.task);
            }
        }
        return List.copyOf(tasks);
    }

    private void append(Waiter waiter) {
        Waiter last = this.last;
        waiter.previous = last;
        if (last == null) {
            first = waiter;
        } else {
            last.next = waiter;
        }
        this.last = waiter;
        if (firstWaiting == null) {
            firstWaiting = waiter;
        }
        size++;
    }

    /** Takes {@code waiter} out of the line, if it is still there. */
    private void leave(Waiter waiter) {
        if (waiter.state > CALLED) {
            return;
        }
        if (waiter.state == CALLED) {
            called--;
        }
        waiter.state = OUT;
        size--;
        if (firstWaiting == waiter) {
            firstWaiting = waiter.next;
        }
        if (waiter.previous == null) {
            first = waiter.next;
        } else {
            waiter.previous.next = waiter.next;
        }
        if (waiter.next == null) {
            last = waiter.previous;
        } else {
            waiter.next.previous = waiter.previous;
        }
        waiter.previous = null;
        waiter.next = null;
    }
}
