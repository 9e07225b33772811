package dev.tulip.process;

import java.io.File;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Where the standard input of a child comes from, or where its standard output or its standard error goes. */
public final class Stdio {
    /** A pipe from or to this program: a {@link ChildProcess} has it as a stream. */
    public static final Stdio PIPE = new Stdio(Kind.PIPE, null);

    /** Nothing comes in; what goes out is dropped. */
    public static final Stdio DEVNULL = new Stdio(Kind.DEVNULL, null);

    /** What this program itself has: the terminal, perhaps. The default. */
    public static final Stdio INHERIT = new Stdio(Kind.INHERIT, null);

    /** For standard error: wherever standard output goes. */
    public static final Stdio STDOUT = new Stdio(Kind.STDOUT, null);

    private enum Kind {
        PIPE,
        DEVNULL,
        INHERIT,
        STDOUT,
        FILE,
        APPEND
    }

    private final Kind kind;
    private final @Nullable Path path;

    private Stdio(Kind kind, @Nullable Path path) {
        this.kind = kind;
        this.path = path;
    }

    /** {@return a file: to be read from its beginning; to be written from its beginning, what is in it is lost} */
    public static Stdio file(Path path) {
        return new Stdio(Kind.FILE, Objects.requireNonNull(path, "path"));
    }

    /** {@return a file that is written from its end on} */
    public static Stdio append(Path path) {
        return new Stdio(Kind.APPEND, Objects.requireNonNull(path, "path"));
    }

    boolean isForInput() {
        return kind != Kind.STDOUT && kind != Kind.APPEND;
    }

    ProcessBuilder.Redirect forInput() {
        return switch (kind) {
            case PIPE -> ProcessBuilder.Redirect.PIPE;
            case INHERIT -> ProcessBuilder.Redirect.INHERIT;
            case DEVNULL -> ProcessBuilder.Redirect.from(new File(isWindows() ? "NUL" : "/dev/null"));
            case FILE -> ProcessBuilder.Redirect.from(file());
            case APPEND, STDOUT -> throw new AssertionError("unreachable: ProcessOptions has refused " + this);
        };
    }

    ProcessBuilder.Redirect forOutput() {
        return switch (kind) {
            case PIPE -> ProcessBuilder.Redirect.PIPE;
            case INHERIT -> ProcessBuilder.Redirect.INHERIT;
            case DEVNULL -> ProcessBuilder.Redirect.DISCARD;
            case FILE -> ProcessBuilder.Redirect.to(file());
            case APPEND -> ProcessBuilder.Redirect.appendTo(file());
            case STDOUT -> throw new AssertionError("unreachable: Launch treats it apart");
        };
    }

    private File file() {
        return Objects.requireNonNull(path).toFile();
    }

    static boolean isWindows() {
        return File.separatorChar == '\\';
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Stdio that && kind == that.kind && Objects.equals(path, that.path);
    }

    @Override
    public int hashCode() {
        return Objects.hash(kind, path);
    }

    /** {@return which it is, and the file} */
    @Override
    public String toString() {
        return path == null ? kind.name() : kind.name() + " " + path;
    }
}
