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
}
