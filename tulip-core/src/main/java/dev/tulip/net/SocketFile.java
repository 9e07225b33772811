package dev.tulip.net;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The file of a Unix socket that listens, and whether it is still the same one: another server may have put its own in
 * the place.
 *
 * @param path where
 * @param key what the system knows the file by (on Unix its device and inode); null where it has no such thing
 */
record SocketFile(Path path, @Nullable Object key) {
    /** {@return the socket's file at {@code path}, or null if there is none, or another kind of file} */
    static @Nullable SocketFile at(Path path) {
        try {
            BasicFileAttributes attributes =
                    Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            return attributes.isOther() ? new SocketFile(path, attributes.fileKey()) : null;
        } catch (IOException e) {
            return null; // gone, or out of reach
        }
    }

    /**
     * Removes the file, if it is still the same. As long as its socket is open no other file can have its key; so this
     * comes before the socket is closed.
     *
     * @throws IOException if the system refuses
     */
    void removeIfSame() throws IOException {
        SocketFile now = at(path);
        if (now != null && Objects.equals(now.key, key)) {
            Files.deleteIfExists(path);
        }
    }
}
