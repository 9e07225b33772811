package dev.tulip.process;

import java.io.IOException;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * A child that was started just now, and the threads for what it writes.
 *
 * @param process the child
 * @param stdout for its standard output, if that is a pipe
 * @param stderr for its standard error, if that is a pipe
 */
record Launched(
        Process process,
        @Nullable OutputThread stdout,
        @Nullable OutputThread stderr) {
    /** Starts a child. On a thread that may block. */
    static Launched start(OutputThread.Starter starter, ProcessOptions options, Executor threads) throws IOException {
        OutputThread stdout = options.stdout().equals(Stdio.PIPE)
                ? new OutputThread(threads, starter, Process::getInputStream)
                : null;
        OutputThread stderr = null;
        Process process = null;
        try {
            if (stdout != null) {
                process = stdout.process();
            }
            if (options.stderr().equals(Stdio.PIPE)) {
                Process known = process;
                stderr = new OutputThread(threads, known == null ? starter : () -> known, Process::getErrorStream);
                process = stderr.process();
            }
        } catch (Throwable e) { // it could not be started, or there are no more threads
            if (process != null) {
                new Launched(process, stdout, stderr).discard();
            }
            throw e;
        }
        return new Launched(process == null ? starter.start() : process, stdout, stderr);
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
