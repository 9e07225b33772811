package dev.tulip.tests.support;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A program that runs in a process of its own, with which a test talks: by its lines, its signals, its exit status. */
public final class Program implements AutoCloseable {
    private static final String DEFAULTS = "--default-signal=INT,HUP";
    private static final List<String> WITH_CTRL_C =
            isInstalled("env", DEFAULTS, "true") ? List.of("env", DEFAULTS) : List.of();

    private final Process process;
    private final BufferedReader out;
    private final BufferedWriter in;
    private final Path err;

    private Program(ProcessBuilder builder) {
        try {
            err = Files.createTempFile("err", ".txt");
            process = builder.redirectError(err.toFile()).start();
            out = process.inputReader(StandardCharsets.UTF_8);
            in = process.outputWriter(StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts {@code ./tulip} with arguments, on the engine of this suite. */
    public static Program tulip(String... arguments) {
        return new Program(tulipCommand(arguments));
    }

    /** {@return the command that starts {@code ./tulip} with arguments, on the engine of this suite} */
    public static ProcessBuilder tulipCommand(String... arguments) {
        List<String> command = new ArrayList<>(withCtrlC());
        command.add(Repository.ROOT.resolve("tulip").toString());
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).directory(Repository.ROOT.toFile());
        builder.environment().put("TULIP_ENGINE", System.getProperty("tulip.tests.engine"));
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        return builder;
    }

    /**
     * {@return a command that starts another one with SIGINT and SIGHUP as usual} A shell starts background jobs with
     * SIGINT ignored, nohup with SIGHUP, so they may be ignored here, and all that we start would inherit that.
     */
    static List<String> withCtrlC() {
        return WITH_CTRL_C;
    }

    /** Starts any command. */
    public static Program start(String... command) {
        return new Program(new ProcessBuilder(command));
    }

    /** {@return whether {@code command} can be run here and ends with status 0} */
    public static boolean isInstalled(String... command) {
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            process.getOutputStream().close();
            return process.waitFor() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** {@return the next line that it prints, or null at the end} */
    public String readLine() {
        try {
            return out.readLine();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@return the next line that begins with {@code start}; those before it are skipped} */
    public String readLineThatStartsWith(String start) {
        while (true) {
            String line = readLine();
            if (line == null) {
                throw new AssertionError("ended without a line that starts with '" + start + "': " + error());
            }
            if (line.startsWith(start)) {
                return line;
            }
        }
    }

    /** {@return the rest of what it prints} */
    public List<String> readAllLines() {
        try (Stream<String> lines = out.lines()) {
            return lines.toList();
        }
    }

    /** Writes to its standard input. */
    public void write(String text) {
        try {
            in.write(text);
            in.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends its standard input. */
    public void closeInput() {
        try {
            in.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends it a signal, as {@code kill} does: INT is Ctrl-C. */
    public void signal(String name) {
        if (!isInstalled("kill", "-" + name, Long.toString(process.pid()))) {
            throw new AssertionError("cannot send " + name);
        }
    }

    /** Waits for its end. {@return its exit status} */
    public int status() {
        try {
            if (!process.waitFor(Deadline.LONG.toSeconds(), TimeUnit.SECONDS)) {
                throw new AssertionError("did not end: " + process.info());
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** {@return what it has printed on standard error so far} */
    public String error() {
        try {
            return Files.readString(err);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor();
            in.close();
            out.close();
            Files.delete(err);
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
