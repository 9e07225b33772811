package dev.tulip.tests.loop;

import static dev.tulip.Tulip.newEventLoop;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.EventLoop;
import dev.tulip.loop.LoopLocal;
import dev.tulip.loop.Task;
import dev.tulip.tests.support.Errors;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Values of which every loop has its own. */
class LoopLocalTest {
    private final List<Object> order = new ArrayList<>();

    @Test
    void everyLoopHasAValueOfItsOwnForAllItsCoroutines() {
        LoopLocal<List<EventLoop>> local = LoopLocal.withInitial(loop -> {
            order.add("made");
            return new ArrayList<>(List.of(loop));
        });
        List<List<EventLoop>> values = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            run(() -> {
                EventLoop loop = runningLoop();
                List<EventLoop> value = local.get(loop);
                Task<List<EventLoop>> other = loop.createTask(() -> local.get(loop));
                assertThat(other.await()).isSameAs(value);
                assertThat(value).containsExactly(loop);
                values.add(value);
            });
        }
        assertThat(values.get(0)).isNotSameAs(values.get(1));
        assertThat(order).containsExactly("made", "made");
    }

    @Test
    void aValueThatCanBeClosedIsClosedWithItsLoop(Errors errors) {
        LoopLocal<AutoCloseable> local = LoopLocal.withInitial(loop -> () -> {
            order.add("closed");
            throw new IllegalStateException("deliberate");
        });
        LoopLocal<Runnable> other = LoopLocal.withInitial(loop -> () -> order.add("run"));
        EventLoop loop = newEventLoop();
        local.get(loop);
        other.get(loop).run();
        loop.close();
        loop.close();
        assertThat(order).containsExactly("run", "closed");
        assertThat(errors.takeOnly().exception()).hasMessage("deliberate");
        assertThatThrownBy(() -> local.get(loop))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closed");
    }

    @Test
    void anotherThreadIsRefused() {
        LoopLocal<String> local = LoopLocal.withInitial(loop -> "mine");
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        run(() -> {
            EventLoop loop = runningLoop();
            assertThat(local.get(loop)).isEqualTo("mine");
            loop.runInExecutor(null, () -> {
                        try {
                            return local.get(loop);
                        } catch (WrongThreadException e) {
                            thrown.set(e);
                            return null;
                        }
                    })
                    .await();
        });
        assertThat(thrown.get()).isInstanceOf(WrongThreadException.class);
    }
}
