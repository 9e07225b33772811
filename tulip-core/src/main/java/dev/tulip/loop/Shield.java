package dev.tulip.loop;

import org.jspecify.annotations.Nullable;

/** What {@link Combinators#shield} returns: ends as another future does, but does not pass a cancel on to it. */
final class Shield<T extends @Nullable Object> extends Future<T> implements Observer {
    private final Future<T> inner;

    Shield(Future<T> inner) {
        super(inner.loop);
        this.inner = inner;
        inner.addObserver(this);
    }

    @Override
    public void futureDone(Future<?> future) {
        if (!done()) {
            settleAs(inner);
        }
    }

    @Override
    public boolean isOver() {
        return done();
    }

    @Override
    public boolean cancel(@Nullable String message) {
        boolean cancelled = super.cancel(message);
        if (cancelled) {
            inner.removeObserver(this);
            inner.reportFailureAtOnce();
        }
        return cancelled;
    }

    /**
     * Reports the failure of {@code inner}, whose shield was cancelled, unless somebody else takes it: those who wait
     * for it directly run in the next iteration, so this asks in the one after that.
     */
    static void reportFailure(Future<?> inner) {
        BaseEventLoop loop = inner.loop;
        Handle ask = new Handle(() -> {
            Throwable exception = inner.takeUnretrieved();
            if (exception != null) {
                loop.callExceptionHandler(new ExceptionContext(
                        exception.getClass().getSimpleName() + " exception in shielded future",
                        exception,
                        "future",
                        inner));
            }
        });
        loop.ready.add(new Handle(() -> loop.ready.add(ask)));
    }

    @Override
    public String toString() {
        return "Shield[" + describeState() + ", of " + (inner instanceof Task<?> task ? task.getName() : inner) + "]";
    }
}
