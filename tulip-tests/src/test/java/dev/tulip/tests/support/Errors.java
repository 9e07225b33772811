package dev.tulip.tests.support;

import dev.tulip.loop.EventLoop;
import dev.tulip.loop.ExceptionContext;
import dev.tulip.loop.ExceptionHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** What reached the exception handlers of this test's loops. What a test does not take makes it fail. */
public final class Errors implements ExceptionHandler {
    private final List<ExceptionContext> contexts = new CopyOnWriteArrayList<>();

    @Override
    public void handle(EventLoop loop, ExceptionContext context) {
        contexts.add(context);
    }

    /** {@return what has come so far, which this test has expected} */
    public List<ExceptionContext> take() {
        List<ExceptionContext> taken = new ArrayList<>(contexts);
        contexts.removeAll(taken);
        return taken;
    }

    /** {@return the one that has come, which this test has expected} */
    public ExceptionContext takeOnly() {
        List<ExceptionContext> taken = take();
        if (taken.size() != 1) {
            throw new AssertionError("expected one error at the exception handler, not " + taken.size() + ": " + taken);
        }
        return taken.getFirst();
    }
}
