package dev.tulip.tests.sync;

import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.currentTask;
import static dev.tulip.Tulip.run;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.Task;
import dev.tulip.loop.TaskOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Workers that do the same step over and over while they are cancelled at random, {@link #CANCELS} times in all. A
 * worker swallows the cancel and goes on; what it was doing must then not have happened, and nothing be lost.
 */
final class Chaos {
    static final int CANCELS = 100_000;

    /** For how many iterations nothing may happen before it counts as a standstill. */
    private static final int PATIENCE = 1_000;

    /** What a worker does. */
    @FunctionalInterface
    interface Step {
        /** Does it once. */
        void run(Worker me);
    }

    /** One of them. */
    static final class Worker {
        private final Step step;
        private Task<?> task;

        /** Whether a cancel is on its way to this worker. */
        boolean cancelled;

        /** What {@link #stamp} gave when this worker was cancelled last. */
        Object whenCancelled;

        /** What the test wants to remember of this worker. While it is not null, the worker does not end. */
        Object held;

        private Worker(Step step) {
            this.step = step;
        }

        @Override
        public String toString() {
            return task.getName();
        }
    }

    private final long seed = System.nanoTime();
    final Random random = new Random(seed);
    final List<Worker> workers = new ArrayList<>();

    /** What a worker remembers when it is cancelled. */
    Supplier<Object> stamp = () -> "cancelled";

    private int cancels;
    private int cancelsOfWoken;
    private long steps;
    private boolean ending;
    private boolean failed;

    void add(int count, Step step) {
        for (int i = 0; i < count; i++) {
            workers.add(new Worker(step));
        }
    }

    boolean isEnding() {
        return ending;
    }

    boolean allDone() {
        return areDone(workers.size());
    }

    /** {@return whether the first {@code n} workers are done} */
    boolean areDone(int n) {
        return workers.stream().limit(n).allMatch(worker -> worker.task.done());
    }

    /**
     * Runs it all.
     *
     * @param meanwhile is called in every iteration
     * @param isOver is asked when all cancels are made: whether those workers that are not done may be told to end
     */
    void play(Runnable meanwhile, BooleanSupplier isOver) {
        try {
            run(() -> {
                try {
                    workers.forEach(this::start);
                    playUntilAllCancelsAreMade(meanwhile);
                    end(meanwhile, isOver);
                } catch (Throwable e) {
                    failed = true;
                    throw e;
                }
            });
        } catch (Throwable e) {
            throw new AssertionError("with seed " + seed + ": " + e.getMessage(), e);
        }
        check(cancelsOfWoken > CANCELS / 100, "only " + cancelsOfWoken + " were cancelled when just woken");
    }

    private void playUntilAllCancelsAreMade(Runnable meanwhile) {
        long lastSteps = 0;
        int idle = 0;
        while (cancels < CANCELS) {
            meanwhile.run();
            for (int i = random.nextInt(4); i > 0; i--) {
                cancel(workers.get(random.nextInt(workers.size())));
            }
            Turns.pass(1);
            throwWhatFailed();
            idle = steps == lastSteps ? idle + 1 : 0;
            lastSteps = steps;
            check(idle < PATIENCE, "nothing happens any more");
        }
    }

    private void end(Runnable meanwhile, BooleanSupplier isOver) {
        ending = true;
        for (int i = 0; !isOver.getAsBoolean(); i++) {
            check(i < PATIENCE, "it does not come to an end");
            meanwhile.run();
            Turns.pass(1);
            throwWhatFailed();
        }
        for (Worker worker : workers) {
            worker.cancelled = true;
            worker.whenCancelled = stamp.get();
            worker.task.cancel();
        }
        for (int i = 0; !allDone(); i++) {
            check(i < PATIENCE, "not all workers can be ended");
            Turns.pass(1);
        }
        throwWhatFailed();
    }

    private void throwWhatFailed() {
        for (Worker worker : workers) {
            if (worker.task.done() && !worker.task.cancelled()) {
                worker.task.result();
            }
        }
    }

    private void start(Worker worker) {
        worker.task = createTask(() -> work(worker), TaskOptions.named("worker-" + workers.indexOf(worker)));
    }

    private void work(Worker worker) {
        while (!ending || worker.held != null) {
            try {
                Turns.pass(random.nextInt(3));
                worker.step.run(worker);
                steps++;
            } catch (CancelledError e) {
                if (failed) {
                    throw e;
                }
                check(worker.cancelled, worker + " was cancelled by nobody");
                worker.cancelled = false;
                currentTask().uncancel();
            }
        }
    }

    /** Cancels {@code worker}, unless that is under way already. */
    private void cancel(Worker worker) {
        if (!worker.cancelled && !worker.task.done()) {
            worker.cancelled = true;
            cancels++;
            worker.whenCancelled = stamp.get();
            worker.task.cancel();
        }
    }

    /** Cancels the first of {@code waiting}, which was woken in this very step, now and then. */
    void cancelWoken(List<Task<?>> waiting) {
        if (!waiting.isEmpty() && !ending && random.nextInt(4) == 0) {
            for (Worker worker : workers) {
                if (worker.task == waiting.getFirst() && !worker.cancelled) {
                    cancelsOfWoken++;
                    cancel(worker);
                }
            }
        }
    }

    static void check(boolean condition, String problem) {
        if (!condition) {
            throw new AssertionError(problem);
        }
    }

    /** The order in which workers came, to compare with the order in which they are served. */
    static final class Line {
        private final List<Worker> line = new ArrayList<>();

        /** Does {@code wait}, which must serve those first who came before {@code me} and were not cancelled. */
        void await(Worker me, Runnable wait) {
            line.add(me);
            try {
                wait.run();
                for (int i = 0; line.get(i) != me; i++) {
                    check(line.get(i).cancelled, me + " was served before " + line.get(i));
                }
            } finally {
                line.remove(me);
            }
        }
    }
}
