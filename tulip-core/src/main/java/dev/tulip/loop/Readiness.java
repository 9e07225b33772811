package dev.tulip.loop;

import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import org.jspecify.annotations.Nullable;

/**
 * Who waits for one channel: at most one to read (or accept) and one to write (or connect), each a task or a callback.
 * The attachment of the channel's selection key. Loop thread only.
 */
final class Readiness {
    /*
     * The interest set is changed as seldom as possible: a task that waited and was resumed leaves its interest
     * standing, because it usually comes back for more. If the channel gets ready and nobody waits, the interest is
     * dropped then.
     */
    static final int READ = SelectionKey.OP_READ | SelectionKey.OP_ACCEPT;

    static final int WRITE = SelectionKey.OP_WRITE | SelectionKey.OP_CONNECT;

    private final BaseEventLoop loop;

    // set once, right after registration
    @SuppressWarnings("NullAway.Init")
    SelectionKey key;

    // loop thread only
    private @Nullable Object reader;
    private @Nullable Object writer;

    Readiness(BaseEventLoop loop) {
        this.loop = loop;
    }

    /** {@return whether this is the registration of {@code channel}, which is open and can get ready for {@code ops}} */
    boolean isOf(SelectableChannel channel, int ops) {
        return key.channel() == channel && key.isValid() && (channel.validOps() & ops) != 0;
    }

    @Nullable
    Object waiter(int ops) {
        return ops == READ ? reader : writer;
    }

    void setWaiter(int ops, @Nullable Object waiter) {
        if (ops == READ) {
            reader = waiter;
        } else {
            writer = waiter;
        }
    }

    /** Called from the select: queues whoever waited for what the channel is ready for. */
    void ready(int readyOps) {
        if ((readyOps & READ) != 0) {
            wake(READ);
        }
        if ((readyOps & WRITE) != 0) {
            wake(WRITE);
        }
    }

    private void wake(int ops) {
        switch (waiter(ops)) {
            case Task<?> task -> {
                setWaiter(ops, null);
                task.wake();
            }
            case ChannelHandle handle when !handle.isRunning() -> loop.ready.add(handle);
            case null, default -> dropInterest(ops);
        }
    }

    /** The channel was closed by its user: whoever waits is woken, and finds out. */
    void wakeAll() {
        if (reader instanceof Task<?> task) {
            reader = null;
            task.wake();
        }
        if (writer instanceof Task<?> task) {
            writer = null;
            task.wake();
        }
    }

    /** Adds what the channel can do of {@code ops} to the interest set, if somebody waits for it. */
    void want(int ops) {
        if (waiter(ops) == null) {
            return;
        }
        try {
            int wanted = ops & key.channel().validOps();
            if ((key.interestOps() & wanted) != wanted) {
                key.interestOpsOr(wanted);
            }
        } catch (CancelledKeyException e) {
            // The channel is closed; Channels.sweep() wakes whoever waits.
        }
    }

    private void dropInterest(int ops) {
        key.interestOpsAnd(~ops);
    }
}
