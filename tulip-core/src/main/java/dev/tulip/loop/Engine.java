package dev.tulip.loop;

/**
 * How this process runs coroutines. Both engines give the same results in the same order.
 *
 * @param name {@link #MOUNTED} or {@link #HANDOFF}
 * @param reason why this one, in a sentence; for the fallback, what to do to get the fast one
 */
public record Engine(String name, String reason) {
    /**
     * The fast engine: the loop mounts coroutines on its own thread; calls of the JDK that wait suspend the task
     * only.
     */
    public static final String MOUNTED = "mounted";

    /**
     * The fallback: coroutines are ordinary virtual threads that pass one baton; calls that wait hold the whole
     * loop.
     */
    public static final String HANDOFF = "handoff";

    /** {@return whether this is the fast engine} */
    public boolean isMounted() {
        return name.equals(MOUNTED);
    }

    @Override
    public String toString() {
        return "Engine[" + name + ": " + reason + "]";
    }
}
