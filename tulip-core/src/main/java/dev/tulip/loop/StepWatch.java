package dev.tulip.loop;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Debug mode: says who holds a loop for too long. While it happens a thread of its own reports it with the stack,
 * and when it is over the loop reports how long it took.
 */
final class StepWatch {
    /*
     * The loop writes down what it starts and when; the watchdog reads it. It may read the time of one step and the
     * subject of the next: the report then names the wrong one of two neighbours, once. Debug mode can live with
     * that, and the loop needs no lock.
     *
     * All the logging is the watchdog's: the carrier must not log (P1), and it should not take the loop's time either.
     */
    private final BaseEventLoop loop;

    // loop thread only
    private boolean enabled;

    // written by the loop, read by the watchdog
    private volatile @Nullable Thread watchdog;
    private volatile long slowNanos = Defaults.SLOW_CALLBACK_DURATION.toNanos();
    private volatile @Nullable Object subject;
    private volatile long since;
    private final Queue<String> finished = new ConcurrentLinkedQueue<>();

    StepWatch(BaseEventLoop loop) {
        this.loop = loop;
    }

    boolean isEnabled() {
        return enabled;
    }

    void setEnabled(boolean enabled) {
        this.enabled = enabled;
        subject = null;
        Thread watchdog = this.watchdog;
        if (enabled && watchdog == null) {
            watchdog = Threads.unstartedDaemon(loop.name + "-watchdog", this::watch);
            this.watchdog = watchdog; // before it starts: it looks here whether to go on
            watchdog.start();
        } else if (!enabled && watchdog != null) {
            this.watchdog = null;
            LockSupport.unpark(watchdog);
        }
    }

    /** Ends the watch; when this returns, everything is reported. */
    void close() {
        Thread watchdog = this.watchdog;
        setEnabled(false);
        if (watchdog != null) {
            Threads.join(watchdog);
        }
    }

    Duration slow() {
        return Duration.ofNanos(slowNanos);
    }

    void setSlow(Duration duration) {
        slowNanos = Nanos.of(duration);
    }

    // -- on the loop ----------------------------------------------------------------------------------------------

    /** Lets {@code step} run, under watch. */
    void resume(Step step) {
        Object who = step instanceof Fiber fiber && fiber.task != null ? fiber.task : step;
        begin(who);
        try {
            step.resume();
        } finally {
            end(who);
        }
    }

    void begin(Object who) {
        if (enabled) {
            since = loop.time();
            subject = who;
        }
    }

    void end(Object who) {
        // Another subject: this one waited in a call of the JDK meanwhile, and did not hold the loop.
        if (enabled && subject == who) {
            subject = null;
            long nanos = loop.time() - since;
            if (nanos >= slowNanos) {
                finished.add("Executing " + label(who) + " took " + seconds(nanos) + " s");
                LockSupport.unpark(watchdog);
            }
        }
    }

    /** What runs now has left the thread. */
    void forget() {
        subject = null;
    }

    // -- on the watchdog's thread ---------------------------------------------------------------------------------

    private void watch() {
        Object reported = null;
        long reportedSince = 0;
        while (watchdog == Thread.currentThread()) {
            LockSupport.parkNanos(this, Math.max(slowNanos / 4, 1_000_000));
            reportFinished();
            Object who = subject;
            long start = since;
            if (who == null || (who == reported && start == reportedSince)) {
                continue;
            }
            long nanos = loop.time() - start;
            Fiber fiber = loop.current;
            if (nanos >= slowNanos && fiber != null) {
                reported = who;
                reportedSince = start;
                report(who, nanos, fiber.thread().getStackTrace());
            }
        }
        reportFinished();
    }

    private void reportFinished() {
        for (String message = finished.poll(); message != null; message = finished.poll()) {
            Log.warn(loop, message);
        }
    }

    private void report(Object who, long nanos, StackTraceElement[] stack) {
        String frames = Arrays.stream(stack).map(frame -> "\n\tat " + frame).collect(Collectors.joining());
        Log.warn(loop, "held for " + seconds(nanos) + " s by " + label(who) + ", in " + call(List.of(stack)) + frames);
    }

    /** {@return the call that the code made which holds the loop: the outermost of the JDK, or where it computes} */
    private static String call(List<StackTraceElement> stack) {
        String call = "a method that cannot be seen";
        for (StackTraceElement frame : stack) {
            call = frame.toString();
            if (!isOfJdk(frame)) {
                int index = stack.indexOf(frame);
                return index == 0 ? call : stack.get(index - 1) + ", called by " + call;
            }
        }
        return call;
    }

    private static boolean isOfJdk(StackTraceElement frame) {
        String name = frame.getClassName();
        return name.startsWith("java.") || name.startsWith("jdk.") || name.startsWith("sun.");
    }

    /** {@return a name for {@code who} that calls no code of the user's} */
    private static String label(Object who) {
        return who instanceof Task<?> task ? task.label() : who.toString();
    }

    private static String seconds(long nanos) {
        return String.format(Locale.ROOT, "%.3f", nanos / 1e9);
    }
}
