package dev.tulip.streams;

import java.io.IOException;

/**
 * What was to end with a separator is longer than the limit. Nothing was taken from the stream: read with a greater limit,
 * or take {@link #consumed} bytes and go on behind them, or close the connection.
 */
public class LimitOverrunException extends IOException {
    private static final long serialVersionUID = 1;

    /** How many bytes belong to what is too long. */
    private final int consumed;

    /**
     * Tells what is too long.
     *
     * @param message what that is
     * @param consumed how many bytes belong to it that have come so far, without the separator
     */
    public LimitOverrunException(String message, int consumed) {
        super(message);
        this.consumed = consumed;
    }

    /**
     * {@return how many bytes of it have come so far, without the separator} They can be had at once, with {@code
     * readExactly}: what follows is the rest of it or the separator.
     */
    public int consumed() {
        return consumed;
    }
}
