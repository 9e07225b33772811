package dev.tulip.net;

/**
 * How much may pile up: over {@code high} the one who fills is asked to stop, at {@code low} to go on.
 *
 * @param high in bytes
 * @param low in bytes, from 0 to {@code high}
 * @see BaseTransport#setWriteBufferLimits(WaterMarks)
 */
public record WaterMarks(int high, int low) {
    /**
     * Checks the order of the two.
     *
     * @throws IllegalArgumentException unless {@code 0 <= low <= high}
     */
    public WaterMarks {
        if (low < 0 || high < low) {
            throw new IllegalArgumentException("high (" + high + ") must be >= low (" + low + ") must be >= 0");
        }
    }

    /** {@return a high mark of 64 KiB, a low one of 16 KiB} */
    public static WaterMarks defaults() {
        return Defaults.WRITE_LIMITS;
    }

    /**
     * {@return marks of which the low one is a quarter of the high one}
     *
     * @param high in bytes
     */
    public static WaterMarks ofHigh(int high) {
        return new WaterMarks(high, high / 4);
    }

    /**
     * {@return marks of which the high one is four times the low one}
     *
     * @param low in bytes
     */
    public static WaterMarks ofLow(int low) {
        return new WaterMarks((int) Math.min(4L * low, Integer.MAX_VALUE), low);
    }
}
