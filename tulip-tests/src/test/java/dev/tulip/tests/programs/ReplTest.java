package dev.tulip.tests.programs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tulip.Tulip;
import dev.tulip.repl.TaskExecutionControlProvider;
import dev.tulip.tests.support.ChildJvm;
import dev.tulip.tests.support.Deadline;
import dev.tulip.tests.support.Program;
import dev.tulip.tests.support.Spawn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import jdk.jshell.EvalException;
import jdk.jshell.JShell;
import jdk.jshell.SnippetEvent;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code ./tulip repl}: with a script, and at a terminal. */
class ReplTest {
    @TempDir
    Path folder;

    // -- scripts --------------------------------------------------------------------------------------------------

    private ChildJvm.Result script(String... lines) throws IOException {
        Path script = Files.write(folder.resolve("script"), List.of(lines));
        String command = "exec \"$0\" repl < \"$1\"";
        String launcher = Program.tulipCommand().command().getLast();
        ProcessBuilder builder = Program.tulipCommand();
        builder.command("sh", "-c", command, launcher, script.toString());
        return ChildJvm.run(builder);
    }

    private void prints(List<String> script, String... lines) throws IOException {
        ChildJvm.Result result = script(script.toArray(String[]::new));
        assertThat(result.out().lines()).as(result.err()).containsExactly(lines);
        assertThat(result.err()).isEmpty();
        assertThat(result.status()).isZero();
    }

    private void fails(List<String> script, String out, String... error) throws IOException {
        ChildJvm.Result result = script(script.toArray(String[]::new));
        assertThat(result.err().lines()).containsExactly(error);
        assertThat(result.out()).isEqualTo(out);
        assertThat(result.status()).isEqualTo(1);
    }

    @Test
    void statementsRunInOrderAndTheirValuesAreShown() throws IOException {
        prints(
                List.of(
                        "1 + 2",
                        "String name = \"Tulip\"",
                        "// a comment, and an empty line",
                        "",
                        "int twice(int number) {",
                        "    return 2 * number;",
                        "}",
                        "twice(21); name + '!'",
                        "for (int i = 0; i < 2; i++) {",
                        "    System.out.println(i);",
                        "}",
                        "runningLoop().engine().name()"),
                "$1 ==> 3",
                "name ==> \"Tulip\"",
                "$2 ==> 42",
                "$3 ==> \"Tulip!\"",
                "0",
                "1",
                "$4 ==> \"" + System.getProperty("tulip.tests.engine") + "\"");
    }

    @Test
    void tasksRunBetweenStatementsAndCanBeAwaited() throws IOException {
        ChildJvm.Result result = script(
                "var ticks = new java.util.concurrent.atomic.AtomicInteger();",
                "Task<Integer> task = createTask(() -> {",
                "    while (ticks.incrementAndGet() < 10) {",
                "        sleep(Duration.ofMillis(1));",
                "    }",
                "    return 42;",
                "});",
                "Thread.yield()", // a statement that does not wait for it
                "await(task)",
                "ticks");
        assertThat(result.err()).isEmpty();
        assertThat(result.out().lines()).contains("$1 ==> 42").endsWith("ticks ==> 10");
    }

    @Test
    void aConnectionCanBeOpenedAndKeptFromStatementToStatement() throws IOException {
        ChildJvm.Result result = script(
                "var server = startServer(\"127.0.0.1\", 0, c -> c.writer().write(c.reader().readLine() + '!'));",
                "int port = ((InetSocketAddress) server.sockets().getFirst().getLocalAddress()).getPort();",
                "var connection = openConnection(\"127.0.0.1\", port);",
                "connection.writer().write(\"hello\\n\");",
                "new String(connection.reader().readExactly(6))",
                "connection.close(); server.close();");
        assertThat(result.err()).isEmpty();
        assertThat(result.out().lines()).endsWith("$1 ==> \"hello!\"");
    }

    /** JShell cannot spell the type of this variable out if it is annotated. */
    @Test
    void aTaskWithoutAResultCanBeKeptInAVar() throws IOException {
        ChildJvm.Result result = script("var task = createTask(() -> sleep(Duration.ofMillis(1)));", "await(task)");
        assertThat(result.err()).isEmpty();
        assertThat(result.out().lines()).endsWith("$1 ==> null");
    }

    @Test
    void contextVariablesPersistFromStatementToStatement() throws IOException {
        ChildJvm.Result result = script(
                "var user = new ContextVar<String>(\"user\");",
                "user.set(\"Ada\");",
                "await(createTask(() -> { String seen = user.get(); user.set(\"Bob\"); return seen; }))",
                "user.get()");
        assertThat(result.err()).isEmpty();
        assertThat(result.out().lines()).contains("$2 ==> \"Ada\"").endsWith("$3 ==> \"Ada\"");
    }

    @Test
    void anExceptionEndsTheScriptWithItsOwnPartOfTheStackAndStatus1() throws IOException {
        fails(
                List.of(
                        "int divide(int number) {",
                        "",
                        "    return number / 0;",
                        "}",
                        "1",
                        "divide(7)",
                        "System.out.println(\"not reached\")"),
                "$1 ==> 1\n",
                "line 6: java.lang.ArithmeticException: / by zero",
                "    at divide line 3",
                "    at line 6");
    }

    @Test
    void whatATaskFailsWithReachesWhoeverAwaitsItWithItsCause() throws IOException {
        ChildJvm.Result result = script(
                "int read() throws IOException { throw new IOException(\"disk\", new IllegalStateException(\"dust\"));"
                        + " }",
                "await(createTask(() -> read()))");
        assertThat(result.err().lines())
                .contains("line 2: java.io.IOException: disk", "Caused by: java.lang.IllegalStateException: dust")
                .allMatch(line -> !line.contains("dev.tulip"));
        assertThat(result.status()).isEqualTo(1);
    }

    @Test
    void awaitingWhatWasCancelledIsAnExceptionAndNoStop() throws IOException {
        ChildJvm.Result result = script(
                "Task<?> task = createTask(() -> sleep(Duration.ofDays(1)));",
                "task.cancel(\"no more\");",
                "await(task)");
        assertThat(result.err()).startsWith("line 3: dev.tulip.loop.CancelledError: no more\n");
        assertThat(result.status()).isEqualTo(1);
    }

    @Test
    void whatDoesNotCompileIsShownWithItsPlace() throws IOException {
        fails(
                List.of("int number = \"text\";"),
                "",
                "line 1: error:",
                "incompatible types: java.lang.String cannot be converted to int",
                "    int number = \"text\";",
                "                 ^");
        fails(
                List.of("int first() { return second(); }", "first()"),
                "",
                "line 2: not everything that first uses is declared");
        fails(
                List.of("1", "for (;;) {"),
                "$1 ==> 1\n",
                "line 2: error:",
                "reached end of file while parsing",
                "    for (;;) {",
                "              ^");
        fails(
                List.of("/exit 3"),
                "",
                "line 1: commands such as /exit are for the console at a terminal; a script is Java");
    }

    @Test
    void aScriptMayChooseItsStatus() throws IOException {
        assertThat(script("System.exit(7)").status()).isEqualTo(7);
        assertThat(script().status()).isZero();
    }

    @Test
    void tasksThatAreLeftAreCancelledAtTheEnd() throws IOException {
        prints(
                List.of(
                        "{",
                        "    createTask(() -> {",
                        "        try { sleep(Duration.ofDays(1)); } finally { System.out.println(\"finally\"); }",
                        "    });",
                        "    sleep(Duration.ZERO);",
                        "}"),
                "finally");
    }

    @Test
    void optionsAreForTheTerminal() {
        ChildJvm.Result result = ChildJvm.run(Program.tulipCommand("repl", "-v"));
        assertThat(result.err()).isEqualTo("tulip: options are for the console at a terminal, not for a script: -v\n");
        assertThat(result.status()).isEqualTo(2);
    }

    // -- stopping a statement -------------------------------------------------------------------------------------

    private static final String RUNNING = ReplTest.class.getName();

    private static JShell shell() throws Exception {
        String tulip = Path.of(Tulip.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .toURI())
                .toString();
        JShell shell = JShell.builder()
                .executionEngine(new TaskExecutionControlProvider(), Map.of())
                .compilerOptions("--class-path", tulip)
                .build();
        shell.eval("import static dev.tulip.Tulip.*;");
        shell.eval("import java.time.Duration;");
        return shell;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "sleep(Duration.ofDays(1));",
                "await(runningLoop().createFuture());",
                "while (true);",
                "for (;;) { sleep(Duration.ZERO); }",
                "createTask(() -> { while (true); }); sleep(Duration.ofDays(1));",
                "try { sleep(Duration.ofDays(1)); } finally { for (int i = 0; i < 1000; i++) sleep(Duration.ZERO); }"
            })
    void stoppingEndsTheStatementAndTheNextOneRuns(String statement) throws Exception {
        System.clearProperty(RUNNING);
        try (JShell shell = shell()) {
            List<SnippetEvent> events = new ArrayList<>();
            Thread evaluating = Spawn.platform(
                    "evaluating",
                    () -> events.addAll(
                            shell.eval("{ System.setProperty(\"" + RUNNING + "\", \"\"); " + statement + " }")));
            Deadline.until("it runs", () -> System.getProperty(RUNNING) != null);
            shell.stop();
            evaluating.join();
            assertThat(events).hasSize(1);
            assertThat(shell.eval("1 + 1").getFirst().value()).isEqualTo("2");
        }
    }

    @Test
    void stoppingLeavesOtherTasksAlone() throws Exception {
        System.clearProperty(RUNNING);
        try (JShell shell = shell()) {
            shell.eval("dev.tulip.loop.Task<?> other = createTask(() -> sleep(Duration.ofDays(1)));");
            Thread evaluating = Spawn.platform(
                    "evaluating",
                    () -> shell.eval("{ System.setProperty(\"" + RUNNING + "\", \"\"); sleep(Duration.ofDays(1)); }"));
            Deadline.until("it runs", () -> System.getProperty(RUNNING) != null);
            shell.stop();
            evaluating.join();
            assertThat(shell.eval("other.done()").getFirst().value()).isEqualTo("false");
        }
    }

    @Test
    void anExceptionIsTheStatementsOwn() throws Exception {
        try (JShell shell = shell()) {
            SnippetEvent event = shell.eval("Integer.parseInt(\"x\")").getFirst();
            assertThat(((EvalException) event.exception()).getExceptionClassName())
                    .isEqualTo("java.lang.NumberFormatException");
        }
    }

    // -- at a terminal --------------------------------------------------------------------------------------------

    /** Types the lines that it reads into a console at a terminal; says what that shows. */
    private static final String TERMINAL = """
        import fcntl, os, pty, select, struct, sys, termios, time
        child, terminal = pty.fork()
        if child == 0:
            os.environ['TERM'] = 'xterm'
            os.execv(sys.argv[1], sys.argv[1:])
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack('HHHH', 40, 200, 0, 0))
        seen = b''
        def comes(text, limit):
            global seen
            end = time.time() + limit
            while text not in seen and time.time() < end:
                if select.select([terminal], [], [], 0.1)[0]:
                    seen += os.read(terminal, 4096)
            found = text in seen
            seen = seen[seen.index(text) + len(text):] if found else seen
            return found
        def expect(text):
            if not comes(text, 30):
                print('did not come:', text, 'but', seen, flush=True)
                os.kill(child, 9)
                sys.exit(1)
        def type(text):
            os.write(terminal, text)
        expect(b'Each statement is a task of a running loop')
        expect(b'jshell> ')
        type(b'System.out.println("sle" + "eps"); sleep(Duration.ofDays(1))\\r')
        expect(b'sleeps')
        type(b'\\x03')
        while not comes(b'jshell> ', 1): # JShell looks for Ctrl-C a moment after the statement has begun
            type(b'\\x03')
        print('cancelled', flush=True)
        type(b'var task = createTask(() -> 40 + 2)\\r')
        expect(b'jshell> ')
        type(b'await(task) + runningLoop().eng\\t')
        expect(b'engine()')
        print('completed', flush=True)
        type(b'.name()\\r')
        expect(b'==> "42')
        expect(b'jshell> ')
        type(b'/exit 3\\r')
        print('status', os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
        """;

    @Test
    void ctrlCCancelsTheStatementAndNotTheConsole() throws IOException {
        assumeTrue(Program.isInstalled("python3", "-c", "import pty"), "python3 is not installed");
        String launcher = Program.tulipCommand().command().getLast();
        ProcessBuilder builder = Program.tulipCommand();
        builder.command("python3", "-c", TERMINAL, launcher, "repl");
        builder.environment().put("TULIP_JAVA_OPTS", "-Djava.util.prefs.userRoot=" + folder);
        ChildJvm.Result result = ChildJvm.run(builder);
        assertThat(result.out().lines()).as(result.err()).containsExactly("cancelled", "completed", "status 3");
    }
}
