package dev.tulip.loop;

/**
 * The callback of {@link EventLoop#addReader} or {@link EventLoop#addWriter}: runs as often as the channel is
 * ready, but not again while an earlier run of it waits in a call of the JDK.
 */
final class ChannelHandle extends Handle {
    private final Readiness readiness;
    private final int ops;

    // loop thread only
    private boolean running;

    ChannelHandle(Readiness readiness, int ops, Runnable callback, Object context) {
        super(callback, context);
        this.readiness = readiness;
        this.ops = ops;
    }

    boolean isRunning() {
        return running;
    }

    @Override
    void run() {
        running = true;
        try {
            super.run();
        } finally {
            running = false;
            readiness.want(ops); // it may have been ready meanwhile, which took the interest away
        }
    }
}
