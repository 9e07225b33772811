package dev.tulip.loop;

import org.jspecify.annotations.Nullable;

/**
 * One {@link TaskGroup#start}: the future of what the child hands over when it is ready, and the body of the child.
 * Loop thread only.
 */
final class Start<T extends @Nullable Object> extends Future<T> implements Started<T>, Action<Throwable>, Observer {
    /*
     * Until the child is ready, whoever called start() owns it: gets what it fails with, and cancels it by being
     * cancelled. Until then run() keeps a failure from the group. The end of the child decides if it was cancelled,
     * which it may have been before it ran at all.
     */
    private final CoroutineConsumer<? super Started<T>, ?> body;

    // loop thread only
    private @Nullable Task<?> child;
    private boolean cancelRequested;

    Start(BaseEventLoop loop, CoroutineConsumer<? super Started<T>, ?> body) {
        super(loop);
        this.body = body;
    }

    CoroutineConsumer<? super Started<T>, ?> body() {
        return body;
    }

    void childCreated(Task<?> child) {
        this.child = child;
        if (!child.addObserver(this)) {
            futureDone(child);
        }
    }

    /** The body of the child. */
    @Override
    public void run() throws Throwable {
        try {
            body.accept(this);
        } catch (CancelledError | KeyboardInterrupt e) {
            throw e;
        } catch (Throwable e) {
            CancelledError cancellation = Task.suspending("a child").cancellationIn(e);
            if (cancellation != null) {
                throw cancellation;
            }
            if (done()) {
                throw e;
            }
            settleException(e);
        }
    }

    @Override
    public void set(T value) {
        Task<?> child = this.child;
        if (done()) {
            throw new IllegalStateException("started.set() was called before; it may be called once");
        }
        if (cancelRequested && child != null) {
            child.cancel("nobody waits for its start any more");
        } else {
            settleResult(value);
        }
    }

    /** The child has ended. */
    @Override
    public void futureDone(Future<?> child) {
        if (done()) {
            return;
        }
        if (child.state() != State.SUCCESS) {
            settleException(child.failure());
        } else if (cancelRequested) {
            settleException(new CancelledError());
        } else {
            settleException(new IllegalStateException(child + " has ended without calling started.set()"));
        }
    }

    @Override
    public boolean isOver() {
        return done();
    }

    /** Reports what the child failed with, if whoever called start() got {@code error} in its place. */
    void reportUnlessThrown(CancelledError error) {
        if (child == null || state() != State.FAILED) {
            return;
        }
        Throwable exception = exceptionNow();
        if (exception != error && !(exception instanceof KeyboardInterrupt)) {
            loop.callExceptionHandler(new ExceptionContext(
                    child.getName() + " failed before it was ready, and whoever started it was cancelled",
                    exception,
                    "task",
                    child));
        }
    }

    /** Whoever called start() was cancelled: the child is, and this ends with it. */
    @Override
    public boolean cancel(@Nullable String message) {
        Task<?> child = this.child;
        if (done() || child == null) {
            return super.cancel(message);
        }
        cancelRequested = true;
        return child.cancel(message);
    }

    @Override
    public String toString() {
        Task<?> child = this.child;
        return "start of " + (child == null ? "a task" : child.getName()) + "[" + describeState() + "]";
    }
}
