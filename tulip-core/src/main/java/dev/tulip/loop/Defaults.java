package dev.tulip.loop;

import java.time.Duration;
import java.util.concurrent.Flow;

/** Every tunable number of this package: value, unit, origin. */
final class Defaults {
    /** Entries the ready queue holds before it grows the first time; a power of two. */
    static final int READY_QUEUE_CAPACITY = 64;

    /** Timers the heap holds before it grows the first time. */
    static final int TIMER_CAPACITY = 64;

    /** From when on debug mode calls a callback or a task's step slow. As CPython. */
    static final Duration SLOW_CALLBACK_DURATION = Duration.ofMillis(100);

    /** Frames that debug mode keeps of the place where something was created. As CPython. */
    static final int TRACE_DEPTH = 10;

    /**
     * Longest time a select may wait, in milliseconds: a day. As CPython; a loop that wakes once a day harms
     * nobody.
     */
    static final long MAX_SELECT_MILLIS = 24 * 3600 * 1000L;

    /** How often a loop looks whether what somebody should have taken or closed was garbage collected. */
    static final Duration LEFTOVER_CHECK_INTERVAL = Duration.ofSeconds(1);

    /** Most threads of the default executor: {@code min(32, processors + 4)}. As CPython. */
    static final int EXECUTOR_THREADS = Math.min(32, Runtime.getRuntime().availableProcessors() + 4);

    /**
     * Most threads that look up host names. The JDK asks the system's resolver, which blocks; a few that hang must not
     * stop the others.
     */
    static final int RESOLVER_THREADS = 8;

    /** Seconds an idle thread of a pool lives. */
    static final long POOL_KEEP_ALIVE_SECONDS = 60;

    /** Seconds an idle thread lives that was started for a call that blocks: there may be a thousand of them. */
    static final long BLOCKING_KEEP_ALIVE_SECONDS = 5;

    /**
     * How long {@code run} waits at the end for jobs of the default executor that nobody has cancelled: as long as
     * Kubernetes gives a pod to end. CPython waits five minutes, in silence.
     */
    static final Duration JOB_TIMEOUT = Duration.ofSeconds(30);

    /** How long {@code run} waits at the end, at most, for jobs that were cancelled and interrupted. */
    static final Duration JOB_GRACE = Duration.ofSeconds(5);

    /** How long, after SIGTERM, servers may finish what they have accepted: half of what {@code docker stop} waits. */
    static final Duration TERMINATION_GRACE = Duration.ofSeconds(5);

    /**
     * How long {@code run} waits in silence at the end, for tasks that it cancelled and for jobs; then it says which
     * it waits for.
     */
    static final Duration SHUTDOWN_REPORT_DELAY = Duration.ofSeconds(5);

    /**
     * Tasks that a task group keeps after they are done, besides as many as are alive, until it clears them out
     * together.
     */
    static final int DONE_CHILDREN = 16;

    /** How many failures the message of a task group's exception names; the rest is counted. */
    static final int FAILURES_IN_MESSAGE = 10;

    /** How long {@code close} waits for tasks that sit in a call of the JDK and were interrupted. */
    static final Duration CLOSE_GRACE = Duration.ofMillis(100);

    /** How long {@code close} runs tasks that were ended and do not end, but are ready again and again. */
    static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);

    /** Size of the buffer through which {@code sockRecv} reads, in bytes: one per loop, made at the first use. */
    static final int RECEIVE_BUFFER_SIZE = 64 * 1024;

    /** How much of a file another thread sends at a time, in bytes: a task that is cancelled waits for that. */
    static final long FILE_STEP = 8 * 1024 * 1024;

    /** Elements that a publisher may have sent and nobody has taken yet. As the JDK's {@code Flow}. */
    static final int FLOW_BUFFER_SIZE = Flow.defaultBufferSize();

    /** Elements that are published before the others of the loop have a turn, if nothing else suspends. */
    static final int PUBLISHING_BURST = 256;

    private Defaults() {}
}
