package dev.tulip.loop;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The futures of one {@link Combinators#gather}, and the future of their results. Loop thread only. */
final class Gathering extends Future<List<@Nullable Object>> implements Observer {
    // set once
    private final Future<?>[] children;
    private final boolean returnExceptions;

    // loop thread only
    private int pending;
    private boolean cancelRequested;
    private @Nullable String cancelMessage;

    Gathering(BaseEventLoop loop, List<? extends Future<?>> futures, boolean returnExceptions) {
        super(loop);
        this.children = futures.toArray(Future<?>[]::new);
        this.returnExceptions = returnExceptions;
        for (Future<?> child : children) {
            if (child.addObserver(this)) {
                pending++;
            }
        }
        for (Future<?> child : children) {
            if (child.done() && fails(child)) {
                return;
            }
        }
        finishIfComplete();
    }

    @Override
    public void futureDone(Future<?> child) {
        pending--;
        if (done()) {
            child.markRetrieved(); // as CPython: only the first failure reaches whoever gathers
        } else if (!fails(child)) {
            finishIfComplete();
        }
    }

    @Override
    public boolean isOver() {
        return false;
    }

    /** Fails this if {@code child}, which is done, ends it. {@return whether it does} */
    private boolean fails(Future<?> child) {
        if (returnExceptions || child.state() == State.SUCCESS) {
            return false;
        }
        settleException(child.failure()); // if the child was cancelled, too: this was not
        return true;
    }

    private void finishIfComplete() {
        if (pending > 0) {
            return;
        }
        if (cancelRequested) {
            settleException(new CancelledError(cancelMessage));
            return;
        }
        List<@Nullable Object> results = new ArrayList<>(children.length);
        for (Future<?> child : children) {
            results.add(child.state() == State.SUCCESS ? child.result() : child.failure());
        }
        settleResult(Collections.unmodifiableList(results));
    }

    /**
     * Cancels the children. This ends when the first of them has ended cancelled, or, if exceptions are results, when
     * all have ended.
     */
    @Override
    public boolean cancel(@Nullable String message) {
        if (done()) {
            return super.cancel(message);
        }
        cancelRequested = true;
        cancelMessage = message;
        for (Future<?> child : new LinkedHashSet<>(Arrays.asList(children))) {
            child.cancel(message);
        }
        return true;
    }

    @Override
    public String toString() {
        long done = Arrays.stream(children).filter(Future::isDone).count();
        return "gather[" + done + " of " + children.length + " done]";
    }
}
