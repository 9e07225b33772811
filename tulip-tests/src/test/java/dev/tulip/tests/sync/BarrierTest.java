package dev.tulip.tests.sync;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.currentTask;
import static dev.tulip.Tulip.run;
import static dev.tulip.tests.sync.Turns.pass;
import static dev.tulip.tests.sync.Turns.withoutSuspending;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.Task;
import dev.tulip.loop.TaskOptions;
import dev.tulip.sync.Barrier;
import dev.tulip.sync.BrokenBarrierException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Barriers: row S6 of asyncio, behaviour 45. */
class BarrierTest {
    private final List<Object> order = new ArrayList<>();

    private Task<?> party(Barrier barrier, String name) {
        return createTask(() -> order.add(name + " " + barrier.await()), TaskOptions.named(name));
    }

    @Test
    void allPassOnceTheLastHasArrivedEachWithItsNumber() {
        run(() -> {
            Barrier barrier = new Barrier(3);
            party(barrier, "a");
            party(barrier, "b");
            pass(5);
            assertThat(order).isEmpty();
            assertThat(barrier.nWaiting()).isEqualTo(2);
            withoutSuspending(() -> order.add("last " + barrier.await()));
            assertThat(barrier.nWaiting()).isZero();
            assertThat(order).containsExactly("last 2", "a 0", "b 1");
        });
    }

    @Test
    void itServesRoundAfterRound() {
        run(() -> {
            Barrier barrier = new Barrier(2);
            Task<?> other = createTask(() -> {
                for (int round = 0; round < 3; round++) {
                    order.add("other in " + round + ": " + barrier.await());
                }
            });
            for (int round = 0; round < 3; round++) {
                order.add("main in " + round + ": " + barrier.await());
            }
            await(other);
            assertThat(order)
                    .containsExactly(
                            "other in 0: 1",
                            "main in 0: 0",
                            "main in 1: 1",
                            "other in 1: 0",
                            "other in 2: 1",
                            "main in 2: 0");
        });
    }

    @Test
    void aBarrierForOneLetsEverybodyPassAtOnce() {
        run(() -> {
            Barrier barrier = new Barrier(1);
            withoutSuspending(() -> assertThat(barrier.await()).isZero());
            withoutSuspending(() -> assertThat(barrier.await()).isZero());
        });
    }

    @Test
    void aBarrierForNobodyIsRefused() {
        assertThatThrownBy(() -> new Barrier(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a barrier for 0 tasks would let nobody pass");
        assertThatThrownBy(() -> new Barrier(-1)).isInstanceOf(IllegalArgumentException.class);
    }

    /** Behaviour 45. */
    @Test
    void aCancelledWaiterHasNotArrivedAndDoesNotBreakTheBarrier() {
        run(() -> {
            Barrier barrier = new Barrier(2);
            Task<?> cancelled = party(barrier, "cancelled");
            pass(1);
            cancelled.cancel();
            assertThat(barrier.nWaiting()).isZero();
            assertThatThrownBy(() -> await(cancelled)).isInstanceOf(CancelledError.class);
            assertThat(barrier.nWaiting()).isZero();
            assertThat(barrier.broken()).isFalse();
            Task<?> first = party(barrier, "first");
            Task<?> second = party(barrier, "second");
            await(first);
            await(second);
            assertThat(order).containsExactly("second 1", "first 0");
        });
    }

    /** Differs from CPython 3.13, which lets the others pass. */
    @Test
    void aWaiterThatIsCancelledButHasNotRunYetDoesNotCount() {
        run(() -> {
            Barrier barrier = new Barrier(2);
            Task<?> cancelled = party(barrier, "cancelled");
            pass(1);
            Task<?> waits = party(barrier, "waits"); // it arrives before the other one has run
            cancelled.cancel();
            pass(5);
            assertThat(order).isEmpty();
            barrier.await();
            await(waits);
        });
    }

    /** Differs from CPython 3.13, which gives number 1 twice here. */
    @Test
    void numbersAreUniqueThoughAnEarlierWaiterWasCancelled() {
        run(() -> {
            Barrier barrier = new Barrier(3);
            Task<?> cancelled = party(barrier, "cancelled");
            party(barrier, "b");
            pass(1);
            cancelled.cancel();
            pass(1);
            party(barrier, "c");
            party(barrier, "d");
            pass(3);
            assertThat(order).containsExactly("d 2", "b 0", "c 1");
        });
    }

    @Test
    void aWaiterThatIsCancelledAfterTheLastHasArrivedDoesNotHoldTheOthersBack() {
        run(() -> {
            Barrier barrier = new Barrier(3);
            Task<?> cancelled = party(barrier, "cancelled");
            Task<?> other = party(barrier, "other");
            pass(1);
            assertThat(barrier.await()).isEqualTo(2);
            cancelled.cancel();
            await(other);
            assertThat(cancelled.cancelled()).isTrue();
            assertThat(order).containsExactly("other 1");
            assertThat(barrier.nWaiting()).isZero();
        });
    }

    @Test
    void resetFailsThoseWhoWaitAndBeginsANewRound() {
        run(() -> {
            Barrier barrier = new Barrier(2);
            Task<?> waiter = party(barrier, "waiter");
            pass(1);
            barrier.reset();
            assertThatThrownBy(() -> await(waiter))
                    .isInstanceOf(BrokenBarrierException.class)
                    .hasMessage("Barrier[filling, 0 of 2 waiting] was reset while waiter waited");
            assertThat(barrier.broken()).isFalse();
            party(barrier, "a");
            Task<?> last = party(barrier, "b");
            await(last);
            pass(1);
            assertThat(order).containsExactly("b 1", "a 0");
        });
    }

    @Test
    void abortFailsThoseWhoWaitAndThoseWhoComeUntilReset() {
        run(() -> {
            Barrier barrier = new Barrier(2);
            Task<?> waiter = party(barrier, "waiter");
            pass(1);
            barrier.abort();
            assertThat(barrier.broken()).isTrue();
            assertThatThrownBy(() -> await(waiter))
                    .isInstanceOf(BrokenBarrierException.class)
                    .hasMessage("Barrier[broken, 0 of 2 waiting] was broken while waiter waited");
            assertThatThrownBy(barrier::await)
                    .isInstanceOf(BrokenBarrierException.class)
                    .hasMessageContaining("reset it");
            barrier.abort();
            barrier.reset();
            assertThat(barrier.broken()).isFalse();
            party(barrier, "a");
            party(barrier, "b");
            pass(3);
            assertThat(order).containsExactly("b 1", "a 0");
        });
    }

    /** Differs from CPython 3.13, where the last one passes and the others fail. */
    @Test
    void onceTheLastHasArrivedAllPassWhateverIsCalledBeforeTheyRun() {
        run(() -> {
            Barrier barrier = new Barrier(2);
            Task<?> first = party(barrier, "first");
            pass(1);
            assertThat(barrier.await()).isEqualTo(1);
            barrier.abort();
            await(first);
            assertThat(order).containsExactly("first 0");
            barrier.reset();
            Task<?> second = party(barrier, "second");
            pass(1);
            barrier.await();
            barrier.reset();
            await(second);
            assertThat(order).containsExactly("first 0", "second 0");
        });
    }

    @Test
    void whoComesBeforeTheRoundBeforeHasLeftIsInTheNextRound() {
        run(() -> {
            Barrier barrier = new Barrier(2);
            Task<?> first = party(barrier, "first");
            pass(1);
            barrier.await();
            Task<?> next = party(barrier, "next");
            await(first);
            pass(5);
            assertThat(next.done()).isFalse();
            assertThat(barrier.nWaiting()).isEqualTo(1);
            barrier.await();
            await(next);
        });
    }

    @Test
    void statisticsAndToStringShowItsState() {
        run(() -> {
            Barrier barrier = new Barrier(3);
            Task<?> first = party(barrier, "first");
            pass(1);
            assertThat(barrier).hasToString("Barrier[filling, 1 of 3 waiting]");
            assertThat(barrier.parties()).isEqualTo(3);
            assertThat(barrier.statistics()).isEqualTo(new Barrier.Statistics(3, List.of(first), false));
            barrier.abort();
            assertThat(barrier.statistics()).isEqualTo(new Barrier.Statistics(3, List.of(), true));
            assertThatThrownBy(() -> await(first)).isInstanceOf(BrokenBarrierException.class);
            assertThat(currentTask().cancelling()).isZero();
        });
    }
}
