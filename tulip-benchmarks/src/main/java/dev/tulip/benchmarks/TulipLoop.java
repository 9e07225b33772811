package dev.tulip.benchmarks;

import dev.tulip.loop.Engine;
import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Runner;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** A loop of Tulip that lives as long as the benchmark, and runs on the benchmark's thread. */
@State(Scope.Thread)
public class TulipLoop {
    final Runner runner = new Runner();
    final EventLoop loop = runner.loop();

    /** Refuses to measure the fallback engine by mistake. */
    @Setup(Level.Trial)
    public void checkEngine() {
        Engine engine = loop.engine();
        if (!engine.isMounted() && System.getProperty("tulip.engine") == null) {
            throw new IllegalStateException("this would measure the engine " + engine
                    + "; to measure that, say so with -jvmArgsPrepend -Dtulip.engine=" + engine.name());
        }
    }

    /** Ends what a benchmark left on the loop. */
    @TearDown(Level.Trial)
    public void close() {
        runner.close();
    }
}
