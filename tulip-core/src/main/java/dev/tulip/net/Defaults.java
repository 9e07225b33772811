package dev.tulip.net;

import java.time.Duration;

/** Every tunable number of this package: value, unit, origin. */
final class Defaults {
    /** Water marks of what is to be sent, in bytes. As CPython. */
    static final WaterMarks WRITE_LIMITS = new WaterMarks(64 * 1024, 16 * 1024);

    /** How long one address may take until the next one is tried beside it. RFC 8305, section 5. */
    static final Duration HAPPY_EYEBALLS_DELAY = Duration.ofMillis(250);

    /** How many addresses of the first family come first: "First Address Family Count" of RFC 8305, section 4. */
    static final int INTERLEAVE = 1;

    /** Connections that the system keeps for a server until it accepts them. As CPython. */
    static final int BACKLOG = 100;

    /** How much is read from one connection at a time, in bytes; then the others have their turn. As CPython. */
    static final int READ_SIZE = 256 * 1024;

    /** Buffers of that size that a loop keeps at most: more are in use only if protocols wait in calls of the JDK. */
    static final int READ_BUFFERS = 16;

    /** Size of the pieces in which a transport keeps what it could not send at once, in bytes. */
    static final int CHUNK_SIZE = 64 * 1024;

    /** Pieces of that size that a loop keeps at most, outside the heap. */
    static final int CHUNKS = 128;

    /** Size of such a piece if it is the first and little is to be kept, in bytes. */
    static final int SMALL_CHUNK_SIZE = 4 * 1024;

    /** Pieces of that size that a loop keeps at most, outside the heap. */
    static final int SMALL_CHUNKS = 1024;

    /** Buffers that are sent in one call of the system at most. */
    static final int GATHER = 64;

    /** Writes that are dropped in silence after the end of a connection; then a warning. As CPython. */
    static final int DROPPED_WRITES_BEFORE_WARNING = 5;

    /** Datagrams that are received or sent in a row at most before the others have their turn. */
    static final int DATAGRAMS = 16;

    /** The longest datagram, in bytes: its length is a field of 16 bits. RFC 768. */
    static final int MAX_DATAGRAM = 65_535;

    /** What a datagram that waits to be sent counts beside its bytes, so that empty ones count. As CPython. */
    static final int DATAGRAM_COST = 8;

    /** Errors of an endpoint that are kept at most until they can be told. */
    static final int ERRORS_KEPT = 16;

    /** Connections that a server accepts at most before the others have their turn, however long its backlog. */
    static final int ACCEPTS = 100;

    /** Pause after running out of file descriptors. As CPython. */
    static final Duration ACCEPT_RETRY_DELAY = Duration.ofSeconds(1);

    /** How long a client tries to connect to a Unix socket whose backlog is full. */
    static final Duration BACKLOG_PATIENCE = Duration.ofSeconds(5);

    /** How long it waits after the first attempt; then twice as long each time. */
    static final Duration BACKLOG_PAUSE = Duration.ofMillis(1);

    /** When its pauses stop growing. */
    static final Duration BACKLOG_LONGEST_PAUSE = Duration.ofMillis(50);

    /** How much is read from or written to a stream that blocks at a time, in bytes: what a pipe holds on Linux. */
    static final int PIECE_SIZE = 64 * 1024;

    /** How much is read from such a stream at first, in bytes: many have little to say. */
    static final int LEAST_PIECE_SIZE = 4 * 1024;

    /** How much of a file another thread sends at a time, in bytes: a transport that is aborted waits for that. */
    static final long FILE_STEP = 8 * 1024 * 1024;

    /** How long a TLS handshake may take. As CPython. */
    static final Duration TLS_HANDSHAKE_TIMEOUT = Duration.ofSeconds(60);

    /** How long closing TLS waits for a peer that does nothing. As CPython. */
    static final Duration TLS_SHUTDOWN_TIMEOUT = Duration.ofSeconds(30);

    /** Size of a TLS record at most, in bytes, as the JDK reckons it. */
    static final int TLS_RECORD_SIZE = 16_709;

    /** Size of the buffers for TLS, in bytes: four records go from or to the network at a time. */
    static final int TLS_BUFFER_SIZE = 4 * TLS_RECORD_SIZE;

    /** Buffers of that size that a loop keeps at most. */
    static final int TLS_BUFFERS = 64;

    /** Answers (to requests for new keys) that a TLS peer may leave unread; then it means no good. */
    static final int TLS_UNREAD_ANSWERS = 100;

    /** How many bytes of what is not TLS are shown in messages. */
    static final int TLS_STRANGE_BYTES = 40;

    private Defaults() {}
}
