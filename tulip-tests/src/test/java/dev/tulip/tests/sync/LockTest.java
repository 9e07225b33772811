package dev.tulip.tests.sync;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.currentTask;
import static dev.tulip.Tulip.newEventLoop;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.tests.sync.Turns.pass;
import static dev.tulip.tests.sync.Turns.withoutSuspending;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Task;
import dev.tulip.loop.TaskOptions;
import dev.tulip.sync.Lock;
import dev.tulip.tests.support.Errors;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Locks: row S1 of asyncio, behaviours 8 and 39. */
class LockTest {
    private final List<Object> order = new ArrayList<>();
    private final Lock lock = new Lock();

    private Task<?> acquirer(String name) {
        return createTask(
                () -> {
                    lock.acquire();
                    order.add(name);
                },
                TaskOptions.named(name));
    }

    /** Behaviour 8. */
    @Test
    void aFreeLockIsTakenWithoutSuspending() {
        run(() -> {
            withoutSuspending(lock::acquire);
            assertThat(lock.locked()).isTrue();
            withoutSuspending(lock::release);
            assertThat(lock.locked()).isFalse();
        });
    }

    @Test
    void waitersGetTheLockInTheOrderInWhichTheyCame() {
        run(() -> {
            lock.acquire();
            List<Task<?>> tasks = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                tasks.add(acquirer("" + i));
            }
            pass(3);
            assertThat(order).isEmpty();
            for (int i = 0; i < 5; i++) {
                lock.release();
                await(tasks.get(i));
            }
            assertThat(order).containsExactly("0", "1", "2", "3", "4");
            lock.release();
        });
    }

    /** Behaviour 39. */
    @Test
    void whoComesBetweenAReleaseAndTheWaitersTurnQueuesBehindIt() {
        run(() -> {
            lock.acquire();
            Task<?> waiter = acquirer("waiter");
            pass(1);
            Task<?> late = acquirer("late"); // its first step comes before the waiter's turn
            lock.release();
            assertThat(lock.locked()).isFalse();
            pass(1);
            assertThat(lock.locked()).isTrue();
            assertThat(order).containsExactly("waiter");
            lock.release();
            await(waiter);
            await(late);
            assertThat(order).containsExactly("waiter", "late");
        });
    }

    @Test
    void whoReleasesAndAcquiresAgainQueuesBehindAllWhoWait() {
        run(() -> {
            lock.acquire();
            acquirer("waiter").addDoneCallback(done -> lock.release());
            pass(1);
            lock.release();
            lock.acquire();
            order.add("again");
            assertThat(order).containsExactly("waiter", "again");
        });
    }

    /** Behaviour 39. */
    @Test
    void aWaiterThatIsCancelledInTheVeryIterationInWhichItWasWokenPassesTheLockOn() {
        run(() -> {
            lock.acquire();
            Task<?> woken = acquirer("woken");
            Task<?> next = acquirer("next");
            pass(1);
            lock.release();
            woken.cancel();
            await(next);
            assertThat(woken.cancelled()).isTrue();
            assertThat(order).containsExactly("next");
            assertThat(lock.statistics().owner()).isSameAs(next);
        });
    }

    @Test
    void aWokenWaiterThatIsCancelledLeavesTheLockFreeIfNobodyElseWaits() {
        run(() -> {
            lock.acquire();
            Task<?> woken = acquirer("woken");
            pass(1);
            lock.release();
            woken.cancel();
            pass(1);
            assertThat(lock.locked()).isFalse();
            withoutSuspending(lock::acquire);
        });
    }

    @Test
    void aCancelledWaiterLeavesTheLine() {
        run(() -> {
            lock.acquire();
            Task<?> first = acquirer("first");
            Task<?> second = acquirer("second");
            pass(1);
            first.cancel("enough");
            assertThatThrownBy(() -> await(first))
                    .isInstanceOf(CancelledError.class)
                    .hasMessage("enough");
            assertThat(lock.statistics().waiting()).containsExactly(second);
            lock.release();
            await(second);
            assertThat(order).containsExactly("second");
        });
    }

    @Test
    void aFreeLockIsTakenAtOnceIfAllWhoWaitedAreCancelled() {
        run(() -> {
            lock.acquire();
            Task<?> waiter = acquirer("waiter");
            pass(1);
            waiter.cancel(); // it has not run yet
            assertThat(lock.statistics().waiting()).isEmpty();
            lock.release();
            withoutSuspending(lock::acquire);
            assertThat(waiter.cancelled()).isTrue();
        });
    }

    @Test
    void cancelAndReleaseInOneIterationGiveTheLockToExactlyOneWaiter() {
        run(() -> {
            lock.acquire();
            Task<?> first = acquirer("first");
            Task<?> second = acquirer("second");
            Task<?> third = acquirer("third");
            pass(1);
            first.cancel();
            lock.release();
            second.cancel();
            pass(5);
            assertThat(order).containsExactly("third");
            assertThat(third.done()).isTrue();
        });
    }

    @Test
    void anotherTaskOrACallbackMayReleaseIt() {
        run(() -> {
            lock.acquire();
            await(createTask(lock::release));
            assertThat(lock.locked()).isFalse();
            lock.acquire();
            runningLoop().callSoon(lock::release);
            pass(1);
            assertThat(lock.locked()).isFalse();
        });
    }

    @Test
    void releasingALockThatNobodyHasIsRefused() {
        assertThatThrownBy(lock::release)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("Lock[unlocked, 0 waiting] is not acquired and cannot be released; was it released twice?");
    }

    @Test
    void aSecondReleaseIsRefusedThoughAWaiterIsAboutToTakeTheLock() {
        run(() -> {
            lock.acquire();
            Task<?> waiter = acquirer("waiter");
            pass(1);
            lock.release();
            assertThatThrownBy(lock::release).isInstanceOf(IllegalStateException.class);
            await(waiter);
            assertThat(lock.locked()).isTrue();
        });
    }

    @Test
    void whoHasTheLockAndAcquiresItAgainIsToldInsteadOfWaitingForEver() {
        run(() -> {
            currentTask().setName("Main");
            lock.acquire();
            assertThatThrownBy(lock::acquire)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageStartingWith("Main has Lock[locked by Main, 0 waiting] already")
                    .hasMessageContaining("not reentrant");
            assertThat(lock.locked()).isTrue();
        });
    }

    @Test
    void withLockKeepsTheResultAndTheCheckedExceptionOfItsBody() {
        run(() -> {
            int length = lock.withLock(() -> {
                assertThat(lock.locked()).isTrue();
                return "four".length();
            });
            assertThat(length).isEqualTo(4);
            lock.withLock(() -> {
                order.add("no result");
            });
            try {
                lock.withLock(() -> failing(lock.locked()));
                order.add("not reached");
            } catch (IOException e) {
                order.add(e.getMessage());
            }
            assertThat(lock.locked()).isFalse();
        });
        assertThat(order).containsExactly("no result", "failed with the lock: true");
    }

    private static String failing(boolean locked) throws IOException {
        throw new IOException("failed with the lock: " + locked);
    }

    @Test
    void withLockReleasesTheLockIfItsBodyIsCancelled() {
        run(() -> {
            Task<?> task = createTask(() -> lock.withLock(() -> {
                order.add("body");
                pass(100);
            }));
            pass(1);
            task.cancel();
            assertThatThrownBy(() -> await(task)).isInstanceOf(CancelledError.class);
            assertThat(lock.locked()).isFalse();
            assertThat(order).containsExactly("body");
        });
    }

    @Test
    void withLockDoesNotRunItsBodyIfItIsCancelledBeforeItHasTheLock() {
        run(() -> {
            lock.acquire();
            Task<?> task = createTask(() -> lock.withLock(() -> {
                order.add("body");
            }));
            pass(1);
            lock.release();
            task.cancel();
            assertThatThrownBy(() -> await(task)).isInstanceOf(CancelledError.class);
            assertThat(lock.locked()).isFalse();
            assertThat(order).isEmpty();
        });
    }

    @Test
    void statisticsNameTheOwnerAndThoseWhoWaitInOrder() {
        run(() -> {
            assertThat(lock.statistics()).isEqualTo(new Lock.Statistics(null, List.of()));
            lock.acquire();
            Task<?> first = acquirer("first");
            Task<?> second = acquirer("second");
            pass(1);
            assertThat(lock.statistics()).isEqualTo(new Lock.Statistics(currentTask(), List.of(first, second)));
            lock.release();
            assertThat(lock.statistics()).isEqualTo(new Lock.Statistics(null, List.of(first, second)));
            pass(1);
            assertThat(lock.statistics()).isEqualTo(new Lock.Statistics(first, List.of(second)));
            lock.release();
            await(second);
        });
    }

    @Test
    void toStringNamesTheOwnerAndSaysIfItEndedWithoutReleasingIt() {
        run(() -> {
            assertThat(lock).hasToString("Lock[unlocked, 0 waiting]");
            lock.acquire();
            currentTask().setName("Main");
            Task<?> forgetful = acquirer("Forgetful");
            pass(1);
            assertThat(lock).hasToString("Lock[locked by Main, 1 waiting]");
            lock.release();
            await(forgetful);
            assertThat(lock).hasToString("Lock[locked by Forgetful (done), 0 waiting]");
        });
    }

    @Test
    void closingTheLoopUnwindsThoseWhoWaitAndThoseWhoHaveIt(Errors errors) {
        EventLoop loop = newEventLoop();
        Task<?> owner = loop.createTask(() -> lock.withLock(() -> pass(Integer.MAX_VALUE)));
        Task<?> waiter = loop.createTask(() -> lock.withLock(() -> {
            order.add("body");
        }));
        loop.runUntilComplete(() -> pass(3));
        loop.close();
        assertThat(owner.cancelled()).isTrue();
        assertThat(waiter.cancelled()).isTrue();
        assertThat(lock.locked()).isFalse();
        assertThat(order).isEmpty();
        assertThat(errors.take()).hasSize(2).allMatch(error -> error.message().startsWith("Task was destroyed"));
    }
}
