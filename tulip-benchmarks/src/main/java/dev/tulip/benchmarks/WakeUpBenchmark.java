package dev.tulip.benchmarks;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import java.util.concurrent.SynchronousQueue;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * How long does another thread wait until a loop that slept has run a callback and answered?
 *
 * <p>Two platform threads, and each wakes the other once, through the kernel: most of it is the kernel's time. The
 * asking thread waits in the same {@link FutureTask} for everybody.
 *
 * <p>Contenders: {@code callSoonThreadsafe} of Tulip; {@code execute} of a single-thread executor, which makes it
 * {@code submit(body).get()}; {@code dispatch} to the event loop of Kotlin's {@code runBlocking}; two {@link
 * SynchronousQueue}s of the JDK, whose threads spin a little before they sleep.
 */
public class WakeUpBenchmark extends Settings {

    /** Tulip: {@code loop.callSoonThreadsafe}. */
    @Benchmark
    public int tulip(LoopThread tulip) throws Exception {
        return ask(tulip.loop::callSoonThreadsafe);
    }

    /** The JDK: {@code Executors.newSingleThreadExecutor()}. */
    @Benchmark
    public int singleThreadExecutor(SingleThread thread) throws Exception {
        return ask(thread.executor);
    }

    /** Kotlin: the dispatcher of {@code runBlocking}. */
    @Benchmark
    public int kotlinDispatch(KotlinThread kotlin) throws Exception {
        return ask(kotlin.loop.getExecutor());
    }

    /** The JDK: a thread that takes from one queue and answers through another. */
    @Benchmark
    public int synchronousQueue(AnsweringThread thread) throws InterruptedException {
        thread.questions.put(1);
        return thread.answers.take();
    }

    private static int ask(Executor executor) throws ExecutionException, InterruptedException {
        FutureTask<Integer> question = new FutureTask<>(() -> 1);
        executor.execute(question);
        return question.get();
    }

    /** The thread behind the two queues. */
    @State(Scope.Thread)
    public static class AnsweringThread {
        final SynchronousQueue<Integer> questions = new SynchronousQueue<>();
        final SynchronousQueue<Integer> answers = new SynchronousQueue<>();
        private final Thread thread = Thread.ofPlatform().unstarted(this::answer);

        /** Starts it. */
        @Setup
        public void start() {
            thread.start();
        }

        /** Ends it. */
        @TearDown
        public void stop() throws InterruptedException {
            thread.interrupt();
            thread.join();
        }

        private void answer() {
            try {
                while (true) {
                    answers.put(questions.take());
                }
            } catch (InterruptedException e) {
                // that is stop()
            }
        }
    }
}
