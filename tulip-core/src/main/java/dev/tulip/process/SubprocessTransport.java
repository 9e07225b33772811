package dev.tulip.process;

import dev.tulip.loop.EventLoop;
import dev.tulip.net.Transport;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * A child process and its pipes, for a {@link SubprocessProtocol}. Not for other threads than its loop's: they get a
 * {@link WrongThreadException}.
 *
 * @see <a href="https://docs.python.org/3.14/library/asyncio-protocol.html#subprocess-transports">asyncio: Subprocess
 *     Transports</a>
 */
public interface SubprocessTransport {
    /** {@return the number that the system has given the child} */
    long getPid();

    /** {@return how the child has ended: see {@link ChildProcess#returnCode}; nothing while it runs} */
    OptionalInt getReturncode();

    /**
     * {@return the transport of one of the child's pipes, or null if there is none}
     *
     * @param fd 0 for standard input, to be written to; 1 for standard output; 2 for standard error
     */
    @Nullable
    Transport getPipeTransport(int fd);

    /** Sends a signal. See {@link ChildProcess#sendSignal}. */
    boolean sendSignal(String signal);

    /** Asks the child to end. See {@link ChildProcess#terminate}. */
    boolean terminate();

    /** Ends the child. See {@link ChildProcess#kill}. */
    boolean kill();

    /**
     * Closes the pipes at once, and kills the child if it still runs. Does not wait: {@code processExited} and
     * {@code connectionLost} follow. Calling this again is harmless.
     */
    void close();

    /** {@return whether {@link #close} was called, or everything has ended} */
    boolean isClosing();

    /** {@return the loop on whose thread this is used} */
    EventLoop getLoop();
}
