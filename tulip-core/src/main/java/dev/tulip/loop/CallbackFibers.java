package dev.tulip.loop;

import org.jspecify.annotations.Nullable;

/**
 * The coroutine on which a loop's plain callbacks run, and the next one, for when a callback waits in a call of the
 * JDK.
 *
 * <p>Callbacks must not run on the bare carrier thread: a lock that a callback and a task share would deadlock the
 * loop. The lock is handed to the task while the carrier waits for it, and the task needs the carrier to run (P1).
 */
final class CallbackFibers {
    /*
     * One mount runs as many callbacks as stand at the head of the ready queue, so that a callback costs a call,
     * not a switch. When one of them blocks, its fiber is given up: the carrier takes the spare, and the old fiber,
     * when it comes back, finds itself replaced and ends.
     *
     * The spare is started from a fiber, never from the carrier: starting a virtual thread takes a lock inside the
     * JDK (P1 again). It exists from the first batch on.
     */

    private final BaseEventLoop loop;

    // loop thread only
    private @Nullable Fiber active;
    private @Nullable Fiber spare;
    private boolean ended;

    CallbackFibers(BaseEventLoop loop) {
        this.loop = loop;
    }

    /** Runs the callbacks at the head of the ready queue. Carrier only. */
    void runBatch() {
        Fiber fiber = active;
        if (fiber == null) {
            fiber = spare != null ? spare : Fiber.ofCallbacks(loop);
            spare = null;
            active = fiber;
        }
        fiber.state = Fiber.QUEUED;
        fiber.resume();
        if (fiber.state != Fiber.WAITING) {
            active = null;
            loop.steps.forget();
        }
    }

    /** The body of a callback fiber. */
    void run(Fiber me) {
        if (VirtualThreads.MOUNTED && spare == null && !ended) {
            spare = Fiber.ofCallbacks(loop);
        }
        while (!ended) {
            Handle handle;
            while ((handle = loop.pollHandle()) != null) {
                if (!handle.cancelled()) {
                    me.context = handle.context;
                    call(handle);
                    handle.context = me.context; // for its next run, if it is a channel's
                }
                if (active != me) {
                    return;
                }
            }
            me.context = Context.NONE;
            me.enter(Fiber.WAITING);
            me.leave();
        }
    }

    private void call(Handle handle) {
        loop.steps.begin(handle);
        try {
            handle.run();
        } catch (KeyboardInterrupt e) {
            loop.fatal(e);
        } catch (Throwable e) {
            loop.callExceptionHandler(new ExceptionContext("Exception in callback", e, "handle", handle));
        } finally {
            loop.steps.end(handle);
        }
    }

    /** {@return whether no fiber was ever needed} */
    boolean isEmpty() {
        return active == null && spare == null;
    }

    /** Ends the idle fibers: the loop closes. Carrier only. */
    void end() {
        ended = true;
        for (Fiber fiber : new @Nullable Fiber[] {active, spare}) {
            if (fiber != null) {
                fiber.state = Fiber.QUEUED;
                fiber.resume();
            }
        }
        active = null;
        spare = null;
    }
}
