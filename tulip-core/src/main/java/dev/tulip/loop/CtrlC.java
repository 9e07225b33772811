package dev.tulip.loop;

import org.jspecify.annotations.Nullable;

/** What Ctrl-C means while a main task runs. See {@link Runner}. */
final class CtrlC implements AutoCloseable {
    private final EventLoop loop;
    private final Task<?> task;

    // written by the thread that handles the signal, one at a time
    private volatile boolean pressed;

    // set once
    private volatile Signals.@Nullable Registration registration;

    private CtrlC(EventLoop loop, Task<?> task) {
        this.loop = loop;
        this.task = task;
    }

    /** Makes Ctrl-C cancel {@code task}, if this is the process's main thread and Ctrl-C is nobody else's. */
    static CtrlC cancels(EventLoop loop, Task<?> task) {
        CtrlC ctrlC = new CtrlC(loop, task);
        if (isMainThread()) {
            ctrlC.registration = Signals.onInterrupt(ctrlC::press);
        }
        return ctrlC;
    }

    private static boolean isMainThread() {
        // Java has no other mark for the thread that calls main; its number differs between releases.
        Thread thread = Thread.currentThread();
        ThreadGroup group = thread.getThreadGroup();
        return thread.getName().equals("main")
                && group != null
                && group.getName().equals("main");
    }

    private void press() {
        Signals.Registration registration = this.registration;
        if (pressed && registration != null) {
            registration.passOn(); // the second time: the JVM exits
            return;
        }
        pressed = true;
        try {
            loop.callSoonThreadsafe(task::cancel);
        } catch (IllegalStateException e) {
            // the loop was closed this very moment: what Ctrl-C asks for has happened
        }
    }

    boolean wasPressed() {
        return pressed;
    }

    /**
     * {@return what tells the caller of {@code run} about it; if nobody catches it, the process ends with status
     * 130}
     */
    KeyboardInterrupt interrupt(CancelledError cause) {
        KeyboardInterrupt interrupt = new KeyboardInterrupt();
        interrupt.initCause(cause);
        Thread thread = Thread.currentThread();
        boolean nobodyHandles = thread.getUncaughtExceptionHandler() == thread.getThreadGroup()
                && Thread.getDefaultUncaughtExceptionHandler() == null;
        if (nobodyHandles) {
            thread.setUncaughtExceptionHandler(CtrlC::exit);
        }
        return interrupt;
    }

    private static void exit(Thread thread, Throwable exception) {
        if (exception instanceof KeyboardInterrupt) {
            System.exit(KeyboardInterrupt.EXIT_STATUS);
        }
        thread.setUncaughtExceptionHandler(null);
        thread.getUncaughtExceptionHandler().uncaughtException(thread, exception);
    }

    @Override
    public void close() {
        Signals.Registration registration = this.registration;
        if (registration != null) {
            registration.close();
        }
    }
}
