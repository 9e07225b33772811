package dev.tulip.loop;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The callbacks of one loop for signals. Loop thread only, but for what a signal does: it comes through the door. */
final class SignalHandlers {
    /** A callback, and the context in which it runs: a copy of that of who added it. */
    private record Callback(Runnable callback, Context context, Signals.Registration registration) {}

    private final BaseEventLoop loop;

    // loop thread only
    private final Map<String, Callback> callbacks = new HashMap<>();

    SignalHandlers(BaseEventLoop loop) {
        this.loop = loop;
    }

    /** Adds a callback, in place of the one that is there for the same signal. */
    void add(String signal, Runnable callback) {
        String name = Signals.shortName(signal);
        Signals.Registration registration = Signals.install(name, caught -> arrived(name, caught));
        Callback replaced = callbacks.put(name, new Callback(callback, Context.copyContext(), registration));
        if (replaced != null) {
            replaced.registration.close();
        } else if (registration.isIgnored()) {
            Log.warn(
                    loop,
                    "SIG" + name + " is ignored in this process, as nohup and a shell's background jobs have it, and"
                            + " the JVM keeps it so: its handler will not be called");
        }
    }

    /** {@return whether there was a callback to be removed} */
    boolean remove(String signal) {
        Callback removed = callbacks.remove(Signals.shortName(signal));
        if (removed != null) {
            removed.registration.close();
        }
        return removed != null;
    }

    /** The loop closes: signals mean again what they meant without it. */
    void close() {
        List.copyOf(callbacks.keySet()).forEach(this::remove);
    }

    /** A signal has come. On a thread of the JDK. */
    private void arrived(String name, Signals.Registration registration) {
        if (loop.isClosing()) {
            registration.passOn();
        } else {
            loop.leaveAtDoor(new Handle(() -> call(name)));
        }
    }

    /** Calls the callback that is there now: as in asyncio, the new one after a replacement, none after a removal. */
    private void call(String name) {
        Callback callback = callbacks.get(name);
        if (callback == null) {
            return;
        }
        try {
            callback.context.run(callback.callback::run);
        } catch (KeyboardInterrupt e) {
            throw e;
        } catch (Throwable e) {
            loop.callExceptionHandler(new ExceptionContext("Exception in the handler of SIG" + name, e, "loop", loop));
        }
    }
}
