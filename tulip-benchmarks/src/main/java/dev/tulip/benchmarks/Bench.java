package dev.tulip.benchmarks;

import dev.tulip.benchmarks.echo.EchoBench;
import dev.tulip.benchmarks.echo.GrowthBench;
import dev.tulip.benchmarks.report.UsageException;
import java.util.Arrays;
import java.util.List;

/** {@code ./tulip bench}: runs the benchmarks of one kind and writes their report. */
final class Bench {
    private Bench() {}

    static void main(String[] args) throws Exception {
        List<String> options = Arrays.asList(args).subList(Math.min(args.length, 1), args.length);
        try {
            switch (args.length == 0 ? "" : args[0]) {
                case "micro" -> MicroBench.run(options);
                case "echo" -> EchoBench.run(options);
                case "growth" -> GrowthBench.run(options);
                default -> throw new UsageException("micro, echo or growth? see ./tulip bench --help");
            }
        } catch (UsageException e) {
            System.err.println("tulip: " + e.getMessage());
            System.exit(2);
        } catch (InterruptedException e) {
            // Ctrl-C: what was measured so far is no report
        }
    }
}
