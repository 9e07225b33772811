package dev.tulip.sync;

import dev.tulip.loop.Suspends;
import dev.tulip.loop.Task;
import java.util.List;

/**
 * A place where tasks of one loop wait until a given number of them has arrived; then all go on, and the next round
 * begins. Not for other threads.
 *
 * <p>A task that is cancelled while it waits has not arrived, and the others wait for somebody else; the barrier does
 * not break. It breaks by {@link #abort} alone.
 *
 * @see <a href="https://docs.python.org/3.14/library/asyncio-sync.html#barrier">asyncio: Barrier</a>
 */
public final class Barrier {
    /*
     * FILLING -> FILLING, next round   // the last one arrives: the others pass
     * FILLING -> FILLING, next round   // reset(): who waits fails
     * FILLING -> BROKEN                // abort(): who waits fails, and who comes
     *  BROKEN -> FILLING, next round   // reset()
     *
     * A task looks at the round in which it arrived. So once the last one has arrived, all pass, whatever is called
     * before they run. (In CPython those fail that have not run yet; and newcomers wait until the round before is gone,
     * which rounds make needless.)
     */
    private static final class Round {
        private boolean broken;
    }

    private final int parties;
    private final LoopBinding binding = new LoopBinding();
    private final WaitQueue waiters = new WaitQueue(binding);

    // loop thread only
    private Round round = new Round();
    private boolean broken;

    /**
     * A barrier.
     *
     * @param parties how many tasks must arrive
     * @throws IllegalArgumentException if that is less than one
     */
    public Barrier(int parties) {
        if (parties < 1) {
            throw new IllegalArgumentException("a barrier for " + parties + " tasks would let nobody pass");
        }
        this.parties = parties;
    }

    /**
     * Waits until all have arrived. The last one does not suspend.
     *
     * <p>If this throws, the task has not arrived, unless it was cancelled after the last one had come: then the others
     * pass.
     *
     * @return the task's number in the order of arrival, 0 to {@link #parties} - 1, each once a round: use it to choose
     *     one task for something
     * @throws BrokenBarrierException if the barrier is broken, or was broken or reset while the task waited
     * @throws dev.tulip.loop.CancelledError if the task was cancelled while it waited
     * @throws IllegalStateException if called outside a task, or on another loop than this barrier's
     */
    @Suspends
    public int await() {
        Task<?> task = binding.task(this);
        if (broken) {
            throw new BrokenBarrierException(this + " is broken; reset it, or make a new one");
        }
        if (waiters.hasAtLeast(parties - 1)) {
            endRound(/* broken= */ false);
            return parties - 1;
        }
        Round mine = round;
        int number = waiters.await(task);
        if (mine.broken) {
            throw new BrokenBarrierException(
                    this + " was " + (broken ? "broken" : "reset") + " while " + task.getName() + " waited");
        }
        return number;
    }

    /**
     * Begins a new round: who waits now gets a {@link BrokenBarrierException}; who comes later waits as at first. Mends
     * a broken barrier.
     *
     * @throws IllegalStateException on another loop than this barrier's
     * @throws WrongThreadException if another thread calls this while the loop runs
     */
    public void reset() {
        binding.check(this);
        broken = false;
        endRound(/* broken= */ true);
    }

    /**
     * Breaks this: who waits now and who comes later gets a {@link BrokenBarrierException}, until {@link #reset}.
     *
     * @throws IllegalStateException on another loop than this barrier's
     * @throws WrongThreadException if another thread calls this while the loop runs
     */
    public void abort() {
        binding.check(this);
        broken = true;
        endRound(/* broken= */ true);
    }

    private void endRound(boolean broken) {
        if (!waiters.isEmpty()) {
            round.broken = broken;
            round = new Round();
            waiters.releaseAll();
        }
    }

    /** {@return how many tasks must arrive} */
    public int parties() {
        return parties;
    }

    /** {@return how many have arrived and wait for the others} */
    public int nWaiting() {
        return waiters.count();
    }

    /** {@return whether this is broken} */
    public boolean broken() {
        return broken;
    }

    /** {@return how many must arrive, who has, and whether this is broken} */
    public Statistics statistics() {
        return new Statistics(parties, waiters.tasks(), broken);
    }

    /** {@return how many have arrived of how many, or that this is broken} */
    @Override
    public String toString() {
        return "Barrier[" + (broken ? "broken" : "filling") + ", " + nWaiting() + " of " + parties + " waiting]";
    }

    /**
     * A barrier at one moment.
     *
     * @param parties how many tasks must arrive
     * @param waiting those who have, in their order
     * @param broken whether it is broken
     */
    public record Statistics(int parties, List<Task<?>> waiting, boolean broken) {}
}
