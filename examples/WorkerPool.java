// Three workers share a queue of jobs. Each one's loop ends when the queue is shut down and empty.

import static dev.tulip.Tulip.*;

import dev.tulip.loop.*;
import dev.tulip.sync.*;
import java.time.Duration;

void main() {
    run(() -> {
        Queue<Integer> jobs = new Queue<>(4); // when four wait, put() waits, too
        List<Task<Integer>> workers = new ArrayList<>();
        for (int i = 1; i <= 3; i++) {
            String name = "worker " + i;
            workers.add(createTask(() -> work(name, jobs)));
        }
        for (int job = 1; job <= 12; job++) {
            jobs.put(job);
        }
        jobs.shutdown();
        int sum = 0;
        for (Task<Integer> worker : workers) {
            sum += await(worker);
        }
        IO.println("all done, the sum is " + sum);
    });
}

int work(String name, Queue<Integer> jobs) {
    int count = 0;
    int sum = 0;
    for (int job : jobs.untilShutdown()) {
        sleep(Duration.ofMillis(50));
        count++;
        sum += job;
    }
    IO.println(name + " has done " + count + " jobs");
    return sum;
}
