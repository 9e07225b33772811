package dev.tulip.loop;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** What Ctrl-C and SIGTERM mean while a main task runs. See {@link Runner}. */
final class RunSignals implements AutoCloseable {
    /*
     * first == null -> INTERRUPT    // SIGINT: the main task is cancelled
     * first == null -> TERMINATE    // SIGTERM: what can be drained is, then the main task is cancelled
     * first != null                 // another one of either: passed on to the JVM, which exits at once
     *
     * The JDK handles each signal on a thread of its own, so one compare-and-set decides which is the first. All it
     * asks for comes to the loop through the door.
     */
    private enum Wish {
        INTERRUPT,
        TERMINATE
    }

    // set once
    private final BaseEventLoop loop;
    private final Task<?> main;
    private final Duration grace;
    private final List<Signals.Registration> registrations = new ArrayList<>(2);

    // any thread
    private final AtomicReference<@Nullable Wish> first = new AtomicReference<>();

    // loop thread only
    private boolean delivered; // the wish, to the main task
    private @Nullable Task<?> draining;

    private RunSignals(BaseEventLoop loop, Task<?> main, Duration grace) {
        this.loop = loop;
        this.main = main;
        this.grace = grace;
    }

    /** Makes Ctrl-C and SIGTERM end {@code main}, if the options want that, and as far as they are nobody else's. */
    static RunSignals end(Task<?> main, EventLoop loop, RunnerOptions options) {
        RunSignals signals = new RunSignals((BaseEventLoop) loop, main, options.grace());
        Boolean wanted = options.signals();
        if (wanted == null ? isMainThread() : wanted) {
            signals.take("INT", Wish.INTERRUPT);
            signals.take("TERM", Wish.TERMINATE);
        }
        return signals;
    }

    private static boolean isMainThread() {
        // Java has no other mark for the thread that calls main; its number differs between releases.
        Thread thread = Thread.currentThread();
        ThreadGroup group = thread.getThreadGroup();
        return thread.getName().equals("main")
                && group != null
                && group.getName().equals("main");
    }

    private void take(String signal, Wish wish) {
        Signals.Registration registration = Signals.installInPlaceOfJvm(signal, caught -> arrived(wish, caught));
        if (registration != null) {
            registrations.add(registration);
        }
    }

    private void arrived(Wish wish, Signals.Registration registration) {
        if (!first.compareAndSet(null, wish)) {
            registration.passOn();
            return;
        }
        try {
            loop.callSoonThreadsafe(wish == Wish.INTERRUPT ? this::cancelMain : this::terminate);
        } catch (IllegalStateException e) {
            registration.passOn(); // the loop was closed this very moment
        }
    }

    private void cancelMain() {
        delivered = main.cancel();
    }

    private void terminate() {
        if (!main.done()) {
            draining = loop.createTask(
                    () -> {
                        try {
                            drain();
                        } finally {
                            cancelMain();
                        }
                    },
                    TaskOptions.named("SIGTERM"));
        }
    }

    /** Drains what can be drained; what does not end in time is named, and left to the end of the run. */
    @Suspends
    private void drain() {
        long deadline = Nanos.plus(loop.time(), Nanos.of(grace));
        CoroutineConsumer<Timeout, RuntimeException> inTime = timeout -> Drainable.drainAll(deadline);
        try {
            Timeout.at(Nanos.plus(deadline, Defaults.SHUTDOWN_REPORT_DELAY.toNanos()), inTime.asFunction());
        } catch (TimeoutException e) {
            Log.warn(
                    loop,
                    "what SIGTERM should have ended within " + grace + " goes on; run does not wait for it any longer: "
                            + loop.allTasks());
        }
    }

    /**
     * {@return what tells the caller of {@code run} that a signal has ended {@code main}, or null if it was not that;
     * if nobody catches it, the process ends with the status of the signal}
     */
    @Nullable
    Error ending(CancelledError cause) {
        // As CPython: only if nobody else wanted to cancel it, too.
        if (!delivered || main.uncancel() != 0) {
            return null;
        }
        Error ending = first.get() == Wish.INTERRUPT ? new KeyboardInterrupt() : new Terminated();
        ending.initCause(cause);
        Thread thread = Thread.currentThread();
        boolean nobodyHandles = thread.getUncaughtExceptionHandler() == thread.getThreadGroup()
                && Thread.getDefaultUncaughtExceptionHandler() == null;
        if (nobodyHandles) {
            thread.setUncaughtExceptionHandler(RunSignals::exit);
        }
        return ending;
    }

    private static void exit(Thread thread, Throwable exception) {
        if (exception instanceof KeyboardInterrupt) {
            System.exit(KeyboardInterrupt.EXIT_STATUS);
        }
        if (exception instanceof Terminated) {
            System.exit(Terminated.EXIT_STATUS);
        }
        thread.setUncaughtExceptionHandler(null);
        thread.getUncaughtExceptionHandler().uncaughtException(thread, exception);
    }

    @Override
    public void close() {
        registrations.forEach(Signals.Registration::close);
        Task<?> draining = this.draining;
        if (draining != null) {
            draining.cancel(); // the main task had the last word, if this is not done
        }
    }
}
