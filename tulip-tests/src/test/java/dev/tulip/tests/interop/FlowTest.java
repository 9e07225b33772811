package dev.tulip.tests.interop;

import static dev.tulip.Tulip.allTasks;
import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.currentTask;
import static dev.tulip.Tulip.generator;
import static dev.tulip.Tulip.iterate;
import static dev.tulip.Tulip.newEventLoop;
import static dev.tulip.Tulip.publisher;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.ContextVar;
import dev.tulip.loop.EventLoop;
import dev.tulip.loop.FlowIterable;
import dev.tulip.loop.Future;
import dev.tulip.loop.Suspends;
import dev.tulip.loop.Task;
import dev.tulip.tests.support.BackgroundLoop;
import dev.tulip.tests.support.Deadline;
import dev.tulip.tests.support.Errors;
import dev.tulip.tests.support.Spawn;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Flow;
import java.util.concurrent.SubmissionPublisher;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Between {@code Flow.Publisher} and the {@code for} loop. That the rules hold shows {@link FlowTckTest}. */
class FlowTest {
    private final List<Object> order = Collections.synchronizedList(new ArrayList<>());

    /** A publisher whose signals a test sends by hand. */
    private static final class Manual implements Flow.Publisher<Integer>, Flow.Subscription {
        private volatile Flow.Subscriber<? super Integer> subscriber;
        private volatile long requested;
        private volatile boolean cancelled;

        @Override
        public void subscribe(Flow.Subscriber<? super Integer> newSubscriber) {
            subscriber = newSubscriber;
            newSubscriber.onSubscribe(this);
        }

        @Override
        public void request(long count) {
            requested += count;
        }

        @Override
        public void cancel() {
            cancelled = true;
        }

        private void send(Integer... elements) {
            for (Integer element : elements) {
                subscriber.onNext(element);
            }
        }
    }

    /** A subscriber that keeps what it hears. */
    private static class Listener implements Flow.Subscriber<Object> {
        final List<Object> heard = Collections.synchronizedList(new ArrayList<>());
        final CountDownLatch end = new CountDownLatch(1);
        volatile Flow.Subscription subscription;

        private final long demand;

        private Listener(long demand) {
            this.demand = demand;
        }

        @Override
        public void onSubscribe(Flow.Subscription newSubscription) {
            subscription = newSubscription;
            if (demand > 0) {
                newSubscription.request(demand);
            }
        }

        @Override
        public void onNext(Object element) {
            heard.add(element);
        }

        @Override
        public void onError(Throwable failure) {
            heard.add(failure);
            end.countDown();
        }

        @Override
        public void onComplete() {
            heard.add("complete");
            end.countDown();
        }

        @Suspends
        void untilHeard(int count) {
            until(() -> heard.size() >= count);
        }
    }

    /** An iterator that says when it is closed, and what it was asked. */
    private class Numbers implements Iterator<Integer>, AutoCloseable {
        private final int count;
        int next;

        Numbers(int count) {
            this.count = count;
        }

        @Override
        public boolean hasNext() {
            return next < count;
        }

        @Override
        public Integer next() {
            order.add("made " + next);
            return next++;
        }

        @Override
        public void close() throws IOException {
            order.add("closed");
        }
    }

    /** Lets others run until {@code condition} holds. */
    @Suspends
    private static void until(BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            sleep(Duration.ofNanos(1));
        }
    }

    private static List<Integer> numbers(int count) {
        return IntStream.range(0, count).boxed().toList();
    }

    // -- from a publisher to a for loop ---------------------------------------------------------------------------

    @Test
    @SuppressWarnings("try") // closing it is how the source completes
    void aForLoopTakesWhatAPublisherPublishesOnOtherThreads() {
        int count = 10_000;
        try (ExecutorService executor = Executors.newFixedThreadPool(2);
                SubmissionPublisher<Integer> source = new SubmissionPublisher<>(executor, 16)) {
            run(() -> {
                List<Integer> taken = new ArrayList<>();
                try (FlowIterable<Integer> elements = iterate(source, 8)) {
                    Spawn.platform("source", () -> {
                        for (int i = 0; i < count; i++) {
                            source.submit(i); // waits while the subscriber has not asked for more
                        }
                        source.close();
                    });
                    for (int element : elements) {
                        taken.add(element);
                    }
                }
                assertThat(taken).isEqualTo(numbers(count));
            });
        }
    }

    @Test
    void aSlowLoopMakesThePublisherWait() {
        Manual source = new Manual();
        run(() -> {
            Iterator<Integer> elements = iterate(source, 4).iterator();
            until(() -> source.requested > 0);
            assertThat(source.requested).isEqualTo(4);
            source.send(0, 1, 2, 3);
            assertThat(elements.next()).isEqualTo(0);
            assertThat(source.requested).isEqualTo(4);
            assertThat(elements.next()).isEqualTo(1);
            assertThat(source.requested).isEqualTo(6); // half of the buffer is free
            source.send(4, 5);
            for (int i = 2; i < 6; i++) {
                assertThat(elements.next()).isEqualTo(i);
            }
            source.subscriber.onComplete();
            assertThat(elements.hasNext()).isFalse();
        });
    }

    @Test
    void aBufferOfOneAsksForOneAfterTheOther() {
        Manual source = new Manual();
        run(() -> {
            Iterator<Integer> elements = iterate(source, 1).iterator();
            until(() -> source.requested > 0);
            for (int i = 0; i < 5; i++) {
                assertThat(source.requested).isEqualTo(i + 1);
                source.send(i);
                assertThat(elements.next()).isEqualTo(i);
            }
        });
    }

    @Test
    void theFailureOfAPublisherIsThrownAsItIsAfterTheElementsBeforeIt() {
        Manual source = new Manual();
        IOException failure = new IOException("disk");
        run(() -> {
            FlowIterable<Integer> elements = iterate(source);
            until(() -> source.requested > 0);
            source.send(1);
            source.subscriber.onError(failure);
            assertThatThrownBy(() -> {
                        for (int element : elements) {
                            order.add(element);
                        }
                    })
                    .isSameAs(failure);
            assertThat(order).containsExactly(1);
            assertThat(source.cancelled).isFalse(); // who has failed need not be told
        });
    }

    @Test
    void leavingTheLoopAndTheBlockCancelsTheSubscription() {
        Manual source = new Manual();
        run(() -> {
            FlowIterable<Integer> left;
            try (FlowIterable<Integer> elements = iterate(source)) {
                until(() -> source.requested > 0);
                source.send(1, 2, 3);
                for (int element : elements) {
                    order.add(element);
                    break;
                }
                left = elements;
            }
            assertThat(source.cancelled).isTrue();
            source.send(4);
            sleep(Duration.ofMillis(1));
            assertThat(left.iterator().hasNext()).isFalse();
            assertThat(left).hasToString("FlowIterable[ended, 0 buffered]");
            left.close(); // harmless
        });
        assertThat(order).containsExactly(1);
    }

    @Test
    void cancellingTheTaskCancelsTheSubscriptionAlsoWithoutABlock() {
        Manual source = new Manual();
        run(() -> {
            Task<?> task = createTask(() -> {
                for (int element : iterate(source)) {
                    order.add(element);
                }
            });
            until(() -> source.requested > 0);
            source.send(1);
            until(() -> !order.isEmpty());
            task.cancel();
            assertThatThrownBy(() -> await(task)).isInstanceOf(CancelledError.class);
            until(() -> source.cancelled);
            assertThat(order).containsExactly(1);
        });
    }

    @Test
    void theEndOfTheTaskThatMadeItClosesIt() {
        Manual source = new Manual();
        run(() -> {
            Task<?> task = createTask(() -> {
                for (int element : iterate(source)) {
                    order.add(element);
                    break;
                }
            });
            until(() -> source.requested > 0);
            source.send(1, 2);
            await(task);
            until(() -> source.cancelled);
        });
        assertThat(order).containsExactly(1);
    }

    @Test
    void cancellingAWaitTakesNoElement() {
        Manual source = new Manual();
        run(() -> {
            Task<Integer> task = createTask(() -> {
                Iterator<Integer> elements = iterate(source).iterator();
                try {
                    elements.hasNext();
                } catch (CancelledError e) {
                    order.add("cancelled");
                    currentTask().uncancel();
                }
                return elements.next();
            });
            until(() -> source.requested > 0);
            source.send(1);
            task.cancel();
            assertThat(task.await()).isEqualTo(1);
        });
        assertThat(order).containsExactly("cancelled");
    }

    @Test
    void aSecondLoopGoesOnWhereTheFirstOneWasLeft() {
        Manual source = new Manual();
        run(() -> {
            FlowIterable<Integer> elements = iterate(source);
            until(() -> source.requested > 0);
            source.send(1, 2, 3);
            source.subscriber.onComplete();
            for (int element : elements) {
                order.add(element);
                break;
            }
            order.add("again");
            for (int element : elements) {
                order.add(element);
            }
        });
        assertThat(order).containsExactly(1, "again", 2, 3);
    }

    /** The loop's own thread must not overtake what others have sent before it. */
    @Test
    void signalsThatComeInTurnsFromSeveralThreadsKeepTheirOrder() {
        int count = 2_000;
        Manual source = new Manual();
        try (ExecutorService first = Executors.newSingleThreadExecutor();
                ExecutorService second = Executors.newSingleThreadExecutor()) {
            run(() -> {
                Iterator<Integer> elements = iterate(source, count).iterator();
                until(() -> source.requested > 0);
                for (int i = 0; i < count; i++) {
                    int element = i;
                    switch (i % 3) {
                        case 0 -> first.submit(() -> source.send(element)).get();
                        case 1 -> source.send(element);
                        default -> second.submit(() -> source.send(element)).get();
                    }
                }
                for (int i = 0; i < count; i++) {
                    assertThat(elements.next()).isEqualTo(i);
                }
            });
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aPublisherThatSendsMoreThanItWasAskedForIsCutOff() {
        Manual source = new Manual();
        run(() -> {
            FlowIterable<Integer> elements = iterate(source, 2);
            until(() -> source.requested > 0);
            source.send(1, 2, 3, 4);
            assertThatThrownBy(() -> {
                        for (int element : elements) {
                            order.add(element);
                        }
                    })
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("sent more than it was asked for (rule 1.1 of Reactive Streams), first: 3");
            assertThat(source.cancelled).isTrue();
        });
        assertThat(order).containsExactly(1, 2);
    }

    @Test
    void closingEndsTheLoopOfATaskThatWaits() {
        Manual source = new Manual();
        run(() -> {
            FlowIterable<Integer> elements = iterate(source);
            Task<Boolean> task = createTask(() -> elements.iterator().hasNext());
            until(() -> source.requested > 0);
            assertThatThrownBy(() -> elements.iterator().hasNext())
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("another task waits for the next element");
            assertThat(elements).hasToString("FlowIterable[open, 0 buffered]");
            elements.close();
            assertThat(task.await()).isFalse();
            assertThatThrownBy(() -> elements.iterator().next()).isInstanceOf(java.util.NoSuchElementException.class);
        });
    }

    @Test
    void whatAPublisherThrowsWhenOneSubscribesIsThrown() {
        run(() -> {
            Flow.Publisher<Integer> broken = subscriber -> {
                throw new UnsupportedOperationException("nobody may");
            };
            assertThatThrownBy(() -> iterate(broken)).isInstanceOf(UnsupportedOperationException.class);
            assertThatThrownBy(() -> iterate(new Manual(), 0)).isInstanceOf(IllegalArgumentException.class);
        });
        assertThatThrownBy(() -> iterate(new Manual()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("no running event loop");
    }

    @Test
    void aLoopThatClosesCancelsItsSubscriptions() {
        Manual early = new Manual();
        Manual late = new Manual();
        Flow.Publisher<Integer> slow = subscriber -> late.subscriber = subscriber;
        EventLoop loop = newEventLoop();
        loop.callSoon(() -> {
            assertThat(iterate(early)).isNotNull();
            assertThat(iterate(slow)).isNotNull();
            createTask(() -> {
                until(() -> early.requested > 0);
                loop.stop();
            });
        });
        loop.runForever();
        assertThat(early.requested).isPositive();
        loop.close();
        assertThat(early.cancelled).isTrue();
        late.subscriber.onSubscribe(late);
        assertThat(late.cancelled).isTrue();
        assertThat(late.requested).isZero();
        late.subscriber.onComplete(); // harmless
    }

    // -- from a for loop's source to a publisher ------------------------------------------------------------------

    @Test
    void whatCanBeIteratedOverCanBePublishedAcrossLoopsAndBack() {
        int count = 5_000;
        try (BackgroundLoop background = new BackgroundLoop()) {
            Flow.Publisher<Integer> source = background.loop().publisher(numbers(count));
            run(() -> {
                List<Integer> taken = new ArrayList<>();
                for (int element : iterate(source, 7)) {
                    taken.add(element);
                }
                assertThat(taken).isEqualTo(numbers(count));
                taken.clear();
                for (int element : iterate(publisher(iterate(source, 3)), 2)) { // there, back, and there again
                    taken.add(element);
                }
                assertThat(taken).isEqualTo(numbers(count));
            });
        }
    }

    @Test
    void allSignalsComeInATaskOfTheLoopSoThatTheIteratorMaySuspend() {
        run(() -> {
            EventLoop loop = runningLoop();
            Listener listener = new Listener(Long.MAX_VALUE) {
                @Override
                public void onNext(Object element) {
                    assertThat(runningLoop()).isSameAs(loop);
                    sleep(Duration.ZERO); // the subscriber may suspend, too
                    super.onNext(element);
                }
            };
            Iterator<String> slow = new Iterator<>() {
                private int left = 3;

                @Override
                public boolean hasNext() {
                    sleep(Duration.ZERO);
                    return left > 0;
                }

                @Override
                public String next() {
                    sleep(Duration.ofMillis(1));
                    return "element " + left--;
                }
            };
            publisher(() -> slow).subscribe(listener);
            listener.untilHeard(4);
            assertThat(listener.heard).containsExactly("element 3", "element 2", "element 1", "complete");
        });
    }

    @Test
    void nothingIsMadeThatNobodyAskedFor() {
        run(() -> {
            Listener listener = new Listener(0);
            publisher(() -> new Numbers(10)).subscribe(listener);
            until(() -> listener.subscription != null);
            sleep(Duration.ofMillis(1));
            assertThat(order).isEmpty();
            listener.subscription.request(2);
            listener.untilHeard(2);
            sleep(Duration.ofMillis(1));
            assertThat(order).containsExactly("made 0", "made 1");
            listener.subscription.request(3);
            listener.untilHeard(5);
            listener.subscription.cancel();
            until(() -> order.contains("closed"));
            assertThat(order).endsWith("made 4", "closed");
            listener.subscription.request(3);
            listener.subscription.cancel();
            sleep(Duration.ofMillis(1));
            assertThat(listener.heard).isEqualTo(List.of(0, 1, 2, 3, 4));
        });
    }

    @Test
    void theEndComesWithTheLastElementAndNeedsNoRequest() {
        run(() -> {
            Listener exact = new Listener(3);
            publisher(numbers(3)).subscribe(exact);
            exact.untilHeard(4);
            assertThat(exact.heard).containsExactly(0, 1, 2, "complete");
            Listener empty = new Listener(0);
            publisher(List.of()).subscribe(empty);
            empty.untilHeard(1);
            assertThat(empty.heard).containsExactly("complete");
        });
    }

    @Test
    void eachSubscriberHasAnIterationOfItsOwn() {
        run(() -> {
            Flow.Publisher<Integer> source = publisher(numbers(3));
            Listener first = new Listener(1);
            Listener second = new Listener(Long.MAX_VALUE);
            source.subscribe(first);
            source.subscribe(second);
            second.untilHeard(4);
            assertThat(first.heard).isEqualTo(List.of(0));
            assertThat(source.toString()).startsWith("Publisher[of java.util.").contains(" on EventLoop-");
            first.subscription.request(Long.MAX_VALUE);
            first.subscription.request(Long.MAX_VALUE); // rule 3.17: no overflow
            first.untilHeard(4);
            assertThat(first.heard).containsExactly(0, 1, 2, "complete");
        });
    }

    @Test
    void whatTheIterationThrowsIsTheError() {
        IOException failure = new IOException("disk");
        run(() -> {
            Listener broken = new Listener(9);
            publisher(() -> {
                        throw new IllegalArgumentException("no iterator");
                    })
                    .subscribe(broken);
            Listener failing = new Listener(9);
            publisher(() -> new Numbers(3) {
                        @Override
                        public Integer next() {
                            if (next == 1) {
                                throw rethrown(failure);
                            }
                            return super.next();
                        }
                    })
                    .subscribe(failing);
            Listener nothing = new Listener(9);
            publisher(() -> java.util.Collections.singletonList((Object) null).iterator())
                    .subscribe(nothing);
            broken.untilHeard(1);
            failing.untilHeard(2);
            nothing.untilHeard(1);
            assertThat(broken.heard.toString()).contains("IllegalArgumentException: no iterator");
            assertThat(failing.heard).containsExactly(0, failure);
            assertThat(nothing.heard.toString()).contains("NullPointerException: a publisher publishes no null");
            assertThat(order).contains("closed");
        });
    }

    @SuppressWarnings("unchecked") // a checked exception, as a suspending iterator may throw one
    private static <X extends Throwable> RuntimeException rethrown(Throwable failure) throws X {
        throw (X) failure;
    }

    @Test
    void cancellingEndsAnIterationThatWaits() {
        run(() -> {
            Future<Integer> never = runningLoop().createFuture();
            Listener listener = new Listener(9);
            publisher(() -> new Numbers(3) {
                        @Override
                        public Integer next() {
                            order.add("waits");
                            return never.await();
                        }
                    })
                    .subscribe(listener);
            until(() -> order.contains("waits"));
            listener.subscription.cancel();
            until(() -> allTasks().size() == 1);
            assertThat(never.cancelled()).isTrue();
            assertThat(order).containsExactly("waits", "closed");
            assertThat(listener.heard).isEmpty();
            assertThat(listener.subscription.toString()).startsWith("Subscription[ended");
        });
    }

    @Test
    void withoutALimitTheOthersOfTheLoopStillHaveTheirTurn() {
        run(() -> {
            Iterator<Integer> endless = IntStream.iterate(0, i -> i + 1).iterator();
            Listener listener = new Listener(Long.MAX_VALUE) {
                @Override
                public void onNext(Object element) {
                    super.onNext(element);
                    if (heard.size() == 10_000) {
                        subscription.cancel(); // no element comes after this
                    }
                }
            };
            publisher(() -> endless).subscribe(listener);
            int turns = 0;
            while (allTasks().size() > 1 || listener.heard.isEmpty()) {
                turns++;
                sleep(Duration.ZERO);
            }
            assertThat(listener.heard).hasSize(10_000);
            assertThat(turns).isBetween(10, 1_000);
        });
    }

    @Test
    void aSubscriberThatIsCancelledInsideIsLeftToFinish() {
        run(() -> {
            Listener listener = new Listener(9) {
                @Override
                public void onNext(Object element) {
                    subscription.cancel();
                    sleep(Duration.ofMillis(1));
                    super.onNext(element);
                }
            };
            publisher(() -> new Numbers(3)).subscribe(listener);
            listener.untilHeard(1);
            until(() -> order.contains("closed"));
            assertThat(listener.heard).isEqualTo(List.of(0));
            assertThat(order).containsExactly("made 0", "closed");
        });
    }

    @Test
    void closingAnIteratorMaySuspendAndMayFail(Errors errors) {
        IOException failure = new IOException("cannot close");
        class Unwilling extends Numbers {
            private Unwilling(int count) {
                super(count);
            }

            @Override
            public void close() throws IOException {
                sleep(Duration.ofMillis(1));
                order.add("closed");
                throw failure;
            }
        }
        run(() -> {
            Listener complete = new Listener(9);
            publisher(() -> new Unwilling(1)).subscribe(complete);
            complete.untilHeard(2);
            assertThat(complete.heard).containsExactly(0, failure);

            RuntimeException first = new RuntimeException("first");
            Listener failing = new Listener(9);
            publisher(() -> new Unwilling(1) {
                        @Override
                        public Integer next() {
                            throw first;
                        }
                    })
                    .subscribe(failing);
            failing.untilHeard(1);
            assertThat(failing.heard).containsExactly(first);
            assertThat(first.getSuppressed()).containsExactly(failure);

            Listener cancelled = new Listener(1);
            publisher(() -> new Unwilling(3)).subscribe(cancelled);
            cancelled.untilHeard(1);
            cancelled.subscription.cancel();
            until(() -> allTasks().size() == 1);
        });
        assertThat(errors.takeOnly()).satisfies(error -> {
            assertThat(error.message()).isEqualTo("Exception in an iteration whose subscriber has cancelled");
            assertThat(error.exception()).isSameAs(failure);
        });
    }

    @Test
    void cancellingDoesNotDisturbWhatIsBeingClosed() {
        run(() -> {
            Listener listener = new Listener(9) {
                @Override
                public void onNext(Object element) {
                    super.onNext(element);
                    subscription.cancel();
                }
            };
            publisher(() -> new Numbers(3) {
                        @Override
                        public void close() {
                            sleep(Duration.ofMillis(1));
                            order.add("closed");
                        }
                    })
                    .subscribe(listener);
            until(() -> order.contains("closed"));
        });
        assertThat(order).containsExactly("made 0", "closed");
    }

    @Test
    void elementsThatAreClosedAfterUseHaveOneSubscriber() {
        class Rows implements Iterable<Integer>, AutoCloseable {
            @Override
            public Iterator<Integer> iterator() {
                return numbers(2).iterator();
            }

            @Override
            public void close() {
                order.add("closed");
            }
        }
        run(() -> {
            Flow.Publisher<Integer> source = publisher(new Rows());
            Listener first = new Listener(9);
            Listener second = new Listener(9);
            source.subscribe(first);
            source.subscribe(second);
            first.untilHeard(3);
            second.untilHeard(1);
            assertThat(first.heard).containsExactly(0, 1, "complete");
            assertThat(second.heard.getFirst())
                    .isInstanceOf(IllegalStateException.class)
                    .asString()
                    .contains("has had its one subscriber");
            assertThat(order).containsExactly("closed");
        });
    }

    @Test
    void aSubscriberThatThrowsIsReportedAndHearsNothingMore(Errors errors) {
        run(() -> {
            Listener listener = new Listener(9) {
                @Override
                public void onNext(Object element) {
                    super.onNext(element);
                    throw new IllegalArgumentException("unwanted");
                }
            };
            publisher(() -> new Numbers(3)).subscribe(listener);
            listener.untilHeard(1);
            until(() -> order.contains("closed"));
            assertThat(listener.heard).isEqualTo(List.of(0));
            assertThat(order).containsExactly("made 0", "closed");
        });
        assertThat(errors.takeOnly()).satisfies(error -> {
            assertThat(error.message()).isEqualTo("Exception in a subscriber, which hears nothing more");
            assertThat(error.exception()).hasMessage("unwanted");
        });
    }

    @Test
    void aRequestForNothingIsAnError() {
        run(() -> {
            Listener listener = new Listener(1);
            publisher(() -> new Numbers(3)).subscribe(listener);
            listener.untilHeard(1);
            listener.subscription.request(0);
            listener.untilHeard(2);
            assertThat(listener.heard.get(1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .asString()
                    .contains("rule 3.9", "not 0");
            assertThat(order).containsExactly("made 0", "closed");
        });
    }

    @Test
    void aTaskThatIsCancelledFailsItsSubscriberAndSoDoesAClosedLoop() {
        Listener waiting = new Listener(1);
        Listener neverBegun = new Listener(1);
        Listener tooLate = new Listener(1);
        List<Flow.Publisher<Integer>> sources = new ArrayList<>();
        run(() -> {
            Flow.Publisher<Integer> source = publisher(numbers(3));
            sources.add(source);
            source.subscribe(waiting);
            waiting.untilHeard(1);
            source.subscribe(neverBegun);
            while (allTasks().size() < 3) {
                sleep(Duration.ZERO);
            }
            allTasks().stream().filter(task -> task != currentTask()).forEach(Task::cancel);
            until(() -> allTasks().size() == 1);
        });
        sources.getFirst().subscribe(tooLate);
        assertThat(waiting.heard.get(1)).isInstanceOf(CancelledError.class);
        assertThat(neverBegun.heard.getFirst())
                .isInstanceOf(CancelledError.class)
                .asString()
                .contains("before its first step");
        assertThat(tooLate.heard.getFirst())
                .isInstanceOf(IllegalStateException.class)
                .asString()
                .contains("Event loop is closed");
    }

    @Test
    void aSubscriberOfALoopThatNeverRunsHearsOfItsEnd() {
        EventLoop loop = newEventLoop();
        Listener listener = new Listener(1);
        loop.publisher(numbers(3)).subscribe(listener);
        assertThat(listener.heard).isEmpty();
        loop.close();
        assertThat(listener.heard.toString()).contains("Event loop is closed");
    }

    @Test
    void aGeneratorIsPublishedAndClosed() {
        run(() -> {
            Flow.Publisher<Integer> source = publisher(generator(out -> {
                try {
                    for (int i = 0; ; i++) {
                        sleep(Duration.ZERO);
                        out.yield(i);
                    }
                } finally {
                    order.add("closed");
                }
            }));
            for (int element : iterate(source, 2)) {
                if (element == 5) {
                    break;
                }
                order.add(element);
            }
        });
        assertThat(order).containsExactly(0, 1, 2, 3, 4, "closed");
    }

    @Test
    void aGeneratorForEachSubscriber() {
        run(() -> {
            Flow.Publisher<String> source = publisher(() -> generator(out -> {
                out.yield("a");
                sleep(Duration.ofMillis(1));
                out.yield("b");
            }));
            Listener first = new Listener(9);
            Listener second = new Listener(9);
            source.subscribe(first);
            source.subscribe(second);
            first.untilHeard(3);
            second.untilHeard(3);
            assertThat(first.heard).isEqualTo(second.heard).containsExactly("a", "b", "complete");
        });
    }

    @Test
    void theIterationHasACopyOfThePublishersContext() {
        ContextVar<String> user = new ContextVar<>("user");
        run(() -> {
            user.set("alice");
            Flow.Publisher<String> source = publisher(() -> List.of(user.get()).iterator());
            user.set("bob");
            Listener listener = new Listener(9);
            source.subscribe(listener);
            listener.untilHeard(2);
            assertThat(listener.heard).containsExactly("alice", "complete");
        });
    }

    @Test
    void anotherThreadSubscribesRequestsAndCancels() throws Exception {
        try (BackgroundLoop background = new BackgroundLoop()) {
            Flow.Publisher<Integer> source = background.loop().publisher(numbers(1_000));
            Listener oneByOne = new Listener(1) {
                @Override
                public void onNext(Object element) {
                    super.onNext(element);
                    Thread.ofPlatform().name("test-requester").start(() -> subscription.request(1));
                }
            };
            source.subscribe(oneByOne);
            oneByOne.end.await();
            assertThat(oneByOne.heard).hasSize(1_001);
            Listener leaving = new Listener(10);
            source.subscribe(leaving);
            Deadline.until("ten are there", () -> leaving.heard.size() == 10);
            leaving.subscription.cancel();
            Deadline.until("the task ends", () -> background.loop().allTasks().size() == 1);
            assertThat(leaving.heard).hasSize(10);
        }
    }
}
