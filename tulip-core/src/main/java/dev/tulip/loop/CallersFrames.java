package dev.tulip.loop;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Completes the stack trace of what leaves {@code run}: behind the frames of the coroutine that has thrown it come those of
 * whoever called {@code run}, as if that had been a plain call. So a program's stack trace ends in its main method, and what
 * cuts traces there finds it.
 */
final class CallersFrames {
    private CallersFrames() {}

    /** Appends this thread's frames to those of {@code e}, unless it was thrown on this thread and has them. */
    static void append(Throwable e) {
        StackTraceElement[] frames = e.getStackTrace();
        StackTraceElement[] callers = Thread.currentThread().getStackTrace();
        if (frames.length == 0 || frames[frames.length - 1].equals(callers[callers.length - 1])) {
            return; // it has no trace, or this one
        }
        List<StackTraceElement> all = new ArrayList<>(Arrays.asList(frames));
        all.addAll(Arrays.asList(callers).subList(2, callers.length)); // without getStackTrace and this method
        e.setStackTrace(all.toArray(StackTraceElement[]::new));
    }
}
