package dev.tulip.net;

import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Suspends;
import dev.tulip.loop.Task;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ProtocolFamily;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.MembershipKey;
import java.nio.channels.UnsupportedAddressTypeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** UDP sockets: opening them, and what sending has to look out for. */
final class DatagramSockets {
    private DatagramSockets() {}

    // -- opening --------------------------------------------------------------------------------------------------

    /**
     * {@return a socket as {@code options} want it, in non-blocking mode} Where a name has several addresses, the first
     * that works.
     */
    @Suspends
    static DatagramChannel open(EventLoop loop, DatagramOptions options) throws IOException {
        List<@Nullable InetSocketAddress> locals = addressesOf(loop, options.localAddress(), options);
        List<@Nullable InetSocketAddress> remotes = addressesOf(loop, options.remoteAddress(), options);
        IOException failure = null;
        for (InetSocketAddress local : locals) {
            for (InetSocketAddress remote : remotes) {
                if (local == null || remote == null || familyOf(local) == familyOf(remote)) {
                    try {
                        return open(loop, options, local, remote);
                    } catch (IOException e) {
                        if (failure == null) {
                            failure = e;
                        }
                    }
                }
            }
        }
        throw failure != null
                ? failure
                : new ConnectException("cannot connect " + options.localAddress() + " to " + options.remoteAddress()
                        + ": they have no family of addresses in common");
    }

    @Suspends
    private static List<@Nullable InetSocketAddress> addressesOf(
            EventLoop loop, @Nullable InetSocketAddress address, DatagramOptions options) throws IOException {
        List<@Nullable InetSocketAddress> addresses = new ArrayList<>();
        if (address == null || !address.isUnresolved()) {
            addresses.add(address);
            return addresses;
        }
        String host = address.getHostString();
        List<InetAddress> found = host.isEmpty()
                ? List.of(Sockets.everyInterface(loop, options.family()))
                : Resolver.addressesOf(loop, host, options.family());
        found.forEach(each -> addresses.add(new InetSocketAddress(each, address.getPort())));
        return addresses;
    }

    private static ProtocolFamily familyOf(InetSocketAddress address) {
        return Resolver.familyOf(address.getAddress());
    }

    @Suspends
    private static DatagramChannel open(
            EventLoop loop,
            DatagramOptions options,
            @Nullable InetSocketAddress local,
            @Nullable InetSocketAddress remote)
            throws IOException {
        InetSocketAddress either = local != null ? local : remote;
        DatagramChannel channel = open(loop, either == null ? options.family() : familyOf(either));
        boolean complete = false;
        try {
            channel.configureBlocking(false);
            for (Map.Entry<SocketOption<?>, Object> option :
                    options.socketOptions().entrySet()) {
                set(channel, option.getKey(), option.getValue());
            }
            bind(channel, local);
            if (remote != null) {
                connect(channel, remote);
            }
            complete = true;
            return channel;
        } finally {
            if (!complete) {
                Closing.quietly(channel);
            }
        }
    }

    private static DatagramChannel open(EventLoop loop, @Nullable ProtocolFamily family) throws IOException {
        if (family == null) {
            return loop.selectorProvider().openDatagramChannel();
        }
        try {
            return loop.selectorProvider().openDatagramChannel(family);
        } catch (UnsupportedOperationException e) { // a network that has one family only
            return loop.selectorProvider().openDatagramChannel();
        }
    }

    @SuppressWarnings("unchecked") // DatagramOptions.withSocketOption has paired them
    private static void set(DatagramChannel channel, SocketOption<?> option, Object value) throws IOException {
        channel.setOption((SocketOption<Object>) option, value);
    }

    @Suspends
    private static void bind(DatagramChannel channel, @Nullable InetSocketAddress local) throws IOException {
        try {
            channel.bind(local);
        } catch (BindException e) {
            // The JDK gives the port of an endpoint that was closed back at the loop's next select, not before.
            Task.sleep(Duration.ZERO);
            bindAgain(channel, local);
        }
    }

    private static void bindAgain(DatagramChannel channel, @Nullable InetSocketAddress local) throws IOException {
        try {
            channel.bind(local);
        } catch (BindException e) {
            BindException named = new BindException("cannot receive at " + local + ": " + e.getMessage());
            named.initCause(e);
            throw named;
        }
    }

    private static void connect(DatagramChannel channel, InetSocketAddress remote) throws IOException {
        try {
            channel.connect(remote);
        } catch (IOException e) {
            ConnectException named = new ConnectException("cannot connect to " + remote + ": " + e.getMessage());
            named.initCause(e);
            throw named;
        }
    }

    // -- sending and receiving ------------------------------------------------------------------------------------

    /**
     * {@return {@code peer}}
     *
     * @throws IllegalStateException if that is null: {@code endpoint} has none
     */
    static SocketAddress checkConnected(@Nullable SocketAddress peer, Object endpoint) {
        if (peer == null) {
            throw new IllegalStateException(endpoint + " is not connected to a peer; say where to send");
        }
        return peer;
    }

    /**
     * {@return {@code target}}
     *
     * @throws IllegalArgumentException if {@code endpoint} cannot send there
     */
    static SocketAddress checkTarget(SocketAddress target, @Nullable SocketAddress peer, Object endpoint) {
        Objects.requireNonNull(target, "target");
        if (peer != null && !peer.equals(target)) {
            throw new IllegalArgumentException(
                    "cannot send to " + target + ": " + endpoint + " is connected to " + peer);
        }
        if (target instanceof InetSocketAddress inet && inet.isUnresolved()) {
            throw new IllegalArgumentException("cannot send to " + target + ": a name must be looked up before");
        }
        return target;
    }

    /**
     * Sends all that remains in {@code data}, as one datagram. Returns whether the socket has taken it. (One without
     * bytes is always said to be taken: the JDK does not tell.)
     */
    static boolean send(DatagramChannel channel, ByteBuffer data, SocketAddress target) throws IOException {
        int size = data.remaining();
        if (size > Defaults.MAX_DATAGRAM) { // else the JDK would first copy it into memory that it keeps for ever
            throw new IOException("cannot send to " + target + ": " + size + " bytes are too long for a datagram");
        }
        if (size == 0 && channel.isConnected()) {
            throw new IOException(
                    "cannot send to " + target + ": the JDK sends no empty datagram from a connected socket");
        }
        try {
            return channel.send(data, target) > 0 || size == 0;
        } catch (UnsupportedAddressTypeException e) {
            throw new IOException("cannot send to " + target + ": the socket has addresses of another family", e);
        }
    }

    static MembershipKey join(
            DatagramChannel channel, InetAddress group, NetworkInterface network, @Nullable InetAddress source)
            throws IOException {
        return source == null ? channel.join(group, network) : channel.join(group, network, source);
    }
}
