package dev.tulip.streams;

import java.io.EOFException;

/** The stream has ended before all was there that was wanted. What had come is in {@link #partial}, and not lost. */
public class IncompleteReadException extends EOFException {
    private static final long serialVersionUID = 1;

    /** What had come. */
    private final byte[] partial;

    /** How much was wanted. */
    private final int expected;

    /**
     * Tells what had come.
     *
     * @param partial what had come; not copied
     * @param expected how many bytes were wanted; -1 if they were to end with a separator
     */
    public IncompleteReadException(byte[] partial, int expected) {
        super("the stream ended after " + partial.length
                + (expected < 0 ? " bytes, before a separator came" : " of " + expected + " bytes"));
        this.partial = partial;
        this.expected = expected;
    }

    /** {@return what had come; not copied} */
    public byte[] partial() {
        return partial;
    }

    /** {@return how many bytes were wanted; -1 if they were to end with a separator} */
    public int expected() {
        return expected;
    }
}
