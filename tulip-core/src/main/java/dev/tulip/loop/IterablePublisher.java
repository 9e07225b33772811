package dev.tulip.loop;

import java.util.Objects;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;

/** A publisher of what can be iterated over. Any thread. See {@link EventLoop#publisher}. */
final class IterablePublisher<T> implements Flow.Publisher<T> {
    /** For subscribers that are refused: rule 1.9 wants them to have one. */
    private static final Flow.Subscription NONE = new Flow.Subscription() {
        @Override
        public void request(long count) {}

        @Override
        public void cancel() {}
    };

    // set once
    private final BaseEventLoop loop;
    private final Iterable<? extends T> elements;
    private final Context context = Context.copyContext();

    // any thread
    private final AtomicBoolean used = new AtomicBoolean();

    IterablePublisher(BaseEventLoop loop, Iterable<? extends T> elements) {
        this.loop = loop;
        this.elements = Objects.requireNonNull(elements, "elements");
    }

    @Override
    public void subscribe(Flow.Subscriber<? super T> subscriber) {
        Objects.requireNonNull(subscriber, "subscriber");
        if (used.getAndSet(true) && elements instanceof AutoCloseable) {
            refuse(
                    subscriber,
                    new IllegalStateException(this + " has had its one subscriber: its elements are closed after use"));
        } else {
            new IterableSubscription<>(loop, elements, context.copy(), subscriber).start();
        }
    }

    /** Tells {@code subscriber}, which has heard nothing yet, that it will not hear more. */
    static void refuse(Flow.Subscriber<?> subscriber, Throwable reason) {
        subscriber.onSubscribe(NONE);
        subscriber.onError(reason);
    }

    @Override
    public String toString() {
        return "Publisher[of " + Describe.callback(elements) + " on " + loop.name + "]";
    }
}
