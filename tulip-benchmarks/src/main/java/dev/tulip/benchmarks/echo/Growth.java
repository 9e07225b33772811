package dev.tulip.benchmarks.echo;

import dev.tulip.benchmarks.report.LineChart;
import dev.tulip.benchmarks.report.Table;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.TreeSet;

/** Costs by numbers of something, for several contenders: a table and a panel of a chart. */
final class Growth {
    private final String what;
    private final String unit;
    private final Map<String, NavigableMap<Integer, Double>> costs = new LinkedHashMap<>();

    /** Without figures yet. */
    Growth(String what, String unit) {
        this.what = what;
        this.unit = unit;
    }

    void add(String contender, int number, double cost) {
        costs.computeIfAbsent(contender, _ -> new TreeMap<>()).put(number, cost);
    }

    boolean isEmpty() {
        return costs.isEmpty();
    }

    String table() {
        List<String> head = new ArrayList<>(List.of(what));
        head.addAll(costs.keySet());
        TreeSet<Integer> numbers = new TreeSet<>();
        costs.values().forEach(column -> numbers.addAll(column.keySet()));
        Table table = new Table(1, head.toArray(String[]::new));
        for (int number : numbers) {
            List<String> row = new ArrayList<>(List.of(String.format(Locale.ROOT, "%,d", number)));
            for (NavigableMap<Integer, Double> column : costs.values()) {
                row.add(column.containsKey(number) ? Spread.number(column.get(number)) : "");
            }
            table.add(row.toArray(String[]::new));
        }
        return title() + ":\n\n" + table;
    }

    void draw(LineChart chart) {
        chart.addPanel(title());
        costs.forEach((contender, column) -> chart.addLine(contender, column, contender.startsWith("Tulip")));
    }

    private String title() {
        return unit + ", by number of " + what;
    }
}
