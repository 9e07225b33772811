package dev.tulip.process;

import java.io.File;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Starts a program, or says what is in the way. On a thread that may block. */
final class Launch {
    private static final Pattern ERROR = Pattern.compile("error[:=] ?(\\d+)");

    /** In which the JDK passes arguments and the environment. */
    private static final Charset ENCODING =
            Charset.forName(System.getProperty("sun.jnu.encoding", System.getProperty("native.encoding")));

    private static final int ENOENT = 2;
    private static final int EACCES = 13;
    private static final int ENOTDIR = 20;

    private final List<String> command;
    private final ProcessOptions options;

    /**
     * Checks what can be checked without the system.
     *
     * @throws IllegalArgumentException if {@code command} is empty, or an argument has a NUL
     */
    Launch(List<String> command, ProcessOptions options) {
        this.command = List.copyOf(command);
        this.options = options;
        if (this.command.isEmpty()) {
            throw new IllegalArgumentException("there must be a program to start: the command is empty");
        }
        for (int i = 0; i < this.command.size(); i++) {
            check(this.command.get(i), i == 0 ? "the program's name" : "argument " + i + " of " + program());
        }
        options.environment().forEach((name, value) -> check(name + "=" + value, "the environment variable " + name));
    }

    /** Refuses what would reach the child as something else. */
    private static void check(String text, String what) {
        if (text.indexOf('\0') >= 0) {
            throw new IllegalArgumentException(what + " has a NUL in it: the system ends it there");
        }
        if (!ENCODING.newEncoder().canEncode(text)) {
            throw new IllegalArgumentException(what + " has letters that the encoding of this process, " + ENCODING
                    + ", has not: the JDK would pass question marks; set the locale, as in LC_ALL=C.UTF-8");
        }
    }

    /** {@return how a shell is asked to run {@code command}} */
    static List<String> shell(String command) {
        return Stdio.isWindows() ? List.of("cmd.exe", "/c", command) : List.of("/bin/sh", "-c", command);
    }

    private String program() {
        return command.getFirst();
    }

    /** {@return what the child is called in messages} */
    String name() {
        Path file = Path.of(program()).getFileName();
        String name = file == null ? program() : file.toString();
        if (command.size() == 3 && command.equals(shell(command.getLast()))) {
            String text = command.getLast();
            boolean isLong = text.length() > Defaults.COMMAND_IN_MESSAGE;
            return name + " -c '" + (isLong ? text.substring(0, Defaults.COMMAND_IN_MESSAGE) + "..." : text) + "'";
        }
        return name;
    }

    /**
     * Starts it.
     *
     * @param threads for what it writes
     */
    Launched start(Executor threads) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectInput(options.stdin().forInput())
                .redirectOutput(options.stdout().forOutput());
        if (options.stderr().equals(Stdio.STDOUT)) {
            builder.redirectErrorStream(true);
        } else {
            builder.redirectError(options.stderr().forOutput());
        }
        Path directory = options.directory();
        if (directory != null) {
            builder.directory(directory.toFile());
        }
        Map<String, String> environment = builder.environment();
        if (!options.inheritsEnvironment()) {
            environment.clear();
        }
        environment.putAll(options.environment());
        try {
            return Launched.start(builder::start, options, threads);
        } catch (IOException e) {
            throw explained(e);
        }
    }

    // -- what is in the way ---------------------------------------------------------------------------------------

    /** {@return {@code failure} with what it means: the JDK gives a number, and not whose fault it is} */
    private IOException explained(IOException failure) {
        IOException explained = explanation(failure);
        if (explained == null) {
            return failure;
        }
        explained.initCause(failure);
        return explained;
    }

    private @Nullable IOException explanation(IOException failure) {
        if (failure.getCause() instanceof FileNotFoundException redirected) {
            return new IOException("cannot start " + program()
                    + ": cannot open the file for one of its standard streams: " + redirected.getMessage());
        }
        Matcher matcher = ERROR.matcher(String.valueOf(failure.getMessage()));
        int error = matcher.find() ? Integer.parseInt(matcher.group(1)) : 0;
        if (error != ENOENT && error != EACCES && error != ENOTDIR) {
            return null;
        }
        FileSystemException directory = directoryProblem();
        if (directory != null) {
            return directory;
        }
        return error == EACCES ? notAllowed() : notFound();
    }

    private @Nullable FileSystemException directoryProblem() {
        Path directory = options.directory();
        if (directory == null || (Files.isExecutable(directory) && Files.isDirectory(directory))) {
            return null;
        }
        String reason = "cannot start " + program() + " there: ";
        if (!Files.exists(directory)) {
            return new NoSuchFileException(directory.toString(), null, reason + "the working directory does not exist");
        }
        if (!Files.isDirectory(directory)) {
            return new WorkingDirectoryException(directory.toString(), reason + "it is not a directory");
        }
        return new AccessDeniedException(
                directory.toString(), null, reason + "no permission to enter the working directory");
    }

    /** A file that should be a directory; the JDK's exception has no room for a reason. */
    private static final class WorkingDirectoryException extends NotDirectoryException {
        private static final long serialVersionUID = 1;
        private final String reason;

        private WorkingDirectoryException(String file, String reason) {
            super(file);
            this.reason = reason;
        }

        @Override
        public String getMessage() {
            return getFile() + ": " + reason;
        }
    }

    private NoSuchFileException notFound() {
        if (program().isEmpty()) {
            return new NoSuchFileException(program(), null, "the name of the program to start is empty");
        }
        if (program().indexOf('/') < 0) {
            return new NoSuchFileException(
                    program(), null, "there is no such program in the PATH, " + System.getenv("PATH"));
        }
        boolean exists = file().exists();
        return new NoSuchFileException(
                program(),
                null,
                exists ? "the interpreter that its first line names does not exist" : "there is no such program");
    }

    private AccessDeniedException notAllowed() {
        boolean isDirectory = program().indexOf('/') >= 0 && file().isDirectory();
        return new AccessDeniedException(
                program(),
                null,
                isDirectory
                        ? "cannot be started: it is a directory"
                        : "cannot be started: no permission to execute it");
    }

    /** {@return the program, where the child looks for it} */
    private File file() {
        Path directory = options.directory();
        return directory == null
                ? new File(program())
                : directory.resolve(program()).toFile();
    }
}
