package dev.tulip.benchmarks.report;

import java.util.Locale;

/** Writes a picture with the few shapes that a chart has, in colours that can be read on white and on black. */
final class Svg {
    /** How wide a character is, about. */
    static final int CHARACTER_WIDTH = 7;

    private static final String STYLE = """
        <style>
          text { font: 13px system-ui, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328 }
          .title { font-size: 16px; font-weight: 600 }
          .group, .ours text, text.ours { font-weight: 600 }
          .quiet { fill: #59636e }
          .axis { stroke: #d1d9e0; stroke-width: 1 }
          .bar { fill: #9aa4af }
          .bar.ours { fill: #c9366f }
          .line { fill: none; stroke-width: 2 }
          .c0 { stroke: #c9366f; fill: #c9366f } .c1 { stroke: #8250df; fill: #8250df }
          .c2 { stroke: #57606a; fill: #57606a } .c3 { stroke: #1a7f37; fill: #1a7f37 }
          .c4 { stroke: #9a6700; fill: #9a6700 } .c5 { stroke: #0969da; fill: #0969da }
          @media (prefers-color-scheme: dark) {
            text { fill: #e6edf3 }
            .quiet { fill: #9198a1 }
            .axis { stroke: #3d444d }
            .bar { fill: #6e7681 }
            .bar.ours { fill: #f778ba }
            .c0 { stroke: #f778ba; fill: #f778ba } .c1 { stroke: #bc8cff; fill: #bc8cff }
            .c2 { stroke: #b1bac4; fill: #b1bac4 } .c3 { stroke: #56d364; fill: #56d364 }
            .c4 { stroke: #e3b341; fill: #e3b341 } .c5 { stroke: #58a6ff; fill: #58a6ff }
          }
        </style>
        """;

    private final StringBuilder shapes = new StringBuilder();

    void text(double x, double y, String anchor, String style, String text) {
        add(
                "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" class=\"%s\">%s</text>",
                x, y, anchor, style, text.replace("&", "&amp;").replace("<", "&lt;"));
    }

    void line(double x1, double y1, double x2, double y2) {
        add("<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" class=\"axis\"/>", x1, y1, x2, y2);
    }

    void bar(double x, double y, double width, double height, String style) {
        add(
                "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"2\" class=\"bar %s\"/>",
                x, y, width, height, style);
    }

    void dot(double x, double y, String style) {
        add("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\" class=\"%s\"/>", x, y, style);
    }

    void path(String points, String style) {
        add("<polyline points=\"%s\" class=\"line %s\" style=\"fill: none\"/>", points, style);
    }

    private void add(String format, Object... values) {
        shapes.append("  ").append(String.format(Locale.ROOT, format, values)).append('\n');
    }

    String toString(double width, double height) {
        return String.format(
                        Locale.ROOT,
                        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\""
                                + " role=\"img\">%n",
                        width,
                        height,
                        width)
                + STYLE + shapes + "</svg>\n";
    }
}
