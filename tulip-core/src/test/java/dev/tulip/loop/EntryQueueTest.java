package dev.tulip.loop;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The door under load, and two twins of it with a mistake each, which show that these tests can fail. */
class EntryQueueTest {
    private static final int PRODUCERS = 3;

    /** An entry that knows who pushed it, and as which. */
    private static final class Numbered extends Entry {
        private final int producer;
        private final int number;

        private Numbered(int producer, int number) {
            this.producer = producer;
            this.number = number;
        }

        @Override
        void fire(BaseEventLoop loop) {
            throw new AssertionError("not a timer");
        }

        @Override
        void passDoor(BaseEventLoop loop) {
            throw new AssertionError("not for a loop");
        }
    }

    /** Pushes without a compare-and-set: an entry that another thread pushes at the same time is lost. */
    private static final class LosingQueue extends EntryQueue {
        private volatile @Nullable Entry top;

        @Override
        boolean isEmpty() {
            return top == null;
        }

        @Override
        boolean push(Entry entry) {
            entry.nextAtDoor = top;
            Thread.yield(); // let somebody else push
            top = entry;
            return false;
        }

        @Override
        @Nullable
        Entry takeAll() {
            Entry all = top;
            top = null;
            return all;
        }
    }

    /** Looks at the stack before it says that it sleeps: whoever comes in between does not wake it. */
    private static final class DrowsyQueue extends EntryQueue {
        @Override
        boolean fallAsleep() {
            boolean empty = isEmpty();
            Thread.yield(); // let somebody come
            return super.fallAsleep() | empty;
        }
    }

    @Test
    void nothingIsLostAndEachThreadsOrderIsKept() throws Exception {
        assertThat(lost(new EntryQueue(), 200_000)).isZero();
    }

    @Test
    void aTwinThatPushesWithoutCompareAndSetLosesEntries() throws Exception {
        int lost = 0;
        for (int round = 0; round < 100 && lost == 0; round++) {
            lost = lost(new LosingQueue(), 20_000);
        }
        assertThat(lost).isNotZero();
    }

    /** {@return how many entries did not come out, of those that {@link #PRODUCERS} threads pushed} */
    private static int lost(EntryQueue queue, int perProducer) throws Exception {
        CyclicBarrier start = new CyclicBarrier(PRODUCERS + 1);
        Thread[] producers = new Thread[PRODUCERS];
        for (int p = 0; p < PRODUCERS; p++) {
            int producer = p;
            producers[p] = Thread.ofPlatform().start(() -> {
                await(start);
                for (int i = 0; i < perProducer; i++) {
                    queue.push(new Numbered(producer, i));
                }
            });
        }
        await(start);
        int[] next = new int[PRODUCERS];
        int taken = 0;
        boolean last = false;
        while (!last) {
            last = !isAlive(producers); // look once more after the last one has ended
            for (Entry entry = queue.takeAll(); entry != null; entry = entry.nextAtDoor) {
                Numbered numbered = (Numbered) entry;
                if (queue.getClass() == EntryQueue.class) {
                    assertThat(numbered.number).isEqualTo(next[numbered.producer]++);
                }
                taken++;
            }
        }
        return PRODUCERS * perProducer - taken;
    }

    private static boolean isAlive(Thread[] threads) {
        for (Thread thread : threads) {
            if (thread.isAlive()) {
                return true;
            }
        }
        return false;
    }

    private static void await(CyclicBarrier barrier) {
        try {
            barrier.await();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aSleeperIsAlwaysWoken() throws Exception {
        assertThat(roundsUntilItSleepsForEver(new EntryQueue(), 50_000, 30)).isEqualTo(50_000);
    }

    @Test
    void aTwinThatLooksBeforeItSaysThatItSleepsIsNotWoken() throws Exception {
        assertThat(roundsUntilItSleepsForEver(new DrowsyQueue(), 1_000_000, 2)).isLessThan(1_000_000);
    }

    /**
     * One thread sleeps until something is there, another pushes one entry at a time. Returns how often that went
     * well, within {@code seconds} each time.
     */
    private static int roundsUntilItSleepsForEver(EntryQueue queue, int rounds, int seconds) throws Exception {
        int[] taken = {0};
        boolean[] stop = {false};
        Thread sleeper = Thread.ofPlatform().daemon().start(() -> {
            while (!stop[0]) {
                if (queue.fallAsleep()) {
                    LockSupport.park(); // what a select is
                }
                queue.wakeUp();
                for (Entry entry = queue.takeAll(); entry != null; entry = entry.nextAtDoor) {
                    taken[0]++;
                    publish();
                }
            }
        });
        int round = 0;
        for (; round < rounds; round++) {
            if (queue.push(new Numbered(0, round))) {
                LockSupport.unpark(sleeper);
            }
            if (!comesTo(taken, round + 1, seconds)) {
                break;
            }
        }
        stop[0] = true;
        LockSupport.unpark(sleeper);
        sleeper.join();
        return round;
    }

    private static boolean comesTo(int[] taken, int expected, int seconds) {
        long end = System.nanoTime() + seconds * 1_000_000_000L;
        while (true) {
            publish();
            if (taken[0] == expected) {
                return true;
            }
            if (System.nanoTime() > end) {
                return false;
            }
            Thread.onSpinWait();
        }
    }

    private static void publish() {
        java.lang.invoke.VarHandle.fullFence();
    }
}
