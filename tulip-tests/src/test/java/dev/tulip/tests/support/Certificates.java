package dev.tulip.tests.support;

import dev.tulip.net.TlsOptions;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A certificate and its key, made for a test, as an object and as PEM files.
 *
 * @param certificate ours
 * @param keys its keys
 * @param chainFile the certificate, and who has signed it, unless that is the root
 * @param keyFile the private key, PKCS#8
 */
public record Certificates(X509Certificate certificate, KeyPair keys, Path chainFile, Path keyFile) {
    private static final AtomicInteger SERIAL = new AtomicInteger();
    private static final byte[] ECDSA_WITH_SHA256 = HexFormat.of().parseHex("300a06082a8648ce3d040302");
    private static final byte[] SHA256_WITH_RSA = HexFormat.of().parseHex("300d06092a864886f70d01010b0500");

    /** An authority that signs the others. */
    public static final Certificates ROOT = selfSigned("Test Root", "EC", Duration.ofDays(10), /* authority= */ true);

    /** For localhost, 127.0.0.1 and ::1. */
    public static final Certificates LOCALHOST =
            signed("localhost", "EC", Duration.ofDays(10), "localhost", "127.0.0.1", "::1");

    /** The same with an RSA key. */
    public static final Certificates RSA =
            signed("localhost", "RSA", Duration.ofDays(10), "localhost", "127.0.0.1", "::1");

    /** For other.example. */
    public static final Certificates OTHER = signed("other.example", "EC", Duration.ofDays(10), "other.example");

    /** For localhost, but expired. */
    public static final Certificates EXPIRED = signed("localhost", "EC", Duration.ofDays(-1), "localhost", "127.0.0.1");

    /** For localhost, signed by nobody but itself. */
    public static final Certificates SELF_SIGNED =
            selfSigned("localhost", "EC", Duration.ofDays(10), /* authority= */ false, "localhost", "127.0.0.1");

    /** Of a client. */
    public static final Certificates CLIENT = signed("client", "EC", Duration.ofDays(10), "client.example");

    /** {@return the options of whoever shows this one} */
    public TlsOptions identity() {
        try {
            return TlsOptions.defaults().withIdentity(chainFile, keyFile);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@return the options of whoever trusts this one, and whom it has signed} */
    public TlsOptions trusted() {
        try {
            return TlsOptions.defaults().withTrusted(chainFile);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Certificates selfSigned(
            String name, String algorithm, Duration valid, boolean authority, String... names) {
        return make(name, newKeys(algorithm), null, valid, authority, names);
    }

    private static Certificates signed(String name, String algorithm, Duration valid, String... names) {
        return make(name, newKeys(algorithm), ROOT, valid, /* authority= */ false, names);
    }

    private static KeyPair newKeys(String algorithm) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
            generator.initialize(algorithm.equals("EC") ? 256 : 2048);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static Certificates make(
            String name, KeyPair keys, Certificates issuer, Duration valid, boolean authority, String... names) {
        KeyPair signer = issuer == null ? keys : issuer.keys();
        boolean rsa = signer.getPrivate().getAlgorithm().equals("RSA");
        byte[] algorithm = rsa ? SHA256_WITH_RSA : ECDSA_WITH_SHA256;
        Instant until = Instant.now().plus(valid);
        byte[] body = tagged(
                0x30,
                HexFormat.of().parseHex("a003020102"), // version 3
                tagged(0x02, BigInteger.valueOf(SERIAL.incrementAndGet() + 1000).toByteArray()),
                algorithm,
                name(issuer == null ? name : "Test Root"),
                tagged(0x30, time(until.minus(Duration.ofDays(100))), time(until)),
                name(name),
                keys.getPublic().getEncoded(),
                tagged(0xa3, tagged(0x30, extensions(authority, names))));
        try {
            Signature signature = Signature.getInstance(rsa ? "SHA256withRSA" : "SHA256withECDSA");
            signature.initSign(signer.getPrivate());
            signature.update(body);
            byte[] der = tagged(0x30, body, algorithm, tagged(0x03, new byte[1], signature.sign()));
            X509Certificate certificate = (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
            Path chain = file("chain", pem("CERTIFICATE", der));
            Path key = file("key", pem("PRIVATE KEY", keys.getPrivate().getEncoded()));
            return new Certificates(certificate, keys, chain, key);
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static byte[] extensions(boolean authority, String... names) {
        if (authority) {
            return HexFormat.of().parseHex("300f0603551d130101ff040530030101ff"); // basicConstraints: an authority
        }
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (String name : names) {
            byte[] address = address(name);
            all.writeBytes(
                    address == null ? tagged(0x82, name.getBytes(StandardCharsets.US_ASCII)) : tagged(0x87, address));
        }
        byte[] subjectAlternativeName = HexFormat.of().parseHex("0603551d11");
        return tagged(0x30, subjectAlternativeName, tagged(0x04, tagged(0x30, all.toByteArray())));
    }

    private static byte[] address(String name) {
        try {
            return InetAddress.ofLiteral(name).getAddress();
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private static byte[] name(String name) {
        byte[] commonName = HexFormat.of().parseHex("0603550403");
        byte[] value = tagged(0x0c, name.getBytes(StandardCharsets.UTF_8));
        return tagged(0x30, tagged(0x31, tagged(0x30, commonName, value)));
    }

    private static byte[] time(Instant time) {
        String text = DateTimeFormatter.ofPattern("yyyyMMddHHmmss'Z'")
                .withZone(ZoneOffset.UTC)
                .format(time);
        return tagged(0x18, text.getBytes(StandardCharsets.US_ASCII));
    }

    /** {@return DER: a tag, a length, the parts} */
    public static byte[] tagged(int tag, byte[]... parts) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            content.writeBytes(part);
        }
        ByteArrayOutputStream der = new ByteArrayOutputStream();
        der.write(tag);
        int length = content.size();
        if (length < 0x80) {
            der.write(length);
        } else if (length < 0x100) {
            der.writeBytes(new byte[] {(byte) 0x81, (byte) length});
        } else {
            der.writeBytes(new byte[] {(byte) 0x82, (byte) (length >> 8), (byte) length});
        }
        der.writeBytes(content.toByteArray());
        return der.toByteArray();
    }

    /** {@return a block of a PEM file} */
    public static String pem(String label, byte[] der) {
        String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
        return "-----BEGIN " + label + "-----\n" + text + "\n-----END " + label + "-----\n";
    }

    /** {@return a file that goes with this process} */
    public static Path file(String name, String text) {
        try {
            Path file = Files.createTempFile(name, ".pem");
            file.toFile().deleteOnExit();
            return Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
