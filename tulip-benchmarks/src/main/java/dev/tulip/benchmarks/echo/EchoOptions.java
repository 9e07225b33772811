package dev.tulip.benchmarks.echo;

import dev.tulip.benchmarks.report.CommandLine;
import dev.tulip.benchmarks.report.Results;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What {@code ./tulip bench echo} was asked for.
 *
 * @param loads to put on each contender
 * @param contenders to measure, as far as they are installed
 * @param rounds how often each is measured with each load
 * @param warmUpSeconds before each measurement
 * @param seconds of each measurement
 * @param results where the report goes
 */
record EchoOptions(
        List<Load> loads, List<Contender> contenders, int rounds, int warmUpSeconds, int seconds, Results results) {
    private static final List<String> LOADS = List.of("1kx50", "1kx500", "100kx10", "tls-1kx50");

    static String usage() {
        return """
            usage: ./tulip bench echo [OPTION ...]

            What a request costs an echo server, as CPU time of the whole process: Tulip, its rivals that Maven
            brings, and those that it finds on this machine (C, Go, uvloop, asyncio). In each round every contender
            is measured once; each measurement is a fresh server and a fresh load generator on a processor of its
            own. Prints tables, and writes echo.md and echo.svg.

              --loads LOAD,...     loads such as 1kx50 (messages of 1 KiB, 50 connections) or tls-1kx50 (TLS 1.3);
                                   unless said otherwise, %s
              --only NAME,...      only these contenders
              --pairs N            rounds; 5
              --seconds N          of each measurement; 5
              --warm-up N          seconds before it, on connections that come and go; 6
              --quick              1 round, 1 second to warm up and 1 to measure: to see that it works
              --output FOLDER      for the files; tulip-benchmarks/results
              --help               this text

            contenders: %s
            """.formatted(
                        String.join(",", LOADS),
                        Contenders.ALL.stream().map(Contender::name).collect(Collectors.joining(", ")));
    }

    /** {@return the options, or null if help was asked for} */
    static @Nullable EchoOptions parse(List<String> arguments) {
        CommandLine line = new CommandLine(arguments);
        List<String> loads = LOADS;
        List<Contender> contenders = Contenders.ALL;
        int rounds = 5;
        int warmUpSeconds = 6;
        int seconds = 5;
        Results results = Results.ofCheckout();
        while (line.hasNext()) {
            String option = line.next();
            switch (option) {
                case "--help", "-h" -> {
                    return null;
                }
                case "--loads" -> loads = line.values(option);
                case "--only" -> contenders = Contenders.named(line.values(option));
                case "--pairs" -> rounds = line.number(option);
                case "--warm-up" -> warmUpSeconds = line.number(option);
                case "--seconds" -> seconds = line.number(option);
                case "--quick" -> {
                    rounds = 1;
                    warmUpSeconds = 1;
                    seconds = 1;
                }
                case "--output" -> results = results.in(line.value(option));
                default -> throw line.unknown(option);
            }
        }
        return new EchoOptions(
                loads.stream().map(Load::parse).toList(), contenders, rounds, warmUpSeconds, seconds, results);
    }
}
