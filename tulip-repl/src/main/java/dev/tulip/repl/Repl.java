package dev.tulip.repl;

import dev.tulip.Tulip;
import dev.tulip.loop.EventLoop;
import java.io.Console;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.prefs.Preferences;
import java.util.stream.Stream;
import jdk.jshell.tool.JavaShellToolBuilder;

/**
 * The program behind {@code ./tulip repl}. At a terminal it is JShell as one knows it, with its history, completion and
 * commands; otherwise it reads a {@link Script} from standard input. Both run statements as {@link
 * TaskExecutionControl} does.
 */
public final class Repl {
    private Repl() {}

    /** Starts the console, and exits with its status. The arguments are JShell's. */
    public static void main(String[] arguments) throws Exception {
        boolean terminal = isTerminal();
        if (!terminal && arguments.length > 0) {
            System.err.println("tulip: options are for the console at a terminal, not for a script: "
                    + String.join(" ", arguments));
            System.exit(2);
        }
        Path folder = Files.createTempDirectory("tulip-repl");
        Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(folder)));
        System.exit(terminal ? console(folder, arguments) : script(folder));
    }

    private static boolean isTerminal() {
        Console console = System.console();
        return console != null && console.isTerminal();
    }

    private static int console(Path folder, String[] arguments) throws Exception {
        System.out.println(banner());
        Path startup = Files.writeString(folder.resolve("startup.jsh"), resource("startup.jsh"));
        List<String> all = new ArrayList<>();
        all.addAll(List.of("--execution", TaskExecutionControlProvider.NAME, "--startup", startup.toString()));
        all.addAll(compilerOptions(folder));
        all.addAll(List.of(arguments));
        return JavaShellToolBuilder.builder()
                .persistence(Preferences.userRoot().node("dev/tulip/repl")) // history apart from JShell's own
                .start(all.toArray(String[]::new));
    }

    private static int script(Path folder) throws IOException {
        InputStreamReader in = new InputStreamReader(System.in, Charset.defaultCharset());
        return new Script(resource("startup.jsh"), compilerOptions(folder)).run(in, System.out, System.err);
    }

    private static String banner() {
        try (EventLoop loop = Tulip.newEventLoop()) {
            return "Tulip " + resource("version.txt").strip() + ", JDK " + Runtime.version() + ", "
                    + loop.engine().name() + " engine\n"
                    + "Each statement is a task of a running loop: await(...),"
                    + " sleep(Duration.ofSeconds(1)), createTask(...) just work.\n"
                    + "Ctrl-C cancels the running statement, and tasks go on between"
                    + " statements. /exit, or Ctrl-D, ends.";
        }
    }

    /** {@return where the compiler of the statements finds Tulip: in copies that are put into {@code folder}} */
    private static List<String> compilerOptions(Path folder) throws IOException {
        Path classes = Files.createDirectory(folder.resolve("classes"));
        BareClasses.copy(location(), classes);
        return Tulip.class.getModule().isNamed()
                ? List.of("--module-path", classes.toString(), "--add-modules", "dev.tulip")
                : List.of("--class-path", classes.toString());
    }

    private static URI location() {
        try {
            return Tulip.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI();
        } catch (URISyntaxException e) {
            throw new AssertionError("a class loader gives no such locations", e);
        }
    }

    /** {@return the text of a file beside this class} */
    private static String resource(String name) {
        try (InputStream in = Repl.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("the build has left out " + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void delete(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException | UncheckedIOException e) {
            // somebody else has cleaned up
        }
    }
}
