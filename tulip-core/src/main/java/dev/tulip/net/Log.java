package dev.tulip.net;

import dev.tulip.loop.EventLoop;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/** The library's log, for what concerns nobody's exception handler. */
final class Log {
    private static final Logger LOGGER = System.getLogger("dev.tulip");

    private Log() {}

    static void warn(EventLoop loop, String message) {
        LOGGER.log(Level.WARNING, loop + ": " + message);
    }

    /**
     * Says that writes are dropped, once, when that happens again and again.
     *
     * @param dropped how many were, with this one
     * @param why what has ended
     * @param transport which drops them
     */
    static void droppedWrite(EventLoop loop, int dropped, String why, Object transport) {
        if (dropped == Defaults.DROPPED_WRITES_BEFORE_WARNING) {
            warn(
                    loop,
                    dropped + " writes were dropped because " + why + ": " + transport
                            + "; stop writing at connectionLost, or when isClosing() says so");
        }
    }
}
