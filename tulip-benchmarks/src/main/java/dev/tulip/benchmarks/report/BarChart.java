package dev.tulip.benchmarks.report;

import java.util.ArrayList;
import java.util.List;

/** Horizontal bars in groups, as SVG: the shorter, the better. */
public final class BarChart {
    private static final int WIDTH = 860;
    private static final int BAR = 16;
    private static final int ROW = 22;
    private static final int MARGIN = 20;
    private static final int HEAD = 50;

    private final String title;
    private final String subtitle;
    private final List<Group> groups = new ArrayList<>();

    private record Bar(String label, double value, String text, boolean ours) {}

    private record Group(String title, List<Bar> bars) {}

    /** An empty one. */
    public BarChart(String title, String subtitle) {
        this.title = title;
        this.subtitle = subtitle;
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
        double longest = groups.stream()
                .flatMap(group -> group.bars().stream())
                .mapToDouble(Bar::value)
                .max()
                .orElse(1);
        double scale = (WIDTH - 2 * MARGIN - labels - longest(false)) / longest;
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
                svg.bar(left, y - BAR + 4, bar.value() * scale, BAR, style);
                svg.text(left + bar.value() * scale + 6, y, "start", bar.ours() ? "ours" : "quiet", bar.text());
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
