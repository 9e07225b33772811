package dev.tulip.benchmarks.echo;

/** A contender cannot take part on this machine: the message says what is missing. */
final class NotInstalledException extends Exception {
    private static final long serialVersionUID = 1;

    NotInstalledException(String message) {
        super(message);
    }
}
