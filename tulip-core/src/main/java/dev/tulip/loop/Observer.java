package dev.tulip.loop;

/**
 * Waits for futures on behalf of something that waits for several of them, or not like a task: is told the moment one
 * is done. Loop thread only.
 */
interface Observer {
    /**
     * {@code future} is done. Called from within whatever ended it: this may count, end futures and wake tasks, but
     * must not run code of the user's.
     */
    void futureDone(Future<?> future);

    /** {@return whether this waits no longer: it may still be told, and does nothing then} */
    boolean isOver();
}
