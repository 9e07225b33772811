package dev.tulip.net;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Suspends;
import dev.tulip.loop.Task;
import dev.tulip.loop.TaskOptions;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnsupportedAddressTypeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Connects to a host that may have several addresses: in their order, and, if one takes long, to the next one beside
 * it. The first connection wins. One object makes one connection. Loop thread only.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc8305">RFC 8305: Happy Eyeballs Version 2</a>
 */
final class HappyEyeballs {
    // set once
    private final EventLoop loop;
    private final String host;
    private final int port;
    private final ConnectOptions options;
    private final List<InetAddress> addresses;
    private final Waiters changes;

    // loop thread only
    private final Set<Task<?>> attempts = new LinkedHashSet<>();
    private final List<IOException> errors = new ArrayList<>();
    private final List<String> reasons = new ArrayList<>();
    private @Nullable SocketChannel winner;
    private @Nullable Throwable failure; // of an attempt, other than that it cannot connect
    private boolean over;

    HappyEyeballs(EventLoop loop, String host, int port, ConnectOptions options, List<InetAddress> addresses) {
        this.loop = loop;
        this.host = host;
        this.port = port;
        this.options = options;
        this.addresses = options.interleave() == 0 ? addresses : interleave(addresses, options.interleave());
        this.changes = new Waiters(loop);
    }

    /**
     * {@return the addresses, with the families taking turns; the order within a family stays}
     *
     * @param first how many of the family that comes first are at the beginning
     */
    static List<InetAddress> interleave(List<InetAddress> addresses, int first) {
        List<InetAddress> one = new ArrayList<>();
        List<InetAddress> other = new ArrayList<>();
        for (InetAddress address : addresses) {
            boolean same = Resolver.familyOf(address) == Resolver.familyOf(addresses.getFirst());
            (same ? one : other).add(address);
        }
        List<InetAddress> ordered = new ArrayList<>(one.subList(0, Math.min(first - 1, one.size())));
        for (int i = ordered.size(), j = 0; i < one.size() || j < other.size(); i++, j++) {
            if (i < one.size()) {
                ordered.add(one.get(i));
            }
            if (j < other.size()) {
                ordered.add(other.get(j));
            }
        }
        return ordered;
    }

    /**
     * {@return a connected socket, in non-blocking mode; it belongs to the caller}
     *
     * @throws ConnectException if no address answers
     */
    @Suspends
    SocketChannel connect() throws IOException {
        Duration delay = options.happyEyeballsDelay();
        SocketChannel channel = delay == null || addresses.size() == 1 ? oneAfterTheOther() : race(delay);
        if (channel == null) {
            throw allFailed();
        }
        return channel;
    }

    @Suspends
    private @Nullable SocketChannel oneAfterTheOther() {
        for (InetAddress address : addresses) {
            try {
                return connectTo(address);
            } catch (IOException e) {
                failed(address, e);
            }
        }
        return null;
    }

    @Suspends
    private @Nullable SocketChannel race(Duration delay) {
        try {
            int next = 0;
            while (winner == null && failure == null && (next < addresses.size() || !attempts.isEmpty())) {
                if (next < addresses.size()) {
                    start(addresses.get(next++));
                }
                if (next < addresses.size()) {
                    changes.await(delay);
                } else {
                    changes.await();
                }
            }
            if (failure != null) {
                throw new IllegalStateException("connecting to " + host + ":" + port + " failed", failure);
            }
            SocketChannel channel = winner;
            winner = null;
            return channel;
        } finally {
            over = true;
            attempts.forEach(Task::cancel);
            Closing.quietly(winner); // if this was cancelled
        }
    }

    private void start(InetAddress address) {
        Task<?> attempt = loop.createTask(
                () -> attempt(address), TaskOptions.named("connect to " + address.getHostAddress() + ":" + port));
        attempts.add(attempt);
        attempt.addDoneCallback(done -> {
            attempts.remove(attempt);
            changes.wakeAll();
        });
    }

    /** The body of a task. Ends the race itself if it wins, so that a connection cannot be lost with a cancel. */
    @Suspends
    private void attempt(InetAddress address) {
        try {
            SocketChannel channel = connectTo(address);
            if (over || winner != null) {
                Closing.quietly(channel);
            } else {
                winner = channel;
            }
        } catch (IOException e) {
            failed(address, e);
        } catch (CancelledError e) {
            throw e; // the race is over
        } catch (Throwable e) {
            failure = e;
        }
    }

    @Suspends
    private SocketChannel connectTo(InetAddress address) throws IOException {
        InetSocketAddress local = options.localAddress();
        if (local != null && Resolver.familyOf(local.getAddress()) != Resolver.familyOf(address)) {
            throw new ConnectException("the local address " + local + " is of another family");
        }
        SocketChannel channel = loop.selectorProvider().openSocketChannel();
        boolean connected = false;
        try {
            channel.configureBlocking(false);
            if (local != null) {
                channel.bind(local);
            }
            loop.sockConnect(channel, new InetSocketAddress(address, port));
            connected = true;
            return channel;
        } catch (UnsupportedAddressTypeException e) {
            throw new IOException("this system has no addresses of that family", e);
        } finally {
            if (!connected) {
                Closing.quietly(channel);
                loop.removeWriter(channel); // the loop forgets a channel that is closed
            }
        }
    }

    // -- errors ---------------------------------------------------------------------------------------------------

    private void failed(InetAddress address, IOException error) {
        Throwable cause = error.getCause();
        // sockConnect names the address in its message; what the system said is the cause.
        Throwable told = error instanceof ConnectException && cause != null ? cause : error;
        errors.add(error);
        reasons.add(
                address.getHostAddress().equals(host)
                        ? String.valueOf(told.getMessage())
                        : address.getHostAddress() + ": " + told.getMessage());
    }

    private ConnectException allFailed() {
        ConnectException all =
                new ConnectException("cannot connect to " + host + ":" + port + ": " + String.join("; ", reasons));
        errors.forEach(all::addSuppressed);
        return all;
    }
}
