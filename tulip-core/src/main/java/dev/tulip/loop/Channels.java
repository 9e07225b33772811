package dev.tulip.loop;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.SelectorProvider;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Consumer;

/** A loop's selector, and who waits for its channels. Loop thread only, except {@link #wakeup}. */
final class Channels {
    private final BaseEventLoop loop;
    private final Selector selector;
    private final Consumer<SelectionKey> onReady = Channels::ready;

    // loop thread only: every channel that is registered; one that its user closed leaves in sweep()
    private final Set<Readiness> registered = new LinkedHashSet<>();
    private boolean forgotten; // a closed channel left that set: the JDK gives its descriptor back in the next select

    Channels(BaseEventLoop loop, LoopOptions options) {
        this.loop = loop;
        try {
            selector = options.selectorProvider().openSelector();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot open a selector for " + loop.name + ": " + e.getMessage(), e);
        }
    }

    // -- selecting ------------------------------------------------------------------------------------------------

    /** Queues whoever waits for a channel that is ready. Does not wait. */
    void selectNow() throws IOException {
        // Without channels there is nothing to find: spare the system call in every iteration.
        if (forgotten || !registered.isEmpty()) {
            forgotten = false;
            selector.selectNow(onReady);
            sweep();
        }
    }

    /**
     * Waits until a channel is ready, {@link #wakeup} is called, or the time is over; queues whoever waits for a
     * channel.
     *
     * @param millis how long to wait at most; 0 without limit
     */
    void select(long millis) throws IOException {
        selector.select(onReady, millis);
        sweep();
    }

    /** Ends the {@link #select} that is waiting, or the next one. Any thread. */
    void wakeup() {
        selector.wakeup();
    }

    SelectorProvider provider() {
        return selector.provider();
    }

    void close() throws IOException {
        selector.close();
    }

    private static void ready(SelectionKey key) {
        ((Readiness) key.attachment()).ready(key.readyOps());
    }

    /**
     * Finds the channels that their users have closed and wakes whoever waits for them. The key of such a channel
     * leaves the selector in the next select, which tells without a look at each.
     */
    private void sweep() {
        if (selector.keys().size() != registered.size()) {
            registered.removeIf(readiness -> {
                if (readiness.key.isValid()) {
                    return false;
                }
                readiness.wakeAll();
                return true;
            });
        }
    }

    // -- callbacks ------------------------------------------------------------------------------------------------

    /**
     * Calls {@code callback} whenever {@code channel} is ready for {@code ops}, in the place of the callback
     * before.
     */
    void add(SelectableChannel channel, int ops, Runnable callback, Object context) throws ClosedChannelException {
        Readiness readiness = register(channel, ops);
        if (readiness.waiter(ops) instanceof Handle old) {
            old.cancel();
        }
        readiness.setWaiter(ops, new ChannelHandle(readiness, ops, callback, context));
        readiness.want(ops);
    }

    /** Ends {@link #add}. {@return whether there was a callback} */
    boolean remove(SelectableChannel channel, int ops) {
        SelectionKey key = channel.keyFor(selector);
        if (key == null || !(key.attachment() instanceof Readiness readiness)) {
            return false;
        }
        if (!key.isValid()) {
            registered.remove(readiness); // closed by somebody who says so: sweep() need not search for it
            forgotten = true;
            readiness.wakeAll();
        }
        if (!(readiness.waiter(ops) instanceof Handle handle)) {
            return false;
        }
        handle.cancel();
        readiness.setWaiter(ops, null);
        return true;
    }

    // -- tasks ----------------------------------------------------------------------------------------------------

    /** Suspends {@code task}, which is calling, until {@code channel} is ready for {@code ops}, or closed. */
    void await(Task<?> task, SelectableChannel channel, int ops) throws ClosedChannelException {
        Readiness readiness = task.lastAwaited;
        if (readiness != null && readiness.isOf(channel, ops)) { // the usual case, without the channel's list of keys
            checkNoOther(readiness, channel, ops);
        } else {
            readiness = register(channel, ops);
            task.lastAwaited = readiness;
        }
        if (readiness.waiter(ops) instanceof Handle) {
            throw new IllegalStateException("a callback waits already to " + verb(ops) + channel
                    + "; take it away with remove" + (ops == Readiness.READ ? "Reader" : "Writer"));
        }
        readiness.setWaiter(ops, task);
        readiness.want(ops);
        try {
            task.waitFor(readiness);
        } finally {
            if (readiness.waiter(ops) == task) {
                readiness.setWaiter(ops, null);
            }
        }
    }

    /** Finds or makes the registration of {@code channel}; refuses one that cannot wait, or for which a task waits. */
    private Readiness register(SelectableChannel channel, int ops) throws ClosedChannelException {
        if ((channel.validOps() & ops) == 0) {
            throw new IllegalArgumentException("nobody can wait to " + verb(ops) + channel);
        }
        if (channel.isBlocking()) {
            throw new IllegalArgumentException(channel + " is in blocking mode; call configureBlocking(false) first");
        }
        SelectionKey key = channel.keyFor(selector);
        if (key == null) {
            Readiness readiness = new Readiness(loop);
            readiness.key = channel.register(selector, 0, readiness);
            registered.add(readiness);
            return readiness;
        }
        if (!key.isValid()) {
            throw new ClosedChannelException();
        }
        Readiness readiness = (Readiness) key.attachment();
        checkNoOther(readiness, channel, ops);
        return readiness;
    }

    private static void checkNoOther(Readiness readiness, SelectableChannel channel, int ops) {
        if (readiness.waiter(ops) instanceof Task<?> other) {
            throw new IllegalStateException(other.getName() + " waits already to " + verb(ops) + channel
                    + "; a second one would take what the first waits for");
        }
    }

    private static String verb(int ops) {
        return ops == Readiness.READ ? "read from " : "write to ";
    }
}
