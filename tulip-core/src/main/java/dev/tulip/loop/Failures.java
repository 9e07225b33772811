package dev.tulip.loop;

import java.lang.ref.ReferenceQueue;
import org.jspecify.annotations.Nullable;

/**
 * The failures of one loop for which nobody has asked yet. Each is reported once: when its future is garbage collected,
 * at the latest when the loop is closed. Loop thread only.
 */
final class Failures {
    final ReferenceQueue<Future<?>> collected = new ReferenceQueue<>();

    private final BaseEventLoop loop;

    // loop thread only: a doubly linked list, because most failures are taken at once
    private @Nullable Failure newest;
    private boolean checking; // a check is scheduled

    Failures(BaseEventLoop loop) {
        this.loop = loop;
    }

    boolean isEmpty() {
        return newest == null;
    }

    /**
     * {@return what {@code future}, which fails with {@code exception}, holds in its place while this watches over
     * it}
     */
    Failure watch(Future<?> future, Throwable exception) {
        Failure failure = new Failure(future, exception, Context.copyContext(), this);
        checkLater();
        Failure older = newest;
        failure.next = older;
        if (older != null) {
            older.previous = failure;
        }
        newest = failure;
        if (loop.isClosed()) {
            report(failure); // a coroutine that outlived its loop: nobody closes it again
        }
        return failure;
    }

    /** {@return the exception of {@code failure}, which its future holds from now on: somebody has asked} */
    Throwable retrieved(Failure failure) {
        unlink(failure);
        return failure.exception;
    }

    /** Looks now and then for failures whose futures are gone, as long as there are any at all. */
    private void checkLater() {
        if (!checking && !loop.isClosing()) {
            checking = true;
            loop.callLater(Defaults.FAILURE_CHECK_INTERVAL, this::reportCollected);
        }
    }

    private void reportCollected() {
        checking = false;
        while (collected.poll() instanceof Failure failure) {
            report(failure);
        }
        if (newest != null) {
            checkLater();
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
            failure.context.run(() -> loop.callExceptionHandler(new ExceptionContext(
                    failure.owner + " exception was never retrieved", failure.exception, "future", failure.owner)));
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
