package dev.tulip.loop;

import org.jspecify.annotations.Nullable;

/** A generator's body in execution: the side that yields. */
final class GeneratorBody<Y extends @Nullable Object, S extends @Nullable Object, R extends @Nullable Object>
        implements Yielder<Y, S>, Runnable {
    // set once
    private final Generator.Body<Y, S, R> code;
    private final GeneratorThread thread;

    // whoever has the turn: the body or whoever iterates
    private @Nullable S sent;
    private @Nullable Throwable thrown;
    private @Nullable Y yielded;
    private boolean ended;
    private @Nullable R result;
    private @Nullable Throwable failure;

    GeneratorBody(Generator.Body<Y, S, R> code) {
        this.code = code;
        this.thread = GeneratorThread.create(this);
    }

    GeneratorThread thread() {
        return thread;
    }

    // -- whoever iterates -----------------------------------------------------------------------------------------

    /** Lets the body run until it yields, which this returns, or ends. */
    boolean advance(@Nullable S sent, @Nullable Throwable thrown) {
        this.sent = sent;
        this.thrown = thrown;
        thread.resume();
        return !ended;
    }

    /** {@return what was yielded; it is forgotten here} */
    @Nullable
    Y takeYielded() {
        Y value = yielded;
        yielded = null;
        return value;
    }

    @Nullable
    R result() {
        return result;
    }

    /** {@return what the body ended with, or null if it ended with a result} */
    @Nullable
    Throwable failure() {
        return failure;
    }

    // -- the body -------------------------------------------------------------------------------------------------

    @Override
    public void run() {
        try {
            result = code.run(this);
        } catch (Throwable e) {
            failure = e;
        }
        ended = true;
    }

    @Override
    public String toString() {
        return "Generator[" + Describe.callback(code) + "]";
    }

    @Override
    public @Nullable S yield(Y value) {
        if (!thread.isCurrent()) {
            throw new IllegalStateException("yield was called by " + Thread.currentThread()
                    + ", which is not the body of its generator: a task or thread that a body starts cannot yield for"
                    + " it");
        }
        yielded = value;
        thread.giveBack();
        Throwable thrown = this.thrown;
        if (thrown != null) {
            this.thrown = null;
            throw Sneaky.rethrow(thrown);
        }
        S sent = this.sent;
        this.sent = null;
        return sent;
    }

    @Override
    public <T extends @Nullable Object> T yieldFrom(Generator<? extends Y, ? super S, ? extends T> inner) {
        boolean more = inner.hasNext();
        while (more) {
            S sent;
            try {
                sent = this.yield(inner.take());
            } catch (GeneratorExit e) {
                inner.close();
                throw e;
            } catch (Throwable e) {
                more = inner.advance(null, e);
                continue;
            }
            more = inner.advance(sent, null);
        }
        return inner.result();
    }

    @Override
    public void yieldFrom(Iterable<? extends Y> values) {
        for (Y value : values) {
            this.yield(value);
        }
    }
}
