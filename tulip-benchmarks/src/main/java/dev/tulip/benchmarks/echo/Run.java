package dev.tulip.benchmarks.echo;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** One measurement: a fresh server and a fresh load generator, each on its processor. */
final class Run {
    private static final List<String> LOAD_OPTIONS = List.of("-XX:+UseSerialGC", "-Xms256m", "-Xmx1g");
    private static final String READY = "listening on ";

    private final Path folder;
    private final Pinning pinning;
    private final int warmUpSeconds;
    private final int seconds;

    Run(Path folder, Pinning pinning, int warmUpSeconds, int seconds) {
        this.folder = folder;
        this.pinning = pinning;
        this.warmUpSeconds = warmUpSeconds;
        this.seconds = seconds;
    }

    /** Makes it. An exception says what went wrong, with what the programs have printed. */
    Sample measure(Contender.Command server, Load load) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(pinning.server());
        command.addAll(server.with(load.bufferSize()));
        if (load.tls()) {
            command.add(keys().toString());
        }
        Path errors = folder.resolve("server-errors.txt");
        Process process =
                new ProcessBuilder(command).redirectError(errors.toFile()).start();
        try (BufferedReader out = process.inputReader()) {
            String ready = out.readLine();
            if (ready == null || !ready.startsWith(READY)) {
                throw new IOException("the server does not start: " + ready + "\n" + Files.readString(errors));
            }
            try {
                return putLoad(ready.substring(READY.length()), process.pid(), load);
            } catch (IOException e) {
                throw new IOException(e.getMessage() + Files.readString(errors), e);
            }
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    private Sample putLoad(String port, long pid, Load load) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(pinning.load());
        command.addAll(Jvm.command(
                LOAD_OPTIONS,
                LoadGenerator.class.getName(),
                List.of(
                        port,
                        Long.toString(pid),
                        load.name(),
                        Integer.toString(warmUpSeconds),
                        Integer.toString(seconds))));
        Path errors = folder.resolve("load-errors.txt");
        Process process =
                new ProcessBuilder(command).redirectError(errors.toFile()).start();
        try (BufferedReader out = process.inputReader()) {
            String sample = out.readLine();
            if (process.waitFor() != 0 || sample == null) {
                throw new IOException("the load generator fails:\n" + Files.readString(errors));
            }
            return Sample.parse(sample);
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    private Path keys() {
        Path keys = folder.resolve("keys.p12");
        return Files.exists(keys) ? keys : Keys.make(folder);
    }
}
