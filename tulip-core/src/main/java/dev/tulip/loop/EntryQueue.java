package dev.tulip.loop;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * The door: the one place where other threads hand something to a loop, and find out whether it must be woken for
 * it. Any thread may push; whoever takes, takes all.
 *
 * <p>Lock-free, and first in first out for what one thread pushes. Pushing allocates nothing, never blocks, never
 * throws and runs nothing: the JDK does it while it wakes a coroutine, with locks held and its own thread pinned.
 */
class EntryQueue {
    /*
     * A stack of entries linked through Entry.nextAtDoor: push() is one compare-and-set, takeAll() one swap and a
     * reversal. An entry may be pushed again as soon as it was taken, but never while it is in here: handles are pushed
     * once, and a coroutine guards itself with a flag (Fiber.atDoor).
     *
     * Why not a queue with a tail: its consumer can meet a half-linked node and would have to wait for a thread
     * that the kernel has put aside. Nothing here waits for anybody.
     *
     * Waking. The loop says that it sleeps, and then looks at the stack once more; a pusher pushes, and then looks
     * whether the loop sleeps. Whichever comes second sees the other (both fields are volatile), so an entry that
     * the loop has not seen always finds a pusher who wakes it. Of several pushers one wins the flag and does the
     * waking.
     */

    private static final VarHandle TOP = VarHandles.of(MethodHandles.lookup(), "top", Entry.class);
    private static final VarHandle SLEEPING = VarHandles.of(MethodHandles.lookup(), "sleeping", boolean.class);

    // any thread
    @SuppressWarnings("unused") // through TOP
    private volatile @Nullable Entry top;

    private volatile boolean sleeping;

    boolean isEmpty() {
        return top == null;
    }

    /**
     * Leaves {@code entry} here. Any thread.
     *
     * @return whether the caller must wake the loop now
     */
    boolean push(Entry entry) {
        Entry old;
        do {
            old = top;
            entry.nextAtDoor = old;
        } while (!TOP.compareAndSet(this, old, entry));
        return sleeping && SLEEPING.compareAndSet(this, true, false);
    }

    /** {@return everything that is here, oldest first, linked by {@code nextAtDoor}, or null} */
    @Nullable
    Entry takeAll() {
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

    /**
     * Called by the loop before it waits: from here on a pusher wakes it.
     *
     * @return whether it may wait; false if something is here already
     */
    boolean fallAsleep() {
        sleeping = true;
        return isEmpty();
    }

    /** Called by the loop when it has waited, or not. */
    void wakeUp() {
        sleeping = false;
    }
}
