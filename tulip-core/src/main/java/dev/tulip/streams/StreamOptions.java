package dev.tulip.streams;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/**
 * How a connection's reader and writer behave.
 *
 * @param limit how many bytes a line, or what else ends with a separator, may have before it; a reader over a transport
 *     that cannot be read directly keeps about twice as much, then it pauses that transport
 * @param charset how lines and strings are encoded; one that has a newline as the single byte 10, as UTF-8 and the ISO
 *     8859 family have
 */
public record StreamOptions(int limit, Charset charset) {
    private static final StreamOptions DEFAULTS = new StreamOptions(Defaults.LIMIT, StandardCharsets.UTF_8);

    /**
     * Checks the limit.
     *
     * @throws IllegalArgumentException if the limit is not positive
     */
    public StreamOptions {
        Objects.requireNonNull(charset, "charset");
        if (limit <= 0) {
            throw new IllegalArgumentException("limit must be positive, not " + limit);
        }
    }

    /** {@return lines of up to 64 KiB, in UTF-8} */
    public static StreamOptions defaults() {
        return DEFAULTS;
    }

    /**
     * {@return these options with another limit}
     *
     * @param limit in bytes
     */
    public StreamOptions withLimit(int limit) {
        return new StreamOptions(limit, charset);
    }

    /**
     * {@return these options with another encoding}
     *
     * @param charset of lines and strings
     */
    public StreamOptions withCharset(Charset charset) {
        return new StreamOptions(limit, charset);
    }
}
