package dev.tulip.loop;

import org.jspecify.annotations.Nullable;

/**
 * What can stand in a loop's ready queue, its timer heap and its door: a {@link Handle} (a callback) or a {@link
 * Step} (a coroutine's turn). It is its own node everywhere, so that waiting costs no memory.
 */
abstract class Entry {
    // any thread, through EntryQueue: the link that makes this entry its own node there
    @Nullable
    Entry nextAtDoor;

    // loop thread only, written by TimerHeap: where this stands there, -1 if it does not
    int heapIndex = -1;

    /** The timer of this entry is due: queues what is to be done. Loop thread only. */
    abstract void fire(BaseEventLoop loop);

    /** Puts this entry, which another thread left at the door, where it belongs. Loop thread only. */
    abstract void passDoor(BaseEventLoop loop);
}
