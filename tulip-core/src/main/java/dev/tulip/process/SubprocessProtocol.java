package dev.tulip.process;

import dev.tulip.net.BaseProtocol;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What to do with a child and its pipes: a program implements this, and a {@link SubprocessTransport} calls it.
 *
 * <p>{@code connectionMade} comes first and {@code connectionLost} last, when the child has exited and all pipes are
 * closed. In between, {@code processExited} may come before, between or after what comes from the pipes.
 * {@code pauseWriting} and {@code resumeWriting} are about standard input.
 *
 * <p>The loop makes one call at a time, in callbacks; {@code pauseWriting} in the write that is too much. So the task that
 * starts the child waits for {@code connectionMade}, and for no other method.
 *
 * <p>What a method throws goes to the loop's exception handler; nothing else ends by that.
 *
 * @see Subprocesses#subprocessExec
 * @see <a href="https://docs.python.org/3.14/library/asyncio-protocol.html#subprocess-protocols">asyncio: Subprocess
 *     Protocols</a>
 */
public interface SubprocessProtocol extends BaseProtocol {
    /** The child runs, and its pipes stand. Keep the transport, to write and to send signals. */
    default void connectionMade(SubprocessTransport transport) {}

    /**
     * The child has written something.
     *
     * @param fd 1 for standard output, 2 for standard error
     * @param data holds it between its position and its limit, during this call only: what is left in it is lost
     */
    default void pipeDataReceived(int fd, ByteBuffer data) {}

    /**
     * A pipe is closed.
     *
     * @param fd 0 for standard input, 1 for standard output, 2 for standard error
     * @param exception why, or null if that was in order: the child has closed it, or this side has
     */
    default void pipeConnectionLost(int fd, @Nullable Exception exception) {}

    /** The child has exited: {@link SubprocessTransport#getReturncode} says how. */
    default void processExited() {}
}
