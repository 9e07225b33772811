package dev.tulip.tests.build;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tulip.tests.support.MountedOnly;
import dev.tulip.tests.support.Repository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;

/** What the documents say of other files is true: the tests they name exist, the files they link to are there. */
@MountedOnly // once is enough
class DocumentsTest {
    private static final Pattern TEST = Pattern.compile("`(\\w+Test)(?:\\.(\\w+))?`");
    private static final Pattern LINK = Pattern.compile("\\]\\((?!https?:)([^)#]+)[^)]*\\)");

    @Test
    void everyTestThatADocumentNamesExists() throws Exception {
        Set<String> missing = new TreeSet<>();
        int named = 0;
        for (Path document : documents()) {
            Matcher matcher = TEST.matcher(Files.readString(document));
            while (matcher.find()) {
                named++;
                if (!exists(matcher.group(1), matcher.group(2))) {
                    missing.add(document.getFileName() + ": " + matcher.group());
                }
            }
        }
        assertThat(missing).isEmpty();
        assertThat(named).isGreaterThan(30);
    }

    private static boolean exists(String testClass, String method) throws IOException {
        Path file;
        try (Stream<Path> files = Files.walk(Repository.ROOT)) {
            file = files.filter(path -> path.endsWith(testClass + ".java"))
                    .findFirst()
                    .orElse(null);
        }
        if (file == null || method == null) {
            return file != null;
        }
        Path tests = Repository.ROOT.resolve("tulip-tests/src/test/java");
        String name = tests.relativize(file).toString().replace('/', '.').replace(".java", "");
        try {
            return Arrays.stream(Class.forName(name).getDeclaredMethods())
                    .anyMatch(declared -> declared.getName().equals(method)
                            && (declared.isAnnotationPresent(Test.class)
                                    || declared.isAnnotationPresent(ParameterizedTest.class)));
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    @Test
    void everyLinkInADocumentLeadsSomewhere() throws Exception {
        Set<String> broken = new TreeSet<>();
        for (Path document : documents()) {
            Matcher matcher = LINK.matcher(Files.readString(document));
            while (matcher.find()) {
                if (!Files.exists(document.resolveSibling(matcher.group(1)))) {
                    broken.add(document.getFileName() + ": " + matcher.group(1));
                }
            }
        }
        assertThat(broken).isEmpty();
    }

    private static Iterable<Path> documents() throws IOException {
        try (Stream<Path> files = Files.walk(Repository.ROOT)) {
            return files.filter(path -> path.toString().endsWith(".md"))
                    .filter(path -> !path.toString().contains("/target/"))
                    .toList();
        }
    }
}
