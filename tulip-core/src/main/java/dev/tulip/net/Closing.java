package dev.tulip.net;

import java.io.IOException;
import java.nio.channels.Channel;
import org.jspecify.annotations.Nullable;

/** Closes channels. */
final class Closing {
    private Closing() {}

    /** Closes {@code channel}. The descriptor is gone also if that fails, and nobody could do anything about it. */
    static void quietly(@Nullable Channel channel) {
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException e) {
                // as above
            }
        }
    }
}
