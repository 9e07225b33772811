package dev.tulip.benchmarks.report;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.Locale;
import java.util.stream.Stream;

/** What a measurement was made on, as rows for the table at the top of its report. */
final class Machine {
    private static final Path CPU_INFO = Path.of("/proc/cpuinfo");

    private Machine() {}

    /** Adds what every report says: machine, processor, system, JDK, date and commit of the checkout at {@code root}. */
    static void describe(Table table, Path root) {
        OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
        table.add(
                "machine",
                "%d processors, %d GiB"
                        .formatted(system.getAvailableProcessors(), Math.round(system.getTotalMemorySize() * 0x1p-30)));
        table.add("processor", processor());
        table.add("operating system", system.getName() + " " + system.getVersion() + ", " + system.getArch());
        table.add("JDK", System.getProperty("java.vendor.version", "") + " " + Runtime.version());
        table.add("load average before", String.format(Locale.ROOT, "%.1f", system.getSystemLoadAverage()));
        table.add("date, commit", LocalDate.now() + ", " + commit(root));
    }

    private static String processor() {
        if (!Files.isReadable(CPU_INFO)) {
            return Commands.output("sysctl", "-n", "machdep.cpu.brand_string").orElse("unknown");
        }
        try (Stream<String> lines = Files.lines(CPU_INFO)) {
            return lines.filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse("unknown");
        } catch (IOException e) {
            return "unknown: " + e;
        }
    }

    private static String commit(Path root) {
        String git = root.toString();
        return Commands.output("git", "-C", git, "rev-parse", "--short", "HEAD")
                .map(commit -> Commands.output("git", "-C", git, "status", "--porcelain", "--untracked-files=no")
                                .filter(String::isEmpty)
                                .isPresent()
                        ? commit
                        : commit + " with changes")
                .orElse("unknown");
    }
}
