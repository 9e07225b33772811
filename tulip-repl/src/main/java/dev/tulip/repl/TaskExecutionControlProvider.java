package dev.tulip.repl;

import java.util.Map;
import jdk.jshell.spi.ExecutionControl;
import jdk.jshell.spi.ExecutionControlProvider;
import jdk.jshell.spi.ExecutionEnv;

/** Makes {@link TaskExecutionControl}s for JShell, which finds this as a service: {@code jshell --execution tulip}. */
public final class TaskExecutionControlProvider implements ExecutionControlProvider {
    static final String NAME = "tulip";

    /** For the service loader. */
    public TaskExecutionControlProvider() {}

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public ExecutionControl generate(ExecutionEnv env, Map<String, String> parameters) {
        return new TaskExecutionControl();
    }
}
