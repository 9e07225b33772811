package dev.tulip.net;

import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketOption;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How an endpoint for datagrams is made.
 *
 * <p>A host that is a name is looked up when the endpoint is made, if it comes as a string here, or as an address that
 * is {@linkplain InetSocketAddress#isUnresolved not resolved}; {@code new InetSocketAddress(name, port)} would look it
 * up at once, and hold the loop meanwhile.
 *
 * @param localAddress where it receives; null for a free port of every interface
 * @param remoteAddress the only peer that it sends to and receives from; null for any
 * @param family INET or INET6 to use only addresses of that kind; null for both
 * @param socketOptions further options of the socket, with their values; set before it is bound
 */
public record DatagramOptions(
        @Nullable InetSocketAddress localAddress,
        @Nullable InetSocketAddress remoteAddress,
        @Nullable StandardProtocolFamily family,
        Map<SocketOption<?>, Object> socketOptions) {
    private static final DatagramOptions DEFAULTS = new DatagramOptions(null, null, null, Map.of());

    /**
     * Copies the options of the socket, in their order.
     *
     * @throws IllegalArgumentException if the family is neither INET nor INET6, or an address is of another one
     */
    public DatagramOptions {
        if (family == StandardProtocolFamily.UNIX) {
            throw new IllegalArgumentException("family must be INET or INET6, not " + family);
        }
        checkFamily(family, localAddress);
        checkFamily(family, remoteAddress);
        socketOptions = Collections.unmodifiableMap(new LinkedHashMap<>(socketOptions));
    }

    private static void checkFamily(@Nullable StandardProtocolFamily family, @Nullable InetSocketAddress address) {
        if (family != null
                && address != null
                && !address.isUnresolved()
                && Resolver.familyOf(address.getAddress()) != family) {
            throw new IllegalArgumentException(address + " is no address of the family " + family);
        }
    }

    /** {@return a free port of every interface, any peer, the system's usual options} */
    public static DatagramOptions defaults() {
        return DEFAULTS;
    }

    // -- addresses ------------------------------------------------------------------------------------------------

    /**
     * {@return these options with another local address}
     *
     * @param address where the endpoint receives; port 0 for a free one
     */
    public DatagramOptions withLocalAddress(InetSocketAddress address) {
        return new DatagramOptions(address, remoteAddress, family, socketOptions);
    }

    /**
     * {@return these options with another local address}
     *
     * @param host a name or an address of this machine; empty for every interface, of both families where there are
     *     both
     * @param port 0 for a free one
     */
    public DatagramOptions withLocalAddress(String host, int port) {
        return withLocalAddress(InetSocketAddress.createUnresolved(host, port));
    }

    /**
     * {@return these options with one peer, to which the endpoint is connected}
     *
     * @param address the only one that it sends to and receives from
     */
    public DatagramOptions withRemoteAddress(InetSocketAddress address) {
        return new DatagramOptions(localAddress, address, family, socketOptions);
    }

    /**
     * {@return these options with one peer, to which the endpoint is connected}
     *
     * @param host its name or address
     * @param port its port
     */
    public DatagramOptions withRemoteAddress(String host, int port) {
        return withRemoteAddress(InetSocketAddress.createUnresolved(host, port));
    }

    /**
     * {@return these options for one family of addresses}
     *
     * @param family INET or INET6
     */
    public DatagramOptions withFamily(StandardProtocolFamily family) {
        return new DatagramOptions(localAddress, remoteAddress, family, socketOptions);
    }

    // -- options of the socket ------------------------------------------------------------------------------------

    /**
     * {@return these options with another option of the socket} An endpoint whose socket does not have it cannot be
     * made.
     *
     * @param <T> what its value is
     * @param option which; see {@link java.nio.channels.DatagramChannel} for those that there are
     * @param value its value
     */
    public <T> DatagramOptions withSocketOption(SocketOption<T> option, T value) {
        Map<SocketOption<?>, Object> options = new LinkedHashMap<>(socketOptions);
        options.put(option, value);
        return new DatagramOptions(localAddress, remoteAddress, family, options);
    }

    /**
     * {@return these options with or without leave to send to broadcast addresses}
     *
     * @param allowed whether the system lets that pass; without this option it does not
     */
    public DatagramOptions withBroadcast(boolean allowed) {
        return withSocketOption(StandardSocketOptions.SO_BROADCAST, allowed);
    }

    /**
     * {@return these options with or without sharing the port} Multicast and broadcast datagrams reach every endpoint
     * that shares it; others reach one of them.
     *
     * @param reusePort whether other sockets that want the same, also of other processes, may be bound to the port
     */
    public DatagramOptions withReusePort(boolean reusePort) {
        return withSocketOption(StandardSocketOptions.SO_REUSEPORT, reusePort);
    }

    /**
     * {@return these options with or without sharing the address} Usual for multicast, where several programs of one
     * machine receive what is sent to one port.
     *
     * @param reuseAddress whether other sockets that want the same may be bound to the address
     */
    public DatagramOptions withReuseAddress(boolean reuseAddress) {
        return withSocketOption(StandardSocketOptions.SO_REUSEADDR, reuseAddress);
    }

    /**
     * {@return these options with another size of the system's buffer} What comes while it is full is lost.
     *
     * @param bytes the size, which the system may limit
     */
    public DatagramOptions withReceiveBuffer(int bytes) {
        return withSocketOption(StandardSocketOptions.SO_RCVBUF, bytes);
    }

    /**
     * {@return these options with the network to which multicast datagrams go}
     *
     * @param network its interface
     */
    public DatagramOptions withMulticastInterface(NetworkInterface network) {
        return withSocketOption(StandardSocketOptions.IP_MULTICAST_IF, network);
    }

    /**
     * {@return these options with or without multicast datagrams coming back to members on this machine}
     *
     * @param loopback whether they do; they do without this option, too
     */
    public DatagramOptions withMulticastLoopback(boolean loopback) {
        return withSocketOption(StandardSocketOptions.IP_MULTICAST_LOOP, loopback);
    }

    /**
     * {@return these options with how far multicast datagrams go}
     *
     * @param hops through how many routers less one: 0 for this machine, 1 for this network, which is usual, up to 255
     */
    public DatagramOptions withMulticastTimeToLive(int hops) {
        return withSocketOption(StandardSocketOptions.IP_MULTICAST_TTL, hops);
    }
}
