package dev.tulip.benchmarks.echo;

import dev.tulip.benchmarks.report.Commands;
import dev.tulip.benchmarks.report.UsageException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Properties;

/** All echo servers: those that Maven brings, which always run, and those for which the machine has what they need. */
final class Contenders {
    /** What everybody is compared with: the first of these that takes part. */
    static final List<String> BASELINES = List.of("c-epoll", "nio", "netty-epoll", "netty-nio");

    static final List<Contender> ALL = List.of(
            new Contender("c-epoll", "C, epoll", false, Contenders::c),
            new Contender("nio", "Java, bare NIO loop", false, jvm("NioServer", "")),
            new Contender("tulip-protocol", "Tulip protocol", true, jvm("TulipProtocolServer", "")),
            new Contender("tulip-buffered", "Tulip buffered protocol", true, jvm("TulipBufferedServer", "")),
            new Contender("tulip-streams", "Tulip streams", true, jvm("TulipStreamsServer", "")),
            new Contender("tulip-transfer", "Tulip streams, transferTo", true, jvm("TulipTransferServer", "")),
            new Contender("netty-epoll", "Netty, epoll", true, Contenders::nettyEpoll),
            new Contender("netty-nio", "Netty, NIO", true, jvm("NettyNioServer", "netty")),
            new Contender("jdk-virtual-threads", "JDK virtual threads", true, jvm("VirtualThreadsServer", "")),
            new Contender("kotlin-ktor", "Kotlin, ktor-network", false, jvm("KtorServer", "ktor")),
            new Contender("go", "Go", false, Contenders::go),
            new Contender("uvloop-protocol", "uvloop protocol", false, python("protocol", "uvloop")),
            new Contender("uvloop-streams", "uvloop streams", false, python("streams", "uvloop")),
            new Contender("asyncio-protocol", "asyncio protocol", false, python("protocol", "asyncio")),
            new Contender("asyncio-streams", "asyncio streams", false, python("streams", "asyncio")));

    private static final String SERVERS = "dev.tulip.benchmarks.servers";

    /** The first one on the PATH need not be the one for which uvloop was installed. */
    private static final List<String> PYTHONS = List.of("python3", "/usr/bin/python3", "/usr/local/bin/python3");

    private Contenders() {}

    /** {@return those with these names, in the order of {@link #ALL}} */
    static List<Contender> named(List<String> names) {
        for (String name : names) {
            if (ALL.stream().noneMatch(contender -> contender.name().equals(name))) {
                throw new UsageException("no contender: " + name + "; see --help");
            }
        }
        return ALL.stream()
                .filter(contender -> names.contains(contender.name()))
                .toList();
    }

    // -- with Maven -----------------------------------------------------------------------------------------------

    private static Contender.Preparation jvm(String program, String rival) {
        return folder -> new Contender.Program(
                rival.isEmpty() ? "" : rivals().getProperty(rival),
                bufferSize ->
                        Jvm.command(Jvm.options(), SERVERS + "." + program, List.of(Integer.toString(bufferSize))));
    }

    private static Contender.Program nettyEpoll(Path folder) throws IOException, NotInstalledException {
        if (!Jvm.hasNettyEpoll()) {
            throw new NotInstalledException("not on this system");
        }
        return jvm("NettyEpollServer", "netty").prepare(folder);
    }

    private static Properties rivals() throws IOException {
        Properties rivals = new Properties();
        try (InputStream in = Contenders.class.getResourceAsStream("/dev/tulip/benchmarks/rivals.properties")) {
            rivals.load(in);
        }
        return rivals;
    }

    // -- on the machine -------------------------------------------------------------------------------------------

    private static Contender.Program c(Path folder) throws IOException, NotInstalledException {
        if (!System.getProperty("os.name").equals("Linux")) {
            throw new NotInstalledException("epoll is Linux's");
        }
        for (String compiler : List.of("cc", "gcc", "clang")) {
            Optional<String> version = Commands.firstLine(compiler, "--version");
            if (version.isPresent()) {
                Path program = folder.resolve("epoll");
                compile("epoll.c", folder, compiler, "-O2", "-o", program.toString());
                return new Contender.Program(version.get(), bufferSize -> List.of(program.toString()));
            }
        }
        throw new NotInstalledException("no C compiler (cc) here");
    }

    private static Contender.Program go(Path folder) throws IOException, NotInstalledException {
        Optional<String> version = Commands.firstLine("go", "version");
        if (version.isEmpty()) {
            throw new NotInstalledException("not installed");
        }
        Path program = folder.resolve("echo-go");
        compile("echo.go", folder, "go", "build", "-o", program.toString());
        return new Contender.Program(
                version.get(), bufferSize -> List.of(program.toString(), Integer.toString(bufferSize)));
    }

    private static Contender.Preparation python(String style, String loop) {
        return folder -> {
            String version = "import sys, %s; print(getattr(%s, '__version__', ''), 'Python', sys.version.split()[0])"
                    .formatted(loop, loop);
            for (String python : PYTHONS) {
                Optional<String> found = Commands.firstLine(python, "-c", version);
                if (found.isPresent()) {
                    String script = source("echo.py", folder).toString();
                    return new Contender.Program(
                            (loop + " " + found.get()).replaceFirst("^asyncio ", ""),
                            bufferSize -> List.of(python, script, style, loop, Integer.toString(bufferSize)));
                }
            }
            throw new NotInstalledException("not installed");
        };
    }

    private static void compile(String source, Path folder, String... compiler)
            throws IOException, NotInstalledException {
        List<String> command = new ArrayList<>(List.of(compiler));
        command.add(source(source, folder).toString());
        if (Commands.output(command.toArray(String[]::new)).isEmpty()) {
            throw new NotInstalledException("does not compile here: " + String.join(" ", command));
        }
    }

    private static Path source(String name, Path folder) throws IOException {
        Path file = folder.resolve(name);
        try (InputStream in = Contenders.class.getResourceAsStream("/dev/tulip/benchmarks/servers/" + name)) {
            Files.write(file, in.readAllBytes());
        }
        return file;
    }
}
