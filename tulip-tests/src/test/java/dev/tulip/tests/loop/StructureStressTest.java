package dev.tulip.tests.loop;

import static dev.tulip.Tulip.allTasks;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.currentTask;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.shield;
import static dev.tulip.Tulip.sleep;
import static dev.tulip.Tulip.taskGroup;
import static dev.tulip.Tulip.timeout;
import static dev.tulip.Tulip.waitFor;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tulip.Tulip;
import dev.tulip.loop.CancelledError;
import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Future;
import dev.tulip.loop.LoopOptions;
import dev.tulip.loop.ReturnWhen;
import dev.tulip.loop.RunnerOptions;
import dev.tulip.loop.Task;
import dev.tulip.loop.TaskGroup;
import dev.tulip.loop.TaskGroupException;
import dev.tulip.loop.TaskOptions;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

/**
 * Random programs of nested groups and timeouts, with children that fail, bodies that fail, groups that are cancelled,
 * and a root that is cancelled from outside. Whatever happens: every child is done when its block ends, no failure is
 * lost, no cancellation of the root is lost, and the counts of requests are what they were.
 */
class StructureStressTest {
    private static final int EVENTS = 100_000;
    private static final Duration TINY = Duration.ofNanos(20_000);

    /** A failure that somebody must get. */
    private static final class Failure extends IOException {
        private static final long serialVersionUID = 1L;

        private final int number;

        private Failure(int number) {
            super("failure " + number);
            this.number = number;
        }
    }

    private final long seed = System.nanoTime();
    private final Random random = new Random(seed);
    private final Set<Integer> thrown = new HashSet<>();
    private final Set<Integer> caught = new HashSet<>();
    private boolean passedOn;
    private int events;
    private int blocks;
    private int failures;
    private int timeouts;
    private int cancellations;
    private int deliveredLater;

    @Test
    void whateverHappensChildrenEndWithTheirBlockAndNothingIsLost() {
        try {
            run(
                    () -> {
                        while (events < EVENTS) {
                            runOneProgram();
                        }
                    },
                    RunnerOptions.defaults().withPolicy(this::newEventLoop));
        } catch (Throwable e) {
            throw new AssertionError("seed " + seed + ", after " + events + " events", e);
        }
        String statistics = "seed " + seed + ": " + blocks + " blocks, " + failures + " failures, " + timeouts
                + " timeouts, " + cancellations + " cancellations, of which " + deliveredLater + " after a failure";
        System.out.println(statistics);
        for (int count : new int[] {blocks, failures, timeouts, cancellations, deliveredLater}) {
            assertThat(count).as(statistics).isGreaterThan(100);
        }
    }

    /** {@return a loop whose clock is driven by being read, so that the seed alone decides what happens} */
    private EventLoop newEventLoop() {
        long[] now = {0};
        return EventLoop.create(LoopOptions.defaults().withClock(() -> now[0] += 1_000));
    }

    private void runOneProgram() {
        thrown.clear();
        caught.clear();
        passedOn = false;
        int[] requests = {0};
        boolean[] cancelled = {false};
        Task<?> root = createTask(() -> {
            Throwable outcome = null;
            try {
                body(4, null);
            } catch (Throwable e) {
                outcome = e;
            }
            if (outcome != null && !(outcome instanceof CancelledError)) {
                collect(outcome);
            }
            assertThat(currentTask().cancelling()).as("requests left").isEqualTo(requests[0]);
            assertThat(allTasks()).as("children left").hasSize(2);
            if (requests[0] > 0 && !(outcome instanceof CancelledError)) {
                try {
                    sleep(Duration.ZERO); // then it must be here
                } catch (CancelledError e) {
                    deliveredLater++;
                    outcome = e;
                }
            }
            cancelled[0] = outcome instanceof CancelledError;
        });
        int delay = random.nextInt(60);
        while (!root.done()) {
            sleep(Duration.ZERO);
            if (--delay == 0 && !root.done()) {
                root.cancel("from outside");
                requests[0]++;
                delay = random.nextInt(4) == 0 ? 1 + random.nextInt(5) : -1;
            }
        }
        root.result(); // throws what the assertions in it threw
        if (!passedOn) {
            assertThat(cancelled[0]).as("cancelled").isEqualTo(requests[0] > 0);
        }
        assertThat(caught).as("failures that were got").isEqualTo(thrown);
        if (cancelled[0]) {
            cancellations++;
        }
    }

    private void collect(Throwable e) {
        if (e instanceof Failure failure) {
            caught.add(failure.number);
        } else if (e instanceof TaskGroupException group) {
            group.failures().forEach(this::collect);
        } else if (!(e instanceof TimeoutException)) {
            throw new AssertionError("unexpected", e);
        }
    }

    private void fail() throws Failure {
        failures++;
        int number = thrown.size();
        thrown.add(number);
        throw new Failure(number);
    }

    /** A few random statements, in the body of {@code group} or one of its children. */
    private void body(int depth, TaskGroup group) throws Exception {
        int statements = random.nextInt(4);
        for (int i = 0; i < statements; i++) {
            events++;
            switch (random.nextInt(depth == 0 ? 4 : 12)) {
                case 0 -> sleep(Duration.ZERO);
                case 1 -> sleep(TINY);
                case 2 -> {
                    if (group != null && random.nextInt(8) == 0) {
                        group.cancel();
                    }
                }
                case 3 -> {
                    if (group != null && random.nextInt(3) == 0) {
                        fail();
                    }
                }
                case 4, 5, 6, 7 -> nestedGroup(depth - 1);
                case 8, 9 -> nestedTimeout(depth - 1);
                case 10 -> waitForTask(depth - 1);
                default -> cleanUp(group);
            }
        }
    }

    /** Waits, and when it is cancelled cleans up with a few suspensions; perhaps fails there. */
    private void cleanUp(TaskGroup group) throws Failure {
        try {
            sleep(Duration.ofNanos(random.nextInt(200_000)));
        } catch (CancelledError e) {
            int steps = random.nextInt(4);
            for (int i = 0; i < steps; i++) {
                sleep(Duration.ZERO);
            }
            if (group != null && random.nextInt(4) == 0) {
                fail();
            }
            throw e;
        }
    }

    private void nestedGroup(int depth) throws Exception {
        blocks++;
        List<Task<?>> children = new ArrayList<>();
        try {
            taskGroup(group -> {
                int count = random.nextInt(4);
                for (int i = 0; i < count && isOpen(group); i++) {
                    children.add(child(depth, group, children));
                }
                body(depth, group);
            });
        } finally {
            assertThat(children).allMatch(Task::done);
        }
    }

    private Task<?> child(int depth, TaskGroup group, List<Task<?>> children) {
        TaskOptions options = TaskOptions.defaults().withEagerStart(random.nextInt(5) == 0);
        if (random.nextInt(5) == 0) {
            return group.createBackgroundTask(() -> {
                while (true) {
                    cleanUp(group);
                }
            });
        }
        return group.createTask(
                () -> {
                    body(depth, group);
                    if (random.nextInt(6) == 0 && isOpen(group)) {
                        children.add(group.createTask(() -> body(0, group)));
                    }
                },
                options);
    }

    private static boolean isOpen(TaskGroup group) {
        return !group.toString().contains("shutting down");
    }

    private void nestedTimeout(int depth) throws Exception {
        blocks++;
        int before = currentTask().cancelling();
        int[] during = {0};
        try {
            timeout(Duration.ofNanos(random.nextInt(100_000)), timeout -> {
                try {
                    body(depth, null);
                } finally {
                    during[0] = currentTask().cancelling() - (timeout.expired() ? 1 : 0);
                }
            });
            assertThat(currentTask().cancelling()).isGreaterThanOrEqualTo(before);
        } catch (TimeoutException e) {
            timeouts++;
            assertThat(currentTask().cancelling()).as("others' requests").isEqualTo(during[0]);
        }
    }

    private void waitForTask(int depth) throws Exception {
        Future<?> task = createTask(() -> body(depth, null));
        int requestsBefore = currentTask().cancelling();
        Throwable outcome = null;
        try {
            waitFor(random.nextBoolean() ? task : shield(task), Duration.ofNanos(random.nextInt(100_000)));
        } catch (TimeoutException e) {
            timeouts++;
        } catch (Throwable e) {
            outcome = e;
        }
        while (!task.done()) { // it was behind a shield
            task.cancel();
            try {
                Tulip.wait(List.of(task), ReturnWhen.ALL_COMPLETED);
            } catch (CancelledError e) {
                outcome = e;
            }
        }
        if (!(outcome instanceof CancelledError) && currentTask().cancelling() > requestsBefore) {
            passedOn = true; // the request went to the task, which has ended otherwise: then it was not cancelled
        }
        Throwable failure = task.cancelled() ? null : task.exception();
        if (failure != null && failure != outcome) {
            collect(failure); // it has kept what its caller could not be given
        }
        switch (outcome) {
            case null -> {}
            case Error error -> throw error;
            case Exception exception -> throw exception;
            default -> throw new AssertionError(outcome);
        }
    }
}
