package dev.tulip.net;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Certificates and private keys from PEM files.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc7468">RFC 7468: Textual Encodings of PKIX, PKCS, and CMS Structures</a>
 */
final class Pem {
    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \\1-----", Pattern.DOTALL);

    /** RSA, as RFC 8017 has it: PKCS#8's version 0 and rsaEncryption, then the key. */
    private static final byte[] PKCS8_RSA = HexFormat.of().parseHex("020100300d06092a864886f70d0101010500");

    /** The object identifier of id-ecPublicKey, RFC 5480. */
    private static final byte[] ID_EC = HexFormat.of().parseHex("06072a8648ce3d0201");

    /** The object identifier of PBES2, RFC 8018. */
    private static final String PBES2 = "1.2.840.113549.1.5.13";

    private static final List<String> KEY_ALGORITHMS = List.of("RSA", "EC", "EdDSA", "RSASSA-PSS");

    private Pem() {}

    private record Block(String label, String text) {
        private byte[] bytes(Path file) throws IOException {
            try {
                return Base64.getMimeDecoder().decode(text);
            } catch (IllegalArgumentException e) {
                throw new IOException(file + " is damaged: its " + label + " is not Base64", e);
            }
        }
    }

    private static List<Block> blocks(Path file) throws IOException {
        // Whatever the encoding, what stands between the lines is ASCII.
        Matcher matcher = BLOCK.matcher(Files.readString(file, StandardCharsets.ISO_8859_1));
        List<Block> blocks = new ArrayList<>();
        while (matcher.find()) {
            blocks.add(new Block(matcher.group(1), matcher.group(2)));
        }
        return blocks;
    }

    private static String contents(List<Block> blocks) {
        return blocks.isEmpty()
                ? "it is no PEM file"
                : "it has " + blocks.stream().map(Block::label).collect(Collectors.joining(", "));
    }

    // -- certificates ---------------------------------------------------------------------------------------------

    /** {@return the certificates in {@code file}, at least one, in their order} */
    static List<X509Certificate> certificates(Path file) throws IOException {
        List<Block> blocks = blocks(file);
        List<X509Certificate> certificates = new ArrayList<>();
        for (Block block : blocks) {
            if (block.label().equals("CERTIFICATE") || block.label().equals("X509 CERTIFICATE")) {
                certificates.add(certificate(file, block));
            }
        }
        if (certificates.isEmpty()) {
            throw new IOException("there is no certificate in " + file + ": " + contents(blocks));
        }
        return certificates;
    }

    private static X509Certificate certificate(Path file, Block block) throws IOException {
        try {
            return (X509Certificate) CertificateFactory.getInstance("X.509")
                    .generateCertificate(new ByteArrayInputStream(block.bytes(file)));
        } catch (CertificateException e) {
            throw new IOException("a certificate in " + file + " is damaged: " + e.getMessage(), e);
        }
    }

    // -- keys -----------------------------------------------------------------------------------------------------

    /**
     * {@return the first private key in {@code file}}
     *
     * @param password if it is encrypted
     */
    static PrivateKey privateKey(Path file, char @Nullable [] password) throws IOException {
        List<Block> blocks = blocks(file);
        for (Block block : blocks) {
            switch (block.label()) {
                case "PRIVATE KEY" -> {
                    return key(file, block.bytes(file));
                }
                case "ENCRYPTED PRIVATE KEY" -> {
                    return key(file, decrypted(file, block.bytes(file), password));
                }
                case "RSA PRIVATE KEY" -> {
                    return key(file, sequence(PKCS8_RSA, tagged(0x04, plain(file, block))));
                }
                case "EC PRIVATE KEY" -> {
                    return key(file, pkcs8OfEc(file, plain(file, block)));
                }
                default -> {} // a certificate, or parameters that stand in the key, too
            }
        }
        throw new IOException("there is no private key in " + file + ": " + contents(blocks));
    }

    private static byte[] plain(Path file, Block block) throws IOException {
        if (block.text().contains("Proc-Type:")) {
            throw new IOException(
                    "the key in " + file + " is encrypted in OpenSSL's old way, which is weak; convert it:"
                            + " openssl pkcs8 -topk8 -in " + file.getFileName() + " -out key.pem");
        }
        return block.bytes(file);
    }

    private static PrivateKey key(Path file, byte[] pkcs8) throws IOException {
        for (String algorithm : KEY_ALGORITHMS) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
            } catch (InvalidKeySpecException e) {
                // not that one
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("this JVM has no " + algorithm + " keys", e);
            }
        }
        throw new IOException("the private key in " + file + " is damaged, or of a kind other than " + KEY_ALGORITHMS);
    }

    private static byte[] decrypted(Path file, byte[] encrypted, char @Nullable [] password) throws IOException {
        if (password == null) {
            throw new IOException("the private key in " + file + " is encrypted: give its password, too");
        }
        PBEKeySpec passwordSpec = new PBEKeySpec(password);
        try {
            EncryptedPrivateKeyInfo info = new EncryptedPrivateKeyInfo(encrypted);
            String algorithm = info.getAlgName();
            if (algorithm.equals("PBES2")
                    || algorithm.equals(PBES2)) { // it stands for several; its parameters know which
                algorithm = info.getAlgParameters().toString();
            }
            Cipher cipher = Cipher.getInstance(algorithm);
            cipher.init(
                    Cipher.DECRYPT_MODE,
                    SecretKeyFactory.getInstance(algorithm).generateSecret(passwordSpec),
                    info.getAlgParameters());
            return info.getKeySpec(cipher).getEncoded();
        } catch (InvalidKeySpecException e) {
            throw new IOException("the password does not open the private key in " + file, e);
        } catch (IOException e) {
            throw new IOException("the private key in " + file + " is damaged", e);
        } catch (GeneralSecurityException e) {
            throw new IOException(
                    "the private key in " + file + " is encrypted in a way that this JVM does not know: "
                            + e.getMessage(),
                    e);
        } finally {
            passwordSpec.clearPassword();
        }
    }

    /** {@return PKCS#8 of a key that SEC1 has encoded, RFC 5915} The curve moves from the key to the front. */
    private static byte[] pkcs8OfEc(Path file, byte[] sec1) throws IOException {
        // SEQUENCE { INTEGER 1, OCTET STRING key, [0] { OBJECT IDENTIFIER curve }, [1] ... }
        try {
            ByteBuffer parts = nextValue(ByteBuffer.wrap(sec1));
            while (parts.hasRemaining()) {
                boolean isCurve = parts.get(parts.position()) == (byte) 0xa0;
                ByteBuffer value = nextValue(parts);
                if (isCurve) {
                    byte[] curve = new byte[value.remaining()];
                    value.get(curve);
                    return sequence(new byte[] {0x02, 0x01, 0x00}, sequence(ID_EC, curve), tagged(0x04, sec1));
                }
            }
        } catch (BufferUnderflowException | IndexOutOfBoundsException e) {
            throw new IOException("the private key in " + file + " is damaged", e);
        }
        throw new IOException("the private key in " + file + " does not name its curve; convert it:"
                + " openssl pkcs8 -topk8 -nocrypt -in " + file.getFileName() + " -out key.pem");
    }

    // -- DER ------------------------------------------------------------------------------------------------------

    /** {@return the content of what comes next in {@code der}, which is then behind it} */
    private static ByteBuffer nextValue(ByteBuffer der) {
        der.get(); // the tag
        int length = der.get();
        if (length < 0) { // that many bytes have the length
            int bytes = length & 0x7f;
            length = 0;
            for (int i = 0; i < bytes; i++) {
                length = (length << 8) | (der.get() & 0xff);
            }
        }
        ByteBuffer value = der.slice(der.position(), length);
        der.position(der.position() + length);
        return value;
    }

    private static byte[] sequence(byte[]... parts) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            content.writeBytes(part);
        }
        return tagged(0x30, content.toByteArray());
    }

    private static byte[] tagged(int tag, byte[] content) {
        ByteArrayOutputStream der = new ByteArrayOutputStream();
        der.write(tag);
        if (content.length < 0x80) {
            der.write(content.length);
        } else {
            int bytes = content.length < 0x100 ? 1 : content.length < 0x10000 ? 2 : 3;
            der.write(0x80 | bytes);
            for (int i = bytes - 1; i >= 0; i--) {
                der.write(content.length >> (8 * i));
            }
        }
        der.writeBytes(content);
        return der.toByteArray();
    }

    // -- both -----------------------------------------------------------------------------------------------------

    /** {@return whether {@code key} is that of {@code certificate}} */
    static boolean belongTogether(X509Certificate certificate, PrivateKey key) {
        PublicKey publicKey = certificate.getPublicKey();
        String algorithm = switch (key.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            case "EdDSA", "Ed25519", "Ed448" -> "EdDSA";
            default -> null; // has parameters of its own: the handshake will show it
        };
        if (algorithm == null) {
            return true;
        }
        try {
            Signature signature = Signature.getInstance(algorithm);
            signature.initSign(key);
            signature.update(publicKey.getEncoded());
            byte[] signed = signature.sign();
            signature.initVerify(publicKey);
            signature.update(publicKey.getEncoded());
            return signature.verify(signed);
        } catch (InvalidKeyException e) {
            return false; // of another algorithm
        } catch (GeneralSecurityException e) {
            return false; // of another size or curve
        }
    }
}
