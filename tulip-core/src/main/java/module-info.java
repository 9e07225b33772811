/**
 * Tulip: asyncio for the JVM. One thread, one event loop, many coroutines; code straight down the page.
 *
 * <p>System properties:
 *
 * <ul>
 *   <li>{@code tulip.engine}: {@code mounted} or {@code handoff} forces an engine; see {@link dev.tulip.loop.Engine}
 *   <li>{@code tulip.systemcalls}: {@code false} leaves reading and writing of sockets to the JDK's channels; else, on Linux
 *       and with the flag that the mounted engine needs, Tulip calls the system itself, which is faster
 *   <li>{@code tulip.debug}: {@code true} puts loops into debug mode; see {@link dev.tulip.loop.EventLoop#setDebug}
 * </ul>
 */
module dev.tulip {
    requires static transitive org.jspecify;
    requires jdk.unsupported; // signals: dev.tulip.loop.Signals

    exports dev.tulip;
    exports dev.tulip.loop;
    exports dev.tulip.sync;
    exports dev.tulip.net;
    exports dev.tulip.streams;
    exports dev.tulip.process;
}
