package dev.tulip.loop;

import java.util.Objects;
import java.util.function.Function;

/**
 * A value of which every loop has its own, as a {@link ThreadLocal} has one for every thread: for what the users of one
 * loop share, such as a pool of buffers. A thread local would not do, because every coroutine is a thread.
 *
 * <p>The variable itself is for any thread; a loop's value is made and got on the loop's thread only.
 *
 * @param <T> the value; one that is {@link AutoCloseable} is closed with its loop, one that is
 *     {@link Drainable} is drained when SIGTERM ends the program
 */
public final class LoopLocal<T> {
    private final Function<? super EventLoop, ? extends T> initial;

    private LoopLocal(Function<? super EventLoop, ? extends T> initial) {
        this.initial = Objects.requireNonNull(initial, "initial");
    }

    /**
     * {@return a variable}
     *
     * @param <T> the value
     * @param initial makes the value of a loop, when it is got for the first time
     */
    public static <T> LoopLocal<T> withInitial(Function<? super EventLoop, ? extends T> initial) {
        return new LoopLocal<>(initial);
    }

    /**
     * {@return the value of {@code loop}} Costs a look into a hash table.
     *
     * @throws IllegalStateException if the loop is closed
     * @throws WrongThreadException if another thread calls this while the loop runs
     */
    @SuppressWarnings("unchecked") // only this method puts values in, under this key
    public T get(EventLoop loop) {
        BaseEventLoop owner = (BaseEventLoop) loop;
        owner.checkOpen();
        owner.checkThread();
        Object value = owner.locals.get(this);
        if (value == null) {
            value = Objects.requireNonNull(initial.apply(loop), "initial value");
            owner.locals.put(this, value);
        }
        return (T) value;
    }
}
