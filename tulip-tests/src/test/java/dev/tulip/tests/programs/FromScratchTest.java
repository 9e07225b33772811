package dev.tulip.tests.programs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tulip.tests.support.ChildJvm;
import dev.tulip.tests.support.MountedOnly;
import dev.tulip.tests.support.Repository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The tutorial docs/from-scratch.md: its programs print what it says, and it quotes what they are. */
@MountedOnly // plain Java without Tulip: once is enough
class FromScratchTest {
    private static final Path PROGRAMS = Repository.ROOT.resolve("examples/fromscratch");

    private static String document() throws IOException {
        return Files.readString(Repository.ROOT.resolve("docs/from-scratch.md"));
    }

    static List<Path> programs() throws IOException {
        try (Stream<Path> files = Files.list(PROGRAMS)) {
            return files.sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("programs")
    void everyProgramPrintsWhatTheDocumentSays(Path program) throws Exception {
        String command = "java examples/fromscratch/" + program.getFileName();
        String block = Pattern.compile("```console\n\\$ " + Pattern.quote(command) + "\n(.*?)```", Pattern.DOTALL)
                .matcher(document())
                .results()
                .findFirst()
                .orElseThrow(() -> new AssertionError("the document does not run " + program.getFileName()))
                .group(1);
        ChildJvm.Result result = ChildJvm.run(new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), program.toString()));
        assertThat(result.err()).isEmpty();
        assertThat(result.out()).isEqualTo(block);
        assertThat(result.status()).isZero();
    }

    @Test
    void everyListingIsInAProgram() throws Exception {
        StringBuilder code = new StringBuilder();
        for (Path program : programs()) {
            code.append(Files.readString(program));
        }
        List<String> listings = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL)
                .matcher(document())
                .results()
                .map(match -> match.group(1))
                .toList();
        assertThat(listings)
                .hasSizeGreaterThan(7)
                .allSatisfy(listing -> assertThat(code).contains(listing));
    }

    @Test
    void allProgramsTogetherHaveFewerThan250Lines() throws Exception {
        int lines = 0;
        for (Path program : programs()) {
            lines += Files.readAllLines(program).size();
        }
        assertThat(lines).isLessThan(250);
    }

    @Test
    void theFilesOfTheRealLoopThatItNamesExist() throws Exception {
        Path library = Repository.ROOT.resolve("tulip-core/src/main/java/dev/tulip/loop");
        TreeSet<String> missing = new TreeSet<>();
        Pattern.compile("`(\\w+\\.java)`")
                .matcher(document())
                .results()
                .map(match -> match.group(1))
                .filter(name -> !Files.exists(library.resolve(name)))
                .forEach(missing::add);
        assertThat(missing).isEmpty();
    }
}
