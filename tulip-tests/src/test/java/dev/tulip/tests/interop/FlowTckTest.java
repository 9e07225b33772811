package dev.tulip.tests.interop;

import static dev.tulip.Tulip.iterate;
import static dev.tulip.Tulip.newEventLoop;
import static dev.tulip.Tulip.sleep;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tulip.loop.EventLoop;
import dev.tulip.loop.FlowIterable;
import dev.tulip.loop.Suspends;
import dev.tulip.tests.support.BackgroundLoop;
import dev.tulip.tests.support.Deadline;
import java.time.Duration;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.reactivestreams.tck.SubscriberWhiteboxVerification.SubscriberPuppet;
import org.reactivestreams.tck.SubscriberWhiteboxVerification.WhiteboxSubscriberProbe;
import org.reactivestreams.tck.TestEnvironment;
import org.reactivestreams.tck.flow.FlowPublisherVerification;
import org.reactivestreams.tck.flow.FlowSubscriberBlackboxVerification;
import org.reactivestreams.tck.flow.FlowSubscriberWhiteboxVerification;
import org.testng.ITestListener;
import org.testng.ITestResult;
import org.testng.TestNG;

/**
 * The verification that Reactive Streams publishes for its implementations (TCK), in both directions. Its tests are
 * TestNG's, which runs them inside one test of ours each; they are counted, so that none is lost unnoticed.
 */
@Timeout(300)
class FlowTckTest {
    /** What the TCK calls untested it skips: it names rules that it has no test for. */
    private static final String UNTESTED = "untested_";

    private static EventLoop loop; // of the verification that runs

    /** How long what must come may take, and how long to wait for what must not come, in milliseconds. */
    private static TestEnvironment environment() {
        return new TestEnvironment(Deadline.LONG.toMillis(), 20, 5);
    }

    /** Publishing: every third element takes the iterator a suspension. */
    public static final class PublisherVerification extends FlowPublisherVerification<Long> {
        public PublisherVerification() {
            super(environment());
        }

        @Override
        public Flow.Publisher<Long> createFlowPublisher(long elements) {
            return loop.publisher(() -> new SlowNumbers(elements));
        }

        @Override
        public Flow.Publisher<Long> createFailedFlowPublisher() {
            EventLoop closed = newEventLoop();
            closed.close();
            return closed.publisher(Set.of(1L));
        }

        /** The TCK gives the garbage collector a tenth of a second: here it has some of them. */
        @Override
        @org.testng.annotations.Test
        public void required_spec313_cancelMustMakeThePublisherEventuallyDropAllReferencesToTheSubscriber()
                throws Throwable {
            for (int attempt = 1; ; attempt++) {
                try {
                    super.required_spec313_cancelMustMakeThePublisherEventuallyDropAllReferencesToTheSubscriber();
                    return;
                } catch (AssertionError e) {
                    if (attempt == 20) {
                        throw e;
                    }
                    setUp(); // forgets the error
                }
            }
        }
    }

    private static final class SlowNumbers implements Iterator<Long> {
        private final long count;
        private long next;

        private SlowNumbers(long count) {
            this.count = count;
        }

        @Override
        public boolean hasNext() {
            return next < count;
        }

        @Suspends
        @Override
        public Long next() {
            if (next % 3 == 2) {
                sleep(Duration.ZERO);
            }
            return next++;
        }
    }

    /** The subscriber of a {@code for} loop, seen from outside. */
    public static final class SubscriberBlackboxVerification extends FlowSubscriberBlackboxVerification<Long> {
        public SubscriberBlackboxVerification() {
            super(environment());
        }

        @Override
        public Flow.Subscriber<Long> createFlowSubscriber() {
            CompletableFuture<Flow.Subscriber<? super Long>> subscriber = new CompletableFuture<>();
            loop.runCoroutineThreadsafe(() -> {
                Flow.Publisher<Long> publisher = subscriber::complete;
                for (Long element : iterate(publisher, 4)) {
                    assertThat(element).isNotNull();
                }
            });
            return widened(subscriber.join());
        }

        @Override
        public Long createElement(int number) {
            return (long) number;
        }
    }

    /** The subscriber of a {@code for} loop, which tells what has come out of it. */
    public static final class SubscriberWhiteboxVerification extends FlowSubscriberWhiteboxVerification<Long> {
        public SubscriberWhiteboxVerification() {
            super(environment());
        }

        @Override
        protected Flow.Subscriber<Long> createFlowSubscriber(WhiteboxSubscriberProbe<Long> probe) {
            CompletableFuture<Flow.Subscriber<? super Long>> subscriber = new CompletableFuture<>();
            CompletableFuture<FlowIterable<Long>> iterable = new CompletableFuture<>();
            loop.runCoroutineThreadsafe(() -> {
                Flow.Publisher<Long> publisher = subscriber::complete;
                try (FlowIterable<Long> elements = iterate(publisher, 4)) {
                    iterable.complete(elements);
                    for (Long element : elements) {
                        probe.registerOnNext(element);
                    }
                    probe.registerOnComplete();
                } catch (Exception e) {
                    probe.registerOnError(e);
                }
            });
            return new Probed(widened(subscriber.join()), iterable.join(), probe);
        }

        @Override
        public Long createElement(int number) {
            return (long) number;
        }
    }

    /** Passes the signals on, and gives the TCK the strings to pull. */
    private record Probed(
            Flow.Subscriber<Long> subscriber, FlowIterable<Long> iterable, WhiteboxSubscriberProbe<Long> probe)
            implements Flow.Subscriber<Long> {
        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            subscriber.onSubscribe(subscription);
            probe.registerOnSubscribe(new SubscriberPuppet() {
                @Override
                public void triggerRequest(long count) {
                    // it asks by itself, for as many as its buffer holds
                }

                @Override
                public void signalCancel() {
                    loop.callSoonThreadsafe(iterable::close);
                }
            });
        }

        @Override
        public void onNext(Long element) {
            subscriber.onNext(element);
        }

        @Override
        public void onError(Throwable failure) {
            subscriber.onError(failure);
        }

        @Override
        public void onComplete() {
            subscriber.onComplete();
        }
    }

    @SuppressWarnings("unchecked") // it is the subscriber that our own code has passed to a Publisher<Long>
    private static Flow.Subscriber<Long> widened(Flow.Subscriber<? super Long> subscriber) {
        return (Flow.Subscriber<Long>) subscriber;
    }

    @Test
    void thePublisherPasses() {
        verify(PublisherVerification.class, 31, 7);
    }

    @Test
    void theSubscriberPassesSeenFromOutside() {
        verify(SubscriberBlackboxVerification.class, 11, 15);
    }

    @Test
    void theSubscriberPassesSeenFromInside() {
        verify(SubscriberWhiteboxVerification.class, 14, 13);
    }

    private static void verify(Class<?> verification, int passed, int untested) {
        Set<String> declared = Arrays.stream(verification.getMethods())
                .filter(method -> method.isAnnotationPresent(org.testng.annotations.Test.class))
                .map(method -> method.getName())
                .collect(Collectors.toCollection(TreeSet::new));
        Results results = new Results();
        try (BackgroundLoop background = new BackgroundLoop()) {
            loop = background.loop();
            TestNG testNg = new TestNG(/* useDefaultListeners= */ false);
            testNg.setVerbose(0);
            testNg.setTestClasses(new Class<?>[] {verification});
            testNg.addListener(results);
            testNg.run();
        }
        assertThat(results.failed).isEmpty();
        assertThat(results.passed).hasSize(passed);
        assertThat(results.skipped)
                .hasSize(untested)
                .allMatch(name -> name.startsWith(UNTESTED), "a name that begins with " + UNTESTED);
        assertThat(declared).hasSize(passed + untested);
    }

    /** What became of each test. */
    private static final class Results implements ITestListener {
        private final Set<String> passed = new TreeSet<>();
        private final Set<String> skipped = new TreeSet<>();
        private final Map<String, Throwable> failed = new TreeMap<>();

        @Override
        public void onTestSuccess(ITestResult result) {
            passed.add(result.getName());
        }

        @Override
        public void onTestSkipped(ITestResult result) {
            skipped.add(result.getName());
        }

        @Override
        public void onTestFailure(ITestResult result) {
            failed.put(result.getName(), result.getThrowable());
        }
    }
}
