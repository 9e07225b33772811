package dev.tulip.loop;

import java.nio.channels.spi.SelectorProvider;
import org.jspecify.annotations.Nullable;

/**
 * What an event loop is made of.
 *
 * @param name the loop's name in messages and thread names; null for {@code EventLoop-N}
 * @param clock where it takes its time from
 * @param selectorProvider where it takes its network from
 * @param debug whether it starts in debug mode, see {@link EventLoop#setDebug}
 */
public record LoopOptions(@Nullable String name, Clock clock, SelectorProvider selectorProvider, boolean debug) {
    /** {@return the system's clock and network; debug mode if the system property {@code tulip.debug} is true} */
    public static LoopOptions defaults() {
        return new LoopOptions(null, Clock.system(), SelectorProvider.provider(), Boolean.getBoolean("tulip.debug"));
    }

    /**
     * {@return these options with another name}
     *
     * @param name the loop's name
     */
    public LoopOptions withName(String name) {
        return new LoopOptions(name, clock, selectorProvider, debug);
    }

    /**
     * {@return these options with another clock}
     *
     * @param clock where the loop takes its time from
     */
    public LoopOptions withClock(Clock clock) {
        return new LoopOptions(name, clock, selectorProvider, debug);
    }

    /**
     * {@return these options with another network}
     *
     * @param selectorProvider where the loop takes its selector and channels from
     */
    public LoopOptions withSelectorProvider(SelectorProvider selectorProvider) {
        return new LoopOptions(name, clock, selectorProvider, debug);
    }

    /**
     * {@return these options with debug mode on or off}
     *
     * @param debug whether it is on
     */
    public LoopOptions withDebug(boolean debug) {
        return new LoopOptions(name, clock, selectorProvider, debug);
    }
}
