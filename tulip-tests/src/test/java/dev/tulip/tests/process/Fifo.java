package dev.tulip.tests.process;

import dev.tulip.tests.support.Program;
import java.nio.file.Path;

/** Makes named pipes, which Java cannot. */
final class Fifo {
    private Fifo() {}

    /** {@return a new FIFO in {@code directory}} */
    static Path in(Path directory) {
        Path path = directory.resolve("fifo");
        if (!Program.isInstalled("mkfifo", path.toString())) {
            throw new AssertionError("mkfifo failed: " + path);
        }
        return path;
    }
}
