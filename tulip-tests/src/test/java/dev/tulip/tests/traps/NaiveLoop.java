package dev.tulip.tests.traps;

import java.lang.reflect.Constructor;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;

/**
 * A loop for virtual threads as one would write it on the first day. Each trap of the JDK has a test that hangs or
 * fails on it, so that we know the test can fail; and Tulip passes the same test.
 *
 * <p>Subclasses build in the particular mistake.
 */
class NaiveLoop implements Executor {
    private static final Constructor<?> BUILDER = builder();

    private final Queue<Runnable> queue = new ConcurrentLinkedQueue<>();
    private volatile boolean stopped;
    final Thread thread = Thread.ofPlatform().name("naive-loop").daemon().unstarted(this::loop);

    private static Constructor<?> builder() {
        try {
            Class<?> type = Class.forName("java.lang.ThreadBuilders$VirtualThreadBuilder");
            Constructor<?> constructor = type.getDeclaredConstructor(Executor.class);
            constructor.setAccessible(true);
            return constructor;
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    NaiveLoop start() {
        thread.start();
        return this;
    }

    void stop() {
        stopped = true;
        LockSupport.unpark(thread);
    }

    /** The JDK says that a coroutine can run. */
    @Override
    public void execute(Runnable continuation) {
        queue.add(continuation);
        LockSupport.unpark(thread);
    }

    /** A plain callback: the naive way is to run it on the loop's bare thread. */
    void callSoon(Runnable callback) {
        execute(callback);
    }

    /** Starts a coroutine. */
    Thread go(Runnable body) {
        return go(this, body);
    }

    static Thread go(Executor scheduler, Runnable body) {
        try {
            return ((Thread.Builder.OfVirtual) BUILDER.newInstance(scheduler)).start(body);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    private void loop() {
        while (!stopped) {
            Runnable next = queue.poll();
            if (next != null) {
                next.run();
            } else {
                waitForMore();
            }
        }
    }

    void waitForMore() {
        LockSupport.park();
    }
}
