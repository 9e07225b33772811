package dev.tulip.benchmarks.echo;

import dev.tulip.benchmarks.report.BarChart;
import dev.tulip.benchmarks.report.Table;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** What the contenders needed for one load, in all rounds. A contender that has failed is out. */
final class Comparison {
    private final Load load;
    private final Map<Contender, List<Sample>> samples = new LinkedHashMap<>(); // one for each round

    Comparison(Load load, List<Contender> contenders) {
        this.load = load;
        for (Contender contender : contenders) {
            if (contender.speaksTls() || !load.tls()) {
                samples.put(contender, new ArrayList<>());
            }
        }
    }

    Load load() {
        return load;
    }

    /** {@return those that take part, in an order that begins with another one in each round} */
    List<Contender> order(int round) {
        List<Contender> order = new ArrayList<>(samples.keySet());
        Collections.rotate(order, -round);
        return order;
    }

    void add(Contender contender, Sample sample) {
        samples.get(contender).add(sample);
    }

    void remove(Contender contender) {
        samples.remove(contender);
    }

    /** {@return the contender with which all others are compared} */
    private Contender baseline() {
        return Contenders.BASELINES.stream()
                .flatMap(name -> samples.keySet().stream()
                        .filter(contender -> contender.name().equals(name)))
                .findFirst()
                .orElseGet(() -> samples.keySet().iterator().next());
    }

    String table() {
        if (samples.isEmpty()) {
            return "nobody was left\n";
        }
        Contender baseline = baseline();
        Table table = new Table(
                1,
                load.title(),
                "CPU µs/request",
                "from-to",
                "x " + baseline.title(),
                "from-to",
                "requests/s",
                "p50 µs",
                "p99 µs",
                "p99.9 µs",
                "MiB");
        samples.forEach((contender, runs) -> {
            Spread cpu = spread(runs, Sample::cpuMicros);
            Spread ratio = ratio(runs, samples.get(baseline));
            table.add(
                    contender.isOurs() ? "**" + contender.title() + "**" : contender.title(),
                    cpu.middle(),
                    cpu.range(),
                    ratio.middle(),
                    ratio.range(),
                    spread(runs, Sample::requestsPerSecond).middle(),
                    spread(runs, Sample::p50Micros).middle(),
                    spread(runs, Sample::p99Micros).middle(),
                    spread(runs, Sample::p999Micros).middle(),
                    spread(runs, Sample::residentMiB).middle());
        });
        return table.toString();
    }

    /** {@return the median CPU time of a request in microseconds, for each contender} */
    Map<Contender, Double> medians() {
        Map<Contender, Double> medians = new LinkedHashMap<>();
        samples.forEach((contender, runs) ->
                medians.put(contender, spread(runs, Sample::cpuMicros).median()));
        return medians;
    }

    /** Adds a group to a chart of the ratios. */
    void draw(BarChart chart) {
        if (samples.isEmpty()) {
            return;
        }
        Contender baseline = baseline();
        chart.addGroup(load.title() + ", beside " + baseline.title());
        samples.forEach((contender, runs) -> {
            double ratio = ratio(runs, samples.get(baseline)).median();
            String micros = spread(runs, Sample::cpuMicros).middle();
            chart.addBar(contender.title(), ratio, Spread.number(ratio) + " (" + micros + " µs)", contender.isOurs());
        });
    }

    /** Round by round, because the machine's speed changes from one to the next. */
    private static Spread ratio(List<Sample> runs, List<Sample> baseline) {
        List<Double> ratios = new ArrayList<>();
        for (int round = 0; round < runs.size(); round++) {
            ratios.add(runs.get(round).cpuMicros() / baseline.get(round).cpuMicros());
        }
        return Spread.of(ratios);
    }

    private static Spread spread(List<Sample> runs, ToDoubleFunction<Sample> figure) {
        return Spread.of(runs.stream().map(run -> figure.applyAsDouble(run)).toList());
    }
}
