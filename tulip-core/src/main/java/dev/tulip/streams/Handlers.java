package dev.tulip.streams;

import dev.tulip.loop.Action;
import dev.tulip.loop.EventLoop;
import dev.tulip.loop.ExceptionContext;
import dev.tulip.loop.Future;
import dev.tulip.loop.KeyboardInterrupt;
import dev.tulip.loop.Suspends;
import dev.tulip.loop.Task;
import dev.tulip.loop.TaskOptions;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The tasks that handle a server's connections, one each. Loop thread only. */
final class Handlers {
    // set once
    private final EventLoop loop;
    private final ConnectionHandler handler;
    private final StreamOptions options;
    private final Waiters changes;
    private final Consumer<Future<?>> ended = this::ended;

    // loop thread only
    private final Map<Task<?>, Connection> running = new LinkedHashMap<>();

    Handlers(EventLoop loop, ConnectionHandler handler, StreamOptions options) {
        this.loop = loop;
        this.handler = Objects.requireNonNull(handler, "handler");
        this.options = Objects.requireNonNull(options, "options");
        this.changes = new Waiters(loop);
    }

    /** {@return the loop on which they run} Any thread. */
    EventLoop loop() {
        return loop;
    }

    /** {@return the protocol of a new connection} */
    StreamReaderProtocol newProtocol() {
        return new StreamReaderProtocol(options, this);
    }

    /** Starts the task of a connection that stands. */
    void start(Connection connection) {
        String name = "handler of " + ConnectionLostException.peer(connection.transport());
        Task<@Nullable Void> task = loop.createTask(new Handling(handler, connection), TaskOptions.named(name));
        if (running.isEmpty()) {
            BusyHandlers.of(loop).add(this);
        }
        running.put(task, connection);
        task.addDoneCallback(ended);
    }

    private void ended(Future<?> task) {
        Connection connection = running.remove(task);
        if (running.isEmpty()) {
            BusyHandlers.of(loop).remove(this);
            changes.wakeAll();
        }
        if (connection == null) {
            return;
        }
        boolean closedByServer = connection.isClosedByServer();
        if (!connection.isClosing()) {
            connection.abort(); // the task was cancelled before its first step
        }
        Throwable exception = task.cancelled() ? null : task.exception();
        // A reader or writer whose connection the server has closed says so; that is no news.
        if (exception != null
                && !(exception instanceof KeyboardInterrupt)
                && !(closedByServer && exception instanceof IOException)) {
            report(connection, task, exception);
        }
    }

    private void report(Connection connection, Future<?> task, Throwable exception) {
        Map<String, Object> subjects = new LinkedHashMap<>();
        subjects.put("transport", connection.transport());
        subjects.put("task", task);
        loop.callExceptionHandler(new ExceptionContext(
                "Unhandled exception in the handler of the connection from "
                        + ConnectionLostException.peer(connection.transport()),
                exception,
                subjects));
    }

    /** Notes that it is the server which closes the connections. */
    void closing() {
        running.values().forEach(Connection::closeByServer);
    }

    /** Cancels all and aborts their connections. {@return how many of these had not ended} */
    int abort() {
        int aborted = 0;
        for (Map.Entry<Task<?>, Connection> entry : List.copyOf(running.entrySet())) {
            Connection connection = entry.getValue();
            connection.closeByServer();
            aborted += connection.writer().isClosed() ? 0 : 1;
            entry.getKey().cancel("the server is shut down");
            connection.abort();
        }
        return aborted;
    }

    /** Waits until none is running. */
    @Suspends
    void awaitEnd() {
        while (!running.isEmpty()) {
            changes.await();
        }
    }

    /** The body of a connection's task. Not a lambda, which would be one frame more on the stack of each. */
    private record Handling(ConnectionHandler handler, Connection connection) implements Action<Exception> {
        @Override
        public void run() throws Exception {
            try (connection) {
                handler.handle(connection);
            }
        }
    }
}
