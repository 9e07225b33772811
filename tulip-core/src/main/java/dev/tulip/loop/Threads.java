package dev.tulip.loop;

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
