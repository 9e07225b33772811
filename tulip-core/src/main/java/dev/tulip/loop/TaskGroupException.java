package dev.tulip.loop;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * Tasks of a {@link TaskGroup} have failed: all their failures in one exception. The first is its cause, the others are
 * its suppressed exceptions, so that a stack trace shows each of them once. What asyncio calls an {@code
 * ExceptionGroup}.
 */
public final class TaskGroupException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Throwable[] failures;

    /**
     * Several failures in one.
     *
     * @param message which tasks failed
     * @param failures what they failed with, at least one
     */
    public TaskGroupException(String message, List<? extends Throwable> failures) {
        super(message, failures.getFirst());
        this.failures = failures.toArray(Throwable[]::new);
        Set<Throwable> shown = Collections.newSetFromMap(new IdentityHashMap<>());
        shown.add(failures.getFirst());
        for (Throwable failure : failures) {
            if (shown.add(failure)) {
                addSuppressed(failure);
            }
        }
    }

    /**
     * {@return the failures, in the order in which the tasks ended, at the end that of the group's body if it failed}
     */
    public List<Throwable> failures() {
        return List.of(failures);
    }
}
