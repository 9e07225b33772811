package dev.tulip.loop;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/**
 * The library's log: the system logger {@code dev.tulip}. On a coroutine or another thread, never on a carrier
 * (P1).
 */
final class Log {
    private static final Logger LOGGER = System.getLogger("dev.tulip");

    private Log() {}

    static void info(String message) {
        LOGGER.log(Level.INFO, message);
    }

    static void warn(EventLoop loop, String message) {
        LOGGER.log(Level.WARNING, loop + ": " + message);
    }

    static void error(EventLoop loop, ExceptionContext context) {
        LOGGER.log(Level.ERROR, loop + ": " + context, context.exception());
    }
}
