package dev.tulip.benchmarks.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Where reports go.
 *
 * @param root of the checkout
 * @param folder for the files
 */
public record Results(Path root, Path folder) {
    private static final String ROOT = "tulip.bench.root";

    /** The beginning of the option by which the launcher says where the checkout is. */
    public static final String ROOT_OPTION = "-D" + ROOT + "=";

    /** {@return the place for reports in the checkout that the launcher names} */
    public static Results ofCheckout() {
        Path root = Path.of(System.getProperty(ROOT, "."));
        return new Results(root, root.resolve("tulip-benchmarks/results"));
    }

    /** {@return the same with another folder} */
    public Results in(String folder) {
        return new Results(root, Path.of(folder));
    }

    /** {@return the table at the top of a report: the command, the machine, the commit} */
    public Table head(String kind, List<String> arguments) {
        Table head = new Table(2, "", "");
        head.add(
                "command",
                "`"
                        + String.join(" ", "./tulip bench " + kind, String.join(" ", arguments))
                                .strip() + "`");
        Machine.describe(head, root);
        return head;
    }

    /** Writes a file and says so on standard error. */
    public void write(String name, String content) throws IOException {
        Files.createDirectories(folder);
        Path file = Files.writeString(folder.resolve(name), content);
        System.err.println("written: " + file);
    }
}
