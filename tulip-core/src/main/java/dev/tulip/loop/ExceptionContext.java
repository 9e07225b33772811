package dev.tulip.loop;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An error that nobody is waiting for, and what it concerns.
 *
 * @param message what happened, in a sentence
 * @param exception what was thrown, or null
 * @param subjects what it concerns, by asyncio's names: {@code handle}, {@code task}, {@code future}, {@code
 *     transport}, {@code protocol}, {@code socket}, {@code source_traceback}
 */
public record ExceptionContext(String message, @Nullable Throwable exception, Map<String, Object> subjects) {
    /** Copies {@code subjects}, in their order. */
    public ExceptionContext {
        subjects = Collections.unmodifiableMap(new LinkedHashMap<>(subjects));
    }

    /**
     * An error that concerns one thing.
     *
     * @param message what happened, in a sentence
     * @param exception what was thrown, or null
     * @param name what the subject is: {@code handle}, {@code task}, ...
     * @param subject the thing itself
     */
    public ExceptionContext(String message, @Nullable Throwable exception, String name, Object subject) {
        this(message, exception, Map.of(name, subject));
    }

    /**
     * {@return what the error concerns under {@code name}, or null}
     *
     * @param name {@code handle}, {@code task}, {@code future}, ...
     */
    public @Nullable Object get(String name) {
        return subjects.get(name);
    }

    /** {@return the message, then each subject on a line of its own} */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(message);
        subjects.forEach(
                (name, subject) -> text.append("\n  ").append(name).append(": ").append(subject));
        return text.toString();
    }
}
