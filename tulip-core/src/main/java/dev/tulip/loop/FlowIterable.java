package dev.tulip.loop;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.concurrent.Flow;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link Flow.Publisher} publishes, for a plain {@code for} loop that suspends its task until the next element
 * is there. For the thread of the loop on which it was made.
 *
 * {@snippet :
 * try (var prices = iterate(publisher)) {
 *     for (var price : prices) {
 *         ...
 *     }
 * }
 * }
 *
 * <p>It subscribes when it is made, once, and never asks for more than its buffer holds: a task that is slow makes the
 * publisher wait. What the publisher fails with is thrown as it is, after the elements before it.
 *
 * <p>{@link #close} cancels the subscription. The end of the task that made this closes it, too, however that ends: a
 * {@code for} loop that is left early leaves nothing behind.
 *
 * @param <T> the elements
 * @see EventLoop#publisher the other way: from something iterable to a publisher
 * @see <a href="https://github.com/reactive-streams/reactive-streams-jvm">Reactive Streams, whose rules hold here</a>
 */
public final class FlowIterable<T> implements Iterable<T>, AutoCloseable {
    /*
     * Signals come on any thread, one after another. Each passes the loop's door, also on the loop's own thread, where
     * it would overtake otherwise, and takes effect in a callback. So all that follows is for the loop's thread.
     *
     *   OPEN -> ENDED      // the publisher completes or fails; buffered elements can still be taken
     *   OPEN -> CLOSED     // close(), the end of the owner, the end of the loop: the subscription is cancelled
     *  ENDED -> CLOSED     // close(): the rest is dropped
     *
     * Invariant while OPEN: requested + buffer.size() <= bufferSize.
     */

    // set once
    private final BaseEventLoop loop;
    private final @Nullable Task<?> owner;
    private final int bufferSize;
    private final Consumer<Future<?>> ownerEnded = this::ownerEnded;
    private final Runnable loopClosed = this::close;

    // loop thread only
    private final Deque<T> buffer = new ArrayDeque<>();
    private final Iterator<T> iterator = new Elements();
    private Flow.@Nullable Subscription subscription;
    private int requested; // asked for, and not here yet
    private boolean ended; // or closed
    private @Nullable Throwable failure;
    private @Nullable Future<@Nullable Void> change; // a task waits for it

    private FlowIterable(BaseEventLoop loop, int bufferSize) {
        if (bufferSize <= 0) {
            throw new IllegalArgumentException("a buffer holds at least one element, not " + bufferSize);
        }
        this.loop = loop;
        this.bufferSize = bufferSize;
        this.owner = Task.currentOrNull();
    }

    /**
     * Subscribes to {@code publisher}, with a buffer of {@link Flow#defaultBufferSize} elements.
     *
     * @param <T> the elements
     * @throws IllegalStateException if no loop runs here
     */
    public static <T> FlowIterable<T> of(Flow.Publisher<? extends T> publisher) {
        return of(publisher, Defaults.FLOW_BUFFER_SIZE);
    }

    /**
     * Subscribes to {@code publisher}.
     *
     * @param <T> the elements
     * @param bufferSize how many elements may be here that nobody has taken; it asks for more when half of them are
     *     gone
     * @throws IllegalArgumentException if that is not positive
     * @throws IllegalStateException if no loop runs here
     */
    public static <T> FlowIterable<T> of(Flow.Publisher<? extends T> publisher, int bufferSize) {
        FlowIterable<T> iterable = new FlowIterable<>((BaseEventLoop) EventLoop.running(), bufferSize);
        iterable.subscribeTo(publisher);
        return iterable;
    }

    private void subscribeTo(Flow.Publisher<? extends T> publisher) {
        if (owner != null) {
            owner.addDoneCallback(ownerEnded);
        }
        loop.whenClosed(loopClosed);
        try {
            publisher.subscribe(new Signals());
        } catch (Throwable e) {
            close();
            throw e;
        }
    }

    /**
     * {@return the iterator; always the same, so that a second loop goes on where the first one was left}
     *
     * <p>Its {@code hasNext} and {@code next} suspend while there is no element. Cancelling them takes none. Only one
     * task at a time may wait.
     */
    @Override
    public Iterator<T> iterator() {
        return iterator;
    }

    /**
     * Cancels the subscription and drops what is buffered: the iteration is over, also for a task that waits in it.
     * Closing twice is harmless.
     *
     * @throws WrongThreadException if another thread calls this while the loop runs
     */
    @Override
    public void close() {
        loop.checkThread();
        Flow.Subscription cancelled = subscription;
        buffer.clear();
        failure = null;
        end();
        if (cancelled != null) {
            cancelled.cancel();
        }
    }

    private void ownerEnded(Future<?> owner) {
        close();
    }

    /** No more signals count. */
    private void end() {
        ended = true;
        subscription = null;
        if (owner != null) {
            owner.removeDoneCallback(ownerEnded);
        }
        loop.forgetWhenClosed(loopClosed);
        wake();
    }

    private void wake() {
        if (change != null) {
            Interop.end(change);
        }
    }

    /** Asks for more, if half of the buffer is free once {@code taken} more elements have gone. */
    private void request(int taken) {
        int expected = requested + buffer.size() - taken;
        if (subscription != null && expected <= bufferSize / 2) {
            subscription.request(bufferSize - expected);
            requested += bufferSize - expected; // what comes of it comes through the door, later
        }
    }

    /** {@return what this is, and how many elements are here} */
    @Override
    public String toString() {
        return "FlowIterable[" + (ended ? "ended" : subscription == null ? "not subscribed yet" : "open") + ", "
                + buffer.size() + " buffered]";
    }

    /** For the {@code for} loop. */
    private final class Elements implements Iterator<T> {
        @Suspends
        @Override
        public boolean hasNext() {
            while (buffer.isEmpty()) {
                if (ended) {
                    if (failure != null) {
                        throw Sneaky.rethrow(failure);
                    }
                    return false;
                }
                awaitChange();
            }
            return true;
        }

        @Suspends
        @Override
        public T next() {
            if (!hasNext()) {
                throw new NoSuchElementException(FlowIterable.this + " has no more elements");
            }
            request(1); // if this throws, nothing is lost
            return buffer.remove();
        }

        private void awaitChange() {
            if (change != null) {
                throw new IllegalStateException("another task waits for the next element of " + FlowIterable.this);
            }
            Future<@Nullable Void> change = loop.createFuture();
            FlowIterable.this.change = change;
            try {
                change.await();
            } finally {
                FlowIterable.this.change = null;
            }
        }
    }

    /** What the publisher calls, on any thread. */
    private final class Signals implements Flow.Subscriber<T> {
        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            Objects.requireNonNull(subscription, "subscription");
            atLoop(() -> subscribed(subscription));
            if (loop.isClosed()) { // it may not hear of this any more
                subscription.cancel();
            }
        }

        @Override
        public void onNext(T element) {
            Objects.requireNonNull(element, "element");
            atLoop(() -> arrived(element));
        }

        @Override
        public void onError(Throwable failure) {
            Objects.requireNonNull(failure, "failure");
            atLoop(() -> ended(failure));
        }

        @Override
        public void onComplete() {
            atLoop(() -> ended(null));
        }

        private void atLoop(Runnable effect) {
            loop.leaveAtDoor(new Handle(effect));
        }

        // on the loop's thread

        private void subscribed(Flow.Subscription newSubscription) {
            if (ended || subscription != null) {
                newSubscription.cancel(); // rule 2.5
            } else {
                subscription = newSubscription;
                request(0);
            }
        }

        private void arrived(T element) {
            if (ended) {
                return;
            }
            if (requested == 0) {
                Flow.Subscription cancelled = subscription;
                ended(new IllegalStateException("the publisher sent more than it was asked for (rule 1.1 of Reactive"
                        + " Streams), first: " + Describe.shortened(element)));
                if (cancelled != null) {
                    cancelled.cancel();
                }
                return;
            }
            requested--;
            buffer.add(element);
            wake();
        }

        private void ended(@Nullable Throwable why) {
            if (!ended) {
                failure = why;
                end();
            }
        }

        @Override
        public String toString() {
            return FlowIterable.this.toString();
        }
    }
}
