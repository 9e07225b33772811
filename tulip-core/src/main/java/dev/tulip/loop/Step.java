package dev.tulip.loop;

/**
 * An {@link Entry} that the carrier runs itself: a coroutine's turn. Everything else runs on the callback
 * coroutine.
 */
abstract class Step extends Entry {
    /** Runs the coroutine until it suspends or ends. Carrier only, outside every coroutine. */
    abstract void resume();

    /** Runs the coroutine to its next stop although its loop is closed. On the {@link Reaper}. */
    abstract void resumeWithoutLoop();
}
