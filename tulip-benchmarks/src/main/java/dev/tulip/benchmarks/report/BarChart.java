package dev.tulip.benchmarks.report;

import java.util.ArrayList;
import java.util.List;

/** Horizontal bars in groups, as SVG: the shorter, the better. Those that are too long are cut, and say so. */
public final class BarChart {
    private static final int WIDTH = 860;
    private static final int BAR = 16;
    private static final int ROW = 22;
    private static final int MARGIN = 20;
    private static final int HEAD = 50;

    private final String title;
    private final String subtitle;
    private final double longest;
    private final List<Group> groups = new ArrayList<>();

    private record Bar(String label, double value, String text, boolean ours) {}

    private record Group(String title, List<Bar> bars) {}

    /** An empty one. Bars with a value beyond {@code longest} are cut there. */
    public BarChart(String title, String subtitle, double longest) {
        this.title = title;
        this.subtitle = subtitle;
        this.longest = longest;
    }

    /** Starts a group. */
    public void addGroup(String title) {
        groups.add(new Group(title, new ArrayList<>()));
    }

    /** Adds a bar to the last group, with a text behind it; {@code ours} stands out. */
    public void addBar(String label, double value, String text, boolean ours) {
        groups.getLast().bars().add(new Bar(label, value, text, ours));
    }

    @Override
    public String toString() {
        int labels = longest(true);
        double end = groups.stream()
                .flatMap(group -> group.bars().stream())
                .mapToDouble(bar -> Math.min(bar.value(), longest))
                .max()
                .orElse(1);
        double scale = (WIDTH - 2 * MARGIN - labels - longest(false)) / end;
        int left = MARGIN + labels;
        Svg svg = new Svg();
        svg.text(MARGIN, 24, "start", "title", title);
        svg.text(MARGIN, 44, "start", "quiet", subtitle);
        int y = HEAD;
        for (Group group : groups) {
            y += ROW + 4;
            svg.text(MARGIN, y, "start", "group", group.title());
            int top = y + 6;
            for (Bar bar : group.bars()) {
                y += ROW;
                String style = bar.ours() ? "ours" : "";
                svg.text(left - 8, y, "end", style, bar.label());
                double length = Math.min(bar.value(), longest) * scale;
                svg.bar(left, y - BAR + 4, length, BAR, style);
                String text = bar.value() > longest ? "… " + bar.text() : bar.text();
                svg.text(left + length + 6, y, "start", bar.ours() ? "ours" : "quiet", text);
            }
            svg.line(left, top, left, y + 6);
        }
        return svg.toString(WIDTH, y + MARGIN);
    }

    /** {@return the width of the longest label, or else of the longest text} */
    private int longest(boolean label) {
        return Svg.CHARACTER_WIDTH
                        * groups.stream()
                                .flatMap(group -> group.bars().stream())
                                .mapToInt(bar -> (label ? bar.label() : bar.text()).length())
                                .max()
                                .orElse(0)
                + 20;
    }
}
