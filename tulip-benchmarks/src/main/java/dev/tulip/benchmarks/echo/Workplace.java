package dev.tulip.benchmarks.echo;

import dev.tulip.benchmarks.report.Table;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Where the contenders are made ready and measured: a folder, and the programs of those that can run. When the JVM ends,
 * also by Ctrl-C, no server and no file stays behind.
 */
final class Workplace {
    private static final Duration PATIENCE = Duration.ofMillis(100);
    private static final int TRIES = 20;

    private final Thread user = Thread.currentThread();
    private final Path folder = Files.createTempDirectory("tulip-bench");
    private final Pinning pinning = Pinning.find();
    private final Map<Contender, Contender.Program> programs = new LinkedHashMap<>();
    private final List<String> missing = new ArrayList<>();

    /** Makes them ready, and says on standard error which ones cannot take part. */
    Workplace(List<Contender> contenders) throws IOException {
        Runtime.getRuntime().addShutdownHook(new Thread(this::leave, "end of the benchmarks"));
        for (Contender contender : contenders) {
            try {
                programs.put(contender, contender.preparation().prepare(folder));
            } catch (NotInstalledException e) {
                missing.add(contender.title() + ": " + e.getMessage());
            }
        }
        missing.forEach(System.err::println);
        System.err.println(pinning.description());
    }

    private void leave() {
        user.interrupt(); // after Ctrl-C it is still there, and must not take dead servers for bad ones
        try {
            int tries = 0;
            do {
                ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly);
            } while (!user.join(PATIENCE) && ++tries < TRIES);
        } catch (InterruptedException e) {
            throw new AssertionError("unreachable: nobody interrupts a shutdown hook", e);
        }
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
            Files.delete(folder);
        } catch (IOException e) {
            System.err.println("cannot delete " + folder + ": " + e);
        }
    }

    Run run(int warmUpSeconds, int seconds) {
        return new Run(folder, pinning, warmUpSeconds, seconds);
    }

    /** {@return what goes before the command of a program, so that it runs where servers do} */
    List<String> pinned() {
        return pinning.server();
    }

    /** {@return those that can take part} */
    List<Contender> contenders() {
        return List.copyOf(programs.keySet());
    }

    Contender.Program program(Contender contender) {
        return programs.get(contender);
    }

    /** Adds what the report says of the programs and of how they are measured. */
    void describe(Table head, int rounds, int warmUpSeconds, int seconds) {
        head.add("pinned", pinning.description());
        head.add("JVM options", "`" + String.join(" ", Jvm.options()) + "`");
        List<String> versions = programs.values().stream()
                .map(Contender.Program::version)
                .filter(version -> !version.isEmpty())
                .distinct()
                .toList();
        head.add("rivals", String.join("; ", versions));
        if (!missing.isEmpty()) {
            head.add("missing", String.join("; ", missing));
        }
        head.add(
                "measurements",
                "%d for each contender and load, after %d s to warm up, of %d s"
                        .formatted(rounds, warmUpSeconds, seconds));
    }
}
