package dev.tulip.repl;

import dev.tulip.loop.CancelledError;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.Label;
import java.lang.classfile.instruction.BranchInstruction;
import java.lang.classfile.instruction.LabelTarget;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Ends statements that hold the loop, such as {@code while (true);}, which a cancel does not reach: a check at the start of
 * each method that was typed, and each time round a loop in it. JShell's own local execution does likewise.
 */
public final class StopChecks {
    private static final ClassDesc HERE = StopChecks.class.describeConstable().orElseThrow();

    // written by the thread that has seen Ctrl-C; taken by whoever holds the loop
    private static final AtomicBoolean ARMED = new AtomicBoolean();

    private StopChecks() {}

    /** The next check throws. */
    static void arm() {
        ARMED.set(true);
    }

    /** It does not, if it has not yet. */
    static void disarm() {
        ARMED.set(false);
    }

    /** Called by the code of statements. */
    public static void check() {
        if (ARMED.get() && ARMED.compareAndSet(true, false)) {
            throw new CancelledError("Ctrl-C");
        }
    }

    /** {@return {@code bytecodes} with checks} */
    static byte[] insertInto(byte[] bytecodes) {
        ClassFile file = ClassFile.of();
        return file.transformClass(
                file.parse(bytecodes),
                ClassTransform.transformingMethodBodies(CodeTransform.ofStateful(Inserter::new)));
    }

    /** Inserts checks into one method. */
    private static final class Inserter implements CodeTransform {
        private final Set<Label> before = new HashSet<>();

        @Override
        public void atStart(CodeBuilder builder) {
            insertCheck(builder);
        }

        @Override
        public void accept(CodeBuilder builder, CodeElement element) {
            if (element instanceof LabelTarget target) {
                before.add(target.label());
            } else if (element instanceof BranchInstruction branch && before.contains(branch.target())) {
                insertCheck(builder);
            }
            builder.with(element);
        }

        private static void insertCheck(CodeBuilder builder) {
            builder.invokestatic(HERE, "check", ConstantDescs.MTD_void);
        }
    }
}
