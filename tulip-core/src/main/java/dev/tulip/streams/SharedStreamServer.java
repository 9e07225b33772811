package dev.tulip.streams;

import dev.tulip.loop.Combinators;
import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Future;
import dev.tulip.loop.LoopGroup;
import dev.tulip.loop.Suspends;
import dev.tulip.net.Server;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * A server whose connections are handled by tasks on all loops of a group: what {@link StreamServer} is for one loop. For
 * the loop that has made it.
 */
final class SharedStreamServer extends HandledServer {
    private final List<Handlers> handlers; // one for each loop

    SharedStreamServer(Server server, Collection<Handlers> handlers) {
        super(server);
        this.handlers = List.copyOf(handlers);
    }

    /** Has {@code action} done on {@code loop}, unless that is closed, and its handlers with it. */
    private static void tell(EventLoop loop, Runnable action) {
        try {
            loop.callSoonThreadsafe(action);
        } catch (IllegalStateException e) {
            // as above
        }
    }

    /** Waits until no handler runs any more, on any loop. {@return how many connections were aborted meanwhile} */
    @Suspends
    private static int awaitEnd(List<Grace> graces) {
        List<Future<Integer>> ends = new ArrayList<>();
        for (Grace grace : graces) {
            try {
                ends.add(LoopGroup.createTaskOn(grace.loop(), grace::awaitEnd));
            } catch (IllegalStateException e) {
                // its loop is closed, and its handlers with it
            }
        }
        Combinators.gather(/* returnExceptions= */ true, ends);
        int aborted = 0;
        for (Future<Integer> end : ends) {
            boolean endedWithLoop = end.state() == java.util.concurrent.Future.State.FAILED
                    && end.exceptionNow() instanceof IllegalStateException;
            aborted += endedWithLoop ? 0 : end.result();
        }
        return aborted;
    }

    @Override
    @Suspends
    public void waitClosed() {
        server.waitClosed();
        awaitEnd(handlers.stream().map(Grace::new).toList());
    }

    @Override
    public void closeClients() {
        getLoop().checkThread();
        handlers.forEach(each -> tell(each.loop(), each::closing));
        server.closeClients();
    }

    @Override
    public void abortClients() {
        getLoop().checkThread();
        handlers.forEach(each -> tell(each.loop(), each::closing));
        server.abortClients();
    }

    /** As in {@link StreamServer}, on each loop. */
    @Override
    @Suspends
    public int shutdown(Duration grace) {
        Callers.task("shutdown");
        List<Grace> graces = handlers.stream().map(Grace::new).toList();
        server.close();
        graces.forEach(each -> tell(each.loop(), () -> each.begin(grace)));
        try {
            int others = server.shutdown(grace); // comes after what was told: see StreamServer
            return awaitEnd(graces) + others;
        } finally {
            graces.forEach(each -> tell(each.loop(), each::end));
        }
    }
}
