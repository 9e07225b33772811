package dev.tulip.loop;

/** The only reader of {@link System#nanoTime} in the library. */
enum SystemClock implements Clock {
    INSTANCE;

    // Counting from here keeps deadlines positive, so that they can be compared and saturated as plain numbers.
    private static final long ORIGIN = System.nanoTime();

    @Override
    public long nanos() {
        return System.nanoTime() - ORIGIN;
    }
}
