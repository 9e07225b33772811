package dev.tulip.process;

import dev.tulip.loop.EventLoop;
import dev.tulip.loop.ExceptionContext;
import dev.tulip.loop.LoopLocal;
import dev.tulip.sync.Semaphore;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The children of one loop. Loop thread only. */
final class Children implements AutoCloseable {
    private static final LoopLocal<Children> OF_LOOP = LoopLocal.withInitial(Children::new);

    private final EventLoop loop;

    /** Whoever starts a child has one. */
    final Semaphore starts = new Semaphore(Defaults.STARTS);

    // loop thread only
    private final Set<ChildTransport> running = new LinkedHashSet<>();

    private Children(EventLoop loop) {
        this.loop = loop;
    }

    static Children of(EventLoop loop) {
        return OF_LOOP.get(loop);
    }

    void started(ChildTransport child) {
        running.add(child);
    }

    void exited(ChildTransport child) {
        running.remove(child);
    }

    /** The loop is closed: kills those that still run, because nobody reads what they write, nor waits for them. */
    @Override
    public void close() {
        for (ChildTransport child : List.copyOf(running)) {
            if (loop.isDebug() && !child.isClosing()) {
                loop.callExceptionHandler(new ExceptionContext(
                        child + " was left running when " + loop + " was closed", null, "transport", child));
            }
            child.killNow();
        }
        running.clear();
    }
}
