package dev.tulip.loop;

import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * What {@code wait} found when it returned: each future is in one of the two sets, in the order in which they were
 * given.
 *
 * @param <F> the futures' type
 * @param done those that are done; several may be, whatever was waited for
 * @param pending those that are not; nobody has cancelled them
 */
public record WaitResult<F extends Future<?>>(Set<F> done, Set<F> pending) {
    /** Copies both sets, in their order. */
    public WaitResult {
        done = Collections.unmodifiableSet(new LinkedHashSet<>(done));
        pending = Collections.unmodifiableSet(new LinkedHashSet<>(pending));
    }
}
