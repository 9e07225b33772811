package dev.tulip.benchmarks.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.StringReader;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

/** Tables and charts. */
class ReportTest {
    @Test
    void aTableIsAlignedMarkdown() {
        Table table = new Table(1, "who", "figure");
        table.add("Tulip", "1.5");
        table.add("a rival", "1,234");
        assertThat(table).hasToString("""
            | who     | figure |
            | ------- | -----: |
            | Tulip   |    1.5 |
            | a rival |  1,234 |
            """);
    }

    @Test
    void aBarIsAsLongAsItsValue() throws Exception {
        BarChart chart = new BarChart("title", "less < is better & so on", 3);
        chart.addGroup("group");
        chart.addBar("ours", 1, "one", true);
        chart.addBar("theirs", 2, "two", false);
        chart.addBar("too long", 10, "ten", false);
        Element svg = parse(chart.toString());
        double ours = width(svg, 0);
        assertThat(width(svg, 1)).isEqualTo(2 * ours, within(0.2)); // pixels, rounded
        assertThat(width(svg, 2)).isEqualTo(3 * ours, within(0.2));
        assertThat(svg.getElementsByTagName("text").item(8).getTextContent()).isEqualTo("… ten");
        assertThat(svg.getElementsByTagName("text").item(1).getTextContent()).isEqualTo("less < is better & so on");
    }

    @Test
    void aLineHasAPointForEachCost() throws Exception {
        LineChart chart = new LineChart("title");
        chart.addPanel("panel");
        chart.addLine("ours", Map.of(1, 5.0, 100, 5.0, 10_000, 0.05), true);
        chart.addLine("theirs", Map.of(10, 10.0), false);
        NodeList lines = parse(chart.toString()).getElementsByTagName("polyline");
        // From 1 to 10,000 are 560 pixels, from 0.01 to 10 are 180; whose end is highest comes first.
        assertThat(((Element) lines.item(0)).getAttribute("points")).isEqualTo("220.0,80.0");
        assertThat(((Element) lines.item(0)).getAttribute("class")).isEqualTo("line c2");
        assertThat(((Element) lines.item(1)).getAttribute("points")).isEqualTo("80.0,98.1 360.0,98.1 640.0,218.1");
        assertThat(((Element) lines.item(1)).getAttribute("class")).isEqualTo("line c0");
    }

    private static Element parse(String svg) throws Exception {
        return DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new InputSource(new StringReader(svg)))
                .getDocumentElement();
    }

    private static double width(Element svg, int bar) {
        return Double.parseDouble(((Element) svg.getElementsByTagName("rect").item(bar)).getAttribute("width"));
    }
}
