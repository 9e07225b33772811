package dev.tulip.benchmarks.echo;

import dev.tulip.benchmarks.report.Progress;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Measures all contenders with one load after the other: in each round, each of them once. */
final class Rounds {
    private final Workplace workplace;
    private final int rounds;
    private final Run run;
    private final List<String> failures = new ArrayList<>();

    Rounds(Workplace workplace, int rounds, int warmUpSeconds, int seconds) {
        this.workplace = workplace;
        this.rounds = rounds;
        run = workplace.run(warmUpSeconds, seconds);
    }

    Comparison measure(Load load) throws InterruptedException {
        Comparison comparison = new Comparison(load, workplace.contenders());
        for (int round = 0; round < rounds; round++) {
            for (Contender contender : comparison.order(round)) {
                Progress.show(
                        "round " + (round + 1) + " of " + rounds + ", " + load.title() + ": " + contender.title());
                measure(comparison, contender);
            }
        }
        Progress.clear();
        return comparison;
    }

    private void measure(Comparison comparison, Contender contender) throws InterruptedException {
        Load load = comparison.load();
        try {
            comparison.add(contender, run.measure(workplace.program(contender).command(), load));
        } catch (IOException e) {
            comparison.remove(contender);
            String failure = load.title() + ": " + contender.title() + ": " + e.getMessage();
            failures.add(failure.lines().findFirst().orElseThrow());
            Progress.clear();
            System.err.println("failed: " + failure);
        }
    }

    /** {@return a line for the report for each contender that has failed, and with it was out} */
    String failures() {
        StringBuilder lines = new StringBuilder();
        for (String failure : failures) {
            lines.append("\nfailed: ").append(failure).append('\n');
        }
        return lines.toString();
    }
}
