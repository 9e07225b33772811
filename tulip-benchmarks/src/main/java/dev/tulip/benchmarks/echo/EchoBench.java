package dev.tulip.benchmarks.echo;

import dev.tulip.benchmarks.report.BarChart;
import dev.tulip.benchmarks.report.Table;
import java.io.IOException;
import java.util.List;

/** {@code ./tulip bench echo}: what a request costs a server process. */
public final class EchoBench {
    /** Of the chart: what lies beyond would make the others too short to compare. */
    private static final double LONGEST_BAR = 4;

    private EchoBench() {}

    /** Runs it with these options. */
    public static void run(List<String> arguments) throws IOException, InterruptedException {
        EchoOptions options = EchoOptions.parse(arguments);
        if (options == null) {
            System.out.print(EchoOptions.usage());
            return;
        }
        Workplace workplace = new Workplace(options.contenders());
        Table head = options.results().head("echo", arguments);
        workplace.describe(head, options.rounds(), options.warmUpSeconds(), options.seconds());
        StringBuilder report = new StringBuilder("# What a request costs an echo server\n\n"
                + "![the same as a chart](echo.svg)\n\nThe [README](../README.md) says how to read this.\n\n" + head);
        BarChart chart = new BarChart(
                "What a request costs an echo server",
                "CPU time of the server process, as a multiple; less is better. In brackets: for one request",
                LONGEST_BAR);
        Rounds rounds = new Rounds(workplace, options.rounds(), options.warmUpSeconds(), options.seconds());
        for (Load load : options.loads()) {
            Comparison comparison = rounds.measure(load);
            System.out.println(comparison.table());
            report.append('\n').append(comparison.table());
            comparison.draw(chart);
        }
        report.append(rounds.failures());
        options.results().write("echo.md", report.toString());
        options.results().write("echo.svg", chart.toString());
    }
}
