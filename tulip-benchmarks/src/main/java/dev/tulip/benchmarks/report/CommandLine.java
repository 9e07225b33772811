package dev.tulip.benchmarks.report;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** The arguments of a command, taken one by one. */
public final class CommandLine {
    private final Deque<String> rest;

    /** All arguments. */
    public CommandLine(List<String> arguments) {
        rest = new ArrayDeque<>(arguments);
    }

    /** {@return whether there is another one} */
    public boolean hasNext() {
        return !rest.isEmpty();
    }

    /** {@return the next one: an option} */
    public String next() {
        return rest.removeFirst();
    }

    /** {@return the value of {@code option}} */
    public String value(String option) {
        if (rest.isEmpty()) {
            throw new UsageException(option + " needs a value; see --help");
        }
        return rest.removeFirst();
    }

    /** {@return the values of {@code option}, separated by commas} */
    public List<String> values(String option) {
        return List.of(value(option).split(","));
    }

    /** {@return the value of {@code option}, a positive number} */
    public int number(String option) {
        String value = value(option);
        try {
            int number = Integer.parseInt(value);
            if (number > 0) {
                return number;
            }
        } catch (NumberFormatException e) {
            // the message is below
        }
        throw new UsageException(option + " needs a positive number, not " + value);
    }

    /** {@return what to throw for an option that does not exist} */
    public UsageException unknown(String option) {
        return new UsageException("unknown option: " + option + "; see --help");
    }
}
