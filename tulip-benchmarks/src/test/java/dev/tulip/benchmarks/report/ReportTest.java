package dev.tulip.benchmarks.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.StringReader;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
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
        BarChart chart = new BarChart("title", "less < is better & so on");
        chart.addGroup("group");
        chart.addBar("ours", 1, "one", true);
        chart.addBar("theirs", 2, "two", false);
        Element svg = parse(chart.toString());
        double ours = width(svg, 0);
        assertThat(width(svg, 1)).isEqualTo(2 * ours);
        assertThat(svg.getElementsByTagName("text").item(1).getTextContent()).isEqualTo("less < is better & so on");
    }

    @Test
    void aLineHasAPointForEachCost() throws Exception {
        LineChart chart = new LineChart("title");
        chart.addPanel("panel");
        chart.addLine("ours", Map.of(1, 5.0, 100, 5.0, 10_000, 0.05));
        chart.addLine("flat", Map.of(10, 1.0));
        Element line = (Element)
                parse(chart.toString()).getElementsByTagName("polyline").item(0);
        // The lines stand in the order of their ends; the axes reach from 1 to 10,000 and from 0.01 to 10.
        assertThat(line.getAttribute("points").split(" ")).hasSize(1);
        line = (Element)
                parse(chart.toString()).getElementsByTagName("polyline").item(1);
        assertThat(line.getAttribute("points").split(" ")).hasSize(3).startsWith("80.0,98.1");
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
