package dev.tulip.loop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.constantpool.ClassEntry;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Reads the compiled classes and refuses every dependency that docs/design.md does not draw. */
class LayeringTest {
    /** From the top down. A package may use those below it, and nothing above. */
    private static final List<String> LAYERS = List.of(
            "dev/tulip", "dev/tulip/process", "dev/tulip/streams", "dev/tulip/net", "dev/tulip/sync", "dev/tulip/loop");

    /** What may be used by one class only. */
    private static final List<List<String>> RESERVED = List.of(List.of("sun/misc/Signal", "dev/tulip/loop/Signals"));

    @Test
    void everyPackageUsesOnlyThoseBelowIt() throws Exception {
        Set<String> upward = new TreeSet<>();
        for (ClassModel model : classes()) {
            String from = model.thisClass().asInternalName();
            for (String to : used(model)) {
                int lower = LAYERS.indexOf(packageOf(to));
                if (lower >= 0 && lower < LAYERS.indexOf(packageOf(from))) {
                    upward.add(from + " -> " + to);
                }
            }
        }
        assertThat(upward).isEmpty();
    }

    @Test
    void everyPackageHasAPlaceInTheLayers() throws Exception {
        Set<String> unknown = new TreeSet<>();
        for (ClassModel model : classes()) {
            String name = packageOf(model.thisClass().asInternalName());
            if (!LAYERS.contains(name)) {
                unknown.add(name);
            }
        }
        assertThat(unknown).containsOnly(""); // module-info
    }

    @Test
    void theLibraryUsesNothingButJavaBaseAndOneClassTheSignals() throws Exception {
        Set<String> foreign = new TreeSet<>();
        for (ClassModel model : classes()) {
            String from = model.thisClass().asInternalName();
            for (String to : used(model)) {
                boolean allowed = to.startsWith("dev/tulip/")
                        || to.startsWith("[")
                        || to.equals("module-info")
                        || Object.class.getModule().equals(moduleOf(to))
                        || RESERVED.stream()
                                .anyMatch(pair -> to.startsWith(pair.getFirst()) && from.startsWith(pair.getLast()));
                if (!allowed) {
                    foreign.add(from + " -> " + to);
                }
            }
        }
        assertThat(foreign).isEmpty();
    }

    private static Module moduleOf(String internalName) {
        try {
            return Class.forName(internalName.replace('/', '.'), false, null).getModule();
        } catch (ClassNotFoundException e) {
            return LayeringTest.class.getModule();
        }
    }

    private static String packageOf(String internalName) {
        int slash = internalName.lastIndexOf('/');
        return slash < 0 ? "" : internalName.substring(0, slash);
    }

    private static Set<String> used(ClassModel model) {
        Set<String> names = new TreeSet<>();
        model.constantPool().forEach(entry -> {
            if (entry instanceof ClassEntry used) {
                names.add(used.asInternalName());
            }
        });
        return names;
    }

    private static List<ClassModel> classes() throws IOException, URISyntaxException {
        Path root = Path.of(EventLoop.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        try (Stream<Path> files = Files.walk(root)) {
            List<Path> paths =
                    files.filter(file -> file.toString().endsWith(".class")).toList();
            assertThat(paths).hasSizeGreaterThan(30);
            java.util.ArrayList<ClassModel> models = new java.util.ArrayList<>();
            for (Path path : paths) {
                models.add(ClassFile.of().parse(path));
            }
            return models;
        }
    }
}
