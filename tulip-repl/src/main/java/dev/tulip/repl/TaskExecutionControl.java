package dev.tulip.repl;

import dev.tulip.loop.Context;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import jdk.jshell.execution.DirectExecutionControl;
import org.jspecify.annotations.Nullable;

/**
 * Runs JShell's statements in this JVM, each as a task of one loop, which runs on a thread of its own: so tasks that a
 * statement has created go on while the console waits for the next one. All statements share one {@link Context}: what
 * one sets, the next sees.
 *
 * <p>{@code /reset} closes this, which cancels the tasks, and makes another one.
 */
final class TaskExecutionControl extends DirectExecutionControl {
    private final LoopThread loop = new LoopThread();
    private final Context context = new Context();

    // written by JShell's thread, read by the one that has seen Ctrl-C
    private volatile @Nullable Statement running;

    @Override
    public void load(ClassBytecodes[] classes)
            throws ClassInstallException, NotImplementedException, EngineTerminationException {
        ClassBytecodes[] stoppable = new ClassBytecodes[classes.length];
        for (int i = 0; i < classes.length; i++) {
            stoppable[i] = new ClassBytecodes(classes[i].name(), StopChecks.insertInto(classes[i].bytecodes()));
        }
        super.load(stoppable);
    }

    @Override
    protected String invoke(Method method) throws Exception {
        return run(() -> {
            Thread.currentThread()
                    .setContextClassLoader(method.getDeclaringClass().getClassLoader());
            return valueString(call(method));
        });
    }

    private static @Nullable Object call(Method method) throws Throwable {
        try {
            return method.invoke(null);
        } catch (InvocationTargetException e) {
            throw e.getCause() == null ? e : e.getCause();
        }
    }

    /** As in the superclass, but on the loop: a {@code toString()} may touch what belongs to it. */
    @Override
    public String varValue(String className, String name)
            throws RunException, EngineTerminationException, InternalException {
        try {
            Field variable = findClass(className).getDeclaredField(name);
            variable.setAccessible(true);
            return run(() -> valueString(variable.get(null)));
        } catch (InvocationTargetException e) {
            return throwConvertedInvocationException(e.getCause());
        } catch (RunException | EngineTerminationException e) {
            throw e;
        } catch (Exception e) {
            throw new InternalException(e.toString());
        }
    }

    private String run(Statement.Body body) throws Exception {
        Statement statement = new Statement(loop.loop(), context, body);
        running = statement;
        try {
            return statement.await();
        } finally {
            running = null;
        }
    }

    /** Ctrl-C: cancels the statement that runs, if one does. */
    @Override
    public void stop() {
        Statement statement = running;
        if (statement != null) {
            statement.stop();
        }
    }

    /** Cancels the tasks that are left, waits for them, and closes the loop. */
    @Override
    public void close() {
        loop.close();
    }
}
