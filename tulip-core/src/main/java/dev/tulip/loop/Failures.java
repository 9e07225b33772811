package dev.tulip.loop;

import java.lang.ref.ReferenceQueue;
import org.jspecify.annotations.Nullable;

/**
 * The failures of one loop for which nobody has asked yet. Each is reported once: when its future is garbage collected,
 * at the latest when the loop is closed. Loop thread only.
 */
final class Failures {
    final ReferenceQueue<Future<?>> collected = new ReferenceQueue<>();

    private final SelectorEventLoop loop;

    // loop thread only: a doubly linked list, because most failures are taken at once
    private @Nullable Failure newest;

    Failures(SelectorEventLoop loop) {
        this.loop = loop;
    }

    boolean isEmpty() {
        return newest == null;
    }

    /** Watches over the exception with which {@code future} fails. {@return what the future holds in its place} */
    Failure watch(Future<?> future, Throwable exception) {
        Failure failure = new Failure(future, exception, this);
        Failure older = newest;
        failure.next = older;
        if (older != null) {
            older.previous = failure;
        }
        newest = failure;
        return failure;
    }

    /** Somebody has asked. {@return the exception, which the future holds from now on} */
    Throwable retrieved(Failure failure) {
        unlink(failure);
        return failure.exception;
    }

    /** Reports the failures whose futures are gone. Cheap if there are none. */
    void reportCollected() {
        if (newest == null) {
            return;
        }
        while (collected.poll() instanceof Failure failure) {
            report(failure);
        }
    }

    /** Reports all that are left: the loop closes. */
    void reportAll() {
        while (newest != null) {
            report(newest);
        }
    }

    private void report(Failure failure) {
        unlink(failure);
        if (!failure.isTaken()) {
            loop.callExceptionHandler(new ExceptionContext(
                    failure.owner + " failed and nobody asked for its exception", failure.exception, "future",
                    failure.owner));
        }
    }

    private void unlink(Failure failure) {
        failure.clear();
        Failure before = failure.previous;
        Failure after = failure.next;
        failure.previous = null;
        failure.next = null;
        if (before != null) {
            before.next = after;
        } else if (newest == failure) {
            newest = after;
        } else {
            return; // taken off the list before
        }
        if (after != null) {
            after.previous = before;
        }
    }
}
