package dev.tulip.benchmarks;

import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Kotlin's event loop on a thread of its own, for benchmarks that talk to it from theirs. */
@State(Scope.Thread)
public class KotlinThread {
    final KotlinEventLoop loop = new KotlinEventLoop();

    /** Ends the thread. */
    @TearDown
    public void close() {
        loop.close();
    }
}
