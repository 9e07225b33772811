package dev.tulip.net;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Map;
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
    // sys/stat.h
    private static final int FILE_TYPE = 0xF000;
    private static final int SOCKET = 0xC000;

    /**
     * {@return the socket's file at {@code path}, or null if there is none, or one of another kind} To those pipes and
     * devices belong, which Java by itself does not tell from sockets.
     *
     * @param links {@link LinkOption#NOFOLLOW_LINKS} unless a link to such a file will do
     */
    static @Nullable SocketFile at(Path path, LinkOption... links) {
        try {
            if (path.getFileSystem().supportedFileAttributeViews().contains("unix")) {
                Map<String, Object> attributes = Files.readAttributes(path, "unix:mode,fileKey", links);
                boolean socket = attributes.get("mode") instanceof Integer mode && (mode & FILE_TYPE) == SOCKET;
                return socket ? new SocketFile(path, attributes.get("fileKey")) : null;
            }
            BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class, links);
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
        SocketFile now = at(path, LinkOption.NOFOLLOW_LINKS);
        if (now != null && Objects.equals(now.key, key)) {
            Files.deleteIfExists(path);
        }
    }
}
