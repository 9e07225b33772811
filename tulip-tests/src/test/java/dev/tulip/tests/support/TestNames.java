package dev.tulip.tests.support;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.net.spi.InetAddressResolver;
import java.net.spi.InetAddressResolverProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Host names for tests that say what addresses they have, in what order: {@code 127-0-0-2.ipv6.addresses.test} has
 * 127.0.0.2 and ::1. All other names are looked up as always. The JDK finds this as a service.
 */
public final class TestNames extends InetAddressResolverProvider {
    private static final String SUFFIX = ".addresses.test";

    /** {@return the name of a host with {@code addresses}} */
    public static String of(String... addresses) {
        return String.join(".", addresses)
                        .replace("::1", "ipv6")
                        .replaceAll("(\\d+)\\.(\\d+)\\.(\\d+)\\.(\\d+)", "$1-$2-$3-$4")
                + SUFFIX;
    }

    @Override
    public InetAddressResolver get(Configuration configuration) {
        InetAddressResolver system = configuration.builtinResolver();
        return new InetAddressResolver() {
            @Override
            public Stream<InetAddress> lookupByName(String host, LookupPolicy policy) throws UnknownHostException {
                return host.endsWith(SUFFIX) ? addresses(host) : system.lookupByName(host, policy);
            }

            @Override
            public String lookupByAddress(byte[] address) throws UnknownHostException {
                return system.lookupByAddress(address);
            }
        };
    }

    private static Stream<InetAddress> addresses(String host) throws UnknownHostException {
        List<InetAddress> addresses = new ArrayList<>();
        for (String label : host.substring(0, host.length() - SUFFIX.length()).split("\\.")) {
            InetAddress literal = InetAddress.ofLiteral(label.equals("ipv6") ? "::1" : label.replace('-', '.'));
            addresses.add(InetAddress.getByAddress(host, literal.getAddress()));
        }
        return addresses.stream();
    }

    @Override
    public String name() {
        return "names for tests";
    }
}
