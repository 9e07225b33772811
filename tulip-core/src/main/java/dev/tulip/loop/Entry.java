package dev.tulip.loop;

import org.jspecify.annotations.Nullable;

/** What can stand in a loop's ready queue: a {@link Handle} (a callback) or a {@link Step} (a coroutine's turn). */
abstract class Entry {
    // any thread, through EntryQueue: the link that makes this entry its own node there
    @Nullable Entry nextAtDoor;

    /** Puts this entry, which another thread left at the door, where it belongs. Loop thread only. */
    abstract void passDoor(SelectorEventLoop loop);
}
