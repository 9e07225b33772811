package dev.tulip.loop;

import java.util.ArrayList;
import java.util.List;

/** The end of a loop: reports what is left, ends the coroutines that wait, gives up those that cannot be ended. */
final class Unwinding {
    /*
     * A coroutine that is simply forgotten stays in memory for ever: the JDK tracks every virtual thread (P14). So
     * each is resumed with a CancelledError, and every attempt to suspend again throws one at once. What sits in a
     * call of the JDK is interrupted and gets a moment; after that, whatever wakes it hands it to the Reaper.
     */
    private final BaseEventLoop loop;

    private Unwinding(BaseEventLoop loop) {
        this.loop = loop;
    }

    static void run(BaseEventLoop loop) {
        boolean nothingLeft = loop.tasks.isEmpty()
                && loop.failures.isEmpty()
                && loop.generators.isEmpty()
                && loop.callbackFibers.isEmpty();
        if (!nothingLeft) {
            Carrier.run(loop, new Unwinding(loop)::unwind);
        }
    }

    private void unwind() {
        loop.timers.clear();
        List<Step> steps = takeSteps();
        runAlone(this::reportPending);
        steps.forEach(loop.ready::add);
        loop.tasks.snapshot().forEach(Task::unwind);
        runSteps();
        runAlone(loop.generators::endAll);
        List<Step> stuck = takeSteps();
        runAlone(this::reportStuck);
        loop.callbackFibers.end();
        stuck.forEach(Reaper::finish);
    }

    /** Empties the ready queue. {@return the coroutines' turns in it; the callbacks are dropped} */
    private List<Step> takeSteps() {
        List<Step> steps = new ArrayList<>();
        for (Entry entry = loop.ready.poll(); entry != null; entry = loop.ready.poll()) {
            if (entry instanceof Step step) {
                steps.add(step);
            } else if (entry instanceof Handle handle) {
                handle.cancel();
            }
        }
        return steps;
    }

    /** Runs {@code report} on the callback coroutine: it is user code that gets the reports. */
    private void runAlone(Runnable report) {
        loop.ready.add(new Handle(report));
        loop.budget = 1;
        loop.callbackFibers.runBatch();
    }

    /**
     * Runs coroutines until there are no tasks any more, or those that are left sit in calls of the JDK for too
     * long. Whoever is ready is not late; but who is ready again and again, because he catches what ends him, is left.
     */
    private void runSteps() {
        long end = Nanos.plus(loop.time(), Defaults.CLOSE_GRACE.toNanos());
        long last = Nanos.plus(loop.time(), Defaults.CLOSE_LIMIT.toNanos());
        while (loop.time() < last) {
            loop.openDoor();
            Entry entry = loop.ready.poll();
            if (entry instanceof Step step) {
                step.resume();
            } else if (entry instanceof Handle handle) {
                handle.cancel();
            } else if (loop.tasks.isEmpty() || loop.time() >= end) {
                return;
            } else {
                loop.sleepUntil(end);
            }
        }
    }

    private void reportPending() {
        for (Task<?> task : loop.tasks.snapshot()) {
            loop.callExceptionHandler(
                    new ExceptionContext("Task was destroyed but it is pending!", null, "task", task));
        }
        loop.failures.endAll();
    }

    private void reportStuck() {
        for (Task<?> task : loop.tasks.snapshot()) {
            loop.callExceptionHandler(new ExceptionContext(
                    task.getName() + " did not end when its loop was closed; it goes on on a thread of its own",
                    null,
                    "task",
                    task));
        }
        loop.failures.endAll();
    }
}
