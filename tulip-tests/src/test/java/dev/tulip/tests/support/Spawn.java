package dev.tulip.tests.support;

/** Starts plain threads that a test watches over. */
public final class Spawn {
    /** A body that may throw. */
    @FunctionalInterface
    public interface Body {
        void run() throws Exception;
    }

    private Spawn() {}

    /** Starts a platform thread; its name begins with "test-", so that {@link LeakGuard} waits for its end. */
    public static Thread platform(String name, Body body) {
        return Thread.ofPlatform().name("test-" + name).start(wrap(body));
    }

    /** Starts a virtual thread of the JDK's own scheduler. Not for tasks: there it would be a guest of the loop. */
    public static Thread virtual(Body body) {
        return Thread.ofVirtual().start(wrap(body));
    }

    /** {@return whether {@code thread} waits for something, with a time limit or without} */
    public static boolean waits(Thread thread) {
        return thread.getState() == Thread.State.WAITING || thread.getState() == Thread.State.TIMED_WAITING;
    }

    private static Runnable wrap(Body body) {
        return () -> {
            try {
                body.run();
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        };
    }
}
