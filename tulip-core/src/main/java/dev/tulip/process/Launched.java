package dev.tulip.process;

import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * A child that was started just now, and the threads for what it writes.
 *
 * @param process the child
 * @param stdout for its standard output, if that is a pipe
 * @param stderr for its standard error, if that is a pipe
 */
record Launched(Process process, @Nullable OutputThread stdout, @Nullable OutputThread stderr) {
    /** Takes the outputs of {@code process} into care. */
    static Launched of(Process process, ProcessOptions options, Executor threads) {
        OutputThread stdout = null;
        try {
            if (options.stdout().equals(Stdio.PIPE)) {
                stdout = new OutputThread(threads, process.getInputStream());
            }
            OutputThread stderr = options.stderr().equals(Stdio.PIPE)
                    ? new OutputThread(threads, process.getErrorStream())
                    : null;
            return new Launched(process, stdout, stderr);
        } catch (Throwable e) { // no more threads
            new Launched(process, stdout, null).discard();
            throw e;
        }
    }

    /** Kills the child. The JDK closes what is open then. */
    void discard() {
        process.toHandle().destroyForcibly();
        release();
    }

    /** Lets the threads go that have nothing to read. */
    void release() {
        if (stdout != null) {
            stdout.release();
        }
        if (stderr != null) {
            stderr.release();
        }
    }
}
