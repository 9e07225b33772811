package dev.tulip.benchmarks.echo;

import java.util.List;
import java.util.Locale;

/**
 * What several runs have in common.
 *
 * @param median the middle one; of an even number, the mean of the two in the middle
 * @param low the lowest
 * @param high the highest
 */
record Spread(double median, double low, double high) {
    static Spread of(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        int count = sorted.size();
        double median = (sorted.get((count - 1) / 2) + sorted.get(count / 2)) / 2;
        return new Spread(median, sorted.getFirst(), sorted.getLast());
    }

    String middle() {
        return number(median);
    }

    String range() {
        return number(low) + "-" + number(high);
    }

    static String number(double value) {
        return String.format(Locale.ROOT, value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%,.0f", value);
    }
}
