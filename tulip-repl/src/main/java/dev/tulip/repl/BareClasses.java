package dev.tulip.repl;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.FieldTransform;
import java.lang.classfile.MethodTransform;
import java.lang.classfile.attribute.RuntimeVisibleTypeAnnotationsAttribute;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Tulip's classes without the annotations of types, for the compiler of the statements. JShell spells out the type of a
 * {@code var}, and spells an annotated one so that it does not compile: {@code var task = createTask(() -> sleep(...))} is a
 * {@code Task<@Nullable Void>}. What runs are the real classes.
 */
final class BareClasses {
    private BareClasses() {}

    /** Puts copies of the classes at {@code location}, a folder or a jar, into {@code target}. */
    static void copy(URI location, Path target) throws IOException {
        Path path = Path.of(location);
        if (Files.isDirectory(path)) {
            copyTree(path, target);
        } else {
            try (FileSystem jar = FileSystems.newFileSystem(path)) {
                copyTree(jar.getPath("/"), target);
            }
        }
    }

    private static void copyTree(Path source, Path target) throws IOException {
        try (Stream<Path> files = Files.walk(source)) {
            List<Path> classes =
                    files.filter(file -> file.toString().endsWith(".class")).toList();
            for (Path file : classes) {
                Path copy = target.resolve(source.relativize(file).toString());
                Files.createDirectories(copy.getParent());
                Files.write(copy, bare(file));
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static byte[] bare(Path file) throws IOException {
        byte[] bytecodes = Files.readAllBytes(file);
        if (file.endsWith("module-info.class")) {
            return bytecodes;
        }
        ClassFile classFile = ClassFile.of();
        ClassTransform bare = ClassTransform.dropping(BareClasses::isTypeAnnotation)
                .andThen(ClassTransform.transformingMethods(MethodTransform.dropping(BareClasses::isTypeAnnotation)))
                .andThen(ClassTransform.transformingFields(FieldTransform.dropping(BareClasses::isTypeAnnotation)));
        return classFile.transformClass(classFile.parse(bytecodes), bare);
    }

    private static boolean isTypeAnnotation(Object element) {
        return element instanceof RuntimeVisibleTypeAnnotationsAttribute;
    }
}
