package dev.tulip.repl;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.io.Reader;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import jdk.jshell.Diag;
import jdk.jshell.EvalException;
import jdk.jshell.ExpressionSnippet;
import jdk.jshell.JShell;
import jdk.jshell.JShellException;
import jdk.jshell.Snippet;
import jdk.jshell.SnippetEvent;
import jdk.jshell.SourceCodeAnalysis.Completeness;
import jdk.jshell.SourceCodeAnalysis.CompletionInfo;
import jdk.jshell.UnresolvedReferenceException;
import jdk.jshell.VarSnippet;

/**
 * Statements that do not come from a terminal: run one after another as they are read, without prompts. Values are shown as
 * JShell shows them. The first statement that fails ends the script, as in a program.
 */
final class Script {
    /** What a script ends with when a statement fails: as a program that throws. */
    private static final int FAILED = 1;

    private final String startup;
    private final List<String> compilerOptions;

    private int line = 1; // the one on which the statement begins that is read or runs
    private int statements;

    Script(String startup, List<String> compilerOptions) {
        this.startup = startup;
        this.compilerOptions = compilerOptions;
    }

    /** Runs what {@code in} has. {@return the exit status} */
    int run(Reader in, PrintStream out, PrintStream err) throws IOException {
        try (JShell shell = JShell.builder()
                .executionEngine(new TaskExecutionControlProvider(), Map.of())
                .compilerOptions(compilerOptions.toArray(String[]::new))
                .idGenerator((snippet, number) -> line + "/" + ++statements)
                .out(out)
                .err(err)
                .build()) {
            startup.lines().filter(line -> line.startsWith("import ")).forEach(shell::eval);
            return run(shell, new BufferedReader(in), out, err);
        }
    }

    private int run(JShell shell, BufferedReader in, PrintStream out, PrintStream err) throws IOException {
        String pending = "";
        int read = 0;
        for (String text = in.readLine(); text != null; text = in.readLine()) {
            read++;
            if (pending.isBlank()) {
                pending = "";
                line = read;
            }
            if (pending.isEmpty() && text.matches("/[a-z!?-].*")) {
                err.println("line " + line + ": commands such as " + text.split(" ", 2)[0]
                        + " are for the console at a terminal; a script is Java");
                return FAILED;
            }
            CompletionInfo next = analyze(shell, pending + text); // what is incomplete comes back with a line end
            while (isComplete(next.completeness())) {
                if (!evaluate(shell, next.source(), out, err)) {
                    return FAILED;
                }
                line = read;
                next = analyze(shell, next.remaining());
            }
            pending = next.completeness() == Completeness.EMPTY ? "" : next.remaining();
        }
        return pending.isBlank() || evaluate(shell, pending, out, err) ? 0 : FAILED;
    }

    private static CompletionInfo analyze(JShell shell, String source) {
        return shell.sourceCodeAnalysis().analyzeCompletion(source);
    }

    private static boolean isComplete(Completeness completeness) {
        return completeness.isComplete() && completeness != Completeness.EMPTY;
    }

    /** {@return whether it went well} */
    private boolean evaluate(JShell shell, String source, PrintStream out, PrintStream err) {
        for (SnippetEvent event : shell.eval(source)) {
            if (event.status() == Snippet.Status.REJECTED) {
                err.println("line " + line + ": error:");
                shell.diagnostics(event.snippet()).forEach(diagnostic -> print(diagnostic, source, err));
                return false;
            }
            if (event.exception() != null) {
                err.println("line " + line + ": " + describe(event.exception()));
                return false;
            }
            if (event.causeSnippet() == null && event.value() != null) {
                print(event.snippet(), event.value(), out);
            }
        }
        return true;
    }

    private static void print(Snippet snippet, String value, PrintStream out) {
        String name = switch (snippet) {
            case VarSnippet variable -> variable.name();
            case ExpressionSnippet expression -> expression.name();
            default -> null;
        };
        if (name != null) {
            out.println(name + " ==> " + value);
        }
    }

    private static void print(Diag diagnostic, String source, PrintStream err) {
        diagnostic.getMessage(Locale.getDefault()).lines().forEach(err::println);
        int from = (int) Math.max(0, diagnostic.getStartPosition());
        int start = source.lastIndexOf('\n', Math.max(0, from - 1)) + 1;
        int end = source.indexOf('\n', from);
        err.println("    " + source.substring(Math.min(start, from), end < 0 ? source.length() : end));
        err.println("    " + " ".repeat(Math.max(0, from - start)) + "^");
    }

    /** {@return the exception with the part of its stack that is the script's} */
    private static String describe(JShellException exception) {
        StringBuilder text = new StringBuilder();
        if (exception instanceof UnresolvedReferenceException unresolved) {
            text.append("not everything that ")
                    .append(unresolved.getSnippet().name())
                    .append(" uses is declared");
        }
        for (Throwable e = exception; e instanceof EvalException failure; e = failure.getCause()) {
            text.append(e == exception ? "" : "\nCaused by: ").append(failure.getExceptionClassName());
            if (failure.getMessage() != null) {
                text.append(": ").append(failure.getMessage());
            }
            for (StackTraceElement frame : failure.getStackTrace()) {
                text.append("\n    at ").append(describe(frame));
            }
        }
        return text.toString();
    }

    private static String describe(StackTraceElement frame) {
        String type = frame.getClassName();
        String simpleName = type.substring(type.lastIndexOf('.') + 1);
        String place = simpleName.isEmpty() ? frame.getMethodName() : simpleName + "." + frame.getMethodName();
        String file = frame.getFileName();
        if (file != null && file.startsWith("#")) { // a statement: "#" and the name that we gave it
            int begins = Integer.parseInt(file.substring(1, file.indexOf('/')));
            return (place + " line " + (begins + frame.getLineNumber() - 1)).strip();
        }
        return place + "(" + file + ":" + frame.getLineNumber() + ")";
    }
}
