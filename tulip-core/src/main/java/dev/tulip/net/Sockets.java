package dev.tulip.net;

import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Suspends;
import dev.tulip.loop.Task;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Sockets with the options that transports and servers want. */
final class Sockets {
    private Sockets() {}

    /** Prepares a connected socket for a transport. What only TCP has, only TCP sockets get. */
    static void prepare(SocketChannel channel, boolean keepAlive) throws IOException {
        channel.configureBlocking(false);
        if (channel.getLocalAddress() instanceof InetSocketAddress) {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            if (keepAlive) {
                channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
            }
        }
    }

    /**
     * {@return sockets that listen on {@code addresses}, in non-blocking mode} Addresses that are not of this machine
     * are left out, as long as one remains.
     *
     * @throws BindException if one cannot be bound, or none is left
     */
    @Suspends
    static List<ServerSocketChannel> listen(
            EventLoop loop, Iterable<InetAddress> addresses, int port, ListenOptions options) throws IOException {
        List<ServerSocketChannel> listeners = new ArrayList<>();
        BindException unavailable = null;
        boolean complete = false;
        try {
            for (InetAddress address : addresses) {
                ServerSocketChannel listener = open(loop, address);
                listeners.add(listener);
                try {
                    bind(listener, new InetSocketAddress(address, port), options);
                } catch (BindException e) {
                    if (isOurs(address)) {
                        throw e;
                    }
                    unavailable = e;
                    listeners.removeLast().close();
                }
            }
            if (listeners.isEmpty() && unavailable != null) {
                throw unavailable;
            }
            complete = true;
            return listeners;
        } finally {
            if (!complete) {
                listeners.forEach(Closing::quietly);
            }
        }
    }

    /**
     * {@return for each of {@code loops} sockets that listen on {@code addresses}, in non-blocking mode; all share the
     * ports} With port 0 the sockets of the first loop get free ports, and the others the same.
     *
     * @param options with SO_REUSEPORT
     * @throws BindException if one cannot be bound
     * @throws UnsupportedOperationException if the system cannot share ports
     */
    @Suspends
    static List<List<ServerSocketChannel>> listenOnEach(
            List<EventLoop> loops, Iterable<InetAddress> addresses, int port, ListenOptions options)
            throws IOException {
        List<List<ServerSocketChannel>> all = new ArrayList<>();
        boolean complete = false;
        try {
            all.add(listen(loops.getFirst(), addresses, port, options));
            for (EventLoop loop : loops.subList(1, loops.size())) {
                List<ServerSocketChannel> listeners = new ArrayList<>();
                all.add(listeners);
                for (ServerSocketChannel first : all.getFirst()) {
                    InetSocketAddress address = (InetSocketAddress) first.getLocalAddress();
                    ServerSocketChannel listener = open(loop, address.getAddress());
                    listeners.add(listener);
                    bind(listener, address, options);
                }
            }
            complete = true;
            return all;
        } finally {
            if (!complete) {
                all.forEach(listeners -> listeners.forEach(Closing::quietly));
            }
        }
    }

    private static ServerSocketChannel open(EventLoop loop, InetAddress address) throws IOException {
        try {
            return loop.selectorProvider().openServerSocketChannel(Resolver.familyOf(address));
        } catch (UnsupportedOperationException e) { // a network that has one family only
            return loop.selectorProvider().openServerSocketChannel();
        }
    }

    @Suspends
    private static void bind(ServerSocketChannel listener, InetSocketAddress address, ListenOptions options)
            throws IOException {
        listener.configureBlocking(false);
        Boolean reuseAddress = options.reuseAddress();
        if (reuseAddress != null) { // else the JDK has done what is usual
            listener.setOption(StandardSocketOptions.SO_REUSEADDR, reuseAddress);
        }
        if (options.reusePort()) {
            listener.setOption(StandardSocketOptions.SO_REUSEPORT, true);
        }
        try {
            listener.bind(address, options.backlog());
        } catch (BindException e) {
            // The JDK gives the port of a server that was closed back at the loop's next select, not before.
            Task.sleep(Duration.ZERO);
            bindAgain(listener, address, options);
        }
    }

    private static void bindAgain(ServerSocketChannel listener, InetSocketAddress address, ListenOptions options)
            throws IOException {
        try {
            listener.bind(address, options.backlog());
        } catch (BindException e) {
            BindException named = new BindException("cannot listen on " + address + ": " + e.getMessage());
            named.initCause(e);
            throw named;
        }
    }

    /** {@return whether an interface of this machine has {@code address}} Asked only if binding failed. */
    private static boolean isOurs(InetAddress address) throws IOException {
        return address.isAnyLocalAddress() || NetworkInterface.getByInetAddress(address) != null;
    }

    /**
     * {@return the address that stands for every interface} That of IPv6 takes IPv4 connections, too.
     *
     * @param family INET or INET6 for one of the two; null for both, as far as the system has them
     */
    static InetAddress everyInterface(EventLoop loop, @Nullable StandardProtocolFamily family) throws IOException {
        boolean both = family == null && hasIpv6(loop);
        return InetAddress.ofLiteral(both || family == StandardProtocolFamily.INET6 ? "::" : "0.0.0.0");
    }

    private static boolean hasIpv6(EventLoop loop) throws IOException {
        try {
            loop.selectorProvider()
                    .openServerSocketChannel(StandardProtocolFamily.INET6)
                    .close();
            return true;
        } catch (UnsupportedOperationException e) {
            return false;
        }
    }
}
