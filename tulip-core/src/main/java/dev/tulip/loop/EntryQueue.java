package dev.tulip.loop;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * The door: the one place where other threads hand something to a loop. Any thread may push; whoever takes, takes all.
 *
 * <p>Lock-free and first in first out for what one thread pushes. Pushing allocates nothing, never blocks, never throws
 * and runs nothing: the JDK calls it while it wakes a coroutine, with locks held and its own thread pinned.
 */
final class EntryQueue {
    /*
     * A stack of entries linked through Entry.nextAtDoor: push() is one compare-and-set, takeAll() one swap and a
     * reversal. An entry may be pushed again as soon as it was taken, but never while it is in here: handles are pushed
     * once, and a coroutine guards itself with a flag (Fiber.atDoor).
     *
     * Why not a queue with a tail: its consumer can meet a half-linked node and would have to wait for a thread that
     * the kernel put aside. Nothing here waits for anybody.
     */

    private static final VarHandle TOP;

    static {
        try {
            TOP = MethodHandles.lookup().findVarHandle(EntryQueue.class, "top", Entry.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    // any thread
    @SuppressWarnings("unused") // through TOP
    private volatile @Nullable Entry top;

    boolean isEmpty() {
        return top == null;
    }

    void push(Entry entry) {
        Entry old;
        do {
            old = top;
            entry.nextAtDoor = old;
        } while (!TOP.compareAndSet(this, old, entry));
    }

    /** {@return everything that is here, oldest first, linked by {@code nextAtDoor}, or null} */
    @Nullable Entry takeAll() {
        Entry newest = (Entry) TOP.getAndSet(this, null);
        Entry oldest = null;
        while (newest != null) {
            Entry older = newest.nextAtDoor;
            newest.nextAtDoor = oldest;
            oldest = newest;
            newest = older;
        }
        return oldest;
    }
}
