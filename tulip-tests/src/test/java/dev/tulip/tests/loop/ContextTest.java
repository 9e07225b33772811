package dev.tulip.tests.loop;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.copyContext;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.newEventLoop;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.Context;
import dev.tulip.loop.ContextVar;
import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Future;
import dev.tulip.loop.Handle;
import dev.tulip.loop.Runner;
import dev.tulip.loop.Task;
import dev.tulip.loop.TaskOptions;
import dev.tulip.tests.support.Errors;
import dev.tulip.tests.support.MountedOnly;
import dev.tulip.tests.support.SocketPair;
import dev.tulip.tests.support.Spawn;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Test;

/** Context variables: rows X1 to X4 of asyncio, behaviour 63. */
class ContextTest {
    private static final ContextVar<String> VAR = new ContextVar<>("var", "initial");
    private static final ScopedValue<String> SCOPED = ScopedValue.newInstance();

    private final List<String> seen = new ArrayList<>();

    // -- who sees what --------------------------------------------------------------------------------------------

    @Test
    void tasksAndCallbacksSeeWhatWasSetWhenTheyWereCreatedAndDoneCallbacksWhenTheyWereAdded() {
        run(() -> {
            VAR.set("1");
            Task<String> task = createTask(() -> VAR.get());
            runningLoop().callSoon(() -> seen.add("soon " + VAR.get()));
            runningLoop().callLater(Duration.ZERO, () -> seen.add("timer " + VAR.get()));
            VAR.set("2");
            task.addDoneCallback(done -> seen.add("done " + VAR.get()));
            VAR.set("3");
            assertThat(await(task)).isEqualTo("1");
            sleep(Duration.ofMillis(1));
            assertThat(VAR.get()).isEqualTo("3");
        });
        assertThat(seen).containsExactlyInAnyOrder("soon 1", "timer 1", "done 2");
    }

    @Test
    void whatATaskOrACallbackSetsNobodyElseSees() {
        run(() -> {
            VAR.set("mine");
            await(createTask(() -> {
                VAR.set("the task's");
                sleep(Duration.ZERO);
                seen.add(VAR.get());
            }));
            runningLoop().callSoon(() -> VAR.set("the callback's"));
            runningLoop().callSoon(() -> seen.add(VAR.get()));
            sleep(Duration.ZERO);
            assertThat(VAR.get()).isEqualTo("mine");
        });
        assertThat(seen).containsExactly("the task's", "mine");
    }

    @Test
    void anEagerTaskHasACopyToo() {
        run(() -> {
            VAR.set("creator's");
            createTask(
                    () -> {
                        seen.add(VAR.get());
                        VAR.set("task's");
                    },
                    TaskOptions.eager());
            seen.add(VAR.get());
        });
        assertThat(seen).containsExactly("creator's", "creator's");
    }

    @Test
    void aReaderKeepsItsOwnContextFromRunToRun() throws Exception {
        try (SocketPair pair = SocketPair.open()) {
            run(() -> {
                Future<String> third = runningLoop().createFuture();
                VAR.set("");
                runningLoop().addReader(pair.here(), () -> {
                    ByteBuffer one = ByteBuffer.allocate(1);
                    try {
                        pair.here().read(one);
                    } catch (java.io.IOException e) {
                        third.setException(e);
                    }
                    VAR.set(VAR.get() + (char) one.get(0));
                    if (VAR.get().length() == 3) {
                        third.setResult(VAR.get());
                    }
                });
                pair.send("abc");
                assertThat(await(third)).isEqualTo("abc");
                assertThat(VAR.get()).isEmpty();
                runningLoop().removeReader(pair.here());
            });
        }
    }

    @Test
    void aCallOfAnotherThreadBringsThatThreadsContext() {
        run(() -> {
            Future<String> arrived = runningLoop().createFuture();
            EventLoop loop = runningLoop();
            VAR.set("loop's");
            Spawn.platform("foreign", () -> {
                VAR.set("thread's");
                loop.callSoonThreadsafe(() -> arrived.setResult(VAR.get()));
            });
            assertThat(await(arrived)).isEqualTo("thread's");
        });
    }

    @Test
    void aThreadOutsideEveryLoopHasAContextWhichItsLoopsMainTaskCopies() {
        try (var token = VAR.set("outside")) {
            run(() -> {
                assertThat(VAR.get()).isEqualTo("outside");
                VAR.set("inside");
            });
            assertThat(VAR.get()).isEqualTo("outside");
            assertThat(token.variable()).isSameAs(VAR);
        }
        assertThat(VAR.get()).isEqualTo("initial");
    }

    @Test
    void aRunnersMainTasksShareOneContext() {
        try (Runner runner = new Runner()) {
            runner.run(() -> VAR.set("first run"));
            assertThat(runner.run(() -> VAR.get())).isEqualTo("first run");
            assertThat(runner.run(new Context(), () -> VAR.get())).isEqualTo("initial");
        }
        assertThat(VAR.get()).isEqualTo("initial");
    }

    @Test
    void anExceptionHandlerRunsInTheContextOfTheTaskThatFailed(Errors errors) {
        try (EventLoop loop = newEventLoop()) {
            loop.setExceptionHandler((failed, context) -> seen.add(VAR.get()));
            loop.runUntilComplete(() -> {
                loop.callSoon(copyContext(), () -> {
                    VAR.set("callback's");
                    throw new IllegalStateException("on purpose");
                });
                createTask(() -> {
                    VAR.set("task's");
                    throw new IllegalStateException("on purpose");
                });
                sleep(Duration.ZERO);
                sleep(Duration.ZERO);
            });
        }
        assertThat(seen).containsExactlyInAnyOrder("callback's", "task's");
    }

    // -- contexts in hand -----------------------------------------------------------------------------------------

    @Test
    void aTaskOrCallbackThatIsGivenAContextSharesItWithWhoeverHasIt() {
        run(() -> {
            Context shared = copyContext();
            await(createTask(() -> VAR.set("first"), TaskOptions.defaults().withContext(shared)));
            Task<String> second =
                    createTask(() -> VAR.get(), TaskOptions.named("second").withContext(shared));
            assertThat(await(second)).isEqualTo("first");
            runningLoop().callSoon(shared, () -> VAR.set("soon"));
            sleep(Duration.ZERO);
            assertThat(shared.<String, RuntimeException>run(() -> VAR.get())).isEqualTo("soon");
            runningLoop().callLater(Duration.ZERO, shared, () -> VAR.set("later"));
            sleep(Duration.ofMillis(1));
            assertThat(shared.<String, RuntimeException>run(() -> VAR.get())).isEqualTo("later");
            Future<String> future = runningLoop().createFuture();
            future.addDoneCallback(shared, done -> VAR.set("done"));
            future.setResult("");
            sleep(Duration.ZERO);
            assertThat(shared.<String, RuntimeException>run(() -> VAR.get())).isEqualTo("done");
            assertThat(VAR.get()).isEqualTo("initial");
        });
    }

    @Test
    void whatATaskSetIsInItsContextAfterwards() {
        run(() -> {
            Task<?> task = createTask(() -> VAR.set("task's"));
            Handle handle = runningLoop().callSoon(() -> VAR.set("callback's"));
            Context ofHandle = handle.getContext();
            await(task);
            assertThat(task.getContext()).hasToString("Context[var = task's]");
            assertThat(ofHandle).hasToString("Context[var = callback's]");
            assertThat(task.getContext().contains(VAR)).isTrue();
            assertThat(task.getContext().variables()).containsExactly(VAR);
        });
    }

    @Test
    void aBodyRunInAContextLeavesTheCallersAloneEvenIfItSuspends() {
        run(() -> {
            VAR.set("caller's");
            Context context = copyContext();
            context.run(() -> {
                VAR.set("inside");
                sleep(Duration.ZERO);
                assertThat(VAR.get()).isEqualTo("inside");
            });
            assertThat(VAR.get()).isEqualTo("caller's");
            assertThat(context).hasToString("Context[var = inside]");
            assertThat(context.copy()).hasToString("Context[var = inside]").isNotSameAs(context);
        });
    }

    // -- variables and tokens -------------------------------------------------------------------------------------

    @Test
    void aVariableWithoutAValueSaysSo() {
        ContextVar<Integer> empty = new ContextVar<>("empty");
        assertThatThrownBy(empty::get)
                .isInstanceOf(NoSuchElementException.class)
                .hasMessageContaining("ContextVar[empty] has no value here");
        assertThat(empty.getOrDefault(7)).isEqualTo(7);
        assertThat(VAR.getOrDefault("fallback")).isEqualTo("initial");
    }

    @Test
    void manyVariablesAreKeptApartAndResetInAnyOrder() {
        List<ContextVar<Integer>> variables = new ArrayList<>();
        List<ContextVar.Token<Integer>> tokens = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            ContextVar<Integer> variable = new ContextVar<>("v" + i);
            variables.add(variable);
            tokens.add(variable.set(i));
        }
        for (int i = 0; i < 20; i++) {
            assertThat(variables.get(i).get()).isEqualTo(i);
        }
        for (int i = 0; i < 20; i += 2) {
            variables.get(i).reset(tokens.get(i));
        }
        for (int i = 0; i < 20; i++) {
            assertThat(variables.get(i).getOrDefault(-1)).isEqualTo(i % 2 == 0 ? -1 : i);
            if (i % 2 == 1) {
                tokens.get(i).close();
            }
        }
        assertThat(copyContext().variables()).doesNotContainAnyElementsOf(variables);
    }

    @Test
    void aTokenServesOnceItsOwnVariableInItsOwnContext() {
        ContextVar<String> other = new ContextVar<>("other");
        run(() -> {
            ContextVar.Token<String> token = VAR.set("a");
            assertThatThrownBy(() -> other.reset(token))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("created by another variable");
            await(createTask(() -> {
                assertThatThrownBy(() -> VAR.reset(token))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("created in another context");
            }));
            VAR.reset(token);
            assertThat(VAR.get()).isEqualTo("initial");
            assertThatThrownBy(() -> VAR.reset(token))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("already been used once");
        });
    }

    // -- the JDK's own --------------------------------------------------------------------------------------------

    @Test
    @MountedOnly // it takes access to the JDK to hand them on
    void aChildTaskSeesTheScopedValuesOfItsCreatorEvenAfterItsScopeHasEnded() {
        run(() -> {
            List<Task<String>> children = new ArrayList<>();
            ScopedValue.where(SCOPED, "bound").run(() -> {
                children.add(createTask(() -> SCOPED.get()));
                children.add(createTask(() -> await(createTask(() -> SCOPED.get()))));
                ScopedValue.where(SCOPED, "inner")
                        .run(() -> children.add(createTask(() -> {
                            sleep(Duration.ZERO);
                            return ScopedValue.where(SCOPED, "own").call(() -> SCOPED.get()) + " in " + SCOPED.get();
                        })));
            });
            children.add(createTask(() -> SCOPED.orElse("unbound")));
            assertThat(children.stream().map(Task::await)).containsExactly("bound", "bound", "own in inner", "unbound");
        });
    }
}
