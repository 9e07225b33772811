package dev.tulip.loop;

import org.jspecify.annotations.Nullable;

/**
 * Thrown where a cancelled task suspends, and by whoever asks a cancelled future for its result. Let it pass: clean
 * up in {@code finally} and do not catch it, unless you are the one who cancelled.
 *
 * <p>An {@link Error}, so that {@code catch (Exception e)} does not swallow it, as in asyncio, where it is a
 * {@code BaseException}.
 */
public class CancelledError extends Error {
    private static final long serialVersionUID = 1L;

    /** A cancellation without a message. */
    public CancelledError() {
        this(null);
    }

    /**
     * A cancellation with a message.
     *
     * @param message what {@link Task#cancel(String)} was given, or null
     */
    public CancelledError(@Nullable String message) {
        super(message);
    }
}
