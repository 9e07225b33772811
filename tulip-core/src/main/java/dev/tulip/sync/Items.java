package dev.tulip.sync;

import org.jspecify.annotations.Nullable;

/** What a {@link Queue} holds, and which of it comes next. Loop thread only. */
abstract sealed class Items<T extends @Nullable Object> permits Ring, Heap {
    // loop thread only
    int size;

    /** Adds {@code item}. If this throws, nothing was added. */
    abstract void add(T item);

    /** Takes the next item out. There must be one. If this throws, nothing was taken. */
    abstract T take();

    /** Takes all items out. */
    abstract void clear();
}
