package dev.tulip.benchmarks.report;

import java.util.ArrayList;
import java.util.List;

/** A table in Markdown that is also readable as it stands: the first columns are text, the others are numbers. */
public final class Table {
    /** Longer cells stick out. */
    private static final int MAX_WIDTH = 40;

    private final int textColumns;
    private final List<String[]> rows = new ArrayList<>();

    /** A table with a head. */
    public Table(int textColumns, String... head) {
        this.textColumns = textColumns;
        rows.add(head.clone());
    }

    /** Adds a row, with a cell for each column. */
    public void add(String... cells) {
        if (cells.length != rows.getFirst().length) {
            throw new IllegalArgumentException(rows.getFirst().length + " columns, " + cells.length + " cells");
        }
        rows.add(cells.clone());
    }

    @Override
    public String toString() {
        int[] widths = new int[rows.getFirst().length];
        for (String[] row : rows) {
            for (int column = 0; column < row.length; column++) {
                widths[column] = Math.max(widths[column], Math.clamp(row[column].length(), 3, MAX_WIDTH));
            }
        }
        StringBuilder text = new StringBuilder();
        for (int row = 0; row < rows.size(); row++) {
            for (int column = 0; column < widths.length; column++) {
                String cell = rows.get(row)[column];
                String padding = " ".repeat(Math.max(0, widths[column] - cell.length()));
                text.append(isText(column) ? "| " + cell + padding + " " : "| " + padding + cell + " ");
            }
            text.append("|\n");
            if (row == 0) {
                for (int column = 0; column < widths.length; column++) {
                    text.append("| ").append("-".repeat(widths[column] - 1)).append(isText(column) ? "- " : ": ");
                }
                text.append("|\n");
            }
        }
        return text.toString();
    }

    private boolean isText(int column) {
        return column < textColumns;
    }
}
