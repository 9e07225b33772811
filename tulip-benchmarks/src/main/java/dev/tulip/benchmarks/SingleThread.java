package dev.tulip.benchmarks;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** The JDK's nearest relative of a loop: an executor with one thread. */
@State(Scope.Thread)
public class SingleThread {
    final ExecutorService executor = Executors.newSingleThreadExecutor();

    /** Ends the thread. */
    @TearDown
    public void close() {
        executor.shutdownNow();
    }
}
