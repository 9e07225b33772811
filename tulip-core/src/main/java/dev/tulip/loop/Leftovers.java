package dev.tulip.loop;

import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import org.jspecify.annotations.Nullable;

/**
 * What must not be forgotten when an object that users hold is garbage collected: a failure that nobody has asked for,
 * a generator that stands in the middle of its body. Each is dealt with once: when its object is collected, at the
 * latest when the loop is closed. Loop thread only.
 */
final class Leftovers {
    private final ReferenceQueue<Object> collected = new ReferenceQueue<>();

    private final BaseEventLoop loop;

    // loop thread only: a doubly linked list, because most are taken off at once
    private @Nullable Leftover newest;
    private boolean checking; // a check is scheduled

    Leftovers(BaseEventLoop loop) {
        this.loop = loop;
    }

    boolean isEmpty() {
        return newest == null;
    }

    /** Looks now and then for those whose objects are gone, as long as there are any at all. */
    private void checkLater() {
        if (!checking && !loop.isClosing()) {
            checking = true;
            loop.callLater(Defaults.LEFTOVER_CHECK_INTERVAL, this::check);
        }
    }

    private void check() {
        checking = false;
        while (collected.poll() instanceof Leftover leftover) {
            leftover.takeOff();
            leftover.abandoned();
        }
        if (newest != null) {
            checkLater();
        }
    }

    /** Takes all off that are left, the newest first, and deals with them: the loop closes. */
    void endAll() {
        for (Leftover leftover = newest; leftover != null; leftover = newest) {
            leftover.takeOff();
            leftover.abandoned();
        }
    }

    /** One of them. It holds what is needed to deal with it, but not the object. */
    abstract static class Leftover extends PhantomReference<Object> {
        private final Leftovers owner;

        // loop thread only
        private @Nullable Leftover previous;
        private @Nullable Leftover next;

        /** Puts this on the list of {@code owner}. */
        Leftover(Object object, Leftovers owner) {
            super(object, owner.collected);
            this.owner = owner;
            owner.checkLater();
            Leftover older = owner.newest;
            next = older;
            if (older != null) {
                older.previous = this;
            }
            owner.newest = this;
        }

        /** Deals with what is left: nobody has the object any more. */
        abstract void abandoned();

        /** Takes this off the list: it is dealt with. */
        final void takeOff() {
            clear();
            Leftover before = previous;
            Leftover after = next;
            previous = null;
            next = null;
            if (before != null) {
                before.next = after;
            } else if (owner.newest == this) {
                owner.newest = after;
            } else {
                return; // taken off before
            }
            if (after != null) {
                after.previous = before;
            }
        }
    }
}
