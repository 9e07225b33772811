package dev.tulip.tests.sync;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.newEventLoop;
import static dev.tulip.Tulip.run;
import static dev.tulip.tests.sync.Turns.pass;
import static dev.tulip.tests.sync.Turns.withoutSuspending;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Task;
import dev.tulip.loop.TaskOptions;
import dev.tulip.sync.Condition;
import dev.tulip.sync.Lock;
import dev.tulip.tests.support.Errors;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Conditions: row S3 of asyncio, behaviour 40. */
class ConditionTest {
    private final List<Object> order = new ArrayList<>();
    private final Condition condition = new Condition();

    private Task<?> waiter(String name) {
        return createTask(
                () -> condition.withLock(() -> {
                    try {
                        condition.await();
                        order.add(name);
                    } catch (CancelledError e) {
                        order.add(name + " cancelled: " + e.getMessage() + ", locked: " + condition.locked());
                        throw e;
                    }
                }),
                TaskOptions.named(name));
    }

    @Test
    void waitingReleasesTheLockAndTakesItAgain() {
        run(() -> {
            Task<?> waiter = waiter("waiter");
            pass(1);
            assertThat(condition.locked()).isFalse();
            condition.acquire();
            condition.notifyWaiter();
            pass(5);
            assertThat(order).isEmpty(); // notified, and waiting for the lock
            condition.release();
            await(waiter);
            assertThat(order).containsExactly("waiter");
            assertThat(condition.locked()).isFalse();
        });
    }

    @Test
    void notifyingWakesThatManyInTheOrderInWhichTheyCame() {
        run(() -> {
            for (String name : List.of("a", "b", "c", "d", "e")) {
                waiter(name);
            }
            pass(1);
            condition.withLock(condition::notifyWaiter);
            pass(5);
            assertThat(order).containsExactly("a");
            condition.withLock(() -> condition.notifyWaiters(2));
            pass(5);
            assertThat(order).containsExactly("a", "b", "c");
            condition.withLock(() -> condition.notifyWaiters(0));
            pass(5);
            assertThat(order).containsExactly("a", "b", "c");
            condition.withLock(() -> condition.notifyWaiters(Integer.MAX_VALUE));
            pass(5);
            assertThat(order).containsExactly("a", "b", "c", "d", "e");
        });
    }

    @Test
    void notifyingTwiceInARowWakesTwo() {
        run(() -> {
            waiter("a");
            waiter("b");
            Task<?> last = waiter("c");
            pass(1);
            condition.withLock(() -> {
                condition.notifyWaiter();
                condition.notifyWaiter();
            });
            pass(5);
            assertThat(order).containsExactly("a", "b");
            condition.withLock(condition::notifyWaiter);
            await(last);
        });
    }

    @Test
    void notifyAllWaitersWakesThoseWhoWaitAndNobodyWhoComesLater() {
        run(() -> {
            waiter("a");
            waiter("b");
            pass(1);
            condition.acquire();
            condition.notifyAllWaiters();
            Task<?> late = waiter("late");
            condition.release();
            pass(10);
            assertThat(order).containsExactly("a", "b");
            condition.withLock(condition::notifyWaiter);
            await(late);
        });
    }

    @Test
    void notifyingWithoutWaitersIsForgotten() {
        run(() -> {
            condition.withLock(condition::notifyAllWaiters);
            condition.withLock(condition::notifyWaiter);
            Task<?> waiter = waiter("waiter");
            pass(5);
            assertThat(order).isEmpty();
            condition.withLock(condition::notifyWaiter);
            await(waiter);
        });
    }

    @Test
    void waitingAndNotifyingWithoutTheLockAreRefused() {
        run(() -> {
            assertThatThrownBy(condition::await)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("cannot wait on Condition[Lock[unlocked, 0 waiting], 0 waiting] without its lock;"
                            + " acquire it first, or use withLock");
            assertThatThrownBy(condition::notifyWaiter).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(condition::notifyAllWaiters).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> condition.awaitFor(() -> false)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(condition::release).isInstanceOf(IllegalStateException.class);
            condition.acquire();
            assertThatThrownBy(() -> condition.notifyWaiters(-1)).isInstanceOf(IllegalArgumentException.class);
            condition.release();
        });
    }

    @Test
    void theMethodsOfObjectWithSimilarNamesAreRefusedByTheJdk() {
        run(() -> {
            condition.acquire();
            assertThatThrownBy(condition::notify).isInstanceOf(IllegalMonitorStateException.class);
            assertThatThrownBy(condition::notifyAll).isInstanceOf(IllegalMonitorStateException.class);
        });
    }

    @Test
    void awaitForLooksAgainEachTimeItIsNotified() {
        run(() -> {
            int[] value = {0};
            Task<?> waiter = createTask(() -> condition.withLock(() -> {
                condition.awaitFor(() -> {
                    order.add(value[0]);
                    return value[0] == 2;
                });
            }));
            pass(1);
            for (int i = 1; i <= 2; i++) {
                value[0] = i;
                condition.withLock(condition::notifyWaiter);
                pass(3);
            }
            await(waiter);
            assertThat(order).containsExactly(0, 1, 2);
        });
    }

    @Test
    void awaitForDoesNotSuspendAndNeedsNoLockIfThePredicateHolds() {
        run(() -> withoutSuspending(() -> condition.awaitFor(() -> true)));
    }

    @Test
    void awaitForPassesOnWhatThePredicateThrows() {
        run(() -> assertThatThrownBy(() -> condition.awaitFor(() -> {
                    throw new IllegalArgumentException("bad predicate");
                }))
                .hasMessage("bad predicate"));
    }

    /** Behaviour 40. */
    @Test
    void aCancelledWaiterTakesTheLockBeforeItGetsTheErrorAndASecondCancelIsAbsorbed() {
        run(() -> {
            Task<?> waiter = waiter("waiter");
            pass(1);
            condition.acquire();
            waiter.cancel("one");
            pass(5);
            assertThat(waiter.done()).isFalse();
            waiter.cancel("two");
            pass(5);
            assertThat(waiter.done()).isFalse();
            assertThat(order).isEmpty();
            condition.release();
            assertThatThrownBy(() -> await(waiter))
                    .isInstanceOf(CancelledError.class)
                    .hasMessage("two");
            assertThat(order).containsExactly("waiter cancelled: two, locked: true");
            assertThat(waiter.cancelling()).isEqualTo(2);
            assertThat(condition.locked()).isFalse();
        });
    }

    /** Behaviour 40, as CPython 3.13 and later. */
    @Test
    void aNotificationOfAWaiterThatIsCancelledInTheSameStepGoesToAnother() {
        run(() -> {
            Task<?> notified = waiter("notified");
            Task<?> other = waiter("other");
            pass(1);
            condition.withLock(() -> {
                condition.notifyWaiter();
                notified.cancel("too late");
            });
            await(other);
            assertThat(order).containsExactly("notified cancelled: too late, locked: true", "other");
        });
    }

    @Test
    void aNotificationOfAWaiterThatIsCancelledWhileItWaitsForTheLockGoesToAnother() {
        run(() -> {
            Task<?> notified = waiter("notified");
            Task<?> other = waiter("other");
            pass(1);
            condition.acquire();
            condition.notifyWaiter();
            pass(3);
            assertThat(condition.statistics().lock().waiting()).containsExactly(notified);
            notified.cancel("later");
            pass(3);
            condition.release();
            await(other);
            assertThat(order).containsExactly("notified cancelled: later, locked: true", "other");
        });
    }

    @Test
    void aCancelOfAWaiterThatWasNotNotifiedWakesNobody() {
        run(() -> {
            Task<?> cancelled = waiter("cancelled");
            Task<?> other = waiter("other");
            pass(1);
            cancelled.cancel();
            pass(5);
            assertThat(order).containsExactly("cancelled cancelled: null, locked: true");
            condition.withLock(condition::notifyWaiter);
            await(other);
        });
    }

    @Test
    void aNotificationOfAllIsNotPassedOnToWhoComesLater() {
        run(() -> {
            Task<?> notified = waiter("notified");
            pass(1);
            condition.acquire();
            Task<?> late = waiter("late"); // it waits before the other one has run
            condition.notifyAllWaiters();
            condition.release();
            notified.cancel();
            pass(5);
            assertThat(order).containsExactly("notified cancelled: null, locked: true");
            condition.withLock(condition::notifyWaiter);
            await(late);
        });
    }

    @Test
    void twoConditionsMayShareALock() {
        Lock lock = new Lock();
        Condition notEmpty = new Condition(lock);
        Condition notFull = new Condition(lock);
        run(() -> {
            List<Integer> buffer = new ArrayList<>();
            Task<?> consumer = createTask(() -> {
                for (int i = 0; i < 10; i++) {
                    notEmpty.withLock(() -> {
                        notEmpty.awaitFor(() -> !buffer.isEmpty());
                        order.add(buffer.removeFirst());
                        notFull.notifyWaiter();
                    });
                }
            });
            for (int i = 0; i < 10; i++) {
                int number = i;
                lock.withLock(() -> {
                    notFull.awaitFor(() -> buffer.size() < 2);
                    buffer.add(number);
                    notEmpty.notifyWaiter();
                });
            }
            await(consumer);
        });
        assertThat(order).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    }

    @Test
    void withLockKeepsTheResultAndTheCheckedExceptionOfItsBody() {
        run(() -> {
            String result = condition.withLock(() -> "result");
            assertThat(result).isEqualTo("result");
            try {
                condition.withLock(() -> {
                    throw new IOException("disk");
                });
            } catch (IOException e) {
                order.add(e.getMessage());
            }
            assertThat(condition.locked()).isFalse();
        });
        assertThat(order).containsExactly("disk");
    }

    @Test
    void closingTheLoopUnwindsAWaiterThoughTheLockIsHeld(Errors errors) {
        EventLoop loop = newEventLoop();
        Task<?> waiter = loop.createTask(() -> {
            condition.acquire();
            condition.await();
        });
        Task<?> owner = loop.createTask(() -> {
            condition.acquire();
            pass(Integer.MAX_VALUE);
        });
        loop.runUntilComplete(() -> pass(3));
        loop.close();
        assertThat(waiter.cancelled()).isTrue();
        assertThat(owner.cancelled()).isTrue();
        assertThat(errors.take()).hasSize(2).allMatch(error -> error.message().startsWith("Task was destroyed"));
    }

    @Test
    void statisticsAndToStringShowItsState() {
        run(() -> {
            Task<?> waiter = waiter("waiter");
            pass(1);
            assertThat(condition).hasToString("Condition[Lock[unlocked, 0 waiting], 1 waiting]");
            assertThat(condition.statistics())
                    .isEqualTo(new Condition.Statistics(new Lock.Statistics(null, List.of()), List.of(waiter)));
            condition.withLock(condition::notifyWaiter);
            await(waiter);
        });
    }
}
