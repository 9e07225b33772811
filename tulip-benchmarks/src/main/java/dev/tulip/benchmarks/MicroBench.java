package dev.tulip.benchmarks;

import dev.tulip.benchmarks.report.Results;
import dev.tulip.benchmarks.report.Table;
import dev.tulip.benchmarks.report.UsageException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.NoBenchmarksException;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;

/** {@code ./tulip bench micro}: runs the JMH benchmarks and writes their figures as a table. */
final class MicroBench {
    private static final String USAGE = """
        usage: ./tulip bench micro [--output FOLDER] [JMH OPTION ...]

        What a step costs: a callback, a timer, a task switch, and so on, on Tulip, Kotlin and the JDK, with JMH.
        A quarter of an hour for everything. Prints a table and writes it to FOLDER/micro.md; FOLDER is
        tulip-benchmarks/results unless said otherwise.

          ./tulip bench micro TaskSwitch                             one question
          ./tulip bench micro TaskSwitch -p tasks=100 -f 1           one parameter, one JVM
          ./tulip bench micro -l                                     lists the benchmarks
          ./tulip bench micro -h                                     the options of JMH
        """;

    /** Options of JMH after which it runs nothing. */
    private static final Set<String> QUESTIONS = Set.of("-h", "-l", "-lp", "-lprof", "-lrf");

    private MicroBench() {}

    static void run(List<String> arguments) throws Exception {
        if (arguments.contains("--help")) {
            System.out.print(USAGE);
            return;
        }
        Results results = Results.ofCheckout();
        List<String> options = new ArrayList<>(arguments);
        int output = options.indexOf("--output");
        if (output >= 0) {
            if (output + 1 == options.size()) {
                throw new UsageException("--output needs a value; see --help");
            }
            options.remove(output);
            results = results.in(options.remove(output));
        }
        String[] args = options.toArray(String[]::new);
        if (options.stream().anyMatch(QUESTIONS::contains)) {
            org.openjdk.jmh.Main.main(args);
            return;
        }
        Collection<RunResult> figures;
        try {
            figures = new Runner(new CommandLineOptions(args)).run();
        } catch (NoBenchmarksException e) {
            throw new UsageException("no benchmark has such a name; see ./tulip bench micro -l");
        } catch (CommandLineOptionException | RunnerException e) {
            throw new UsageException(e.getMessage() + "; see ./tulip bench micro --help");
        }
        String table = table(figures);
        System.out.print("\n" + table);
        results.write("micro.md", head(arguments, figures, results) + "\n" + table);
    }

    private static String head(List<String> arguments, Collection<RunResult> figures, Results results) {
        BenchmarkParams params = figures.iterator().next().getParams();
        Table head = results.head("micro", arguments);
        head.add(
                "JVM options",
                params.getJvmArgs().stream()
                        .filter(option -> !option.startsWith(Results.ROOT_OPTION)) // where this machine has the project
                        .distinct()
                        .collect(Collectors.joining(" ", "`", "`")));
        head.add(
                "runs",
                "forks: %d; each %d x %s to warm up and %d x %s to measure"
                        .formatted(
                                params.getForks(),
                                params.getWarmup().getCount(),
                                params.getWarmup().getTime(),
                                params.getMeasurement().getCount(),
                                params.getMeasurement().getTime()));
        return "# What a step costs\n\nThe [README](../README.md) says how to read this.\n\n" + head;
    }

    private static String table(Collection<RunResult> figures) {
        Map<String, List<RunResult>> byQuestion = new LinkedHashMap<>();
        for (RunResult figure : figures) {
            byQuestion
                    .computeIfAbsent(question(figure.getParams()), _ -> new ArrayList<>())
                    .add(figure);
        }
        Table table = new Table(2, "benchmark", "contender", "ns per op", "spread");
        byQuestion.forEach((question, contenders) -> {
            contenders.sort(Comparator.comparing(MicroBench::contender, MicroBench::oursFirst));
            for (RunResult figure : contenders) {
                Result<?> result = figure.getPrimaryResult();
                table.add(
                        figure == contenders.getFirst() ? question : "",
                        "`" + contender(figure) + "`",
                        number(result.getScore()),
                        "± " + number(result.getScoreError()));
            }
        });
        return table.toString();
    }

    private static String question(BenchmarkParams params) {
        String[] path = params.getBenchmark().split("\\.");
        StringBuilder question = new StringBuilder("**" + path[path.length - 2].replace("Benchmark", "") + "**");
        for (String key : params.getParamsKeys()) {
            question.append(", ").append(key).append(' ').append(params.getParam(key));
        }
        return question.toString();
    }

    private static String contender(RunResult figure) {
        String benchmark = figure.getParams().getBenchmark();
        return benchmark.substring(benchmark.lastIndexOf('.') + 1);
    }

    private static int oursFirst(String a, String b) {
        return a.startsWith("tulip") == b.startsWith("tulip") ? a.compareTo(b) : a.startsWith("tulip") ? -1 : 1;
    }

    private static String number(double value) {
        return Double.isNaN(value) ? "?" : String.format(Locale.ROOT, value < 1000 ? "%.1f" : "%,.0f", value);
    }
}
