package dev.tulip.process;

import dev.tulip.streams.StreamOptions;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How a child is started.
 *
 * @param stdin where its standard input comes from
 * @param stdout where its standard output goes
 * @param stderr where its standard error goes; {@link Stdio#STDOUT} for the same place
 * @param directory where it starts, or null for where this program is
 * @param inheritsEnvironment whether it has the environment of this program, too
 * @param environment what its environment has, in addition or instead
 * @param streams how the streams of a {@link ChildProcess} behave
 */
public record ProcessOptions(
        Stdio stdin,
        Stdio stdout,
        Stdio stderr,
        @Nullable Path directory,
        boolean inheritsEnvironment,
        Map<String, String> environment,
        StreamOptions streams) {
    private static final ProcessOptions DEFAULTS = new ProcessOptions(
            Stdio.INHERIT, Stdio.INHERIT, Stdio.INHERIT, null, true, Map.of(), StreamOptions.defaults());

    /**
     * Checks what can be checked now.
     *
     * @throws IllegalArgumentException if an input is to be appended to, or the name of a variable cannot be one
     */
    public ProcessOptions {
        Objects.requireNonNull(streams, "streams");
        if (!stdin.isForInput()) {
            throw new IllegalArgumentException("standard input cannot come from " + stdin);
        }
        if (stdout.equals(Stdio.STDOUT)) {
            throw new IllegalArgumentException("standard output cannot go to itself; STDOUT is for standard error");
        }
        Objects.requireNonNull(stderr, "stderr");
        environment = Map.copyOf(environment);
        environment.forEach((name, value) -> {
            if (name.isEmpty() || name.indexOf('=') >= 0 || name.indexOf('\0') >= 0) {
                throw new IllegalArgumentException("an environment variable cannot be called '" + name + "'");
            }
            if (value.indexOf('\0') >= 0) {
                throw new IllegalArgumentException(
                        "the environment variable " + name + " has a NUL in its value: the system ends it there");
            }
        });
    }

    /** {@return no pipes: a child that uses the standard streams, the directory and the environment of this program} */
    public static ProcessOptions defaults() {
        return DEFAULTS;
    }

    /** {@return these options with another standard input} */
    public ProcessOptions withStdin(Stdio stdin) {
        return new ProcessOptions(stdin, stdout, stderr, directory, inheritsEnvironment, environment, streams);
    }

    /** {@return these options with another standard output} */
    public ProcessOptions withStdout(Stdio stdout) {
        return new ProcessOptions(stdin, stdout, stderr, directory, inheritsEnvironment, environment, streams);
    }

    /** {@return these options with another standard error} */
    public ProcessOptions withStderr(Stdio stderr) {
        return new ProcessOptions(stdin, stdout, stderr, directory, inheritsEnvironment, environment, streams);
    }

    /** {@return these options with pipes for all three standard streams} */
    public ProcessOptions withPipes() {
        return withStdin(Stdio.PIPE).withStdout(Stdio.PIPE).withStderr(Stdio.PIPE);
    }

    /** {@return these options with another directory to start in} */
    public ProcessOptions withDirectory(Path directory) {
        return new ProcessOptions(stdin, stdout, stderr, directory, inheritsEnvironment, environment, streams);
    }

    /** {@return these options with exactly this environment, and nothing of this program's} */
    public ProcessOptions withEnvironment(Map<String, String> environment) {
        return new ProcessOptions(stdin, stdout, stderr, directory, false, environment, streams);
    }

    /** {@return these options with one more environment variable, or another value for one} */
    public ProcessOptions withEnvironmentVariable(String name, String value) {
        Map<String, String> more = new LinkedHashMap<>(environment);
        more.put(name, value);
        return new ProcessOptions(stdin, stdout, stderr, directory, inheritsEnvironment, more, streams);
    }

    /**
     * {@return these options with another limit for lines, and for what a reader keeps}
     *
     * @param limit in bytes: see {@link StreamOptions#limit}
     */
    public ProcessOptions withLimit(int limit) {
        StreamOptions limited = streams.withLimit(limit);
        return new ProcessOptions(stdin, stdout, stderr, directory, inheritsEnvironment, environment, limited);
    }

    /** {@return these options with another encoding of lines and strings} */
    public ProcessOptions withCharset(Charset charset) {
        StreamOptions encoded = streams.withCharset(charset);
        return new ProcessOptions(stdin, stdout, stderr, directory, inheritsEnvironment, environment, encoded);
    }
}
