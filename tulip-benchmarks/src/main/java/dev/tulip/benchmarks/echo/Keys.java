package dev.tulip.benchmarks.echo;

import dev.tulip.benchmarks.report.Commands;
import java.nio.file.Path;

/** A certificate for localhost that the JDK makes, in a key store. */
final class Keys {
    private Keys() {}

    static Path make(Path folder) {
        Path keys = folder.resolve("keys.p12");
        String keytool =
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
        Commands.output(
                        keytool,
                        "-genkeypair",
                        "-alias",
                        "echo",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=localhost",
                        "-validity",
                        "30",
                        "-keystore",
                        keys.toString(),
                        "-storepass",
                        "secret")
                .orElseThrow(() -> new IllegalStateException(keytool + " has failed"));
        return keys;
    }
}
