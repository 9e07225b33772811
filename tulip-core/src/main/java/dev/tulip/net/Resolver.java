package dev.tulip.net;

import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Suspends;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds the addresses of a host. */
final class Resolver {
    private Resolver() {}

    /**
     * {@return the addresses of {@code host}, at least one, in the system's order, none twice} What is an address
     * already is not looked up.
     *
     * @param family INET or INET6 for addresses of that kind only; null for both
     * @throws java.net.UnknownHostException if there is none
     */
    @Suspends
    static List<InetAddress> addressesOf(EventLoop loop, String host, @Nullable StandardProtocolFamily family)
            throws IOException {
        Set<InetAddress> found = new LinkedHashSet<>();
        for (InetSocketAddress address : loop.getaddrinfo(host, 0, family)) {
            found.add(address.getAddress());
        }
        return new ArrayList<>(found);
    }

    static StandardProtocolFamily familyOf(InetAddress address) {
        return address instanceof Inet4Address ? StandardProtocolFamily.INET : StandardProtocolFamily.INET6;
    }
}
