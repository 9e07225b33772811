package dev.tulip.tests.build;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.doctree.DocCommentTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.ModifiersTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.DocTrees;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePath;
import com.sun.source.util.TreePathScanner;
import dev.tulip.tests.support.ChildJvm;
import dev.tulip.tests.support.MountedOnly;
import dev.tulip.tests.support.Repository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.lang.model.element.Modifier;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the compiler does not check: the format of every source file, a comment on every public name. */
@MountedOnly // once is enough
@Timeout(600) // seconds: a busy machine formats slowly
class SourcesTest {
    /** With this property set to "apply" the check formats the files instead. */
    private static final String FORMAT = "tulip.format";

    private static final List<String> FORMATTER_OPTIONS = List.of(
            "--add-exports=jdk.compiler/com.sun.tools.javac.api=ALL-UNNAMED",
            "--add-exports=jdk.compiler/com.sun.tools.javac.file=ALL-UNNAMED",
            "--add-exports=jdk.compiler/com.sun.tools.javac.parser=ALL-UNNAMED",
            "--add-exports=jdk.compiler/com.sun.tools.javac.tree=ALL-UNNAMED",
            "--add-exports=jdk.compiler/com.sun.tools.javac.util=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow");

    @Test
    void everySourceFileIsFormatted() throws Exception {
        List<String> arguments = new ArrayList<>(
                "apply".equals(System.getProperty(FORMAT))
                        ? List.of("--palantir", "--replace")
                        : List.of("--palantir", "--dry-run", "--set-exit-if-changed"));
        sources().stream().filter(file -> !isCompact(file)).map(Path::toString).forEach(arguments::add);
        Class<?> formatter = Class.forName("com.palantir.javaformat.java.Main");
        ChildJvm.Result result = ChildJvm.run(formatter, FORMATTER_OPTIONS, arguments);
        assertThat(result.out() + result.err())
                .as("Files that are not formatted. To format them:\n"
                        + "  mvn -q test -Dtest=SourcesTest -Dtulip.format=apply"
                        + " -Dsurefire.failIfNoSpecifiedTests=false\n")
                .isEmpty();
        assertThat(result.status()).isZero();
    }

    @Test
    void everyPublicNameHasAComment() throws Exception {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        List<String> missing = new ArrayList<>();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
            List<Path> library = sources().stream()
                    .filter(file -> file.toString().contains("/src/main/"))
                    .toList();
            assertThat(library).hasSizeGreaterThan(30);
            JavacTask task = (JavacTask) compiler.getTask(
                    null, files, null, List.of("-proc:none"), null, files.getJavaFileObjectsFromPaths(library));
            DocTrees docs = DocTrees.instance(task);
            for (CompilationUnitTree unit : task.parse()) {
                new CommentScanner(docs, missing).scan(unit, null);
            }
        }
        assertThat(missing).isEmpty();
    }

    /** Finds public and protected declarations without a comment. Overriding methods inherit theirs. */
    private static final class CommentScanner extends TreePathScanner<Void, Void> {
        private final DocTrees docs;
        private final List<String> missing;

        private CommentScanner(DocTrees docs, List<String> missing) {
            this.docs = docs;
            this.missing = missing;
        }

        @Override
        public Void visitClass(ClassTree type, Void nothing) {
            check(type.getModifiers(), type.getSimpleName());
            // Nothing inside a type that is not public is.
            return isPublic(type.getModifiers()) ? super.visitClass(type, nothing) : null;
        }

        @Override
        public Void visitMethod(MethodTree method, Void nothing) {
            if (!hasAnnotation(method.getModifiers(), "Override") && !isGenerated(method)) {
                check(method.getModifiers(), method.getName());
            }
            return null;
        }

        @Override
        public Void visitVariable(VariableTree variable, Void nothing) {
            check(variable.getModifiers(), variable.getName());
            return null;
        }

        private static boolean hasAnnotation(ModifiersTree modifiers, String name) {
            return modifiers.getAnnotations().stream()
                    .anyMatch(annotation ->
                            annotation.getAnnotationType().toString().equals(name));
        }

        private boolean isGenerated(MethodTree method) {
            return docs.getSourcePositions().getEndPosition(getCurrentPath().getCompilationUnit(), method) < 0;
        }

        private boolean isPublic(ModifiersTree modifiers) {
            return modifiers.getFlags().contains(Modifier.PUBLIC)
                    || modifiers.getFlags().contains(Modifier.PROTECTED)
                    || isInPublicInterface(modifiers);
        }

        private boolean isInPublicInterface(ModifiersTree modifiers) {
            TreePath parent = getCurrentPath().getParentPath();
            return parent != null
                    && parent.getLeaf() instanceof ClassTree outer
                    && (outer.getKind() == Tree.Kind.INTERFACE || outer.getKind() == Tree.Kind.ANNOTATION_TYPE)
                    && !modifiers.getFlags().contains(Modifier.PRIVATE);
        }

        private void check(ModifiersTree modifiers, CharSequence name) {
            if (isPublic(modifiers)) {
                DocCommentTree comment = docs.getDocCommentTree(getCurrentPath());
                if (comment == null || comment.getFullBody().isEmpty()) {
                    missing.add(getCurrentPath()
                                    .getCompilationUnit()
                                    .getSourceFile()
                                    .getName() + ": " + name);
                }
            }
        }
    }

    /** A file without a class round its main method: the formatter cannot read such yet. */
    private static boolean isCompact(Path file) {
        try (Stream<String> lines = Files.lines(file)) {
            return lines.anyMatch(line -> line.startsWith("void main("));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static List<Path> sources() throws IOException {
        try (Stream<Path> files = Files.walk(Repository.ROOT)) {
            return files.filter(file -> file.toString().endsWith(".java"))
                    .filter(file -> !file.toString().contains("/target/"))
                    .sorted()
                    .toList();
        }
    }
}
