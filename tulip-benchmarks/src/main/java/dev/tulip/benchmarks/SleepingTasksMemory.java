package dev.tulip.benchmarks;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.sleep;

import dev.tulip.loop.Action;
import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Future;
import dev.tulip.loop.LoopOptions;
import java.lang.management.ManagementFactory;
import java.time.Duration;

/**
 * How much heap does a sleeping task take, and how long does it take to start a million of them, and to resume and
 * finish them all? A program by itself: one argument, the number of tasks. See the README for the command.
 *
 * <p>The tasks sleep for an hour of the loop's clock. Once the heap is measured, the program moves that clock.
 */
public final class SleepingTasksMemory {
    private static final int WARM_UP_ROUNDS = 5;
    private static final int WARM_UP_TASKS = 200_000;
    private static final Duration NAP = Duration.ofHours(1);

    // loop thread only
    private final MovableClock clock = new MovableClock();
    private final EventLoop loop = EventLoop.create(LoopOptions.defaults().withClock(clock));
    private int asleep;
    private Future<Boolean> allFinished = loop.createFuture();

    private SleepingTasksMemory() {}

    /**
     * Runs it.
     *
     * @param args the number of tasks; a million if there is none
     */
    public static void main(String[] args) {
        int tasks = args.length == 0 ? 1_000_000 : Integer.parseInt(args[0]);
        SleepingTasksMemory program = new SleepingTasksMemory();
        System.out.printf("engine: %s%n", program.loop.engine());
        try (EventLoop loop = program.loop) {
            // The stack of a task is smaller once its methods are compiled, and the compiler takes its time.
            for (int i = 0; i < WARM_UP_ROUNDS; i++) {
                System.out.printf("%,d tasks to warm up%n", WARM_UP_TASKS);
                loop.runUntilComplete(() -> program.measure(WARM_UP_TASKS));
            }
            System.out.printf("%,d tasks%n", tasks);
            loop.runUntilComplete(() -> program.measure(tasks));
        }
    }

    private void measure(int tasks) {
        allFinished = loop.createFuture();
        long heapBefore = usedHeap();

        long start = System.nanoTime();
        Action<RuntimeException> nap = this::nap; // one for all: it is not the task's memory
        for (int i = 0; i < tasks; i++) {
            createTask(nap);
        }
        sleep(Duration.ZERO); // lets every one of them run up to its sleep
        if (asleep != tasks) {
            throw new AssertionError(asleep + " of " + tasks + " tasks are asleep");
        }
        report("started and asleep", tasks, System.nanoTime() - start);
        System.out.printf("  %-20s %,9.0f bytes a task%n", "heap", (double) (usedHeap() - heapBefore) / tasks);

        start = System.nanoTime();
        clock.move(NAP);
        await(allFinished);
        report("resumed and finished", tasks, System.nanoTime() - start);
    }

    private void nap() {
        asleep++;
        sleep(NAP);
        if (--asleep == 0) {
            allFinished.setResult(true);
        }
    }

    private static void report(String what, int tasks, long nanos) {
        System.out.printf("  %-20s %,9.0f ns a task, %,d ms in all%n", what, (double) nanos / tasks, nanos / 1_000_000);
    }

    private static long usedHeap() {
        for (int i = 0; i < 3; i++) {
            System.gc();
        }
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
