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
import dev.tulip.sync.Event;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Events: row S2 of asyncio, behaviours 8 and 44. */
class EventTest {
    private final List<Object> order = new ArrayList<>();
    private final Event event = new Event();

    private Task<?> waiter(String name) {
        return createTask(() -> {
            event.await();
            order.add(name);
        });
    }

    /** Behaviour 8. */
    @Test
    void anEventThatIsSetDoesNotSuspend() {
        run(() -> {
            event.set();
            withoutSuspending(event::await);
            withoutSuspending(event::await);
            assertThat(event.isSet()).isTrue();
        });
    }

    @Test
    void settingItLetsAllGoInTheOrderInWhichTheyCame() {
        run(() -> {
            Task<?> last = waiter("a");
            for (String name : List.of("b", "c")) {
                last = waiter(name);
            }
            pass(2);
            runningLoop().callSoon(() -> order.add("callback before"));
            event.set();
            runningLoop().callSoon(() -> order.add("callback after"));
            assertThat(order).isEmpty(); // nobody runs from within set()
            await(last);
            assertThat(order).containsExactly("callback before", "a", "b", "c", "callback after");
        });
    }

    /** Behaviour 44. */
    @Test
    void setAndClearLetAllGoWhoWait() {
        run(() -> {
            Task<?> first = waiter("first");
            Task<?> second = waiter("second");
            pass(1);
            event.set();
            event.clear();
            await(first);
            await(second);
            assertThat(event.isSet()).isFalse();
            assertThat(order).containsExactly("first", "second");
        });
    }

    @Test
    void whoComesAfterAClearWaitsForTheNextSet() {
        run(() -> {
            Task<?> early = waiter("early");
            pass(1);
            Task<?> late = waiter("late"); // its first step comes after set() and clear()
            event.set();
            event.clear();
            pass(5);
            assertThat(order).containsExactly("early");
            assertThat(event.statistics().waiting()).containsExactly(late);
            event.set();
            await(late);
            assertThat(early.done()).isTrue();
        });
    }

    @Test
    void aWaiterThatIsCancelledAfterSetDoesNotWakeAnybodyInItsPlace() {
        run(() -> {
            Task<?> cancelled = waiter("cancelled");
            pass(1);
            event.set();
            event.clear();
            cancelled.cancel();
            Task<?> late = waiter("late");
            pass(5);
            assertThat(cancelled.cancelled()).isTrue();
            assertThat(order).isEmpty();
            event.set();
            await(late);
        });
    }

    @Test
    void aCancelledWaiterLeavesNothingBehind() {
        run(() -> {
            Task<?> cancelled = waiter("cancelled");
            Task<?> other = waiter("other");
            pass(1);
            cancelled.cancel();
            assertThat(event.statistics().waiting()).containsExactly(other);
            assertThatThrownBy(() -> await(cancelled)).isInstanceOf(CancelledError.class);
            event.set();
            await(other);
            assertThat(order).containsExactly("other");
        });
    }

    @Test
    void settingAndClearingTwiceIsHarmlessAndNeedsNoLoop() {
        event.set();
        event.set();
        assertThat(event.isSet()).isTrue();
        event.clear();
        event.clear();
        assertThat(event.isSet()).isFalse();
    }

    @Test
    void statisticsAndToStringShowItsState() {
        run(() -> {
            assertThat(event).hasToString("Event[clear, 0 waiting]");
            Task<?> waiter = waiter("waiter");
            pass(1);
            assertThat(event).hasToString("Event[clear, 1 waiting]");
            assertThat(event.statistics()).isEqualTo(new Event.Statistics(false, List.of(waiter)));
            event.set();
            assertThat(event).hasToString("Event[set, 0 waiting]");
            assertThat(event.statistics()).isEqualTo(new Event.Statistics(true, List.of()));
            await(waiter);
        });
    }
}
