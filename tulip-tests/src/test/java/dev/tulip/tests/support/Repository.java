package dev.tulip.tests.support;

import java.nio.file.Path;

/** Where things are. */
public final class Repository {
    /** The checkout that is being built. */
    public static final Path ROOT = Path.of(System.getProperty("tulip.tests.root"));

    private Repository() {}
}
