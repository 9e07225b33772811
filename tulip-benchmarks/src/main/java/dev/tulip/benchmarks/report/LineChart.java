package dev.tulip.benchmarks.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Predicate;

/** Panels with lines, one below the other, as SVG: how a cost grows. Both axes are logarithmic. */
public final class LineChart {
    private static final int WIDTH = 860;
    private static final int LEFT = 80;
    private static final int RIGHT = 220; // for the names of the lines
    private static final int PLOT_HEIGHT = 180;
    private static final int PANEL_HEIGHT = PLOT_HEIGHT + 80;
    private static final int MARGIN = 20;
    private static final int NAME_HEIGHT = 16;
    private static final int OUR_STYLES = 2; // the first ones
    private static final int STYLES = 6;

    private final String title;
    private final List<Panel> panels = new ArrayList<>();

    private record Line(String name, NavigableMap<Double, Double> points, String style) {}

    private record Panel(String title, List<Line> lines) {}

    /** An empty one. */
    public LineChart(String title) {
        this.title = title;
    }

    /** Starts a panel. */
    public void addPanel(String title) {
        panels.add(new Panel(title, new ArrayList<>()));
    }

    /** Adds a line to the last panel: costs by sizes, all of them positive; {@code ours} stands out. */
    public void addLine(String name, Map<? extends Number, Double> costs, boolean ours) {
        NavigableMap<Double, Double> points = new TreeMap<>();
        costs.forEach((size, cost) -> points.put(size.doubleValue(), cost));
        Predicate<Line> isOurs = line -> line.style().compareTo("c" + OUR_STYLES) < 0;
        List<Line> lines = panels.getLast().lines();
        long sameKind = lines.stream().filter(ours ? isOurs : isOurs.negate()).count();
        long style = ours ? sameKind % OUR_STYLES : OUR_STYLES + sameKind % (STYLES - OUR_STYLES);
        lines.add(new Line(name, points, "c" + style));
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
                x.cover(size, size);
                y.cover(Math.pow(10, Math.floor(Math.log10(cost))), Math.pow(10, Math.ceil(Math.log10(cost))));
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
        double lowestName = top + 40 + PLOT_HEIGHT - (panel.lines().size() - 1) * NAME_HEIGHT;
        List<Line> byLastCost = new ArrayList<>(panel.lines());
        byLastCost.sort((a, b) -> Double.compare(
                b.points().lastEntry().getValue(), a.points().lastEntry().getValue()));
        for (Line line : byLastCost) {
            StringBuilder points = new StringBuilder();
            line.points().forEach((size, cost) -> {
                points.append(String.format(Locale.ROOT, "%.1f,%.1f ", x.at(size), y.at(cost)));
                svg.dot(x.at(size), y.at(cost), line.style());
            });
            svg.path(points.toString().strip(), line.style());
            // The names stand beside the ends of the lines, from top to bottom, and not on one another.
            double end = y.at(line.points().lastEntry().getValue());
            double name = Math.max(Math.min(end, lowestName), lastName + NAME_HEIGHT);
            lastName = name;
            lowestName += NAME_HEIGHT;
            svg.dot(WIDTH - RIGHT + 14, name, line.style());
            svg.text(WIDTH - RIGHT + 24, name + 4, "start", "", line.name());
        }
    }

    private static String number(double value) {
        return value >= 1 ? String.format(Locale.ROOT, "%,.0f", value) : Float.toString((float) value);
    }

    /** A logarithmic axis from one pixel to another. */
    private static final class Axis {
        private final double start;
        private final double end;
        private double low = Double.POSITIVE_INFINITY; // logarithms
        private double high = Double.NEGATIVE_INFINITY;

        private Axis(double start, double end) {
            this.start = start;
            this.end = end;
        }

        private void cover(double from, double to) {
            low = Math.min(low, Math.log10(from));
            high = Math.max(high, Math.log10(to));
        }

        private double at(double value) {
            return high == low ? start : start + (end - start) * (Math.log10(value) - low) / (high - low);
        }

        /** {@return the powers of ten on it} */
        private List<Double> ticks() {
            List<Double> ticks = new ArrayList<>();
            for (double power = Math.ceil(low); power <= high; power++) {
                ticks.add(Math.pow(10, power));
            }
            return ticks;
        }
    }
}
