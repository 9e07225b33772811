package dev.tulip.benchmarks;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.sleep;

import dev.tulip.loop.Action;
import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Future;
import dev.tulip.loop.LoopOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * How does the cost of a timer grow with the number of timers, and that of a task switch with the number of tasks? A
 * program by itself: {@code ./tulip bench growth} runs it. Arguments: {@code timers} or {@code tasks}, and up to how many.
 * Prints a line for each figure: contender, number, nanoseconds.
 *
 * <p>A timer is set for some moment in the next hour, and fires; the loop's clock is put forward for that. With the tasks
 * goes what it takes to create them, a small part of it. Contenders for tasks: Kotlin's {@code yield()} in
 * {@code runBlocking}, {@code Thread.yield()} in virtual threads; the clocks of the others cannot be moved.
 */
final class StepGrowth {
    private static final int FEWEST = 10;
    private static final int STEPS = 1_000_000; // of a repetition, at least
    private static final int FEWEST_TURNS = 5; // of a task
    private static final int WARM_UP = 3; // repetitions
    private static final int REPETITIONS = 5;
    private static final Duration HOUR = Duration.ofHours(1);

    // loop thread only
    private final MovableClock clock = new MovableClock();
    private final EventLoop loop = EventLoop.create(LoopOptions.defaults().withClock(clock));
    private int pending;
    private Future<Boolean> allFired = loop.createFuture();

    private StepGrowth() {}

    static void main(String[] args) {
        StepGrowth program = new StepGrowth();
        try (EventLoop _ = program.loop) {
            for (int number = FEWEST; number <= Integer.parseInt(args[1]); number *= 10) {
                if (args[0].equals("timers")) {
                    program.measureTimers(number);
                } else {
                    program.measureTasks(number);
                }
            }
        }
    }

    private static void measure(String contender, int number, int steps, Runnable repetition) {
        double[] nanos = new double[REPETITIONS];
        for (int i = -WARM_UP; i < REPETITIONS; i++) {
            long start = System.nanoTime();
            repetition.run();
            nanos[Math.max(i, 0)] = (double) (System.nanoTime() - start) / steps;
        }
        Arrays.sort(nanos);
        System.out.println(contender + "\t" + number + "\t" + nanos[REPETITIONS / 2]);
    }

    // -- timers ---------------------------------------------------------------------------------------------------

    private void measureTimers(int timers) {
        Duration[] delays = new Random(1)
                .longs(timers, 0, HOUR.toNanos())
                .mapToObj(Duration::ofNanos)
                .toArray(Duration[]::new);
        int rounds = Math.max(1, STEPS / timers);
        measure(
                "Tulip callLater",
                timers,
                rounds * timers,
                () -> loop.runUntilComplete(() -> {
                    for (int i = 0; i < rounds; i++) {
                        setAndFire(delays);
                    }
                }));
    }

    private void setAndFire(Duration[] delays) {
        pending = delays.length;
        allFired = loop.createFuture();
        for (Duration delay : delays) {
            loop.callLater(delay, this::fired);
        }
        clock.move(HOUR);
        await(allFired);
    }

    private void fired() {
        if (--pending == 0) {
            allFired.setResult(true);
        }
    }

    // -- tasks ----------------------------------------------------------------------------------------------------

    private void measureTasks(int tasks) {
        int turns = Math.max(FEWEST_TURNS, STEPS / tasks);
        measure("Tulip sleep(ZERO)", tasks, tasks * turns, () -> loop.runUntilComplete(() -> takeTurns(tasks, turns)));
        measure("Kotlin yield()", tasks, tasks * turns, () -> KotlinRivals.takeTurns(tasks, turns));
        measure("JDK Thread.yield()", tasks, tasks * turns, () -> yieldTurns(tasks, turns));
    }

    private static void takeTurns(int tasks, int turns) {
        Action<RuntimeException> turnTaker = () -> {
            for (int i = 0; i < turns; i++) {
                sleep(Duration.ZERO);
            }
        };
        List<Future<?>> all = new ArrayList<>();
        for (int i = 0; i < tasks; i++) {
            all.add(createTask(turnTaker));
        }
        all.forEach(task -> await(task));
    }

    private static void yieldTurns(int tasks, int turns) {
        try {
            OnVirtualThread.run(() -> {
                List<Thread> all = new ArrayList<>();
                for (int i = 0; i < tasks; i++) {
                    all.add(Thread.startVirtualThread(() -> {
                        for (int turn = 0; turn < turns; turn++) {
                            Thread.yield();
                        }
                    }));
                }
                for (Thread thread : all) {
                    thread.join();
                }
                return (long) tasks;
            });
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
