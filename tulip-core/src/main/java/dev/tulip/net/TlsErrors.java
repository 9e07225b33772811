package dev.tulip.net;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.jspecify.annotations.Nullable;

/** Says what has gone wrong with TLS in words that help. The JDK's own exception is the cause. */
final class TlsErrors {
    private static final Pattern ALERT = Pattern.compile("Received fatal alert: (\\w+)");
    private static final Pattern OTHER_NAME =
            Pattern.compile("No (subject alternative|name matching|Certificate for)|HTTPS hostname wrong");

    private TlsErrors() {}

    /**
     * {@return why a handshake has failed}
     *
     * @param peer with whom
     * @param received the first bytes that have come, if they were no TLS
     */
    static IOException handshakeFailed(String peer, Exception error, byte[] received) {
        String start = "TLS handshake with " + peer + " failed: ";
        if (!(error instanceof SSLException)) {
            return withCause(new SSLHandshakeException(start + error.getMessage()), error);
        }
        if (received.length > 0) {
            return withCause(new SSLHandshakeException(start + "it does not speak TLS; " + looks(received)), error);
        }
        return withCause(new SSLHandshakeException(start + explain(error)), error);
    }

    static IOException handshakeTimedOut(String peer, Duration limit, byte[] received) {
        return new SocketTimeoutException("TLS handshake with " + peer + " took longer than " + limit.toMillis() + " ms"
                + (received.length > 0 ? "; " + looks(received) : ""));
    }

    static IOException handshakeCutOff(String peer, boolean silent, byte[] received) {
        return new SSLHandshakeException("TLS handshake with " + peer + " failed: it closed the connection"
                + (silent ? " without an answer" : "")
                + (received.length > 0 ? "; " + looks(received) : ""));
    }

    static IOException closeTimedOut(String peer, Duration limit, boolean unsent) {
        return new SocketTimeoutException("closing TLS with " + peer + " made no progress for " + limit.toMillis()
                + " ms: " + (unsent ? "it does not read what was written" : "it does not answer the close_notify"));
    }

    static IOException broken(String peer, Exception error) {
        return withCause(new SSLException("TLS with " + peer + " is broken: " + explain(error)), error);
    }

    private static IOException withCause(IOException explained, Exception error) {
        explained.initCause(error);
        return explained;
    }

    // -- words ----------------------------------------------------------------------------------------------------

    private static String explain(Exception error) {
        String told = String.valueOf(error.getMessage());
        Matcher alert = ALERT.matcher(told);
        if (alert.find()) {
            return "the peer sent the alert " + alert.group(1) + hint(alert.group(1));
        }
        Throwable expired = find(error, CertificateExpiredException.class);
        if (expired != null) {
            return "the peer's certificate has expired (" + expired.getMessage() + ")";
        }
        Throwable early = find(error, CertificateNotYetValidException.class);
        if (early != null) {
            return "the peer's certificate is not valid yet (" + early.getMessage() + ")";
        }
        if (find(error, CertPathBuilderException.class) != null) {
            return "the peer's certificate is signed by nobody who is trusted here; if it should be, see"
                    + " TlsOptions.withTrusted";
        }
        if (OTHER_NAME.matcher(told).find()) {
            return "the peer's certificate is for another name (" + told
                    + "); connect by a name that it has, or see TlsOptions.withServerName";
        }
        if (told.contains("No available authentication scheme") || told.contains("no cipher suites in common")) {
            return told + " (has this side a certificate, of a kind that the other one takes?)";
        }
        return told;
    }

    private static String hint(String alert) {
        return switch (alert) {
            case "unknown_ca",
                    "certificate_unknown",
                    "bad_certificate",
                    "unsupported_certificate",
                    "certificate_expired" -> ": it does not accept the certificate of this side";
            case "certificate_required" -> ": it wants a certificate of this side; see TlsOptions.withIdentity";
            case "handshake_failure" ->
                ": no common cipher suite, or it wants a certificate of this side; see TlsOptions.withIdentity";
            case "protocol_version" -> ": no common version of TLS; see TlsOptions.withProtocols";
            case "no_application_protocol" ->
                ": no common application protocol; see TlsOptions.withApplicationProtocols";
            case "unrecognized_name" -> ": it has no certificate for that name; see TlsOptions.withServerName";
            default -> "";
        };
    }

    private static @Nullable Throwable find(Throwable error, Class<? extends Throwable> type) {
        for (Throwable e = error; e != null; e = e.getCause()) {
            if (type.isInstance(e)) {
                return e;
            }
        }
        return null;
    }

    private static String looks(byte[] received) {
        String text = new String(received, StandardCharsets.ISO_8859_1);
        if (!text.chars().allMatch(c -> (c >= ' ' && c < 0x7f) || c == '\r' || c == '\n' || c == '\t')) {
            return "it sent the bytes " + HexFormat.ofDelimiter(" ").formatHex(received);
        }
        String line = text.lines().findFirst().orElse("");
        String kind =
                text.startsWith("HTTP/") || text.matches("(?s)[A-Z]{3,7} [/*].*") ? "this looks like plain HTTP" : "";
        return (kind.isEmpty() ? "it sent plain text" : kind) + ": \"" + line + "\"";
    }
}
