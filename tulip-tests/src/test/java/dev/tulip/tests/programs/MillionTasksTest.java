package dev.tulip.tests.programs;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.sleep;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tulip.loop.Action;
import dev.tulip.loop.Clock;
import dev.tulip.loop.EventLoop;
import dev.tulip.loop.LoopOptions;
import dev.tulip.loop.RunnerOptions;
import dev.tulip.loop.Task;
import dev.tulip.tests.support.ChildJvm;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One loop and a million tasks that sleep at the same time, with 2 GiB of heap. */
class MillionTasksTest {
    /** Starts them, lets a day pass once all are asleep, and waits for all. */
    public static final class Program {
        private static final int TASKS = 1_000_000;

        private static volatile long passed; // nanoseconds that the loop's clock is ahead
        private static int asleep;
        private static int finished;

        public static void main(String[] args) {
            Clock clock = () -> Clock.system().nanos() + passed;
            LoopOptions options = LoopOptions.defaults().withClock(clock);
            run(Program::million, RunnerOptions.defaults().withPolicy(() -> EventLoop.create(options)));
        }

        private static void million() {
            Action<RuntimeException> sleeper = () -> {
                asleep++;
                sleep(Duration.ofDays(1));
                asleep--;
                finished++;
            };
            List<Task<?>> tasks = new ArrayList<>(TASKS);
            for (int i = 0; i < TASKS; i++) {
                tasks.add(createTask(sleeper));
            }
            while (asleep < TASKS) {
                sleep(Duration.ofMillis(1));
            }
            System.out.println(asleep + " asleep");
            passed = Duration.ofDays(1).toNanos();
            for (Task<?> task : tasks) {
                await(task);
            }
            System.out.println(finished + " finished");
        }
    }

    @Test
    @Timeout(value = 300, unit = TimeUnit.SECONDS)
    void aMillionTasksSleepWakeAndFinishInTwoGibibytes() {
        List<String> options = new ArrayList<>(ChildJvm.engineOptions());
        options.add("-Xmx2g");
        ChildJvm.Result result = ChildJvm.run(Program.class, options, List.of());
        assertThat(result.err()).isEmpty();
        assertThat(result.out()).isEqualTo("1000000 asleep\n1000000 finished\n");
    }
}
