package dev.tulip.benchmarks;

import dev.tulip.loop.EventLoop;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** A loop of Tulip that runs on a thread of its own, for benchmarks that talk to it from theirs. */
@State(Scope.Thread)
public class LoopThread {
    EventLoop loop;
    private Thread thread;

    /** Starts the thread. */
    @Setup
    public void start(TulipLoop tulip) {
        loop = tulip.loop;
        thread = Thread.ofPlatform().name("loop").start(loop::runForever);
    }

    /** Ends the thread. */
    @TearDown
    public void stop() throws InterruptedException {
        loop.callSoonThreadsafe(loop::stop);
        thread.join();
    }
}
