package dev.tulip.tests.support;

import dev.tulip.loop.EventLoop;
import dev.tulip.loop.EventLoopPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Round every test: fails it if it leaves a loop open, a thread, a descriptor, an error that reached an exception
 * handler, or a warning in the log. Gives it {@link Errors} and {@link Logs} if it wants to look at the last two.
 */
public final class LeakGuard implements BeforeEachCallback, AfterEachCallback, ParameterResolver {
    private static final ExtensionContext.Namespace NAMESPACE = ExtensionContext.Namespace.create(LeakGuard.class);

    /** Everything about one test. */
    private static final class Watch {
        private final Errors errors = new Errors();
        private final Logs logs = new Logs();
        private final List<EventLoop> loops = new CopyOnWriteArrayList<>();
        private final EventLoopPolicy policyBefore = EventLoopPolicy.current();
        private Set<Thread> threadsBefore = Set.of();
        private long descriptorsBefore;

        private EventLoop newEventLoop() {
            EventLoop loop = policyBefore.newEventLoop();
            loop.setExceptionHandler(errors);
            loops.add(loop);
            return loop;
        }
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        openWhatTheJdkKeeps();
        Watch watch = new Watch();
        watch.logs.install();
        EventLoopPolicy.setCurrent(watch::newEventLoop);
        watch.threadsBefore = threads();
        watch.descriptorsBefore = descriptors();
        context.getStore(NAMESPACE).put(Watch.class, watch);
    }

    @Override
    public void afterEach(ExtensionContext context) {
        Watch watch = context.getStore(NAMESPACE).get(Watch.class, Watch.class);
        EventLoopPolicy.setCurrent(watch.policyBefore);
        List<String> problems = new ArrayList<>();
        for (EventLoop loop : watch.loops) {
            if (!loop.isClosed()) {
                problems.add("left open: " + loop);
                if (!loop.isRunning()) {
                    loop.close();
                }
            }
        }
        watch.logs.uninstall();
        watch.errors
                .take()
                .forEach(error -> problems.add("reached the exception handler: " + error + stack(error.exception())));
        watch.logs.take().stream()
                .filter(record -> !isSlowness(record.getMessage()))
                .forEach(record -> problems.add("logged: " + record.getMessage() + stack(record.getThrown())));
        if (!Deadline.within(Deadline.LONG, () -> newThreads(watch).isEmpty())) {
            problems.add("left running: " + newThreads(watch));
        }
        if (!Deadline.within(Deadline.LONG, () -> descriptors() <= watch.descriptorsBefore)) {
            problems.add("left open: " + (descriptors() - watch.descriptorsBefore) + " sockets, pipes or selectors");
        }
        if (!problems.isEmpty()) { // of a test that has failed, this may be the reason: JUnit shows both
            throw new AssertionError(String.join("\n", problems));
        }
    }

    /** {@return whether debug mode found something slow, as anything may be on a busy machine} */
    private static boolean isSlowness(String message) {
        return message.contains("]: Executing ") || message.contains("]: held for ");
    }

    /** The JDK opens some descriptors at the first use of sockets and keeps them: before the first count, please. */
    private static void openWhatTheJdkKeeps() {
        try (EventLoop loop = EventLoop.create();
                SocketPair pair = SocketPair.open()) {
            loop.time();
            Thread reader = Thread.ofVirtual().start(() -> {
                try {
                    pair.there().read(java.nio.ByteBuffer.allocate(1));
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            Deadline.until("the reader waits", () -> reader.getState() == Thread.State.WAITING);
            pair.here().write(java.nio.ByteBuffer.allocate(1));
            reader.join();
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static String stack(Throwable exception) {
        if (exception == null) {
            return "";
        }
        java.io.StringWriter text = new java.io.StringWriter();
        exception.printStackTrace(new java.io.PrintWriter(text));
        return "\n" + text;
    }

    private static Set<Thread> newThreads(Watch watch) {
        Set<Thread> threads = threads();
        threads.removeAll(watch.threadsBefore);
        return threads;
    }

    /**
     * {@return the platform threads that loops and tests start; not those of the JDK, nor of JUnit, nor pools that
     * idle}
     */
    private static Set<Thread> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("EventLoop-")
                        || thread.getName().startsWith("test-"))
                .collect(Collectors.toSet());
    }

    /** {@return how many sockets, pipes and selectors this process has open, 0 where the system does not say} */
    private static long descriptors() {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.filter(LeakGuard::isOfNetwork).count();
        } catch (IOException e) {
            return 0;
        }
    }

    private static boolean isOfNetwork(Path descriptor) {
        try {
            String target = Files.readSymbolicLink(descriptor).toString();
            return target.startsWith("socket:") || target.startsWith("pipe:") || target.startsWith("anon_inode:");
        } catch (IOException e) {
            return false; // closed meanwhile
        }
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        return type == Errors.class || type == Logs.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        Watch watch = context.getStore(NAMESPACE).get(Watch.class, Watch.class);
        return parameter.getParameter().getType() == Errors.class ? watch.errors : watch.logs;
    }
}
