package dev.tulip.benchmarks;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * How every benchmark here is run: nanoseconds per operation, on average, in three JVMs one after the other.
 *
 * <p>All contenders get the same JVM. Virtual threads get one carrier in it, as everybody else has one thread, unless
 * the name of a contender says otherwise. Each call of a benchmark does many operations, so that the start of a loop,
 * which is part of it, does not count.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(
        value = 3,
        jvmArgsAppend = {
            Settings.HEAP,
            Settings.QUIET,
            "--add-opens", // the flag that gives the fast engine
            "java.base/java.lang=ALL-UNNAMED",
            "-Djdk.virtualThreadScheduler.parallelism=1",
            "-Djdk.virtualThreadScheduler.maxPoolSize=1"
        })
@State(Scope.Thread)
public abstract class Settings {
    static final String HEAP = "-Xmx2g";

    /** JMH 1.37 uses what JDK 25 warns about, once in every fork. */
    static final String QUIET = "--sun-misc-unsafe-memory-access=allow";

    Settings() {}
}
