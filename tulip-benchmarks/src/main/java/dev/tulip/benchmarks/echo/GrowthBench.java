package dev.tulip.benchmarks.echo;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.tulip.benchmarks.report.LineChart;
import dev.tulip.benchmarks.report.Progress;
import dev.tulip.benchmarks.report.Table;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;

/** {@code ./tulip bench growth}: how costs grow. */
public final class GrowthBench {
    private static final int[] CONNECTIONS = {1, 10, 100, 1_000, 10_000};
    private static final int[] SIZES = {1, 32, 1024, 32 * 1024, 1024 * 1024};
    private static final int CONNECTIONS_FOR_SIZES = 10;
    private static final int MOST_TIMERS_AND_TASKS = 1_000_000;

    /** Descriptors that a process needs beside its connections, generously. */
    private static final int OTHER_DESCRIPTORS = 200;

    /** A million tasks need more than the servers' heap; the last one counts. */
    private static final String HEAP = "-Xmx4g";

    private final GrowthOptions options;
    private final Workplace workplace;
    private final Rounds rounds;
    private final LineChart chart = new LineChart("How costs grow: both axes logarithmic, a flat line is best");
    private final StringBuilder report = new StringBuilder();

    private GrowthBench(GrowthOptions options, Workplace workplace) {
        this.options = options;
        this.workplace = workplace;
        rounds = new Rounds(workplace, options.rounds(), options.warmUpSeconds(), options.seconds());
    }

    /** Runs it with these options. */
    public static void run(List<String> arguments) throws IOException, InterruptedException {
        GrowthOptions options = GrowthOptions.parse(arguments);
        if (options == null) {
            System.out.print(GrowthOptions.usage());
            return;
        }
        boolean needsServers = options.questions().stream().anyMatch(question -> !isInProcess(question));
        Workplace workplace = new Workplace(needsServers ? options.contenders() : List.of());
        new GrowthBench(options, workplace).measureAll(arguments);
    }

    private static boolean isInProcess(String question) {
        return question.equals("timers") || question.equals("tasks");
    }

    private void measureAll(List<String> arguments) throws IOException, InterruptedException {
        Table head = options.results().head("growth", arguments);
        workplace.describe(head, options.rounds(), options.warmUpSeconds(), options.seconds());
        for (String question : options.questions()) {
            switch (question) {
                case "connections" -> measureConnections();
                case "sizes" -> measureSizes();
                default -> measureInProcess(question);
            }
        }
        report.append(rounds.failures());
        options.results()
                .write(
                        "growth.md",
                        "# How costs grow\n\n![the same as a chart](growth.svg)\n\n"
                                + "The [README](../README.md) says how to read this.\n\n" + head + report);
        options.results().write("growth.svg", chart.toString());
    }

    private void publish(Growth growth) {
        if (growth.isEmpty()) {
            return;
        }
        System.out.println(growth.table());
        report.append('\n').append(growth.table());
        growth.draw(chart);
    }

    private void note(String line) {
        System.out.println(line + "\n");
        report.append('\n').append(line).append('\n');
    }

    // -- servers --------------------------------------------------------------------------------------------------

    private void measureConnections() throws InterruptedException {
        Growth growth = new Growth("connections", "CPU time of a request in µs");
        List<String> skipped = new ArrayList<>();
        for (int connections : CONNECTIONS) {
            if (connections > descriptors() - OTHER_DESCRIPTORS) {
                skipped.add("%,d connections are left out: a process may have %,d descriptors here (ulimit -n)"
                        .formatted(connections, descriptors()));
            } else if (connections <= options.most()) {
                rounds.measure(new Load(false, 1024, connections))
                        .medians()
                        .forEach((contender, micros) -> growth.add(contender.title(), connections, micros));
            }
        }
        publish(growth);
        skipped.forEach(this::note);
    }

    private void measureSizes() throws InterruptedException {
        Growth perRequest = new Growth("bytes in a message", "CPU time of a request in µs");
        Growth perByte = new Growth("bytes in a message", "CPU time of a byte in ns");
        for (int size : SIZES) {
            rounds.measure(new Load(false, size, CONNECTIONS_FOR_SIZES))
                    .medians()
                    .forEach((contender, micros) -> {
                        perRequest.add(contender.title(), size, micros);
                        perByte.add(contender.title(), size, micros * 1000 / size);
                    });
        }
        publish(perRequest);
        publish(perByte);
    }

    /** {@return how many descriptors a process may have} The JVM takes as many as it can get, as its children do. */
    private static long descriptors() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system
                ? system.getMaxFileDescriptorCount()
                : Long.MAX_VALUE;
    }

    // -- timers and tasks -----------------------------------------------------------------------------------------

    private void measureInProcess(String question) throws IOException, InterruptedException {
        Growth growth = new Growth(
                question, question.equals("timers") ? "time of a timer in ns" : "time of a task switch in ns");
        List<String> jvmOptions = new ArrayList<>(Jvm.options());
        jvmOptions.add(HEAP);
        List<String> command = new ArrayList<>(workplace.pinned());
        command.addAll(Jvm.command(
                jvmOptions,
                "dev.tulip.benchmarks.StepGrowth",
                List.of(question, Integer.toString(Math.min(options.most(), MOST_TIMERS_AND_TASKS)))));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        Progress.show(question + " ...");
        try (BufferedReader out = process.inputReader()) {
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                String[] fields = line.split("\t"); // contender, number, cost
                Progress.show("%s: %,d, %s".formatted(question, Integer.parseInt(fields[1]), fields[0]));
                growth.add(fields[0], Integer.parseInt(fields[1]), Double.parseDouble(fields[2]));
            }
            Progress.clear();
            if (process.waitFor() != 0) {
                note("failed: " + question + " ended with status " + process.exitValue());
            }
        } finally {
            process.destroyForcibly().waitFor();
        }
        publish(growth);
    }
}
