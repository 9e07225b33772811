package dev.tulip.benchmarks.echo;

import dev.tulip.benchmarks.report.Commands;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;

/** What another process has used of the machine. */
final class Usage {
    private Usage() {}

    /** {@return its CPU time so far, all threads, user and system} On Linux, in steps of 10 ms. */
    static Duration cpuTime(long pid) {
        return ProcessHandle.of(pid)
                .flatMap(process -> process.info().totalCpuDuration())
                .orElseThrow(() -> new IllegalStateException("the server has ended, or the system hides its CPU time"));
    }

    /** {@return its resident memory in KiB} */
    static long residentKiB(long pid) throws IOException {
        Path status = Path.of("/proc/" + pid + "/status");
        if (!Files.isReadable(status)) {
            return Commands.output("ps", "-o", "rss=", "-p", Long.toString(pid))
                    .map(Long::parseLong)
                    .orElse(0L);
        }
        try (Stream<String> lines = Files.lines(status)) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                    .findFirst()
                    .orElse(0);
        }
    }
}
