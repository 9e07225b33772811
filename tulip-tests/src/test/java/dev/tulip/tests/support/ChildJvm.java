package dev.tulip.tests.support;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs programs in processes of their own. */
public final class ChildJvm {
    /**
     * How a process ended.
     *
     * @param status its exit status
     * @param out what it printed
     * @param err what it printed on standard error
     */
    public record Result(int status, String out, String err) {}

    private ChildJvm() {}

    /** Runs the main method of {@code program} in a JVM with this one's class path. */
    public static Result run(Class<?> program, String... jvmOptions) {
        return run(program, List.of(jvmOptions), List.of());
    }

    /** Runs the main method of {@code program} with arguments. */
    public static Result run(Class<?> program, List<String> jvmOptions, List<String> arguments) {
        List<String> command = new ArrayList<>(Program.withCtrlC());
        command.addAll(command(program, jvmOptions, arguments));
        return run(new ProcessBuilder(command));
    }

    /** {@return what starts the main method of {@code program} in a JVM with this one's class path} */
    public static List<String> command(Class<?> program, List<String> jvmOptions, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(jvmOptions);
        command.add("-cp");
        command.add(System.getProperty("java.class.path"));
        command.add(program.getName());
        command.addAll(arguments);
        return command;
    }

    /** {@return the option that gives the engine on which this suite runs} */
    public static List<String> engineOptions() {
        return "mounted".equals(System.getProperty("tulip.tests.engine"))
                ? List.of("--add-opens=java.base/java.lang=ALL-UNNAMED")
                : List.of("-Dtulip.engine=handoff");
    }

    /** Runs a process to its end. */
    public static Result run(ProcessBuilder builder) {
        try {
            Path out = Files.createTempFile("out", ".txt");
            Path err = Files.createTempFile("err", ".txt");
            try {
                Process process = builder.redirectOutput(out.toFile())
                        .redirectError(err.toFile())
                        .start();
                process.getOutputStream().close();
                if (!process.waitFor(10, TimeUnit.MINUTES)) {
                    process.destroyForcibly().waitFor();
                    throw new AssertionError("did not end: " + builder.command() + "\n" + read(out) + "\n" + read(err));
                }
                return new Result(process.exitValue(), read(out), read(err));
            } finally {
                Files.delete(out);
                Files.delete(err);
            }
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static String read(Path file) throws IOException {
        return Files.readString(file, StandardCharsets.UTF_8);
    }
}
