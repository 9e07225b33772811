package dev.tulip.net;

import dev.tulip.loop.Combinators;
import dev.tulip.loop.Drainable;
import dev.tulip.loop.EventLoop;
import dev.tulip.loop.ExceptionContext;
import dev.tulip.loop.Future;
import dev.tulip.loop.LoopGroup;
import dev.tulip.loop.LoopLocal;
import dev.tulip.loop.Suspends;
import java.nio.ByteBuffer;
import java.nio.channels.Channel;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;

/** What the transports and servers of one loop share: memory, and who has a channel open. Loop thread only. */
final class LoopResources implements AutoCloseable, Drainable {
    private static final LoopLocal<LoopResources> OF_LOOP = LoopLocal.withInitial(LoopResources::new);

    private final EventLoop loop;

    // loop thread only

    final SystemCalls calls = new SystemCalls();

    /** For reading: each is in use as long as the protocol that looks at it. Also for what is copied to be sent. */
    final BufferPool buffers = new BufferPool(Defaults.READ_SIZE, Defaults.READ_BUFFERS);

    /** For what could not be sent at once. */
    final BufferPool chunks = new BufferPool(Defaults.CHUNK_SIZE, Defaults.CHUNKS);

    /** For what could not be sent at once and is little: that of many connections at a time, perhaps. */
    final BufferPool smallChunks = new BufferPool(Defaults.SMALL_CHUNK_SIZE, Defaults.SMALL_CHUNKS);

    /** For TLS: what is encrypted, and what is decrypted. */
    final BufferPool records = BufferPool.ofArrays(Defaults.TLS_BUFFER_SIZE, Defaults.TLS_BUFFERS);

    /** For a gathering write; all null in between. */
    final @Nullable ByteBuffer[] gather = new @Nullable ByteBuffer[Defaults.GATHER];

    private final Map<Channel, Object> owners = new LinkedHashMap<>();

    // groups whose loops serve what servers of this loop accept; weakly, because nobody says that one is closed
    private final Set<LoopGroup> groups = Collections.newSetFromMap(new WeakHashMap<>());

    private LoopResources(EventLoop loop) {
        this.loop = loop;
    }

    static LoopResources of(EventLoop loop) {
        return OF_LOOP.get(loop);
    }

    /** Notes that {@code owner} has {@code channel} open, so that it is closed with the loop. */
    void opened(Channel channel, Object owner) {
        owners.put(channel, owner);
    }

    void closed(Channel channel) {
        owners.remove(channel);
    }

    /** Notes that a server of this loop is shared with the loops of {@code group}. */
    void sharedWith(LoopGroup group) {
        groups.add(group);
    }

    /** SIGTERM: drains the servers, here and on the loops that share them. What the program itself has connected is its own affair. */
    @Override
    @Suspends
    public void drain(long deadline) {
        Set<SocketServer> servers = new LinkedHashSet<>();
        for (Object owner : owners.values()) {
            SocketServer server = serverOf(owner);
            if (server != null) {
                servers.add(server);
            }
        }
        servers.forEach(SocketServer::startDraining);
        List<Future<@Nullable Void>> elsewhere = drainGroups(deadline); // after what was handed over just now
        servers.forEach(server -> server.drain(deadline)); // one after another, all to the same deadline
        Combinators.gather(/* returnExceptions= */ true, elsewhere);
    }

    private List<Future<@Nullable Void>> drainGroups(long deadline) {
        long remaining = deadline - loop.time();
        List<Future<@Nullable Void>> drained = new ArrayList<>();
        for (LoopGroup group : groups) {
            for (EventLoop member : group.loops()) {
                try {
                    drained.add(LoopGroup.createTaskOn(member, () -> Drainable.drainAll(member.time() + remaining)));
                } catch (IllegalStateException e) {
                    // it is closed, and its connections with it
                }
            }
        }
        return drained;
    }

    /** {@return the server that {@code owner} is, or whose connection it is; that one may be closed already} */
    private static @Nullable SocketServer serverOf(Object owner) {
        if (owner instanceof LiveTransport connection) {
            return connection.server();
        }
        return owner instanceof SocketServer server ? server : null;
    }

    /** The loop is closed: closes what is still open. Its owners are not told, because nobody runs them any more. */
    @Override
    public void close() {
        new LinkedHashMap<>(owners).forEach((channel, owner) -> { // a copy: an exception handler may close some
            boolean closing = owner instanceof BaseTransport transport && transport.isClosing();
            if (loop.isDebug() && !closing) {
                loop.callExceptionHandler(new ExceptionContext(
                        owner + " was left open when " + loop + " was closed",
                        null,
                        owner instanceof Server ? "server" : "transport",
                        owner));
            }
            if (owner instanceof SocketServer server) {
                server.removeFile();
            }
            Closing.quietly(channel);
        });
        owners.clear();
    }
}
