package dev.tulip.loop;

import java.math.BigDecimal;
import java.time.Duration;

/** Arithmetic with nanoseconds that stops at the largest number instead of wrapping round. */
final class Nanos {
    private Nanos() {}

    /** {@return {@code duration} in nanoseconds; the most extreme number if it has more} */
    static long of(Duration duration) {
        try {
            return duration.toNanos();
        } catch (ArithmeticException e) {
            return duration.isNegative() ? Long.MIN_VALUE : Long.MAX_VALUE;
        }
    }

    /** {@return {@code time + delay}; the largest number if that is more. A negative delay may lie in the past} */
    static long plus(long time, long delay) {
        long sum = time + delay;
        // Overflow: both have a sign that the sum has not.
        return ((time ^ sum) & (delay ^ sum)) < 0 ? (delay < 0 ? Long.MIN_VALUE : Long.MAX_VALUE) : sum;
    }

    /** {@return {@code nanos} for a message: {@code 50 ms}, {@code 1.5 s}} */
    static String describe(long nanos) {
        boolean belowASecond = nanos < 1_000_000_000;
        BigDecimal number = BigDecimal.valueOf(nanos, belowASecond ? 6 : 9);
        return number.stripTrailingZeros().toPlainString() + (belowASecond ? " ms" : " s");
    }

    /**
     * {@return the milliseconds to wait so that {@code nanos} have passed: at least one, at most a select's
     * maximum}
     */
    static long toSelectMillis(long nanos) {
        return Math.clamp(Math.ceilDiv(nanos, 1_000_000L), 1, Defaults.MAX_SELECT_MILLIS);
    }
}
