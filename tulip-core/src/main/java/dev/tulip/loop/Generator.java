package dev.tulip.loop;

import java.util.Iterator;
import java.util.Locale;
import java.util.NoSuchElementException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A sequence whose values a body computes one by one, when somebody asks for the next.
 *
 * <pre>{@code
 * Generator<Integer, Void, Void> squares = Generator.of(out -> {
 *     for (int i = 1; ; i++) {
 *         out.yield(i * i);
 *     }
 * });
 * for (int square : squares) { ... }
 * }</pre>
 *
 * <p>The body runs until its first {@code yield}, waits there until the next value is wanted, and so on. Whoever iterates
 * can send values to it and throw exceptions into it, and gets what it throws, unwrapped. When it has ended, {@link
 * #result} is what it returned.
 *
 * <p><b>In a task</b> the body may suspend: it awaits on behalf of the task that wants the value, and is cancelled with
 * it. So the plain {@code for} loop is asyncio's {@code async for}. A generator belongs to the loop in which its first
 * value was asked for, or to none; not for several tasks or threads at a time.
 *
 * <p><b>Ending it early.</b> A body that is left in the middle holds what it holds. {@link #close}, best by a
 * try-with-resources statement, ends it: the body gets a {@link GeneratorExit} where it stands, and its {@code finally}
 * blocks run. What is not closed the loop closes, in a task of its own, when the generator is garbage collected, at the
 * latest at the end of {@code Tulip.run}. Outside a loop nobody does.
 *
 * <p>The body runs on a virtual thread of its own: thread-locals and locks of whoever iterates are not its own; the
 * {@link Context} is. A value costs two switches, about 0.25 µs on the mounted engine.
 *
 * @param <Y> what it yields
 * @param <S> what can be sent to it; {@code Void} if nothing is
 * @param <R> what it returns in the end; {@code Void} if nothing
 * @see <a href="https://peps.python.org/pep-0342/">PEP 342: Coroutines via Enhanced Generators</a>
 */
@SuppressWarnings("IterableAndIterator") // as in Python: a generator is its own iterator
public final class Generator<Y extends @Nullable Object, S extends @Nullable Object, R extends @Nullable Object>
        implements Iterator<Y>, Iterable<Y>, AutoCloseable {
    /*
     * CREATED -> RUNNING -> SUSPENDED -> RUNNING -> ... -> ENDED
     *
     * hasNext() has to run the body to know: then the value waits in the body until next() takes it.
     */
    private enum State {
        CREATED,
        RUNNING,
        SUSPENDED,
        ENDED
    }

    /**
     * The code of a generator that returns something in the end.
     *
     * @param <Y> what it yields
     * @param <S> what is sent to it
     * @param <R> what it returns
     */
    @FunctionalInterface
    public interface Body<Y extends @Nullable Object, S extends @Nullable Object, R extends @Nullable Object> {
        /**
         * Computes the values.
         *
         * @param out what it yields them to
         * @return the generator's result
         * @throws Throwable whatever it wants: whoever iterates gets it
         */
        @Suspends
        R run(Yielder<Y, S> out) throws Throwable;
    }

    /**
     * The code of a generator that returns nothing.
     *
     * @param <Y> what it yields
     * @param <S> what is sent to it
     */
    @FunctionalInterface
    public interface Steps<Y extends @Nullable Object, S extends @Nullable Object> {
        /**
         * Computes the values.
         *
         * @param out what it yields them to
         * @throws Throwable whatever it wants: whoever iterates gets it
         */
        @Suspends
        void run(Yielder<Y, S> out) throws Throwable;
    }

    // set once
    private final Body<Y, S, R> code;
    private final Object given; // what the user wrote

    // one task or thread at a time
    private State state = State.CREATED;
    private @Nullable GeneratorBody<Y, S, R> body; // from the first value to the end
    private Leftovers.@Nullable Leftover leftover; // on a loop, as long as the body stands in the middle
    private boolean ahead; // hasNext() has found a value that next() has not taken
    private boolean returned;
    private @Nullable R result;

    private Generator(Body<Y, S, R> code, Object given) {
        this.code = code;
        this.given = given;
    }

    /**
     * {@return a generator that computes its values with {@code steps}} Nothing runs before the first is asked for.
     *
     * @param <Y> what it yields
     * @param <S> what can be sent to it
     */
    public static <Y extends @Nullable Object, S extends @Nullable Object> Generator<Y, S, @Nullable Void> of(
            Steps<Y, S> steps) {
        Objects.requireNonNull(steps, "steps");
        Body<Y, S, @Nullable Void> body = out -> {
            steps.run(out);
            return null;
        };
        return new Generator<>(body, steps);
    }

    /**
     * {@return a generator that computes its values with {@code body}, which returns a result in the end} Nothing runs
     * before the first is asked for.
     *
     * @param <Y> what it yields
     * @param <S> what can be sent to it
     * @param <R> what it returns
     */
    public static <Y extends @Nullable Object, S extends @Nullable Object, R extends @Nullable Object>
            Generator<Y, S, R> returning(Body<Y, S, R> body) {
        return new Generator<>(Objects.requireNonNull(body, "body"), body);
    }

    // -- iterating ------------------------------------------------------------------------------------------------

    /** {@return this: there is one pass only} */
    @Override
    public Iterator<Y> iterator() {
        return this;
    }

    /**
     * {@return whether there is another value} Runs the body to find out, up to its next {@code yield}.
     *
     * <p>May suspend in a task, if the body does. What the body throws is thrown here, checked or not.
     */
    @Suspends
    @Override
    public boolean hasNext() {
        if (!ahead && state != State.ENDED) {
            ahead = advance(null, null);
        }
        return ahead;
    }

    /**
     * {@return the next value}
     *
     * <p>May suspend in a task, if the body does. What the body throws is thrown here, checked or not.
     *
     * @throws NoSuchElementException if the body has ended
     */
    @Suspends
    @Override
    public Y next() {
        if (!hasNext()) {
            throw ended();
        }
        return take();
    }

    /**
     * Makes the {@code yield} at which the body stands return {@code value}, and goes on to the next one.
     *
     * <p>May suspend in a task, if the body does. What the body throws is thrown here, checked or not.
     *
     * @return the next value
     * @throws IllegalStateException if the body stands at no {@code yield} yet: ask for the first value before; or if
     *     {@link #hasNext} has run ahead of it
     * @throws NoSuchElementException if the body has ended, now or before
     */
    @Suspends
    public Y send(S value) {
        checkNotAhead("send");
        if (state == State.CREATED && value != null) {
            throw new IllegalStateException("cannot send " + Describe.shortened(value)
                    + " to a generator that has just been created: nobody waits for it; ask for the first value with"
                    + " next()");
        }
        if (state == State.ENDED || !advance(value, null)) {
            throw ended();
        }
        return take();
    }

    /**
     * Throws {@code error} where the body stands; goes on to the next value if the body handles that.
     *
     * <p>May suspend in a task, if the body does. What the body throws is thrown here, {@code error} itself for instance,
     * checked or not. A body that has not begun never will, and one that has ended does not notice.
     *
     * @return the next value
     * @throws IllegalStateException if {@link #hasNext} has run ahead of this
     * @throws NoSuchElementException if the body handles it and ends
     */
    @Suspends
    public Y throwInto(Throwable error) {
        Objects.requireNonNull(error, "error");
        checkNotAhead("throwInto");
        if (state == State.CREATED) {
            state = State.ENDED;
        }
        if (state == State.ENDED) {
            throw Sneaky.rethrow(error);
        }
        if (!advance(null, error)) {
            throw ended();
        }
        return take();
    }

    /**
     * Ends the body: it gets a {@link GeneratorExit} where it stands. A body that has not begun never will; closing one
     * that has ended does nothing.
     *
     * <p>May suspend in a task, if the body does while it cleans up. What it throws is thrown here, checked or not.
     *
     * @throws IllegalStateException if the body yields another value instead of ending
     */
    @Suspends
    @Override
    public void close() {
        ahead = false;
        if (state == State.CREATED) {
            state = State.ENDED;
        }
        if (state == State.ENDED) {
            return;
        }
        try {
            if (advance(null, new GeneratorExit())) {
                throw ignoredExit();
            }
        } catch (GeneratorExit e) {
            // As it should be.
        }
    }

    /**
     * {@return what the body returned}
     *
     * @throws IllegalStateException if it has not ended, or was closed, or threw
     */
    @SuppressWarnings("NullAway") // it is an R, once returned is set
    public R result() {
        if (!returned) {
            throw new IllegalStateException(
                    this + (state == State.ENDED ? " was closed or has failed" : " has not ended")
                            + ", so it has no result");
        }
        return result;
    }

    // -- running the body -----------------------------------------------------------------------------------------

    /** Lets the body run until it yields or ends. {@return whether it yielded} */
    boolean advance(@Nullable S sent, @Nullable Throwable thrown) {
        if (state == State.RUNNING) {
            throw new IllegalStateException(this + " is running already: its body, or another task, asks it for a value"
                    + " while it computes one");
        }
        GeneratorBody<Y, S, R> body = this.body;
        if (body == null) {
            body = new GeneratorBody<>(code);
            this.body = body;
            leftover = body.thread().watch(this, body);
        }
        body.thread().checkCaller();
        state = State.RUNNING;
        boolean yielded;
        try {
            yielded = body.advance(sent, thrown);
        } catch (Throwable e) { // it could not be run at all
            state = State.SUSPENDED;
            throw e;
        }
        if (yielded) {
            state = State.SUSPENDED;
            return true;
        }
        end(body);
        return false;
    }

    private void end(GeneratorBody<Y, S, R> ended) {
        state = State.ENDED;
        body = null;
        if (leftover != null) {
            leftover.takeOff();
            leftover = null;
        }
        Throwable failure = ended.failure();
        if (failure instanceof NoSuchElementException) { // PEP 479: it would look as if the body had simply ended
            throw new IllegalStateException("a generator's body threw NoSuchElementException", failure);
        }
        if (failure != null) {
            throw Sneaky.rethrow(failure);
        }
        returned = true;
        result = ended.result();
    }

    /** {@return the value that the body has yielded} */
    @SuppressWarnings("NullAway") // it was yielded as a Y
    Y take() {
        ahead = false;
        return Objects.requireNonNull(body).takeYielded();
    }

    private void checkNotAhead(String method) {
        if (ahead) {
            throw new IllegalStateException(
                    method + " comes too late: hasNext() has let the body run up to its next value; take that first");
        }
    }

    private NoSuchElementException ended() {
        return new NoSuchElementException(this + " has no more values");
    }

    static IllegalStateException ignoredExit() {
        return new IllegalStateException(
                "a generator ignored GeneratorExit: its body yielded another value when it was closed");
    }

    /** {@return how it stands: created, suspended, running or ended} */
    @Override
    public String toString() {
        return "Generator[" + state.name().toLowerCase(Locale.ROOT) + ", " + Describe.callback(given) + "]";
    }
}
