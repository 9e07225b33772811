package dev.tulip.benchmarks.echo;

import dev.tulip.benchmarks.report.Commands;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Gives the server and the load generator a processor each, by {@code taskset}, where there is one and there are two.
 *
 * @param server what goes before the server's command
 * @param load what goes before the load generator's
 * @param description for the report
 */
record Pinning(List<String> server, List<String> load, String description) {
    private static final Path STATUS = Path.of("/proc/self/status");

    static Pinning find() {
        if (Commands.output("taskset", "-c", "0", "true").isEmpty() || !Files.isReadable(STATUS)) {
            return none("not pinned: no taskset here; expect more spread");
        }
        try {
            List<Integer> allowed = allowed();
            int first = allowed.getFirst();
            // Two threads of one core would share it.
            List<Integer> sameCore = sameCore(first);
            List<Integer> others = allowed.stream()
                    .filter(number -> !sameCore.contains(number))
                    .toList();
            if (others.isEmpty()) {
                return none("not pinned: there is one processor only; the load generator takes its share of it");
            }
            int second = others.getFirst();
            return new Pinning(
                    taskset(first),
                    taskset(second),
                    "server on processor " + first + ", load generator on processor " + second);
        } catch (IOException e) {
            return none("not pinned: " + e);
        }
    }

    private static Pinning none(String why) {
        return new Pinning(List.of(), List.of(), why);
    }

    private static List<String> taskset(int processor) {
        return List.of("taskset", "-c", Integer.toString(processor));
    }

    private static List<Integer> allowed() throws IOException {
        try (Stream<String> lines = Files.lines(STATUS)) {
            return lines.filter(line -> line.startsWith("Cpus_allowed_list:"))
                    .map(line -> numbers(line.substring(line.indexOf(':') + 1)))
                    .findFirst()
                    .orElseThrow(() -> new IOException(STATUS + " does not say which processors are allowed"));
        }
    }

    private static List<Integer> sameCore(int processor) throws IOException {
        Path file = Path.of("/sys/devices/system/cpu/cpu" + processor + "/topology/thread_siblings_list");
        return Files.isReadable(file) ? numbers(Files.readString(file)) : List.of(processor);
    }

    /** {@return the numbers of a list such as 0,2-5} */
    private static List<Integer> numbers(String list) {
        List<Integer> numbers = new ArrayList<>();
        for (String range : list.strip().split(",")) {
            String[] ends = range.split("-");
            int end = Integer.parseInt(ends[ends.length - 1]);
            for (int number = Integer.parseInt(ends[0]); number <= end; number++) {
                numbers.add(number);
            }
        }
        return numbers;
    }
}
