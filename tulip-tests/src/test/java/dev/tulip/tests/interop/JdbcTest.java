package dev.tulip.tests.interop;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.sleep;
import static dev.tulip.Tulip.toThread;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.Future;
import dev.tulip.loop.Suspends;
import dev.tulip.loop.Task;
import dev.tulip.tests.support.MountedOnly;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.h2.tools.Server;
import org.junit.jupiter.api.Test;

/**
 * A blocking JDBC driver, used from tasks. On the mounted engine its calls suspend their task; on every engine they
 * may run on an executor. The queries wait for something that another task of the same loop does, so a loop that
 * stood still would never end.
 */
class JdbcTest {
    static {
        // Otherwise the driver asks the network for this machine's name when its server starts.
        System.setProperty("h2.bindAddress", "127.0.0.1");
    }

    private static final AtomicInteger LAST_NUMBER = new AtomicInteger();

    private final List<Object> order = new ArrayList<>();

    /** In SQL: {@code CALL PASS_GATE()}, which waits until the gate is opened. */
    public static final class Gate {
        private static volatile CountDownLatch open = new CountDownLatch(0);
        private static volatile CountDownLatch reached = new CountDownLatch(0);

        private Gate() {}

        /** Waits until the gate is opened. */
        public static int pass() throws InterruptedException {
            reached.countDown();
            open.await();
            return 42;
        }

        private static void close() {
            open = new CountDownLatch(1);
            reached = new CountDownLatch(1);
        }

        /** Waits until {@code query} stands at the gate. */
        @Suspends
        private static void awaitReached(Future<?> query) {
            while (reached.getCount() > 0) {
                assertThat(query.done()).as(query.toString()).isFalse();
                sleep(Duration.ofMillis(1));
            }
        }

        @Suspends
        private static void open(Future<?> query) {
            awaitReached(query);
            open.countDown();
        }
    }

    private static String inMemory() {
        return "jdbc:h2:mem:test" + LAST_NUMBER.incrementAndGet() + ";DB_CLOSE_DELAY=-1";
    }

    private static void execute(String url, String... commands) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url, "sa", "")) {
            for (String command : commands) {
                execute(connection, command);
            }
        }
    }

    private static void execute(Connection connection, String command) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(command);
        }
    }

    private static int query(String url, String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url, "sa", "")) {
            return query(connection, sql);
        }
    }

    private static int query(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getInt(1);
        }
    }

    private static String gateAlias() {
        return "CREATE ALIAS PASS_GATE FOR '" + Gate.class.getName() + ".pass'";
    }

    @Test
    @MountedOnly
    void aQueryInATaskSuspendsThatTaskOnly() throws Exception {
        String url = inMemory();
        Gate.close();
        run(() -> {
            execute(url, gateAlias());
            Task<Integer> task = createTask(() -> query(url, "CALL PASS_GATE()"));
            Gate.open(task);
            assertThat(await(task)).isEqualTo(42);
            execute(url, "SHUTDOWN");
        });
    }

    @Test
    @MountedOnly
    void aQueryOverTheNetworkSuspendsItsTaskOnly() throws Exception {
        Server server = Server.createTcpServer("-tcpPort", "0", "-tcpDaemon", "-ifNotExists")
                .start();
        try {
            String url = "jdbc:h2:tcp://127.0.0.1:" + server.getPort() + "/mem:test" + LAST_NUMBER.incrementAndGet();
            Gate.close();
            run(() -> {
                Task<Integer> task = createTask(() -> {
                    try (Connection connection = DriverManager.getConnection(url, "sa", "")) {
                        execute(connection, gateAlias());
                        return query(connection, "CALL PASS_GATE()");
                    }
                });
                Gate.open(task);
                assertThat(await(task)).isEqualTo(42);
            });
        } finally {
            server.stop();
        }
    }

    /** The classic deadlock of loops and locks: the one that holds the row needs the loop to let go of it. */
    @Test
    @MountedOnly
    void twoTasksMayWantTheSameRow() throws Exception {
        String url = inMemory();
        run(() -> {
            execute(url, "CREATE TABLE account (id INT PRIMARY KEY, balance INT)", "INSERT INTO account VALUES (1, 0)");
            List<Task<?>> tasks = new ArrayList<>();
            for (String name : List.of("a", "b")) {
                tasks.add(createTask(() -> {
                    try (Connection connection = DriverManager.getConnection(url, "sa", "")) {
                        connection.setAutoCommit(false);
                        execute(connection, "UPDATE account SET balance = balance + 1 WHERE id = 1");
                        order.add(name);
                        sleep(Duration.ofMillis(20)); // and holds the row meanwhile
                        order.add(name);
                        connection.commit();
                    }
                }));
            }
            for (Task<?> task : tasks) {
                await(task);
            }
            assertThat(query(url, "SELECT balance FROM account")).isEqualTo(2);
            execute(url, "SHUTDOWN");
        });
        assertThat(order).containsExactly("a", "a", "b", "b");
    }

    @Test
    void aQueryMayRunOnAnExecutor() throws Exception {
        String url = inMemory();
        Gate.close();
        run(() -> {
            await(runningLoop().runInExecutor(null, () -> {
                execute(url, gateAlias());
                return null;
            }));
            Future<Integer> answer = runningLoop().runInExecutor(null, () -> query(url, "CALL PASS_GATE()"));
            Gate.open(answer);
            assertThat(await(answer)).isEqualTo(42);
            await(runningLoop().runInExecutor(null, () -> {
                execute(url, "SHUTDOWN");
                return null;
            }));
        });
    }

    @Test
    void aQueryMayMoveItsTaskToAThread() throws Exception {
        String url = inMemory();
        Gate.close();
        run(() -> {
            toThread(() -> execute(url, gateAlias()));
            Task<Integer> task = createTask(() -> toThread(() -> query(url, "CALL PASS_GATE()")));
            Gate.open(task);
            assertThat(await(task)).isEqualTo(42);
            toThread(() -> execute(url, "SHUTDOWN"));
        });
    }

    @Test
    void aQueryOnAnExecutorIsInterruptedWhenItsTaskIsCancelled() throws Exception {
        String url = inMemory();
        Gate.close();
        run(() -> {
            Task<?> task = createTask(() -> await(runningLoop().runInExecutor(null, () -> {
                execute(url, gateAlias());
                return query(url, "CALL PASS_GATE()");
            })));
            Gate.awaitReached(task);
            task.cancel();
            assertThatThrownBy(() -> await(task)).isInstanceOf(CancelledError.class);
        });
        assertThat(Gate.open.getCount()).isOne(); // nobody has opened it, and yet the thread is free: run has ended
        execute(url, "SHUTDOWN");
    }
}
