package dev.tulip.net;

import java.net.SocketAddress;
import java.nio.channels.NetworkChannel;

/**
 * A fact that a transport may know about its connection. The names are asyncio's.
 *
 * @param <T> what it is
 * @param name for {@link BaseTransport#getExtraInfo(String)}
 * @param type its class
 * @see BaseTransport#getExtraInfo(ExtraInfo)
 */
public record ExtraInfo<T>(String name, Class<T> type) {
    /** The peer's address, as it was when the connection was made. */
    public static final ExtraInfo<SocketAddress> PEERNAME = new ExtraInfo<>("peername", SocketAddress.class);

    /** The own address, as it was when the connection was made. */
    public static final ExtraInfo<SocketAddress> SOCKNAME = new ExtraInfo<>("sockname", SocketAddress.class);

    /**
     * The channel under the transport, for its options. It belongs to the transport: whoever reads from it, writes to
     * it or closes it breaks the connection.
     */
    public static final ExtraInfo<NetworkChannel> SOCKET = new ExtraInfo<>("socket", NetworkChannel.class);
}
