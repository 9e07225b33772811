package dev.tulip.benchmarks.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/** Panels with lines, one below the other, as SVG: how a cost grows. Both axes are logarithmic. */
public final class LineChart {
    private static final int WIDTH = 860;
    private static final int LEFT = 80;
    private static final int RIGHT = 220; // for the names of the lines
    private static final int PLOT_HEIGHT = 180;
    private static final int PANEL_HEIGHT = PLOT_HEIGHT + 80;
    private static final int MARGIN = 20;
    private static final int STYLES = 6;

    private final String title;
    private final List<Panel> panels = new ArrayList<>();

    private record Line(String name, NavigableMap<Double, Double> points) {}

    private record Panel(String title, List<Line> lines) {}

    /** An empty one. */
    public LineChart(String title) {
        this.title = title;
    }

    /** Starts a panel. */
    public void addPanel(String title) {
        panels.add(new Panel(title, new ArrayList<>()));
    }

    /** Adds a line to the last panel: costs by sizes, all of them positive. */
    public void addLine(String name, Map<? extends Number, Double> costs) {
        NavigableMap<Double, Double> points = new TreeMap<>();
        costs.forEach((size, cost) -> points.put(size.doubleValue(), cost));
        panels.getLast().lines().add(new Line(name, points));
    }

    @Override
    public String toString() {
        Svg svg = new Svg();
        svg.text(MARGIN, 24, "start", "title", title);
        int top = 40;
        for (Panel panel : panels) {
            draw(svg, panel, top);
            top += PANEL_HEIGHT;
        }
        return svg.toString(WIDTH, top);
    }

    private static void draw(Svg svg, Panel panel, int top) {
        svg.text(MARGIN, top + 16, "start", "group", panel.title());
        Axis x = new Axis(LEFT, WIDTH - RIGHT);
        Axis y = new Axis(top + 40 + PLOT_HEIGHT, top + 40);
        for (Line line : panel.lines()) {
            line.points().forEach((size, cost) -> {
                x.cover(size);
                y.cover(cost);
            });
        }
        for (double tick : y.ticks()) {
            svg.line(LEFT, y.at(tick), WIDTH - RIGHT, y.at(tick));
            svg.text(LEFT - 8, y.at(tick) + 4, "end", "quiet", number(tick));
        }
        for (double tick : x.ticks()) {
            svg.text(x.at(tick), top + 40 + PLOT_HEIGHT + 18, "middle", "quiet", number(tick));
        }
        double lastName = Double.NEGATIVE_INFINITY;
        List<Line> byLastCost = new ArrayList<>(panel.lines());
        byLastCost.sort((a, b) -> Double.compare(
                b.points().lastEntry().getValue(), a.points().lastEntry().getValue()));
        for (Line line : byLastCost) {
            String style = "c" + panel.lines().indexOf(line) % STYLES;
            StringBuilder points = new StringBuilder();
            line.points().forEach((size, cost) -> {
                points.append(String.format(Locale.ROOT, "%.1f,%.1f ", x.at(size), y.at(cost)));
                svg.dot(x.at(size), y.at(cost), style);
            });
            svg.path(points.toString().strip(), style);
            // The names stand beside the ends of the lines, from top to bottom, and not on one another.
            double name = Math.max(y.at(line.points().lastEntry().getValue()), lastName + 16);
            lastName = name;
            svg.dot(WIDTH - RIGHT + 14, name, style);
            svg.text(WIDTH - RIGHT + 24, name + 4, "start", "", line.name());
        }
    }

    private static String number(double value) {
        return value >= 1 ? String.format(Locale.ROOT, "%,.0f", value) : String.format(Locale.ROOT, "%.3g", value);
    }

    /** A logarithmic axis from one pixel to another, which covers whole powers of ten. */
    private static final class Axis {
        private final double start;
        private final double end;
        private double low = Double.POSITIVE_INFINITY; // logarithms
        private double high = Double.NEGATIVE_INFINITY;

        private Axis(double start, double end) {
            this.start = start;
            this.end = end;
        }

        private void cover(double value) {
            double logarithm = Math.log10(value);
            low = Math.min(low, Math.floor(logarithm));
            high = Math.max(high, Math.ceil(logarithm));
        }

        private double at(double value) {
            return start + (end - start) * (Math.log10(value) - low) / Math.max(high - low, 1);
        }

        private List<Double> ticks() {
            List<Double> ticks = new ArrayList<>();
            for (double power = low; power <= high; power++) {
                ticks.add(Math.pow(10, power));
            }
            return ticks;
        }
    }
}
