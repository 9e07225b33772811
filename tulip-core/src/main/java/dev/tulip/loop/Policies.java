package dev.tulip.loop;

/** Holds the policy of this process. */
final class Policies {
    // any thread
    static volatile EventLoopPolicy current = EventLoop::create;

    private Policies() {}
}
