package dev.tulip.process;

import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Future;
import dev.tulip.loop.Suspends;
import dev.tulip.net.Pipes;
import dev.tulip.net.Protocol;
import dev.tulip.net.Transport;
import dev.tulip.sync.Event;
import java.util.OptionalInt;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** One child: its pipes, its signals, its end. Loop thread only, except {@link #awaitExitOnThread}. */
final class ChildTransport implements SubprocessTransport {
    /*
     * Two things happen by themselves, in any order: the child exits, and its pipes are closed, which they are not
     * while another process has them. When both have, it is lost:
     *
     *      NEW -> MADE      // made(): all pipes stand; what has happened before is told now
     *     MADE -> LOST      // exited, and no pipe is open
     *
     * Besides, closing says whether close() was called.
     *
     * Why a thread waits for the exit: the JDK has a CompletableFuture for it, but completes that in the common pool, on
     * which anybody may sit.
     *
     * Why the streams of the JDK are not closed here, and Process.destroy is not called, which does the same: what the
     * child has written before its end can still be read.
     */

    // set once
    private final EventLoop loop;
    private final Children children;
    private final Process process;
    private final Launched launched;
    private final String name;
    private final SubprocessProtocol protocol;
    private final SignalSender signals;
    private final Calls calls;
    private final Event exit = new Event();

    // loop thread only
    private final @Nullable Transport[] pipes = new @Nullable Transport[3];
    private OptionalInt returncode = OptionalInt.empty();
    private int openPipes;
    private boolean made;
    private boolean closing;
    private boolean lost;

    /** A child that runs; {@link #connect} must follow. */
    ChildTransport(EventLoop loop, Launched launched, String name, SubprocessProtocol protocol) {
        this.loop = loop;
        this.children = Children.of(loop);
        this.launched = launched;
        this.process = launched.process();
        this.name = name + " (pid " + process.pid() + ")";
        this.protocol = protocol;
        this.signals = new SignalSender(loop, process, this);
        this.calls = new Calls(loop, this, protocol);
        children.started(this);
        try {
            loop.blockingExecutor().execute(this::awaitExitOnThread);
        } catch (Throwable e) { // no more threads
            children.exited(this);
            launched.discard();
            throw e;
        }
    }

    Calls calls() {
        return calls;
    }

    /** {@return program and number, for messages} */
    String name() {
        return name;
    }

    // -- pipes ----------------------------------------------------------------------------------------------------

    /**
     * Puts transports on the pipes. If this fails or is cancelled, {@link #close} must follow.
     *
     * @param protocols makes the protocol of a pipe, from its number
     */
    @Suspends
    void connect(ProcessOptions options, IntFunction<Protocol> protocols) {
        if (options.stdin().equals(Stdio.PIPE)) {
            Pipes.connectWritePipe(
                    () -> new PipeProtocol(this, 0, protocols.apply(0)),
                    new ChildInput(process, name),
                    "standard input of " + name);
        }
        if (launched.stdout() != null) {
            Pipes.connectReadPipe(
                    () -> new PipeProtocol(this, 1, protocols.apply(1)),
                    process.getInputStream(),
                    "standard output of " + name,
                    launched.stdout());
        }
        if (launched.stderr() != null) {
            Pipes.connectReadPipe(
                    () -> new PipeProtocol(this, 2, protocols.apply(2)),
                    process.getErrorStream(),
                    "standard error of " + name,
                    launched.stderr());
        }
        Future<@Nullable Void> connected = loop.createFuture();
        loop.callSoon(() -> made(connected));
        connected.await();
    }

    private void made(Future<@Nullable Void> connected) {
        if (connected.done()) {
            return; // connect was cancelled: the protocol never hears of this child
        }
        made = true;
        calls.openWith("connectionMade", () -> {
            try {
                protocol.connectionMade(this);
            } finally {
                if (!connected.done()) {
                    connected.setResult(null);
                }
            }
        });
        settle();
    }

    void pipeMade(int fd, Transport transport) {
        pipes[fd] = transport;
        openPipes++;
        if (closing || (fd == 0 && returncode.isPresent())) {
            transport.abort();
        }
    }

    void pipeLost() {
        openPipes--;
        settle();
    }

    @Override
    public @Nullable Transport getPipeTransport(int fd) {
        if (fd < 0 || fd > 2) {
            throw new IllegalArgumentException("a child has the pipes 0, 1 and 2, and no " + fd);
        }
        return pipes[fd];
    }

    // -- the end --------------------------------------------------------------------------------------------------

    private void awaitExitOnThread() {
        try {
            int status = process.waitFor();
            loop.callSoonThreadsafe(() -> exited(status));
        } catch (IllegalStateException e) {
            // the loop is closed: nobody wants to know
        } catch (InterruptedException e) {
            throw new AssertionError("unreachable: nobody interrupts this thread", e);
        }
    }

    private void exited(int status) {
        returncode = OptionalInt.of(SignalNames.returnCode(status));
        children.exited(this);
        exit.set();
        Transport stdin = pipes[0];
        if (stdin != null) {
            stdin.close(); // what is left to send meets a broken pipe, and that is its end
        }
        calls.call("processExited", protocol::processExited);
        settle();
    }

    /** Waits until the child has exited. */
    @Suspends
    int awaitExit() {
        Callers.loopOfTask("await");
        exit.await();
        return returncode.orElseThrow();
    }

    private void settle() {
        if (made && returncode.isPresent() && openPipes == 0 && !lost) {
            lost = true;
            calls.call("connectionLost", () -> protocol.connectionLost(null));
        }
    }

    @Override
    public void close() {
        loop.checkThread();
        if (closing) {
            return;
        }
        closing = true;
        for (Transport pipe : pipes) {
            if (pipe != null) {
                pipe.abort();
            }
        }
        launched.release();
        kill();
    }

    @Override
    public boolean isClosing() {
        return closing || lost;
    }

    // -- signals --------------------------------------------------------------------------------------------------

    @Override
    public boolean sendSignal(String signal) {
        loop.checkThread();
        String known = SignalNames.canonical(signal);
        if (returncode.isPresent()) {
            return false;
        }
        signals.send(known);
        return true;
    }

    @Override
    public boolean terminate() {
        return sendSignal("TERM");
    }

    @Override
    public boolean kill() {
        return sendSignal("KILL");
    }

    /** The loop is closed. */
    void killNow() {
        process.toHandle().destroyForcibly();
    }

    // -- what it is -----------------------------------------------------------------------------------------------

    @Override
    public long getPid() {
        return process.pid();
    }

    @Override
    public OptionalInt getReturncode() {
        return returncode;
    }

    @Override
    public EventLoop getLoop() {
        return loop;
    }

    /** {@return its state in words} */
    String describeState() {
        return returncode.isPresent() ? SignalNames.describe(returncode.getAsInt()) : closing ? "closing" : "running";
    }

    /** {@return which child, and whether it runs} */
    @Override
    public String toString() {
        return "SubprocessTransport[" + name + ", " + describeState() + "]";
    }
}
