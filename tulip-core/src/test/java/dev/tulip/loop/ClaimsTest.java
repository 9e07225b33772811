package dev.tulip.loop;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/**
 * Two threads that both want to decide about one thing: the loop that runs a callback and the thread that cancels
 * it, an executor that starts a job, or a task's stay on another thread, and the loop that drops or interrupts it.
 * Each has a twin without the compare-and-set.
 */
class ClaimsTest {
    /** Something that is either done or called off, whoever is first. */
    private interface Contested {
        /** Does it, unless it was called off. */
        void attempt();

        /** Calls it off. Returns whether that was in time. */
        boolean callOff();
    }

    /** Looks, then acts: the other may act in between. */
    private static final class LookThenAct implements Contested {
        private final AtomicInteger done;
        private volatile boolean claimed;

        private LookThenAct(AtomicInteger done) {
            this.done = done;
        }

        @Override
        public void attempt() {
            if (!claimed) {
                Thread.yield(); // let the other look, too
                claimed = true;
                done.incrementAndGet();
            }
        }

        @Override
        public boolean callOff() {
            if (!claimed) {
                claimed = true;
                return true;
            }
            return false;
        }
    }

    private interface Factory {
        Contested make(AtomicInteger done);
    }

    /** Lets both try at the same time, many times. Returns in how many rounds not exactly one of them won. */
    private static int disputes(Factory factory, int rounds) throws Exception {
        Contested[] current = new Contested[1];
        AtomicInteger done = new AtomicInteger();
        AtomicInteger begun = new AtomicInteger(); // rounds: the threads wait for each other by spinning on these
        AtomicInteger ended = new AtomicInteger();
        Thread other = Thread.ofPlatform().start(() -> {
            for (int i = 1; i <= rounds; i++) {
                spinUntil(begun, i);
                current[0].attempt();
                ended.set(i);
            }
        });
        int disputes = 0;
        for (int i = 1; i <= rounds; i++) {
            done.set(0);
            current[0] = factory.make(done);
            begun.set(i);
            for (int delay = i % 50; delay > 0; delay--) {
                Thread.onSpinWait();
            }
            int calledOff = current[0].callOff() ? 1 : 0;
            spinUntil(ended, i);
            if (done.get() + calledOff != 1) {
                disputes++;
            }
        }
        other.join();
        return disputes;
    }

    private static void spinUntil(AtomicInteger counter, int value) {
        for (int spins = 0; counter.get() < value; spins++) {
            if (spins < 1_000) {
                Thread.onSpinWait();
            } else {
                Thread.yield(); // on a busy machine the other may not have a core
            }
        }
    }

    @Test
    void aThreadsafeHandleIsEitherRunOrCancelled() throws Exception {
        try (EventLoop loop = EventLoop.create()) {
            assertThat(disputes(
                            done -> {
                                ThreadsafeHandle handle =
                                        new ThreadsafeHandle((BaseEventLoop) loop, done::incrementAndGet, Context.NONE);
                                return new Contested() {
                                    @Override
                                    public void attempt() {
                                        handle.run();
                                    }

                                    @Override
                                    public boolean callOff() {
                                        handle.cancel();
                                        return handle.cancelled();
                                    }
                                };
                            },
                            20_000))
                    .isZero();
        }
    }

    @Test
    void aHopIsEitherBegunOrDropped() throws Exception {
        try (EventLoop loop = EventLoop.create();
                ExecutorService executor = Executors.newSingleThreadExecutor()) {
            Fiber fiber = Fiber.ofCallbacks((BaseEventLoop) loop);
            assertThat(disputes(
                            done -> {
                                Hop<Integer> hop = new Hop<>(fiber, () -> 1);
                                return new Contested() {
                                    @Override
                                    public void attempt() {
                                        done.addAndGet(hop.claim(Thread.currentThread()) ? 1 : 0);
                                    }

                                    @Override
                                    public boolean callOff() {
                                        return hop.drop(executor);
                                    }
                                };
                            },
                            20_000))
                    .isZero();
        }
    }

    @Test
    void aJobIsEitherStartedOrDropped() throws Exception {
        try (EventLoop loop = EventLoop.create()) {
            assertThat(disputes(
                            done -> {
                                LocalJob<Integer> job =
                                        new LocalJob<>((BaseEventLoop) loop, Runnable::run, done::incrementAndGet);
                                return new Contested() {
                                    @Override
                                    public void attempt() {
                                        job.run();
                                    }

                                    @Override
                                    public boolean callOff() {
                                        return job.tryDrop();
                                    }
                                };
                            },
                            20_000))
                    .isZero();
        }
    }

    @Test
    void whatIsOpenedForATaskThatWaitsNoMoreIsClosedOnce() throws Exception {
        assertThat(disputes(
                        done -> {
                            Opening<Integer> opening = new Opening<>(opened -> done.addAndGet(opened));
                            return new Contested() {
                                @Override
                                public void attempt() {
                                    opening.run(() -> 1);
                                }

                                @Override
                                public boolean callOff() {
                                    opening.abandon(Runnable::run);
                                    return false; // one of the two has closed it
                                }
                            };
                        },
                        20_000))
                .isZero();
    }

    @Test
    void aTwinThatLooksAndThenActsIsDisputed() throws Exception {
        int disputes = 0;
        for (int attempt = 0; attempt < 100 && disputes == 0; attempt++) {
            disputes = disputes(LookThenAct::new, 20_000);
        }
        assertThat(disputes).isPositive();
    }

    // -- interrupts -----------------------------------------------------------------------------------------------

    /** Interrupts the thread that it sees running, which may be through by then. */
    private static final class InterruptWhoeverRuns implements Stoppable {
        private volatile Thread thread;

        @Override
        public void run() {
            thread = Thread.currentThread();
            Thread.yield(); // let the other look
            thread = null;
        }

        @Override
        public void stop() {
            Thread running = thread;
            if (running != null) {
                Thread.yield(); // let it go on meanwhile
                running.interrupt();
            }
        }
    }

    /** Something that runs, and that another thread may interrupt. */
    private interface Stoppable {
        void run();

        void stop();
    }

    /** Lets one thread run and the other stop at the same time. Returns how often an interrupt was left over. */
    private static int strayInterrupts(Supplier<Stoppable> factory, int rounds) throws Exception {
        Stoppable[] current = new Stoppable[1];
        AtomicInteger strays = new AtomicInteger();
        AtomicInteger begun = new AtomicInteger();
        AtomicInteger stopped = new AtomicInteger();
        AtomicInteger ended = new AtomicInteger();
        Thread other = Thread.ofPlatform().start(() -> {
            for (int i = 1; i <= rounds; i++) {
                spinUntil(begun, i);
                current[0].run();
                strays.addAndGet(Thread.interrupted() ? 1 : 0);
                ended.set(i);
                spinUntil(stopped, i);
                strays.addAndGet(Thread.interrupted() ? 1 : 0);
            }
        });
        for (int i = 1; i <= rounds; i++) {
            current[0] = factory.get();
            begun.set(i);
            for (int delay = i % 50; delay > 0; delay--) {
                Thread.onSpinWait();
            }
            current[0].stop();
            stopped.set(i);
            spinUntil(ended, i);
        }
        other.join();
        return strays.get();
    }

    @Test
    void anInterruptForAJobIsNeverLeftOverForTheNext() throws Exception {
        try (EventLoop loop = EventLoop.create()) {
            AtomicInteger interrupted = new AtomicInteger();
            int strays = 0;
            for (int attempt = 0; attempt < 100 && interrupted.get() == 0; attempt++) {
                strays += strayInterrupts(() -> interruptible((BaseEventLoop) loop, interrupted), 2_000);
            }
            assertThat(strays).isZero();
            assertThat(interrupted).hasPositiveValue(); // both were at it at the same time
        }
    }

    private static Stoppable interruptible(BaseEventLoop loop, AtomicInteger interrupted) {
        LocalJob<Boolean> job = new LocalJob<>(loop, Runnable::run, () -> {
            for (int i = 0; i < 20 && !Thread.currentThread().isInterrupted(); i++) {
                Thread.yield();
            }
            return Thread.currentThread().isInterrupted() && interrupted.incrementAndGet() > 0;
        });
        return new Stoppable() {
            @Override
            public void run() {
                job.run();
            }

            @Override
            public void stop() {
                job.stop();
            }
        };
    }

    @Test
    void aTwinThatInterruptsWhoeverRunsLeavesInterruptsOver() throws Exception {
        int strays = 0;
        for (int attempt = 0; attempt < 100 && strays == 0; attempt++) {
            strays = strayInterrupts(InterruptWhoeverRuns::new, 2_000);
        }
        assertThat(strays).isPositive();
    }
}
