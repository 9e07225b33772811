package dev.tulip.loop;

/**
 * A turn of a virtual thread that a task started: on JDK 25 it inherits the loop's scheduler, so it runs here,
 * between the tasks and never beside them, but it is no task (design D10, P3).
 */
final class GuestStep extends Step {
    private final Runnable continuation;

    GuestStep(Runnable continuation) {
        this.continuation = continuation;
    }

    @Override
    void resume() {
        continuation.run();
    }

    @Override
    void resumeWithoutLoop() {
        continuation.run();
    }

    @Override
    void fire(BaseEventLoop loop) {
        throw new AssertionError("unreachable: no timer is ever set for " + this);
    }

    @Override
    void passDoor(BaseEventLoop loop) {
        loop.ready.add(this);
    }

    @Override
    public String toString() {
        return "a virtual thread that a task started";
    }
}
