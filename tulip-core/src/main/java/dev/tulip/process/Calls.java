package dev.tulip.process;

import dev.tulip.loop.EventLoop;
import dev.tulip.loop.ExceptionContext;
import dev.tulip.loop.KeyboardInterrupt;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/** Calls a protocol, one call at a time, in order; not before it is opened. Loop thread only. */
final class Calls {
    /*
     * A child has several pipes, each with a transport that makes one call at a time; here they meet. A method that waits
     * in a call of the JDK gives its coroutine up to that, and the loop goes on: what is to be called meanwhile waits in
     * line until the method returns. A call from within a call, pauseWriting in a write, is on the same coroutine, and
     * allowed.
     *
     * Callbacks of the loop open this and call, and not the task that starts the child: that would wait for whatever a
     * method waits for.
     */
    private record Call(String method, Runnable body) {}

    private final EventLoop loop;
    private final Object transport;
    private final SubprocessProtocol protocol;

    // loop thread only
    private final Queue<Call> line = new ArrayDeque<>();
    private @Nullable Thread caller;
    private boolean open;

    Calls(EventLoop loop, Object transport, SubprocessProtocol protocol) {
        this.loop = loop;
        this.transport = transport;
        this.protocol = protocol;
    }

    /** Makes the first call, and then those that wait already. */
    void openWith(String method, Runnable body) {
        open = true;
        try {
            run(new Call(method, body));
        } finally {
            drain();
        }
    }

    /** {@return whether a call made now would wait} */
    boolean isBusy() {
        Thread caller = this.caller;
        return !open || (caller != null && caller != Thread.currentThread());
    }

    /** Calls {@code method} of the protocol, now or when its turn has come. */
    void call(String method, Runnable body) {
        Call call = new Call(method, body);
        if (isBusy()) {
            line.add(call);
            return;
        }
        try {
            run(call);
        } finally {
            drain();
        }
    }

    private void drain() {
        Call next;
        while (caller == null && (next = line.poll()) != null) {
            run(next);
        }
    }

    private void run(Call call) {
        Thread outer = caller;
        caller = Thread.currentThread();
        try {
            call.body().run();
        } catch (KeyboardInterrupt e) {
            throw e;
        } catch (Throwable e) {
            Map<String, Object> subjects = new LinkedHashMap<>();
            subjects.put("transport", transport);
            subjects.put("protocol", protocol);
            loop.callExceptionHandler(new ExceptionContext("protocol." + call.method() + "() failed", e, subjects));
        } finally {
            caller = outer;
        }
    }
}
