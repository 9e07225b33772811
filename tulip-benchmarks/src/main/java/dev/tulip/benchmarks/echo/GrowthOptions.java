package dev.tulip.benchmarks.echo;

import dev.tulip.benchmarks.report.CommandLine;
import dev.tulip.benchmarks.report.Results;
import dev.tulip.benchmarks.report.UsageException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@code ./tulip bench growth} was asked for.
 *
 * @param questions some of {@link #QUESTIONS}
 * @param contenders the echo servers to measure, as far as they are installed
 * @param most the largest number of connections, timers and tasks
 * @param rounds how often each server is measured at each point
 * @param warmUpSeconds before each measurement
 * @param seconds of each measurement
 * @param results where the report goes
 */
record GrowthOptions(
        List<String> questions,
        List<Contender> contenders,
        int most,
        int rounds,
        int warmUpSeconds,
        int seconds,
        Results results) {
    static final List<String> QUESTIONS = List.of("connections", "sizes", "timers", "tasks");
    private static final List<String> CONTENDERS = List.of("c-epoll", "nio", "tulip-protocol", "tulip-streams");

    static String usage() {
        return """
            usage: ./tulip bench growth [OPTION ...]

            How costs grow: the CPU time of an echo server for a request with 1 to 10,000 connections and with
            messages of 1 byte to 1 MiB; the time of a timer and of a task switch with 10 to 1,000,000 of them in one
            process. Prints tables, and writes growth.md and growth.svg.

              --only QUESTION,...  some of connections, sizes, timers, tasks
              --with NAME,...      the echo servers, as in ./tulip bench echo --help;
                                   unless said otherwise, %s
              --most N             no more than N connections, timers or tasks
              --pairs N            how often each server is measured at each point; 3
              --seconds N          of each measurement of a server; 3
              --warm-up N          seconds before it, on connections that come and go; 3
              --quick              1 measurement, 1 second to warm up and 1 to measure: to see that it works
              --output FOLDER      for the files; tulip-benchmarks/results
              --help               this text
            """.formatted(String.join(",", CONTENDERS));
    }

    /** {@return the options, or null if help was asked for} */
    static @Nullable GrowthOptions parse(List<String> arguments) {
        CommandLine line = new CommandLine(arguments);
        List<String> questions = QUESTIONS;
        List<String> contenders = CONTENDERS;
        int most = Integer.MAX_VALUE;
        int rounds = 3;
        int warmUpSeconds = 3;
        int seconds = 3;
        Results results = Results.ofCheckout();
        while (line.hasNext()) {
            String option = line.next();
            switch (option) {
                case "--help", "-h" -> {
                    return null;
                }
                case "--only" -> questions = line.values(option);
                case "--with" -> contenders = line.values(option);
                case "--most" -> most = line.number(option);
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
        for (String question : questions) {
            if (!QUESTIONS.contains(question)) {
                throw new UsageException("no question: " + question + "; there are " + String.join(", ", QUESTIONS));
            }
        }
        return new GrowthOptions(
                questions, Contenders.named(contenders), most, rounds, warmUpSeconds, seconds, results);
    }
}
