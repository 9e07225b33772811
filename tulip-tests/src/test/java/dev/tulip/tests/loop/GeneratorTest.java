package dev.tulip.tests.loop;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.currentTask;
import static dev.tulip.Tulip.generator;
import static dev.tulip.Tulip.newEventLoop;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.ContextVar;
import dev.tulip.loop.EventLoop;
import dev.tulip.loop.ExceptionContext;
import dev.tulip.loop.Future;
import dev.tulip.loop.Generator;
import dev.tulip.loop.GeneratorExit;
import dev.tulip.loop.Task;
import dev.tulip.loop.TaskOptions;
import dev.tulip.loop.Yielder;
import dev.tulip.tests.support.Deadline;
import dev.tulip.tests.support.Errors;
import dev.tulip.tests.support.MountedOnly;
import dev.tulip.tests.support.Spawn;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Generators: PEP 342, PEP 380, PEP 479 and PEP 525, in plain code and in tasks. */
class GeneratorTest {
    /** Where a generator is used: it must not make a difference. */
    enum Place {
        PLAIN_CODE {
            @Override
            void run(Consumer<List<Object>> body, List<Object> order) {
                body.accept(order);
            }
        },
        VIRTUAL_THREAD {
            @Override
            void run(Consumer<List<Object>> body, List<Object> order) {
                AtomicReference<Throwable> failure = new AtomicReference<>();
                Thread thread = Thread.ofVirtual().start(() -> {
                    try {
                        body.accept(order);
                    } catch (Throwable e) {
                        failure.set(e);
                    }
                });
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
                assertThat(failure.get()).isNull();
            }
        },
        TASK {
            @Override
            void run(Consumer<List<Object>> body, List<Object> order) {
                dev.tulip.Tulip.run(() -> body.accept(order));
            }
        },
        CALLBACK {
            @Override
            void run(Consumer<List<Object>> body, List<Object> order) {
                dev.tulip.Tulip.run(() -> {
                    Future<@Nullable Void> done = runningLoop().createFuture();
                    runningLoop().callSoon(() -> {
                        try {
                            body.accept(order);
                            done.setResult(null);
                        } catch (Throwable e) {
                            done.setException(e);
                        }
                    });
                    await(done);
                });
            }
        };

        abstract void run(Consumer<List<Object>> body, List<Object> order);
    }

    private final List<Object> order = new ArrayList<>();

    private static void count(Yielder<Integer, ?> out, int end) {
        for (int i = 1; i <= end; i++) {
            out.yield(i);
        }
    }

    // -- everywhere -----------------------------------------------------------------------------------------------

    @ParameterizedTest
    @EnumSource
    void itsValuesAreComputedOneByOneAsTheyAreAskedFor(Place place) {
        place.run(
                order -> {
                    Generator<Integer, Void, Void> squares = generator(out -> {
                        for (int i = 1; ; i++) {
                            order.add("compute " + i);
                            out.yield(i * i);
                        }
                    });
                    order.add("created");
                    for (int square : squares) {
                        order.add(square);
                        if (square == 9) {
                            break;
                        }
                    }
                    squares.close();
                },
                order);
        assertThat(order).containsExactly("created", "compute 1", 1, "compute 2", 4, "compute 3", 9);
    }

    @ParameterizedTest
    @EnumSource
    void aProducerYieldsStartAndReturnsStop(Place place) {
        place.run(
                order -> {
                    Generator<String, Void, String> producer = Generator.returning(out -> {
                        out.yield("start");
                        return "stop";
                    });
                    assertThatThrownBy(producer::result)
                            .isInstanceOf(IllegalStateException.class)
                            .hasMessageContaining("has not ended");
                    for (String value : producer) {
                        order.add(value);
                    }
                    order.add(producer.result());
                    assertThat(producer.hasNext()).isFalse();
                    assertThatThrownBy(producer::next)
                            .isInstanceOf(NoSuchElementException.class)
                            .hasMessageContaining("no more values");
                    order.add(producer.result());
                },
                order);
        assertThat(order).containsExactly("start", "stop", "stop");
    }

    @ParameterizedTest
    @EnumSource
    void whatIsSentIsWhatTheYieldReturns(Place place) {
        place.run(
                order -> {
                    Generator<Integer, Integer, Integer> average = Generator.returning(out -> {
                        int sum = 0;
                        int count = 0;
                        Integer value = out.yield(0);
                        while (value != null) {
                            sum += value;
                            count++;
                            value = out.yield(sum / count);
                        }
                        return sum;
                    });
                    order.add(average.next());
                    order.add(average.send(10));
                    order.add(average.send(30));
                    assertThatThrownBy(() -> average.send(null)).isInstanceOf(NoSuchElementException.class);
                    order.add(average.result());
                },
                order);
        assertThat(order).containsExactly(0, 10, 20, 40);
    }

    @ParameterizedTest
    @EnumSource
    void whatIsThrownIntoItIsThrownByTheYieldAndTheBodyMayGoOn(Place place) {
        place.run(
                order -> {
                    Generator<String, Void, Void> generator = generator(out -> {
                        try {
                            out.yield("waiting");
                        } catch (Exception e) {
                            out.yield("caught " + e.getMessage());
                        }
                    });
                    order.add(generator.next());
                    order.add(generator.throwInto(new IOException("this")));
                    IOException second = new IOException("and this");
                    assertThatThrownBy(() -> generator.throwInto(second)).isSameAs(second);
                    assertThat(generator.hasNext()).isFalse();
                    assertThatThrownBy(() -> generator.throwInto(second)).isSameAs(second);
                },
                order);
        assertThat(order).containsExactly("waiting", "caught this");
    }

    @ParameterizedTest
    @EnumSource
    void whatTheBodyThrowsReachesWhoeverAsksUnwrappedAndEndsIt(Place place) {
        IOException failure = new IOException("from the body");
        place.run(
                order -> {
                    Generator<Integer, Void, Void> generator = generator(out -> {
                        out.yield(1);
                        throw failure;
                    });
                    assertThat(generator.next()).isEqualTo(1);
                    assertThatThrownBy(generator::next).isSameAs(failure);
                    assertThat(generator.hasNext()).isFalse();
                    assertThatThrownBy(generator::result)
                            .isInstanceOf(IllegalStateException.class)
                            .hasMessageContaining("was closed or has failed");
                },
                order);
    }

    @ParameterizedTest
    @EnumSource
    void closingItRunsItsFinallyBlocks(Place place) {
        place.run(
                order -> {
                    Generator<Integer, Void, Void> generator = generator(out -> {
                        try {
                            out.yield(1);
                        } catch (GeneratorExit e) {
                            order.add("exit");
                            throw e;
                        } finally {
                            order.add("finally");
                        }
                    });
                    try (generator) {
                        order.add(generator.next());
                    }
                    order.add("closed");
                    generator.close();
                    assertThat(generator.hasNext()).isFalse();
                },
                order);
        assertThat(order).containsExactly(1, "exit", "finally", "closed");
    }

    @ParameterizedTest
    @EnumSource
    void oneThatHasNotBegunNeverBegins(Place place) {
        place.run(
                order -> {
                    Generator<Integer, Void, Void> closed = generator(out -> order.add("began"));
                    closed.close();
                    assertThat(closed.hasNext()).isFalse();
                    Generator<Integer, Void, Void> thrownInto = generator(out -> order.add("began"));
                    assertThatThrownBy(() -> thrownInto.throwInto(new IOException("early")))
                            .hasMessage("early");
                    assertThat(thrownInto.hasNext()).isFalse();
                },
                order);
        assertThat(order).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void delegatingPassesValuesAndExceptionsAndTheResult(Place place) {
        place.run(
                order -> {
                    Generator<String, String, String> inner = Generator.returning(out -> {
                        try {
                            order.add("inner got " + out.yield("inner 1"));
                            out.yield("inner 2");
                        } catch (Exception e) {
                            order.add("inner caught " + e.getMessage());
                        }
                        out.yield("inner 3");
                        return "inner result";
                    });
                    Generator<String, String, String> outer = Generator.returning(out -> {
                        out.yield("outer 1");
                        String result = out.yieldFrom(inner);
                        out.yieldFrom(List.of("list 1", "list 2"));
                        return result + " of outer";
                    });
                    order.add(outer.next());
                    order.add(outer.next());
                    order.add(outer.send("hello"));
                    order.add(outer.throwInto(new IOException("oh")));
                    outer.forEachRemaining(order::add);
                    order.add(outer.result());
                },
                order);
        assertThat(order)
                .containsExactly(
                        "outer 1",
                        "inner 1",
                        "inner got hello",
                        "inner 2",
                        "inner caught oh",
                        "inner 3",
                        "list 1",
                        "list 2",
                        "inner result of outer");
    }

    @ParameterizedTest
    @EnumSource
    void closingTheOuterOneClosesTheInnerOneFirst(Place place) {
        place.run(
                order -> {
                    Generator<Integer, Void, Void> outer = generator(out -> {
                        try {
                            out.yieldFrom(generator((Yielder<Integer, Void> nested) -> {
                                try {
                                    nested.yield(1);
                                } finally {
                                    order.add("inner");
                                }
                            }));
                        } finally {
                            order.add("outer");
                        }
                    });
                    outer.next();
                    outer.close();
                },
                order);
        assertThat(order).containsExactly("inner", "outer");
    }

    private static void leaves(Yielder<Integer, Void> out, int from, int to) {
        if (to - from == 1) {
            out.yield(from);
        } else {
            int middle = (from + to) >>> 1;
            out.yieldFrom(generator((Yielder<Integer, Void> left) -> leaves(left, from, middle)));
            out.yieldFrom(generator((Yielder<Integer, Void> right) -> leaves(right, middle, to)));
        }
    }

    @ParameterizedTest
    @EnumSource
    void aTreeIsWalkedByGeneratorsThatDelegate(Place place) {
        place.run(
                order -> {
                    Generator<Integer, Void, Void> walk = generator(out -> leaves(out, 0, 256));
                    walk.forEachRemaining(order::add);
                },
                order);
        assertThat(order).hasSize(256).isSortedAccordingTo((a, b) -> (Integer) a - (Integer) b);
    }

    @ParameterizedTest
    @EnumSource
    void itSharesTheContextOfWhoeverIterates(Place place) {
        ContextVar<String> variable = new ContextVar<>("variable", "initial");
        place.run(
                order -> {
                    Generator<String, Void, Void> generator = generator(out -> {
                        out.yield(variable.get());
                        variable.set("the body's");
                        out.yield(variable.get());
                        out.yield(variable.get());
                    });
                    try (var token = variable.set("the caller's")) {
                        order.add(generator.next());
                        order.add(generator.next());
                        order.add(variable.get());
                        variable.set("the caller's again");
                        order.add(generator.next());
                        generator.close();
                        assertThat(token.variable()).isSameAs(variable);
                    }
                },
                order);
        assertThat(order).containsExactly("the caller's", "the body's", "the body's", "the caller's again");
    }

    // -- misuse ---------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @EnumSource
    void misuseIsRefused(Place place) {
        place.run(
                order -> {
                    Generator<Integer, Integer, Void> generator = generator(out -> count(out, 3));
                    assertThatThrownBy(() -> generator.send(5))
                            .isInstanceOf(IllegalStateException.class)
                            .hasMessageContaining("cannot send 5 to a generator that has just been created");
                    assertThat(generator.hasNext()).isTrue();
                    assertThatThrownBy(() -> generator.send(5))
                            .isInstanceOf(IllegalStateException.class)
                            .hasMessageContaining("hasNext() has let the body run");
                    assertThatThrownBy(() -> generator.throwInto(new IOException()))
                            .isInstanceOf(IllegalStateException.class);
                    assertThat(generator.next()).isEqualTo(1);
                    assertThat(generator.send(5)).isEqualTo(2);
                    assertThat(generator.toString())
                            .startsWith("Generator[suspended, " + GeneratorTest.class.getName());
                    generator.close();
                    assertThat(generator.toString()).startsWith("Generator[ended");

                    Generator<Integer, Void, Void> stubborn = generator(out -> {
                        try {
                            out.yield(1);
                        } catch (GeneratorExit e) {
                            out.yield(2);
                        }
                    });
                    stubborn.next();
                    assertThatThrownBy(stubborn::close)
                            .isInstanceOf(IllegalStateException.class)
                            .hasMessageContaining("a generator ignored GeneratorExit");
                    assertThat(stubborn.hasNext()).isFalse();

                    List<Generator<Integer, Void, Void>> self = new ArrayList<>();
                    self.add(generator(out -> out.yield(self.getFirst().next())));
                    assertThatThrownBy(() -> self.getFirst().next())
                            .isInstanceOf(IllegalStateException.class)
                            .hasMessageContaining("is running already");

                    Iterator<Integer> empty = new ArrayList<Integer>().iterator();
                    Generator<Integer, Void, Void> leaking = generator(out -> out.yield(empty.next()));
                    assertThatThrownBy(leaking::next)
                            .isInstanceOf(IllegalStateException.class)
                            .hasCauseInstanceOf(NoSuchElementException.class);
                },
                order);
    }

    @Test
    void onlyTheBodyCanYield() {
        run(() -> {
            List<Yielder<Integer, Void>> leaked = new ArrayList<>();
            Generator<Integer, Void, Void> generator = generator(out -> {
                leaked.add(out);
                out.yield(1);
            });
            generator.next();
            assertThatThrownBy(() -> leaked.getFirst().yield(7))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("which is not the body of its generator");
            await(createTask(() ->
                    assertThatThrownBy(() -> leaked.getFirst().yield(7)).isInstanceOf(IllegalStateException.class)));
            generator.close();
        });
    }

    @Test
    void oneThatBeganOnALoopBelongsToIt() {
        AtomicReference<Generator<Integer, Void, Void>> kept = new AtomicReference<>();
        try (EventLoop loop = newEventLoop();
                EventLoop other = newEventLoop()) {
            loop.runUntilComplete(() -> {
                Generator<Integer, Void, Void> generator = generator(out -> count(out, 3));
                kept.set(generator);
                generator.next();
            });
            for (Consumer<Runnable> elsewhere :
                    List.<Consumer<Runnable>>of(Runnable::run, body -> other.runUntilComplete(body::run))) {
                elsewhere.accept(() -> assertThatThrownBy(kept.get()::next)
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining(
                                "this generator belongs to " + loop.toString().replaceFirst("\\[.*", "")));
            }
            loop.runUntilComplete(() -> assertThat(kept.get().next()).isEqualTo(2));
        }
    }

    @Test
    void oneThatBeganInPlainCodeGoesOnInATaskButCannotAwaitThere() {
        Generator<Object, Void, Void> generator = generator(out -> {
            out.yield(1);
            out.yield(2);
            sleep(Duration.ofMillis(1));
        });
        assertThat(generator.next()).isEqualTo(1);
        run(() -> {
            assertThat(generator.next()).isEqualTo(2);
            assertThatThrownBy(generator::next)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("sleep suspends, so it needs a task");
        });
    }

    // -- in a task ------------------------------------------------------------------------------------------------

    @Test
    void itsBodyMayAwaitBetweenItsValues() {
        run(() -> {
            Future<Integer> future = runningLoop().createFuture();
            Generator<Object, Void, Void> generator = generator(out -> {
                out.yield('A');
                out.yield(List.of('B', await(future)));
                out.yield(List.of('C', await(future)));
            });
            createTask(() -> {
                order.add("other task");
                sleep(Duration.ZERO);
                order.add("sets");
                future.setResult(42);
            });
            for (Object value : generator) {
                order.add(value);
            }
        });
        assertThat(order).containsExactly('A', "other task", "sets", List.of('B', 42), List.of('C', 42));
    }

    @Test
    void valuesThatAreThereDoNotSuspendTheTask() {
        run(() -> {
            createTask(() -> order.add("other"));
            Generator<Integer, Void, Void> generator = generator(out -> count(out, 3));
            generator.forEachRemaining(order::add);
            sleep(Duration.ZERO);
        });
        assertThat(order).containsExactly(1, 2, 3, "other");
    }

    @Test
    void itsBodyIsTheTaskThatIterates() {
        run(() -> {
            Generator<@Nullable Task<?>, Void, Void> generator = generator(out -> {
                while (true) {
                    sleep(Duration.ZERO);
                    out.yield(currentTask());
                }
            });
            assertThat(generator.next()).isSameAs(currentTask());
            Task<?> other = createTask(() -> {
                order.add(generator.next());
                order.add(generator.next());
            });
            await(other);
            assertThat(order).containsExactly(other, other);
            assertThat(generator.next()).isSameAs(currentTask());
            generator.close();
        });
    }

    @Test
    void cancellingTheTaskCancelsTheBodyWhereItWaits() {
        run(() -> {
            Future<Integer> never = runningLoop().createFuture();
            Generator<Integer, Void, Void> generator = generator(out -> {
                try {
                    out.yield(await(never));
                } catch (CancelledError e) {
                    order.add("body " + e.getMessage());
                    throw e;
                }
            });
            Task<?> task = createTask(() -> {
                try {
                    generator.next();
                } catch (CancelledError e) {
                    order.add("task " + e.getMessage());
                    throw e;
                }
            });
            sleep(Duration.ZERO);
            assertThat(task.toString()).contains("waiting on Future[pending]");
            assertThat(task.getStack()).anyMatch(frame -> frame.getMethodName().equals("advance"));
            task.cancel("enough");
            assertThatThrownBy(() -> await(task)).isInstanceOf(CancelledError.class);
            assertThat(never.cancelled()).isTrue();
            assertThat(generator.hasNext()).isFalse();
        });
        assertThat(order).containsExactly("body enough", "task enough");
    }

    @Test
    void aCancelledTaskIsCancelledAtItsNextSuspensionInTheBodyOrOutsideIt() {
        run(() -> {
            Generator<String, Void, Void> generator = generator(out -> {
                out.yield("does not suspend");
                sleep(Duration.ofDays(1));
            });
            Task<?> task = createTask(() -> {
                currentTask().cancel("self");
                order.add(generator.next());
                generator.next();
            });
            assertThatThrownBy(() -> await(task))
                    .isInstanceOf(CancelledError.class)
                    .hasMessage("self");
        });
        assertThat(order).containsExactly("does not suspend");
    }

    @Test
    @MountedOnly // calls of the JDK that wait suspend the task only there
    void aCallOfTheJdkInTheBodySuspendsTheTaskAndIsInterruptedByACancel() {
        run(() -> {
            LinkedBlockingQueue<Integer> queue = new LinkedBlockingQueue<>();
            Generator<Integer, Void, Void> generator = generator(out -> {
                while (true) {
                    out.yield(queue.take());
                }
            });
            Task<?> task = createTask(() -> generator.forEachRemaining(order::add));
            sleep(Duration.ZERO);
            queue.add(1);
            queue.add(2);
            Deadline.until("both values", () -> {
                sleep(Duration.ZERO);
                return order.size() == 2;
            });
            task.cancel();
            assertThatThrownBy(() -> await(task)).isInstanceOf(CancelledError.class);
            assertThat(generator.hasNext()).isFalse();
        });
        assertThat(order).containsExactly(1, 2);
    }

    @Test
    void anEagerTaskThatIteratesReturnsToItsCreatorWhenTheBodySuspends() {
        run(() -> {
            Generator<String, Void, Void> generator = generator(out -> {
                out.yield("at once");
                sleep(Duration.ZERO);
                out.yield("later");
            });
            Task<?> task = createTask(() -> generator.forEachRemaining(order::add), TaskOptions.eager());
            order.add("creator");
            await(task);
        });
        assertThat(order).containsExactly("at once", "creator", "later");
    }

    @Test
    void generatorsThatAwaitMayBeNested() {
        run(() -> {
            Generator<Integer, Void, Void> slow = generator(out -> {
                for (int i = 0; i < 3; i++) {
                    sleep(Duration.ZERO);
                    out.yield(i);
                }
            });
            Generator<Integer, Void, Void> doubled = generator(out -> {
                for (int i : slow) {
                    sleep(Duration.ZERO);
                    out.yield(i);
                    out.yield(i);
                }
            });
            createTask(() -> order.add("other task"));
            doubled.forEachRemaining(order::add);
        });
        assertThat(order).containsExactly("other task", 0, 0, 1, 1, 2, 2);
    }

    @Test
    void aBodyThatAwaitsInAPlainCallbackIsRefused() {
        run(() -> {
            Future<@Nullable Void> done = runningLoop().createFuture();
            runningLoop().callSoon(() -> {
                Generator<Integer, Void, Void> generator = generator(out -> sleep(Duration.ofMillis(1)));
                assertThatThrownBy(generator::next)
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("sleep suspends, so it needs a task; this is a callback of");
                done.setResult(null);
            });
            await(done);
        });
    }

    @Test
    void twoTasksCannotAskForAValueAtOnce() {
        run(() -> {
            Generator<Integer, Void, Void> generator = generator(out -> {
                sleep(Duration.ofMillis(5));
                out.yield(1);
            });
            Task<Integer> first = createTask(() -> generator.next());
            Task<Integer> second = createTask(() -> generator.next());
            assertThatThrownBy(() -> await(second))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("is running already");
            assertThat(await(first)).isEqualTo(1);
            generator.close();
        });
    }

    // -- abandoned ones -------------------------------------------------------------------------------------------

    @Test
    void runClosesWhatWasLeftInTheMiddleInATaskThatMaySuspend() {
        run(() -> abandon("kept"));
        assertThat(order).containsExactly("first of kept", "cleaned kept");
    }

    private Generator<String, Void, Void> abandon(String name) {
        Generator<String, Void, Void> generator = generator(out -> {
            try {
                out.yield("first of " + name);
            } finally {
                sleep(Duration.ofMillis(1));
                order.add("cleaned " + name);
            }
        });
        order.add(generator.next());
        return generator;
    }

    @Test
    void theLoopClosesOneThatWasGarbageCollected() {
        run(() -> {
            abandon("lost");
            Deadline.until("the generator to be closed", () -> {
                System.gc();
                sleep(Duration.ofMillis(20));
                return order.size() == 2;
            });
            assertThat(order).containsExactly("first of lost", "cleaned lost");
        });
    }

    @Test
    void aLoopThatIsClosedWithoutARunnerUnwindsThem() {
        try (EventLoop loop = newEventLoop()) {
            loop.runUntilComplete(() -> {
                Generator<Integer, Void, Void> generator = generator(out -> {
                    try {
                        out.yield(1);
                    } finally {
                        order.add("cleaned");
                    }
                });
                generator.next();
            });
            assertThat(order).isEmpty();
        }
        assertThat(order).containsExactly("cleaned");
    }

    @Test
    void anErrorWhileAnAbandonedOneIsClosedIsReported(Errors errors) {
        run(() -> {
            Generator<Integer, Void, Void> generator = generator(out -> {
                try {
                    out.yield(1);
                } catch (GeneratorExit e) {
                    throw new IllegalStateException("on purpose", e);
                }
            });
            generator.next();
            runningLoop().setExceptionHandler(errors);
            runningLoop().shutdownGenerators();
        });
        ExceptionContext error = errors.takeOnly();
        assertThat(error.message()).contains("an error occurred while an abandoned generator was closed");
        assertThat(error.exception()).hasMessage("on purpose");
    }

    @Test
    void manyGeneratorsAreUsedAndEndWithoutATrace() {
        run(() -> {
            long sum = 0;
            for (int i = 0; i < 20_000; i++) {
                Generator<Integer, Void, Void> generator = generator(out -> count(out, 3));
                for (int value : generator) {
                    sum += value;
                }
            }
            assertThat(sum).isEqualTo(6 * 20_000);
        });
    }

    @Test
    void aThreadOfItsOwnMayBlockInThePlainGeneratorItIterates() throws Exception {
        LinkedBlockingQueue<Integer> queue = new LinkedBlockingQueue<>();
        Thread consumer = Spawn.platform("consumer", () -> {
            Generator<Integer, Void, Void> generator = generator(out -> {
                for (int value = queue.take(); value != 0; value = queue.take()) {
                    out.yield(value);
                }
            });
            generator.forEachRemaining(order::add);
        });
        for (int i = 3; i >= 0; i--) {
            Deadline.until("the consumer to wait", () -> Spawn.waits(consumer));
            queue.add(i);
        }
        consumer.join();
        assertThat(order).containsExactly(3, 2, 1);
    }
}
