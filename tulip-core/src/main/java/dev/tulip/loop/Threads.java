package dev.tulip.loop;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** The only starter of platform threads in the library. */
final class Threads {
    private Threads() {}

    /** Starts a thread that does not keep the process alive. */
    static Thread daemon(String name, Runnable body) {
        Thread thread = unstartedDaemon(name, body);
        thread.start();
        return thread;
    }

    /** {@return a thread that does not keep the process alive, for somebody else to start} */
    static Thread unstartedDaemon(String name, Runnable body) {
        return Thread.ofPlatform()
                .name(name)
                .daemon()
                .inheritInheritableThreadLocals(false)
                .unstarted(body);
    }

    /** {@return a pool of such threads, {@code size} at most; they are called name-1, name-2, ... and end when idle} */
    static ThreadPoolExecutor daemons(String name, int size) {
        AtomicInteger number = new AtomicInteger();
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                size,
                size,
                Defaults.POOL_KEEP_ALIVE_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                body -> unstartedDaemon(name + "-" + number.incrementAndGet(), body));
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }

    /** {@return a pool of such threads that has one for every job, at once; they end when idle for a while} */
    static ThreadPoolExecutor daemonForEachJob(String name) {
        AtomicInteger number = new AtomicInteger();
        return new ThreadPoolExecutor(
                0,
                Integer.MAX_VALUE,
                Defaults.BLOCKING_KEEP_ALIVE_SECONDS,
                TimeUnit.SECONDS,
                new SynchronousQueue<>(),
                body -> unstartedDaemon(name + "-" + number.incrementAndGet(), body));
    }

    /** Starts a virtual thread. If a task calls this, on the mounted engine, it is a guest of the task's loop (D10). */
    static Thread virtual(String name, Runnable body) {
        return Thread.ofVirtual()
                .name(name)
                .inheritInheritableThreadLocals(false)
                .start(body);
    }

    /** Starts a thread that keeps the process alive. */
    static Thread user(String name, Runnable body) {
        return Thread.ofPlatform()
                .name(name)
                .daemon(false)
                .inheritInheritableThreadLocals(false)
                .start(body);
    }

    /** Waits until {@code thread} has ended. An interrupt does not end the waiting; its status is left standing. */
    static void join(Thread thread) {
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
