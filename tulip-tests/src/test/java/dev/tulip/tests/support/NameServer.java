package dev.tulip.tests.support;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.net.spi.InetAddressResolver;
import java.net.spi.InetAddressResolverProvider;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * What the JDK asks for host names in the tests, instead of the network: names that end with {@code .tulip.test} are
 * ours, for all others it asks the system.
 */
public final class NameServer extends InetAddressResolverProvider {
    private static final String OURS = ".tulip.test";
    private static final Map<String, Answer> ANSWERS = new ConcurrentHashMap<>();
    private static final Map<InetAddress, String> NAMES = new ConcurrentHashMap<>();
    private static final AtomicInteger LAST_NUMBER = new AtomicInteger();

    /** What a name stands for, and when the answer comes. */
    private record Answer(List<InetAddress> addresses, CountDownLatch asked, CountDownLatch answered) {}

    /** For the JDK, which makes the only instance. */
    public NameServer() {}

    /** {@return a new name for {@code addresses}: the JDK remembers names, so each is used in one test only} */
    public static String name(String... addresses) {
        return name("host" + LAST_NUMBER.incrementAndGet(), new CountDownLatch(0), addresses);
    }

    /** {@return a new name that is asked for and not answered before {@code answered}} */
    public static String slowName(CountDownLatch answered, String... addresses) {
        return name("slow" + LAST_NUMBER.incrementAndGet(), answered, addresses);
    }

    /** Gives {@code addresses} the name {@code label.tulip.test}. */
    public static String name(String label, CountDownLatch answered, String... addresses) {
        String name = label + OURS;
        List<InetAddress> list =
                Stream.of(addresses).map(InetAddress::ofLiteral).toList();
        ANSWERS.put(name, new Answer(list, new CountDownLatch(1), answered));
        list.forEach(address -> NAMES.put(address, name));
        return name;
    }

    /** {@return whether anybody has asked for {@code name}} */
    public static boolean wasAsked(String name) {
        return ANSWERS.get(name).asked.getCount() == 0;
    }

    @Override
    public InetAddressResolver get(Configuration configuration) {
        InetAddressResolver system = configuration.builtinResolver();
        return new InetAddressResolver() {
            @Override
            public Stream<InetAddress> lookupByName(String host, LookupPolicy policy) throws UnknownHostException {
                return host.endsWith(OURS) ? addresses(host) : system.lookupByName(host, policy);
            }

            @Override
            public String lookupByAddress(byte[] bytes) throws UnknownHostException {
                String name = NAMES.get(InetAddress.getByAddress(bytes));
                return name == null ? system.lookupByAddress(bytes) : name;
            }
        };
    }

    private static Stream<InetAddress> addresses(String host) throws UnknownHostException {
        Answer answer = ANSWERS.get(host);
        if (answer == null) {
            throw new UnknownHostException(host + ": no such name");
        }
        answer.asked.countDown();
        boolean waiting = true;
        while (waiting) {
            try {
                answer.answered.await();
                waiting = false;
            } catch (InterruptedException e) {
                // as the system's resolver, which cannot be interrupted
            }
        }
        return answer.addresses.stream();
    }

    @Override
    public String name() {
        return "names of the tests";
    }
}
