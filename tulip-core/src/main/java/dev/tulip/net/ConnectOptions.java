package dev.tulip.net;

import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a connection is made.
 *
 * @param family INET or INET6 to use only addresses of that kind; null for both
 * @param localAddress where the connection comes from; null to leave that to the system
 * @param happyEyeballsDelay how long one address may take until the next one is tried beside it, as RFC 8305 has it;
 *     null to try them strictly one after the other
 * @param interleave how many addresses of the first family come first, before the families take turns; 0 to keep the
 *     resolver's order
 * @param tls to secure the connection; null for a plain one
 */
public record ConnectOptions(
        @Nullable StandardProtocolFamily family,
        @Nullable InetSocketAddress localAddress,
        @Nullable Duration happyEyeballsDelay,
        int interleave,
        @Nullable TlsOptions tls) {
    private static final ConnectOptions DEFAULTS =
            new ConnectOptions(null, null, Defaults.HAPPY_EYEBALLS_DELAY, Defaults.INTERLEAVE, null);

    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if a family is neither INET nor INET6, or a number is negative
     */
    public ConnectOptions {
        if (family == StandardProtocolFamily.UNIX) {
            throw new IllegalArgumentException("family must be INET or INET6, not " + family);
        }
        if (happyEyeballsDelay != null && happyEyeballsDelay.isNegative()) {
            throw new IllegalArgumentException("happyEyeballsDelay must not be negative: " + happyEyeballsDelay);
        }
        if (interleave < 0) {
            throw new IllegalArgumentException("interleave must not be negative: " + interleave);
        }
    }

    /** {@return any family and local address; happy eyeballs with 250 ms, the families taking turns; no TLS} */
    public static ConnectOptions defaults() {
        return DEFAULTS;
    }

    /**
     * {@return these options for one family of addresses}
     *
     * @param family INET or INET6
     */
    public ConnectOptions withFamily(StandardProtocolFamily family) {
        return new ConnectOptions(family, localAddress, happyEyeballsDelay, interleave, tls);
    }

    /**
     * {@return these options with another local address}
     *
     * @param localAddress where the connection comes from; port 0 for any
     */
    public ConnectOptions withLocalAddress(InetSocketAddress localAddress) {
        return new ConnectOptions(family, localAddress, happyEyeballsDelay, interleave, tls);
    }

    /**
     * {@return these options with another delay between attempts}
     *
     * @param delay how long one address may take until the next one is tried beside it
     */
    public ConnectOptions withHappyEyeballsDelay(Duration delay) {
        return new ConnectOptions(family, localAddress, delay, interleave, tls);
    }

    /** {@return these options without happy eyeballs: one address after the other, in the resolver's order} */
    public ConnectOptions withoutHappyEyeballs() {
        return new ConnectOptions(family, localAddress, null, 0, tls);
    }

    /**
     * {@return these options with another order of addresses}
     *
     * @param interleave how many addresses of the first family come first; 0 to keep the resolver's order
     */
    public ConnectOptions withInterleave(int interleave) {
        return new ConnectOptions(family, localAddress, happyEyeballsDelay, interleave, tls);
    }

    /**
     * {@return these options for a connection with TLS}
     *
     * @param tls how it is secured
     */
    public ConnectOptions withTls(TlsOptions tls) {
        return new ConnectOptions(family, localAddress, happyEyeballsDelay, interleave, tls);
    }
}
