package dev.tulip.net;

import dev.tulip.loop.Combinators;
import dev.tulip.loop.EventLoop;
import dev.tulip.loop.ExceptionContext;
import dev.tulip.loop.Future;
import dev.tulip.loop.LoopGroup;
import dev.tulip.loop.Suspends;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/** A server whose connections live on all loops of a group. For the loop that has made it. */
final class SharedServer implements Server {
    /*
     * Each loop of the group has a Share: a server of its own, which this one tells what to do through that loop's door,
     * and asks by placing tasks there. Connections get there in one of two ways:
     *
     *   the front, a server on the loop that has made this, accepts them and hands them to the shares in turn; or
     *   each share listens itself, with SO_REUSEPORT, and the front, which has no sockets, only knows whether this serves.
     */

    // set once
    private final LoopGroup group;
    private final List<Share> shares;
    private final List<ServerSocketChannel> sharesSockets;
    private final SocketServer front;

    // loop thread only
    private int next;
    private boolean sharesClosed;

    private SharedServer(
            EventLoop loop,
            LoopGroup group,
            Supplier<? extends Protocol> protocolFactory,
            List<Share> shares,
            List<ServerSocketChannel> sharesSockets,
            List<ServerSocketChannel> listeners,
            ListenOptions options,
            @Nullable SocketFile file) {
        this.group = group;
        this.shares = shares;
        this.sharesSockets = sharesSockets;
        this.front = new SocketServer(
                loop, protocolFactory, listeners, options.withStartServing(false), file, this::handOver);
        LoopResources.of(loop).sharedWith(group);
        if (options.startServing()) {
            startServing();
        }
    }

    /**
     * {@return a server that accepts on {@code loop}, the running one, and hands connections to the loops of the group in
     * turn} It owns {@code listeners}, which are bound and in non-blocking mode, from here on.
     *
     * @param file is removed when it is closed; or null
     * @throws IllegalStateException if a loop of the group is closed
     */
    @Suspends
    static SharedServer handingOver(
            EventLoop loop,
            LoopGroup group,
            Supplier<? extends Protocol> protocolFactory,
            List<ServerSocketChannel> listeners,
            ListenOptions options,
            @Nullable SocketFile file) {
        boolean complete = false;
        try {
            List<List<ServerSocketChannel>> none = group.loops().stream()
                    .map(member -> List.<ServerSocketChannel>of())
                    .toList();
            List<Share> shares = makeShares(group, protocolFactory, none, options);
            complete = true;
            return new SharedServer(loop, group, protocolFactory, shares, List.of(), listeners, options, file);
        } finally {
            if (!complete) {
                new SocketServer(loop, protocolFactory, listeners, options.withStartServing(false), file).close();
            }
        }
    }

    /**
     * {@return a server that accepts on each loop of the group what the system gives to its sockets}
     *
     * @param listeners for each loop of the group, its sockets, which are bound and in non-blocking mode; the server owns
     *     them from here on
     * @throws IllegalStateException if a loop of the group is closed
     */
    @Suspends
    static SharedServer sharingPort(
            EventLoop loop,
            LoopGroup group,
            Supplier<? extends Protocol> protocolFactory,
            List<List<ServerSocketChannel>> listeners,
            ListenOptions options) {
        List<ServerSocketChannel> all = listeners.stream().flatMap(List::stream).toList();
        boolean complete = false;
        try {
            List<Share> shares = makeShares(group, protocolFactory, listeners, options);
            complete = true;
            return new SharedServer(loop, group, protocolFactory, shares, all, List.of(), options, null);
        } finally {
            if (!complete) {
                all.forEach(Closing::quietly);
            }
        }
    }

    /** Makes the shares, each on its loop. If one cannot be made, none is left. */
    @Suspends
    private static List<Share> makeShares(
            LoopGroup group,
            Supplier<? extends Protocol> protocolFactory,
            List<List<ServerSocketChannel>> listeners,
            ListenOptions options) {
        List<Future<Share>> made = new ArrayList<>();
        List<Share> shares = new ArrayList<>();
        try {
            for (EventLoop loop : group.loops()) {
                List<ServerSocketChannel> own = listeners.get(made.size());
                made.add(LoopGroup.createTaskOn(
                        loop,
                        () -> new Share(
                                new SocketServer(loop, protocolFactory, own, options.withStartServing(false)))));
            }
            Combinators.gather(/* returnExceptions= */ true, made); // all have ended when this has
            for (Future<Share> share : made) {
                shares.add(share.result());
            }
            return shares;
        } finally {
            if (shares.size() < group.loops().size()) {
                made.forEach(Future::cancel);
                made.forEach(SharedServer::closeIfMade);
            }
        }
    }

    private static void closeIfMade(Future<Share> made) {
        made.addDoneCallback(done -> {
            if (!done.cancelled() && done.exception() == null) {
                tell(done.result(), Share::closeServer);
            }
        });
    }

    // -- telling and asking the loops -----------------------------------------------------------------------------

    /** Has {@code action} done on the loop of {@code share}, unless that is closed, and its connections with it. */
    private static void tell(Share share, Consumer<Share> action) {
        try {
            share.server.loop.callSoonThreadsafe(() -> action.accept(share));
        } catch (IllegalStateException e) {
            // as above
        }
    }

    /** Has {@code question} answered on each loop and waits for all. {@return the sum of the answers} */
    @Suspends
    private int ask(ToIntFunction<SocketServer> question) {
        List<Future<Integer>> answers = new ArrayList<>();
        for (Share share : shares) {
            try {
                answers.add(LoopGroup.createTaskOn(share.server.loop, () -> question.applyAsInt(share.server)));
            } catch (IllegalStateException e) {
                // its loop is closed, and its connections with it
            }
        }
        Combinators.gather(/* returnExceptions= */ true, answers);
        int sum = 0;
        for (Future<Integer> answer : answers) {
            boolean endedWithLoop = answer.state() == java.util.concurrent.Future.State.FAILED
                    && answer.exceptionNow() instanceof IllegalStateException;
            sum += endedWithLoop ? 0 : answer.result();
        }
        return sum;
    }

    // -- accepting ------------------------------------------------------------------------------------------------

    @Override
    public EventLoop getLoop() {
        return front.getLoop();
    }

    @Override
    public List<ServerSocketChannel> sockets() {
        return sharesSockets.isEmpty() ? front.sockets() : sharesClosed ? List.of() : sharesSockets;
    }

    @Override
    public boolean isServing() {
        return front.isServing();
    }

    @Override
    public void startServing() {
        front.startServing();
        if (!sharesSockets.isEmpty()) {
            shares.forEach(share -> tell(share, there -> there.server.startServing()));
        }
    }

    /** The front has accepted a connection. */
    private void handOver(SocketChannel connection) {
        for (int tries = shares.size(); tries > 0; tries--) {
            Share share = shares.get(next);
            next = (next + 1) % shares.size();
            if (share.offer(connection)) {
                return;
            }
        }
        Closing.quietly(connection);
        close();
        getLoop()
                .callExceptionHandler(new ExceptionContext(
                        "A server has ended because the loops of its group are closed", null, "server", this));
    }

    // -- ending ---------------------------------------------------------------------------------------------------

    @Override
    @Suspends
    public void serveForever() {
        Callers.checkTaskOf(getLoop(), "serveForever");
        startServing();
        try {
            front.serveForever();
        } finally {
            if (front.isClosed()) { // else another task is in there
                close();
            }
        }
    }

    @Override
    public void close() {
        front.close();
        if (!sharesClosed) {
            sharesClosed = true;
            shares.forEach(share -> tell(share, Share::closeServer));
        }
    }

    @Override
    @Suspends
    public void waitClosed() {
        front.waitClosed();
        ask(server -> {
            server.waitClosed();
            return 0;
        });
    }

    @Override
    public void closeClients() {
        getLoop().checkThread();
        shares.forEach(share -> tell(share, there -> there.server.closeClients()));
    }

    @Override
    public void abortClients() {
        getLoop().checkThread();
        shares.forEach(share -> tell(share, there -> there.server.abortClients()));
    }

    @Override
    @Suspends
    public int shutdown(Duration grace) {
        Callers.checkTaskOf(getLoop(), "shutdown");
        close();
        return ask(server -> server.shutdown(grace));
    }

    /** {@return its state, its addresses, and the group} */
    @Override
    public String toString() {
        return "Server[" + (sharesClosed ? "closed" : isServing() ? "serving" : "not serving") + ", "
                + SocketServer.addresses(sockets()) + ", " + group + "]";
    }
}
