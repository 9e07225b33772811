package dev.tulip.benchmarks.echo;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** How the JVMs of the servers are started: all in the same way. */
final class Jvm {
    private static final String ENGINE = "tulip.engine";

    private static final List<String> OPTIONS = List.of(
            "-XX:+UseSerialGC",
            "-Xmx1g",
            "--add-opens=java.base/java.lang=ALL-UNNAMED",
            "-Djdk.virtualThreadScheduler.parallelism=1",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow");

    private Jvm() {}

    /**
     * {@return the options of every server}
     *
     * <p>The serial collector is what the JDK takes by itself on one processor; named, it also holds where nothing is
     * pinned. The heap is enough for all. Virtual threads get one carrier, as everybody else has one thread. Tulip's
     * launcher gives {@code --add-opens}, for the fast engine; Netty is fastest with the last two. A forced engine of
     * Tulip's is passed on.
     */
    static List<String> options() {
        List<String> options = new ArrayList<>(OPTIONS);
        if (System.getProperty(ENGINE) != null) {
            options.add("-D" + ENGINE + "=" + System.getProperty(ENGINE));
        }
        return options;
    }

    /** {@return the command that runs a program of ours} */
    static List<String> command(List<String> options, String program, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.add("-cp");
        command.add(System.getProperty("java.class.path"));
        command.add(program);
        command.addAll(arguments);
        return command;
    }

    /** {@return whether this is Linux on a processor for which Netty brings its native library} */
    static boolean hasNettyEpoll() {
        String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        return system.equals("linux") && List.of("amd64", "aarch64").contains(System.getProperty("os.arch"));
    }
}
