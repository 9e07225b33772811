package dev.tulip.loop;

import org.jspecify.annotations.Nullable;

/** Finds the thread on which a loop runs. */
final class Carrier {
    private Carrier() {}

    /**
     * Runs {@code body} as the carrier of {@code loop} and returns when it is done.
     *
     * <p>Mounted engine: on the calling thread, or, if that is a virtual thread, which cannot carry others, on a
     * platform thread of its own. Fallback engine: on a virtual thread, because passing the baton between virtual
     * threads costs a tenth of what it costs between them and a platform thread.
     */
    static void run(BaseEventLoop loop, Runnable body) {
        if (VirtualThreads.MOUNTED && !Thread.currentThread().isVirtual()) {
            carry(loop, body);
            return;
        }
        Elsewhere elsewhere = new Elsewhere(loop, body);
        Threads.join(
                VirtualThreads.MOUNTED
                        ? Threads.user(loop.name, elsewhere)
                        : Thread.ofVirtual().name(loop.name).start(elsewhere));
        Throwable failure = elsewhere.failure;
        if (failure != null) {
            throw Sneaky.rethrow(failure);
        }
    }

    private static void carry(BaseEventLoop loop, Runnable body) {
        // A selector does not wait in a thread whose interrupt status is set: take it away meanwhile. What arrives
        // while a coroutine is mounted the JDK drops (P12); the loop could not help it.
        boolean interrupted = Thread.interrupted();
        loop.carrier = Thread.currentThread();
        try {
            body.run();
        } finally {
            loop.carrier = null;
            if (loop.takeInterrupted() || interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static final class Elsewhere implements Runnable {
        private final BaseEventLoop loop;
        private final Runnable body;
        private @Nullable Throwable failure;

        private Elsewhere(BaseEventLoop loop, Runnable body) {
            this.loop = loop;
            this.body = body;
        }

        @Override
        public void run() {
            try {
                carry(loop, body);
            } catch (Throwable e) {
                failure = e;
            }
        }
    }
}
