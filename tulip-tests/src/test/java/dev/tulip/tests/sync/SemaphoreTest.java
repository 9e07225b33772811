package dev.tulip.tests.sync;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.tests.sync.Turns.pass;
import static dev.tulip.tests.sync.Turns.withoutSuspending;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.Task;
import dev.tulip.sync.BoundedSemaphore;
import dev.tulip.sync.Semaphore;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Semaphores: rows S4 and S5 of asyncio, behaviours 8 and 41. */
class SemaphoreTest {
    private final List<Object> order = new ArrayList<>();

    private Task<?> acquirer(Semaphore semaphore, String name) {
        return createTask(() -> {
            semaphore.acquire();
            order.add(name);
        });
    }

    /** Behaviour 8. */
    @Test
    void aPermitThatIsThereIsTakenWithoutSuspending() {
        run(() -> {
            Semaphore semaphore = new Semaphore(2);
            withoutSuspending(semaphore::acquire);
            assertThat(semaphore.locked()).isFalse();
            withoutSuspending(semaphore::acquire);
            assertThat(semaphore.locked()).isTrue();
            withoutSuspending(semaphore::release);
            assertThat(semaphore.locked()).isFalse();
        });
    }

    @Test
    void itHasOnePermitUnlessToldOtherwise() {
        assertThat(new Semaphore().statistics().permits()).isEqualTo(1);
        assertThat(new BoundedSemaphore().statistics().permits()).isEqualTo(1);
    }

    @Test
    void aNegativeNumberOfPermitsIsRefused() {
        assertThatThrownBy(() -> new Semaphore(-1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a semaphore cannot have -1 permits");
        assertThatThrownBy(() -> new BoundedSemaphore(-1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void noMoreTasksThanPermitsAreInside() {
        run(() -> {
            Semaphore semaphore = new Semaphore(3);
            int[] inside = {0, 0};
            List<Task<?>> tasks = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                tasks.add(createTask(() -> semaphore.withPermit(() -> {
                    inside[1] = Math.max(inside[1], ++inside[0]);
                    pass(2);
                    inside[0]--;
                })));
            }
            tasks.forEach(Task::await);
            assertThat(inside).containsExactly(0, 3);
            assertThat(semaphore.statistics()).isEqualTo(new Semaphore.Statistics(3, List.of()));
        });
    }

    @Test
    void waitersGetPermitsInTheOrderInWhichTheyCame() {
        run(() -> {
            Semaphore semaphore = new Semaphore(0);
            List<Task<?>> tasks = new ArrayList<>();
            for (String name : List.of("a", "b", "c", "d")) {
                tasks.add(acquirer(semaphore, name));
            }
            pass(1);
            for (int i = 0; i < 4; i++) {
                semaphore.release();
            }
            tasks.forEach(Task::await);
            assertThat(order).containsExactly("a", "b", "c", "d");
        });
    }

    @Test
    void severalPermitsWakeSeveralWaitersInOneIteration() {
        run(() -> {
            Semaphore semaphore = new Semaphore(0);
            for (String name : List.of("a", "b", "c", "d")) {
                acquirer(semaphore, name);
            }
            pass(1);
            semaphore.release();
            semaphore.release();
            semaphore.release();
            pass(1);
            assertThat(order).containsExactly("a", "b", "c");
            semaphore.release();
            pass(1);
            assertThat(order).hasSize(4);
        });
    }

    /** Behaviour 41. */
    @Test
    void itIsLockedWhileAWaiterHasNotHadItsTurnAndWhoComesLateRunsAfterIt() {
        run(() -> {
            Semaphore semaphore = new Semaphore(0);
            acquirer(semaphore, "waiter");
            pass(1);
            Task<?> late = acquirer(semaphore, "late"); // its first step comes before the waiter's turn
            semaphore.release();
            semaphore.release();
            assertThat(semaphore.locked()).isTrue();
            await(late);
            assertThat(order).containsExactly("waiter", "late");
            assertThat(semaphore.statistics()).isEqualTo(new Semaphore.Statistics(0, List.of()));
        });
    }

    @Test
    void allWhoComeLateAreServedIfThereArePermitsForThem() {
        run(() -> {
            Semaphore semaphore = new Semaphore(0);
            acquirer(semaphore, "waiter");
            pass(1);
            acquirer(semaphore, "late 1");
            acquirer(semaphore, "late 2");
            for (int i = 0; i < 3; i++) {
                semaphore.release();
            }
            pass(2);
            assertThat(order).containsExactly("waiter", "late 1", "late 2");
        });
    }

    @Test
    void aWaiterThatIsCancelledInTheVeryIterationInWhichItWasWokenPassesThePermitOn() {
        run(() -> {
            Semaphore semaphore = new Semaphore(0);
            Task<?> woken = acquirer(semaphore, "woken");
            Task<?> next = acquirer(semaphore, "next");
            pass(1);
            semaphore.release();
            woken.cancel();
            await(next);
            assertThat(woken.cancelled()).isTrue();
            assertThat(order).containsExactly("next");
            assertThat(semaphore.statistics().permits()).isZero();
        });
    }

    @Test
    void ifAllWhoWereWokenAreCancelledThePermitsAreThereForTheNext() {
        run(() -> {
            Semaphore semaphore = new Semaphore(0);
            Task<?> first = acquirer(semaphore, "first");
            Task<?> second = acquirer(semaphore, "second");
            pass(1);
            acquirer(semaphore, "third");
            acquirer(semaphore, "fourth");
            semaphore.release();
            semaphore.release();
            semaphore.release();
            first.cancel();
            second.cancel();
            pass(3);
            assertThat(order).containsExactly("third", "fourth");
            assertThat(semaphore.statistics()).isEqualTo(new Semaphore.Statistics(1, List.of()));
        });
    }

    @Test
    void aPermitIsTakenAtOnceIfAllWhoWaitedAreCancelled() {
        run(() -> {
            Semaphore semaphore = new Semaphore(0);
            Task<?> waiter = acquirer(semaphore, "waiter");
            pass(1);
            waiter.cancel();
            semaphore.release();
            assertThat(semaphore.locked()).isFalse();
            withoutSuspending(semaphore::acquire);
        });
    }

    @Test
    void anybodyMayReleaseAndSoAddPermits() {
        run(() -> {
            Semaphore semaphore = new Semaphore(0);
            runningLoop().callSoon(semaphore::release);
            semaphore.acquire();
            semaphore.release();
            semaphore.release();
            assertThat(semaphore.statistics().permits()).isEqualTo(2);
        });
    }

    @Test
    void moreThanAnIntOfPermitsIsRefused() {
        Semaphore semaphore = new Semaphore(Integer.MAX_VALUE);
        assertThatThrownBy(semaphore::release).isInstanceOf(IllegalStateException.class);
        assertThat(semaphore.statistics().permits()).isEqualTo(Integer.MAX_VALUE);
    }

    @Test
    void aBoundedSemaphoreRefusesAPermitTooMany() {
        run(() -> {
            BoundedSemaphore semaphore = new BoundedSemaphore(2);
            semaphore.acquire();
            semaphore.release();
            assertThatThrownBy(semaphore::release)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("BoundedSemaphore[permits 2 of 2, 0 waiting] has all its permits already;"
                            + " was one released twice?");
            assertThat(semaphore.statistics().permits()).isEqualTo(2);
        });
    }

    @Test
    void aBoundedSemaphoreRefusesAPermitTooManyThoughAWaiterIsAboutToTakeIt() {
        run(() -> {
            BoundedSemaphore semaphore = new BoundedSemaphore(1);
            semaphore.acquire();
            Task<?> waiter = acquirer(semaphore, "waiter");
            pass(1);
            semaphore.release();
            assertThatThrownBy(semaphore::release).isInstanceOf(IllegalStateException.class);
            await(waiter);
            semaphore.release(); // the waiter's own
        });
    }

    @Test
    void withPermitKeepsTheResultAndTheCheckedExceptionOfItsBody() {
        run(() -> {
            Semaphore semaphore = new Semaphore(1);
            int result = semaphore.withPermit(() -> 5);
            assertThat(result).isEqualTo(5);
            semaphore.withPermit(() -> {
                order.add(semaphore.locked());
            });
            try {
                semaphore.withPermit(() -> {
                    throw new IOException("disk");
                });
            } catch (IOException e) {
                order.add(e.getMessage());
            }
            Task<?> cancelled = createTask(() -> semaphore.withPermit(() -> pass(100)));
            pass(1);
            cancelled.cancel();
            assertThatThrownBy(() -> await(cancelled)).isInstanceOf(CancelledError.class);
            assertThat(semaphore.statistics().permits()).isEqualTo(1);
        });
        assertThat(order).containsExactly(true, "disk");
    }

    @Test
    void statisticsAndToStringShowItsState() {
        run(() -> {
            Semaphore semaphore = new Semaphore(0);
            Task<?> waiter = acquirer(semaphore, "waiter");
            pass(1);
            assertThat(semaphore).hasToString("Semaphore[permits 0, 1 waiting]");
            semaphore.release();
            assertThat(semaphore).hasToString("Semaphore[permits 1, 1 waiting]");
            assertThat(semaphore.statistics()).isEqualTo(new Semaphore.Statistics(1, List.of(waiter)));
            await(waiter);
            assertThat(new BoundedSemaphore(3)).hasToString("BoundedSemaphore[permits 3 of 3, 0 waiting]");
        });
    }
}
