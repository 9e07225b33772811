// Reads files and computes on threads of the executor, while the loop shows that it lives.
// With names: digests of these files. Without: of this program's own source.

import static dev.tulip.Tulip.*;

import java.io.IOException;
import java.nio.file.*;
import java.security.*;
import java.time.Duration;
import java.util.HexFormat;

void main(String... names) throws Exception {
    run(() -> {
        var ticks = new int[1];
        var ticker = createTask(() -> {
            while (true) {
                ticks[0]++;
                sleep(Duration.ofMillis(1));
            }
        });
        for (String name : names.length > 0 ? names : new String[] {"examples/FileDigest.java"}) {
            try {
                IO.println(toThread(() -> digest(Path.of(name))) + "  " + name);
            } catch (NoSuchFileException e) {
                IO.println("no such file: " + e.getMessage());
            }
        }
        ticker.cancel();
        IO.println(ticks[0] > 0 ? "the loop went on meanwhile" : "the loop stood still");
    });
}

String digest(Path file) throws IOException, NoSuchAlgorithmException {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
}
