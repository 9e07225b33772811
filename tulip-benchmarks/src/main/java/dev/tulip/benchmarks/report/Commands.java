package dev.tulip.benchmarks.report;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Short commands of the system, run to their end. */
public final class Commands {
    private Commands() {}

    /** {@return what a command prints, without blanks around it, if it exists and ends with status 0} */
    public static Optional<String> output(String... command) {
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            return process.waitFor() == 0 ? Optional.of(output) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            throw new IllegalStateException("interrupted while waiting for " + command[0], e);
        }
    }

    /** {@return the first line of what a command prints, if it exists and ends with status 0} */
    public static Optional<String> firstLine(String... command) {
        return output(command).flatMap(output -> output.lines().findFirst());
    }
}
