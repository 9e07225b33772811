package dev.tulip.loop;

import java.net.IDN;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.StandardProtocolFamily;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import org.jspecify.annotations.Nullable;

/**
 * Looks host names up on threads of its own: a default executor that is full must not look like a network that is down,
 * nor the other way round. Loop thread only.
 */
final class Resolver {
    private final BaseEventLoop loop;

    // loop thread only
    private @Nullable ExecutorService service;

    Resolver(BaseEventLoop loop) {
        this.loop = loop;
    }

    /** See {@link EventLoop#getaddrinfo(String, int, ProtocolFamily)}. */
    @Suspends
    List<InetSocketAddress> getaddrinfo(@Nullable String host, int port, @Nullable ProtocolFamily family)
            throws UnknownHostException {
        Task.suspending("getaddrinfo");
        InetAddress literal = literal(host);
        InetAddress[] found = literal != null
                ? new InetAddress[] {literal}
                : lookUp("addresses of " + host, () -> InetAddress.getAllByName(ascii(host)));
        List<InetSocketAddress> addresses = new ArrayList<>(found.length);
        for (InetAddress address : found) {
            if (family == null || family == familyOf(address)) {
                addresses.add(new InetSocketAddress(address, port));
            }
        }
        if (addresses.isEmpty()) {
            throw new UnknownHostException(host + ": no address of the family " + family);
        }
        return addresses;
    }

    /** See {@link EventLoop#getnameinfo}. */
    @Suspends
    String getnameinfo(InetSocketAddress address) {
        Task.suspending("getnameinfo");
        InetAddress known = address.getAddress();
        if (known == null) {
            return address.getHostString(); // not resolved: it is a name
        }
        return lookUp("the name of " + known, () -> nameless(known).getCanonicalHostName());
    }

    /** {@return {@code address} without the name that it was found under, which would be given back unasked} */
    private static InetAddress nameless(InetAddress address) throws UnknownHostException {
        byte[] bytes = address.getAddress();
        return address instanceof Inet6Address scoped
                ? Inet6Address.getByAddress(null, bytes, scoped.getScopeId())
                : InetAddress.getByAddress(bytes);
    }

    /** {@return the address that {@code host} spells out, which takes no look-up, or null} */
    private static @Nullable InetAddress literal(@Nullable String host) {
        if (host == null || host.indexOf('%') >= 0) { // a scope may be the name of an interface
            return null;
        }
        try {
            return InetAddress.ofLiteral(host);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    /** {@return {@code host} as name servers know it, also if it is written in another script} */
    private static @Nullable String ascii(@Nullable String host) throws UnknownHostException {
        if (host == null || host.chars().allMatch(letter -> letter < 128)) {
            return host;
        }
        try {
            return IDN.toASCII(host);
        } catch (IllegalArgumentException e) {
            UnknownHostException unknown = new UnknownHostException(host + ": not a host name: " + e.getMessage());
            unknown.initCause(e);
            throw unknown;
        }
    }

    private static ProtocolFamily familyOf(InetAddress address) {
        return address instanceof Inet4Address ? StandardProtocolFamily.INET : StandardProtocolFamily.INET6;
    }

    @Suspends
    private <T> T lookUp(String what, Callable<T> question) {
        loop.checkOpen();
        loop.checkThread();
        Job<T> job = new LocalJob<>(loop, service(), question);
        long start = loop.time();
        job.submit();
        try {
            return job.await();
        } finally {
            Duration duration = Duration.ofNanos(loop.time() - start);
            if (loop.isDebug() && duration.compareTo(loop.slowCallbackDuration()) >= 0) {
                Log.info(loop.name + ": looking up " + what + " took " + duration.toMillis() + " ms");
            }
        }
    }

    private ExecutorService service() {
        ExecutorService service = this.service;
        if (service == null) {
            service = Threads.daemons(loop.name + "-resolver", Defaults.RESOLVER_THREADS);
            this.service = service;
        }
        return service;
    }

    /** The loop is closed: what is still looked up, nobody waits for. */
    void close() {
        if (service != null) {
            service.shutdownNow();
        }
    }
}
