package dev.tulip.streams;

import dev.tulip.loop.Drainable;
import dev.tulip.loop.EventLoop;
import dev.tulip.loop.LoopLocal;
import dev.tulip.loop.Suspends;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The servers of a loop that have tasks which handle connections, so that SIGTERM lets these finish. Loop thread only. */
final class BusyHandlers implements Drainable {
    private static final LoopLocal<BusyHandlers> OF_LOOP = LoopLocal.withInitial(BusyHandlers::new);

    // set once
    private final EventLoop loop;
    private final Waiters changes;

    // loop thread only
    private final Set<Handlers> busy = new LinkedHashSet<>();

    private BusyHandlers(EventLoop loop) {
        this.loop = loop;
        this.changes = new Waiters(loop);
    }

    static BusyHandlers of(EventLoop loop) {
        return OF_LOOP.get(loop);
    }

    void add(Handlers handlers) {
        busy.add(handlers);
    }

    void remove(Handlers handlers) {
        busy.remove(handlers);
        if (busy.isEmpty()) {
            changes.wakeAll();
        }
    }

    /**
     * Waits for the handlers, and cancels those that are left at the deadline. Their servers are drained at the same
     * time; timers with equal deadlines fire together, so this cancels before those abort, in the next iteration.
     */
    @Override
    @Suspends
    public void drain(long deadline) {
        // Set even if nobody is busy, and not taken back: a connection that was accepted just now has no handler yet.
        loop.callAt(deadline, () -> List.copyOf(busy).forEach(Handlers::abort));
        while (!busy.isEmpty()) {
            changes.await();
        }
    }
}
