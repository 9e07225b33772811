package dev.tulip.loop;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The futures of one {@link Combinators#asCompleted}, in the order in which they end. Loop thread only.
 */
final class Completions<F extends Future<?>> implements Iterable<F>, Observer {
    // set once
    private final int size;
    private final long startNanos;
    private final long deadlineNanos;

    // loop thread only
    private final Queue<F> ended = new ArrayDeque<>();
    private int left; // not handed out yet
    private @Nullable Task<?> waiter;

    Completions(Set<? extends F> futures, long startNanos, long deadlineNanos) {
        this.size = futures.size();
        this.left = size;
        this.startNanos = startNanos;
        this.deadlineNanos = deadlineNanos;
        for (F future : futures) {
            if (!future.addObserver(this)) {
                ended.add(future);
            }
        }
    }

    /** {@return an iterator that goes on where the others of this have stopped} */
    @Override
    public Iterator<F> iterator() {
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return left > 0;
            }

            @Suspends
            @Override
            public F next() {
                return Completions.this.next();
            }
        };
    }

    @Suspends
    private F next() {
        if (left == 0) {
            throw new NoSuchElementException("all " + size + " futures were handed out");
        }
        F next = ended.poll();
        if (next == null) {
            awaitOne();
            next = ended.poll();
        }
        left--;
        if (next == null) {
            throw Sneaky.rethrow(new TimeoutException((left + 1) + " of " + size + " futures were not done after "
                    + Nanos.describe(deadlineNanos - startNanos)));
        }
        return next;
    }

    private void awaitOne() {
        Task<?> task = Task.suspending("asCompleted");
        Task<?> other = waiter;
        if (other != null) {
            throw new IllegalStateException(other.getName() + " waits for the next one of " + this
                    + "; it is for one task at a time, so make one iterator for each");
        }
        waiter = task;
        try {
            task.waitFor(this, deadlineNanos);
        } finally {
            waiter = null;
        }
    }

    @Override
    @SuppressWarnings("unchecked") // one of those it was registered on
    public void futureDone(Future<?> future) {
        ended.add((F) future);
        if (waiter != null) {
            waiter.wake();
        }
    }

    @Override
    public boolean isOver() {
        return left == 0;
    }

    @Override
    public String toString() {
        return "asCompleted[" + (size - left) + " of " + size + " handed out]";
    }
}
