package dev.tulip.loop;

import java.time.Duration;
import java.util.Iterator;
import java.util.Objects;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/**
 * One subscriber of an {@link IterablePublisher}: a task that iterates, and a demand that any thread may raise.
 *
 * @param <T> the elements
 */
final class IterableSubscription<T> implements Flow.Subscription {
    /*
     * request() and cancel() may come on any thread, the subscriber's signals included. They pass the loop's door, also
     * on the loop's own thread: so a request inside onNext never leads to another onNext inside it (rule 3.3).
     *
     * The task looks for cancelled between two elements, because what stands at the door is not seen before it
     * suspends. Else all that follows is for the loop's thread.
     */

    // set once
    private final BaseEventLoop loop;
    private final Iterable<? extends T> source;
    private final Context context;
    private final Runnable loopClosed = this::loopClosed;

    // any thread: only ever set
    private volatile boolean cancelled;

    // loop thread only; null once it has heard the last signal (rule 3.13)
    private Flow.@Nullable Subscriber<? super T> subscriber;

    // loop thread only
    private @Nullable Task<?> task;
    private @Nullable Future<@Nullable Void> moreDemand; // the task waits for it
    private @Nullable Throwable misuse; // rule 3.9
    private long demand;
    private boolean iterating; // the task may be cancelled: it is not inside the subscriber, and does not clean up
    private boolean subscriberFailed;

    IterableSubscription(
            BaseEventLoop loop, Iterable<? extends T> source, Context context, Flow.Subscriber<? super T> subscriber) {
        this.loop = loop;
        this.source = source;
        this.context = context;
        this.subscriber = subscriber;
    }

    // -- any thread -----------------------------------------------------------------------------------------------

    void start() {
        loop.whenClosed(loopClosed);
        loop.leaveAtDoor(new Handle(this::createTask));
    }

    @Override
    public void request(long count) {
        loop.leaveAtDoor(new Handle(() -> raiseDemand(count)));
    }

    @Override
    public void cancel() {
        cancelled = true;
        loop.leaveAtDoor(new Handle(this::stopTask));
    }

    // -- loop thread, in callbacks --------------------------------------------------------------------------------

    private void createTask() {
        try {
            loop.createTask(this::run, TaskOptions.defaults().withContext(context))
                    .addDoneCallback(this::taskEnded);
        } catch (Throwable e) { // a task factory
            refuse(e);
            throw e;
        }
    }

    private void taskEnded(Future<?> task) {
        if (subscriber != null) {
            refuse(new CancelledError(task + " was cancelled before its first step"));
        }
    }

    private void loopClosed() {
        refuse(new IllegalStateException("Event loop is closed: " + loop.name));
    }

    /** Tells the subscriber that nothing will come, if the task has never begun. */
    private void refuse(Throwable reason) {
        Flow.Subscriber<? super T> subscriber = this.subscriber;
        this.subscriber = null;
        loop.forgetWhenClosed(loopClosed);
        if (subscriber != null) {
            IterablePublisher.refuse(subscriber, reason);
        }
    }

    private void raiseDemand(long count) {
        if (count > 0) {
            demand = Nanos.plus(demand, count);
            if (moreDemand != null) {
                Interop.end(moreDemand);
            }
        } else if (misuse == null) {
            misuse = new IllegalArgumentException(
                    "a subscriber requests one element or more (rule 3.9 of Reactive Streams), not " + count);
            stopTask();
        }
    }

    private void stopTask() {
        if (task != null && iterating) {
            task.cancel();
        }
    }

    // -- loop thread, in the task ---------------------------------------------------------------------------------

    @Suspends
    private void run() {
        loop.forgetWhenClosed(loopClosed);
        task = Task.currentOrNull();
        Flow.Subscriber<? super T> subscriber = this.subscriber;
        if (subscriber == null) {
            return; // unreachable: only a task that never begins is refused
        }
        Throwable failure = null;
        try {
            signal(() -> subscriber.onSubscribe(this));
            publish(subscriber);
        } catch (Throwable e) {
            failure = e;
        }
        end(subscriber, failure);
    }

    /** Makes one of the subscriber's calls, and notes whose failure it is if it throws. */
    private void signal(Runnable signal) {
        boolean iterating = this.iterating;
        this.iterating = false;
        try {
            signal.run();
        } catch (Throwable e) {
            subscriberFailed = true;
            throw e;
        } finally {
            this.iterating = iterating;
        }
    }

    @Suspends
    private void publish(Flow.Subscriber<? super T> subscriber) throws Exception {
        if (isStopped()) {
            return;
        }
        iterating = true;
        Iterator<? extends T> elements = null;
        Throwable failure = null;
        try {
            elements = source.iterator();
            publish(subscriber, elements);
        } catch (Throwable e) {
            failure = e;
            throw e;
        } finally {
            iterating = false;
            close(elements, failure);
        }
    }

    @Suspends
    private void publish(Flow.Subscriber<? super T> subscriber, Iterator<? extends T> elements) {
        for (int count = 1; elements.hasNext(); count++) {
            awaitDemand();
            if (isStopped()) {
                return;
            }
            T element = Objects.requireNonNull(elements.next(), "a publisher publishes no null (rule 2.13)");
            if (demand != Long.MAX_VALUE) { // rule 3.17: that is without limit
                demand--;
            }
            signal(() -> subscriber.onNext(element));
            if (count % Defaults.PUBLISHING_BURST == 0) {
                Task.sleep(Duration.ZERO);
            }
            if (isStopped()) {
                return;
            }
        }
    }

    private boolean isStopped() {
        return cancelled || misuse != null;
    }

    @Suspends
    private void awaitDemand() {
        while (demand == 0 && !isStopped()) {
            Future<@Nullable Void> moreDemand = loop.createFuture();
            this.moreDemand = moreDemand;
            try {
                moreDemand.await();
            } finally {
                this.moreDemand = null;
            }
        }
    }

    /** Closes what is iterated over, if it can be closed. */
    @Suspends
    private void close(@Nullable Iterator<? extends T> elements, @Nullable Throwable failure) throws Exception {
        Object closed = elements instanceof AutoCloseable ? elements : source;
        if (closed instanceof AutoCloseable resource) {
            try {
                resource.close();
            } catch (Throwable e) {
                if (failure == null || (failure instanceof CancelledError && isStopped())) {
                    throw e;
                }
                failure.addSuppressed(e);
            }
        }
    }

    /** Sends the last signal, and passes on what the subscriber does not get to hear. */
    private void end(Flow.Subscriber<? super T> subscriber, @Nullable Throwable outcome) {
        this.subscriber = null;
        Throwable failure = outcome;
        if (!cancelled && !subscriberFailed) {
            Throwable error = misuse == null ? failure : misuse;
            if (misuse != null && failure != null && !(failure instanceof CancelledError)) {
                misuse.addSuppressed(failure);
            }
            try {
                signal(error == null ? subscriber::onComplete : () -> subscriber.onError(error));
            } catch (Throwable e) {
                failure = e;
            }
        }
        if (failure instanceof KeyboardInterrupt || (failure instanceof CancelledError && !isStopped())) {
            throw Sneaky.rethrow(failure); // this task was cancelled, not the subscription
        }
        if (failure != null && !(failure instanceof CancelledError) && (cancelled || subscriberFailed)) {
            String message = subscriberFailed
                    ? "Exception in a subscriber, which hears nothing more"
                    : "Exception in an iteration whose subscriber has cancelled";
            loop.callExceptionHandler(new ExceptionContext(message, failure, "subscriber", subscriber));
        }
    }

    /** {@return what this is, and how it stands} */
    @Override
    public String toString() {
        String state = subscriber == null ? "ended" : cancelled ? "cancelled" : demand + " requested";
        return "Subscription[" + state + ", to " + Describe.callback(source) + " on " + loop.name + "]";
    }
}
