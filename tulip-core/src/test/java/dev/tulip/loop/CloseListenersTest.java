package dev.tulip.loop;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * A thread that wants to hear when a loop is closed, while another closes it: it hears once, whoever is first. With a
 * twin that looks first and registers then.
 */
class CloseListenersTest {
    private static final int ROUNDS = 2_000;

    /** What can be closed, and listened to. */
    private interface Closing {
        void whenClosed(Runnable listener);

        void close();
    }

    /** Looks whether it is closed, then registers: the closing may come in between. */
    private static final class LookThenRegister implements Closing {
        private final Set<Runnable> listeners = ConcurrentHashMap.newKeySet();
        private volatile boolean closed;

        @Override
        public void whenClosed(Runnable listener) {
            if (closed) {
                listener.run();
            } else {
                Thread.yield(); // let the other close it
                listeners.add(listener);
            }
        }

        @Override
        public void close() {
            closed = true;
            listeners.forEach(Runnable::run);
        }
    }

    private interface Factory {
        Closing make();
    }

    /** Lets both try at the same time, many times. Returns in how many rounds the listener was not called once. */
    private static int misunderstandings(Factory factory, int rounds) throws Exception {
        Closing[] current = new Closing[1];
        CyclicBarrier barrier = new CyclicBarrier(2);
        Thread closer = Thread.ofPlatform().start(() -> {
            try {
                for (int i = 0; i < rounds; i++) {
                    barrier.await();
                    current[0].close();
                    barrier.await();
                }
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
        int misunderstandings = 0;
        for (int i = 0; i < rounds; i++) {
            AtomicInteger heard = new AtomicInteger();
            current[0] = factory.make();
            barrier.await();
            for (int delay = i % 100; delay > 0; delay--) {
                Thread.onSpinWait();
            }
            current[0].whenClosed(heard::incrementAndGet);
            barrier.await();
            if (heard.get() != 1) {
                misunderstandings++;
            }
        }
        closer.join();
        return misunderstandings;
    }

    @Test
    void whoeverListensToALoopHearsOfItsEndOnce() throws Exception {
        assertThat(misunderstandings(
                        () -> {
                            BaseEventLoop loop = (BaseEventLoop) EventLoop.create();
                            return new Closing() {
                                @Override
                                public void whenClosed(Runnable listener) {
                                    loop.whenClosed(listener);
                                }

                                @Override
                                public void close() {
                                    loop.close();
                                }
                            };
                        },
                        ROUNDS))
                .isZero();
    }

    @Test
    void aTwinThatLooksFirstIsNotHeard() throws Exception {
        int misunderstandings = 0;
        for (int attempt = 0; attempt < 100 && misunderstandings == 0; attempt++) {
            misunderstandings = misunderstandings(LookThenRegister::new, ROUNDS);
        }
        assertThat(misunderstandings).isPositive();
    }
}
