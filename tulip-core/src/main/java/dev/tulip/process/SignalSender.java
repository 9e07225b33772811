package dev.tulip.process;

import dev.tulip.loop.EventLoop;
import dev.tulip.loop.ExceptionContext;
import java.io.IOException;
import java.nio.charset.Charset;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** Sends signals to one child, in order. Loop thread only. */
final class SignalSender {
    /*
     * The JDK can send SIGTERM and SIGKILL, and does so at once. For all others it takes a shell, on a thread; a SIGTERM
     * that comes while one is on its way stands in line, a SIGKILL does not.
     *
     * A process that has exited has no number any more, and another one may get it. The JDK compares when the process was
     * started; the shell cannot. So the JDK is asked right before whether the process lives: what is left is the time
     * that a shell takes to start, in which the system would have to use up all its numbers.
     */
    private final EventLoop loop;
    private final Executor threads;
    private final Process process;
    private final Object child;

    // loop thread only
    private final Queue<String> line = new ArrayDeque<>();
    private boolean sending;

    SignalSender(EventLoop loop, Process process, Object child) {
        this.loop = loop;
        this.threads = loop.blockingExecutor();
        this.process = process;
        this.child = child;
    }

    /** Sends a signal to the child, which is not known to have exited. */
    void send(String signal) {
        if (signal.equals("KILL")) {
            line.clear();
            check(signal, process.toHandle().destroyForcibly());
        } else if (signal.equals("TERM") && !sending) {
            check(signal, process.toHandle().destroy());
        } else if (Stdio.isWindows()) {
            throw new UnsupportedOperationException("Windows has no SIG" + signal + "; there are terminate and kill");
        } else {
            line.add(signal);
            sendNext();
        }
    }

    private void check(String signal, boolean sent) {
        if (!sent
                && process.toHandle().isAlive()) { // it asks the system: the process itself may not know of its end yet
            report(signal, "the system does not permit it");
        }
    }

    private void sendNext() {
        String signal;
        if (!sending && (signal = line.poll()) != null) {
            sending = true;
            threads.execute(() -> sendWithShell(signal));
        }
    }

    private void sendWithShell(String signal) {
        ProcessHandle handle = process.toHandle();
        String problem = handle.isAlive() ? askShell(signal) : null;
        String reported = problem != null && handle.isAlive() ? problem : null;
        try {
            loop.callSoonThreadsafe(() -> sent(signal, reported));
        } catch (IllegalStateException e) {
            // the loop is closed, and has killed the child
        }
    }

    /** {@return what the shell has to complain about, or null} */
    private @Nullable String askShell(String signal) {
        try {
            Process shell = new ProcessBuilder(
                            "/bin/sh", "-c", "kill -s \"$1\" \"$2\"", "sh", signal, Long.toString(process.pid()))
                    .redirectErrorStream(true)
                    .start();
            shell.getOutputStream().close();
            String said = new String(shell.getInputStream().readAllBytes(), Charset.defaultCharset());
            return shell.waitFor() == 0 ? null : said.strip();
        } catch (IOException | InterruptedException e) {
            return e.getMessage();
        }
    }

    private void sent(String signal, @Nullable String problem) {
        sending = false;
        if (problem != null) {
            report(signal, problem);
        }
        sendNext();
    }

    private void report(String signal, String problem) {
        loop.callExceptionHandler(new ExceptionContext(
                "cannot send SIG" + signal + " to " + child + ": " + problem, null, "transport", child));
    }
}
