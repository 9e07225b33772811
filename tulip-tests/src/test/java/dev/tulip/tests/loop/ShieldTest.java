package dev.tulip.tests.loop;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.shield;
import static dev.tulip.Tulip.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.Future;
import dev.tulip.loop.Task;
import dev.tulip.tests.support.Errors;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** {@code shield}: row M7 of asyncio, behaviour 31. */
class ShieldTest {
    private final List<Object> order = new ArrayList<>();

    @Test
    void aShieldEndsAsWhatIsBehindIt() {
        run(() -> {
            assertThat(await(shield(createTask(() -> "result")))).isEqualTo("result");
            Task<?> failing = createTask(() -> {
                throw new IOException("disk");
            });
            assertThatThrownBy(() -> await(shield(failing), IOException.class)).hasMessage("disk");
        });
    }

    /** Behaviour 31, last part. */
    @Test
    void whatIsDoneNeedsNoShield() {
        run(() -> {
            Future<String> done = runningLoop().createFuture();
            done.setResult("x");
            assertThat(shield(done)).isSameAs(done);
        });
    }

    /** Behaviour 31. */
    @Test
    void cancellingWhoWaitsBehindAShieldLeavesTheTaskAlone() {
        run(() -> {
            Task<String> inner = createTask(() -> {
                sleep(Duration.ofMillis(2));
                return "finished";
            });
            Task<?> outer = createTask(() -> await(shield(inner)));
            sleep(Duration.ZERO);
            outer.cancel("enough");
            assertThatThrownBy(() -> await(outer))
                    .isInstanceOf(CancelledError.class)
                    .hasMessage("enough");
            assertThat(inner.cancelling()).isZero();
            assertThat(await(inner)).isEqualTo("finished");
        });
    }

    @Test
    void cancellingTheTaskBehindCancelsTheShield() {
        run(() -> {
            Task<?> inner = createTask(() -> sleep(Duration.ofDays(1)));
            Future<?> shield = shield(inner);
            runningLoop().callSoon(() -> inner.cancel("from behind"));
            assertThatThrownBy(() -> await(shield))
                    .isInstanceOf(CancelledError.class)
                    .hasMessage("from behind");
            assertThat(shield.cancelled()).isTrue();
        });
    }

    /** Behaviour 31, as CPython 3.14. */
    @Test
    void aFailureThatNobodyWaitsForAnyMoreIsReportedAtOnceAndOnce(Errors errors) {
        run(() -> {
            Future<String> inner = runningLoop().createFuture();
            shield(inner).cancel();
            shield(inner).cancel();
            inner.setException(new IOException("disk"));
            for (int i = 0; i < 3; i++) {
                sleep(Duration.ZERO);
            }
            assertThat(errors.takeOnly()).satisfies(error -> {
                assertThat(error.message()).isEqualTo("IOException exception in shielded future");
                assertThat(error.exception()).hasMessage("disk");
                assertThat(error.get("future")).isSameAs(inner);
            });
        });
    }

    /** Differs from CPython 3.14, which reports it all the same. */
    @Test
    void aFailureThatSomebodyTakesIsNotReported() {
        run(() -> {
            Task<?> inner = createTask(() -> {
                sleep(Duration.ofMillis(1));
                throw new IOException("disk");
            });
            Task<?> outer = createTask(() -> {
                try {
                    await(shield(inner));
                } catch (CancelledError e) {
                    assertThatThrownBy(() -> await(inner)).hasMessage("disk"); // let it finish first
                    order.add("taken");
                    throw e;
                }
            });
            sleep(Duration.ZERO);
            outer.cancel();
            assertThatThrownBy(() -> await(outer)).isInstanceOf(CancelledError.class);
        });
        assertThat(order).containsExactly("taken");
    }

    @Test
    void severalShieldsOfOneFutureAreIndependent() {
        run(() -> {
            Future<String> inner = runningLoop().createFuture();
            Future<String> a = shield(inner);
            Future<String> b = shield(inner);
            Future<String> c = shield(b);
            a.cancel();
            inner.setResult("x");
            assertThat(a.cancelled()).isTrue();
            assertThat(b.result()).isEqualTo("x");
            assertThat(c.result()).isEqualTo("x");
        });
    }

    @Test
    void whoWaitsBehindAShieldIsResumedAsIfThereWasNone() {
        run(() -> {
            Future<String> inner = runningLoop().createFuture();
            Task<?> behind = createTask(() -> {
                await(shield(inner));
                order.add("behind the shield");
            });
            Task<?> direct = createTask(() -> {
                await(inner);
                order.add("direct");
            });
            sleep(Duration.ZERO);
            inner.setResult("x");
            await(behind);
            await(direct);
        });
        assertThat(order).containsExactly("behind the shield", "direct");
    }

    @Test
    void aShieldSaysWhatIsBehindIt() {
        run(() -> {
            Task<?> inner = createTask(() -> {});
            assertThat(shield(inner)).hasToString("Shield[pending, of Task-2]");
            await(inner);
        });
    }
}
