package dev.tulip.net;

import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Suspends;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.StandardProtocolFamily;
import java.net.UnknownHostException;
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
     * @throws UnknownHostException if there is none
     */
    @Suspends
    static List<InetAddress> addressesOf(EventLoop loop, String host, @Nullable StandardProtocolFamily family)
            throws IOException {
        InetAddress literal = literal(host);
        List<InetAddress> found = new ArrayList<>(literal == null ? lookUp(loop, host) : List.of(literal));
        found.removeIf(address -> family != null && familyOf(address) != family);
        if (found.isEmpty()) {
            throw new UnknownHostException(host + " has no " + family + " address");
        }
        return found;
    }

    static StandardProtocolFamily familyOf(InetAddress address) {
        return address instanceof Inet4Address ? StandardProtocolFamily.INET : StandardProtocolFamily.INET6;
    }

    private static @Nullable InetAddress literal(String host) {
        try {
            return InetAddress.ofLiteral(host);
        } catch (IllegalArgumentException e) {
            return null; // a name
        }
    }

    @Suspends
    private static Set<InetAddress> lookUp(EventLoop loop, String host) throws IOException {
        InetAddress[] found =
                loop.runInExecutor(null, () -> InetAddress.getAllByName(host)).await();
        return new LinkedHashSet<>(List.of(found));
    }
}
