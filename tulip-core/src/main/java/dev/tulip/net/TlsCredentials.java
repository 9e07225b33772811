package dev.tulip.net;

import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.KeyStoreException;
import java.security.PrivateKey;
import java.security.UnrecoverableKeyException;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.KeyStoreBuilderParameters;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * Who we are, by a certificate and its key, and whom we trust. Immutable, for any thread.
 *
 * <p>A server may have several certificates: {@code withIdentity} adds one each time. A client gets the one that is for the
 * name it asks for (SNI), and if there is none, or it asks for no name, the first that suits its ciphers.
 *
 * <p>Holds the sessions, too: a client that connects again with the same credentials resumes its session, which saves
 * most of the handshake.
 *
 * <p>The methods that take files read them at once, which blocks the thread: call them before the loop runs, or through
 * an executor.
 */
public final class TlsCredentials {
    private final SSLContext context;
    private final List<KeyStore.Builder> identities; // each has a key; empty for none
    private final TrustManager @Nullable [] trust; // null for whom the JVM trusts
    private final boolean made; // by us, so that another can be made

    private TlsCredentials(
            SSLContext context, List<KeyStore.Builder> identities, TrustManager @Nullable [] trust, boolean made) {
        this.context = context;
        this.identities = identities;
        this.trust = trust;
        this.made = made;
    }

    private static TlsCredentials make(List<KeyStore.Builder> identities, TrustManager @Nullable [] trust) {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(identities.isEmpty() ? null : keyManagers(identities), trust, null);
            return new TlsCredentials(context, identities, trust, /* made= */ true);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JVM's TLS does not work: " + e.getMessage(), e);
        }
    }

    /** The JDK's key manager that looks at the name a client asks for; the default one does not. */
    private static KeyManager[] keyManagers(List<KeyStore.Builder> identities) throws GeneralSecurityException {
        KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
        factory.init(new KeyStoreBuilderParameters(identities));
        return factory.getKeyManagers();
    }

    /** {@return credentials without a certificate of our own, with trust in whom the JVM trusts} */
    public static TlsCredentials none() {
        return Standard.NONE;
    }

    /** Made when it is needed first: that takes a while. */
    private static final class Standard {
        private static final TlsCredentials NONE = make(List.of(), null);
    }

    /**
     * {@return credentials from a context made elsewhere}
     *
     * @param context is initialised
     */
    public static TlsCredentials of(SSLContext context) {
        return new TlsCredentials(context, List.of(), null, /* made= */ false);
    }

    /** {@return these credentials for the JDK} */
    public SSLContext context() {
        return context;
    }

    // -- who we are -----------------------------------------------------------------------------------------------

    /**
     * {@return these credentials with a certificate of our own, from PEM files}
     *
     * @param certificateChain our certificate first, then those of who has signed it, without the root
     * @param privateKey its key, PKCS#8 or what OpenSSL wrote before (PKCS#1, SEC1); may be the same file
     * @throws IOException if a file cannot be read, has no certificate or key in it, or the two do not belong together
     * @throws IllegalStateException if these credentials are of an {@link SSLContext}
     */
    public TlsCredentials withIdentity(Path certificateChain, Path privateKey) throws IOException {
        return withIdentity(certificateChain, privateKey, null);
    }

    /**
     * {@return these credentials with a certificate of our own, from PEM files}
     *
     * @param certificateChain our certificate first, then those of who has signed it, without the root
     * @param privateKey its key, PKCS#8 or what OpenSSL wrote before (PKCS#1, SEC1); may be the same file
     * @param password of the key, if that is encrypted, which only PKCS#8 may be
     * @throws IOException if a file cannot be read, has no certificate or key in it, the password is wrong or missing, or
     *     the certificate and the key do not belong together
     * @throws IllegalStateException if these credentials are of an {@link SSLContext}
     */
    public TlsCredentials withIdentity(Path certificateChain, Path privateKey, char @Nullable [] password)
            throws IOException {
        List<X509Certificate> chain = Pem.certificates(certificateChain);
        PrivateKey key = Pem.privateKey(privateKey, password);
        if (!Pem.belongTogether(chain.getFirst(), key)) {
            throw new IOException("the private key in " + privateKey + " does not belong to the first certificate in "
                    + certificateChain + " (" + chain.getFirst().getSubjectX500Principal() + ")");
        }
        try {
            KeyStore store = emptyStore();
            store.setKeyEntry("identity", key, new char[0], chain.toArray(Certificate[]::new));
            return withIdentity(store, new char[0]);
        } catch (KeyStoreException e) {
            throw new IOException("cannot use the certificates in " + certificateChain + ": " + e.getMessage(), e);
        }
    }

    /**
     * {@return these credentials with a certificate of our own, from the file of a key store} It may have several.
     *
     * @param keyStore PKCS#12, for instance, as {@code keytool} makes them
     * @param password of the file, and of the keys in it
     * @throws IOException if the file cannot be read or is no key store, there is no key in it, or the password is wrong
     * @throws IllegalStateException if these credentials are of an {@link SSLContext}
     */
    public TlsCredentials withIdentity(Path keyStore, char[] password) throws IOException {
        try {
            return withIdentity(KeyStore.getInstance(keyStore.toFile(), password), password);
        } catch (GeneralSecurityException e) {
            throw new IOException(keyStore + " is not a key store that this JVM knows", e);
        } catch (IOException e) {
            throw e.getCause() instanceof UnrecoverableKeyException
                    ? new IOException("the password does not open the key store " + keyStore, e)
                    : e;
        }
    }

    /**
     * {@return these credentials with a certificate of our own, from a key store} It may have several.
     *
     * @param keyStore is loaded
     * @param password of the keys in it
     * @throws IOException if there is no key in it, or the password is wrong
     * @throws IllegalStateException if these credentials are of an {@link SSLContext}
     */
    public TlsCredentials withIdentity(KeyStore keyStore, char[] password) throws IOException {
        checkMade();
        try {
            if (Collections.list(keyStore.aliases()).stream().noneMatch(alias -> isKey(keyStore, alias))) {
                throw new IOException("the key store has no private key in it, only " + keyStore.size()
                        + " certificates: give those to withTrusted");
            }
            for (String alias : Collections.list(keyStore.aliases())) {
                keyStore.getKey(alias, password); // the key manager would only log that it cannot
            }
            List<KeyStore.Builder> all = new ArrayList<>(identities);
            all.add(KeyStore.Builder.newInstance(keyStore, new KeyStore.PasswordProtection(password)));
            return make(List.copyOf(all), trust);
        } catch (UnrecoverableKeyException e) {
            throw new IOException("the password does not open the key in the key store", e);
        } catch (GeneralSecurityException e) {
            throw new IOException("cannot use the key store: " + e.getMessage(), e);
        }
    }

    private static boolean isKey(KeyStore store, String alias) {
        try {
            return store.isKeyEntry(alias);
        } catch (KeyStoreException e) {
            throw new AssertionError("unreachable: it has just told its aliases", e);
        }
    }

    // -- whom we trust --------------------------------------------------------------------------------------------

    /**
     * {@return these credentials with trust in the certificates of a PEM file and whom they have signed, and in nobody
     * else}
     *
     * @param certificates those of authorities, or a self-signed one
     * @throws IOException if the file cannot be read, or has no certificate in it
     * @throws IllegalStateException if these credentials are of an {@link SSLContext}
     */
    public TlsCredentials withTrusted(Path certificates) throws IOException {
        List<X509Certificate> trusted = Pem.certificates(certificates);
        try {
            KeyStore store = emptyStore();
            for (int i = 0; i < trusted.size(); i++) {
                store.setCertificateEntry("trusted-" + i, trusted.get(i));
            }
            return withTrusted(store);
        } catch (KeyStoreException e) {
            throw new IOException("cannot use the certificates in " + certificates + ": " + e.getMessage(), e);
        }
    }

    /**
     * {@return these credentials with trust in the certificates of a key store and whom they have signed, and in nobody
     * else}
     *
     * @param trustStore is loaded
     * @throws IOException if there is no certificate in it
     * @throws IllegalStateException if these credentials are of an {@link SSLContext}
     */
    public TlsCredentials withTrusted(KeyStore trustStore) throws IOException {
        checkMade();
        try {
            if (trustStore.size() == 0) {
                throw new IOException("the trust store is empty, so that nobody would be trusted");
            }
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(trustStore);
            return make(identities, factory.getTrustManagers());
        } catch (GeneralSecurityException e) {
            throw new IOException("cannot use the trust store: " + e.getMessage(), e);
        }
    }

    /**
     * {@return these credentials with trust in anybody at all} There is no protection against an attacker on the way. For
     * experiments only.
     *
     * @throws IllegalStateException if these credentials are of an {@link SSLContext}
     */
    public TlsCredentials withInsecureTrustInEverybody() {
        checkMade();
        return make(identities, new TrustManager[] {new TrustsEverybody()});
    }

    private void checkMade() {
        if (!made) {
            throw new IllegalStateException("these credentials are an SSLContext's, which cannot be changed: make that"
                    + " one with all it needs, or start from TlsCredentials.none()");
        }
    }

    private static KeyStore emptyStore() throws IOException {
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            return store;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JVM has no key stores: " + e.getMessage(), e);
        }
    }

    /** {@return whether there is no certificate of our own, so that this does not do for a server} */
    boolean lacksIdentity() {
        return made && identities.isEmpty();
    }

    /** {@return what is known of them; no secrets} */
    @Override
    public String toString() {
        if (!made) {
            return "TlsCredentials[" + context + "]";
        }
        boolean insecure = trust != null && trust[0] instanceof TrustsEverybody;
        return "TlsCredentials[" + (identities.isEmpty() ? "no certificate of our own" : "a certificate of our own")
                + (trust == null ? ", the JVM's trust" : insecure ? ", INSECURE: trust in everybody" : ", own trust")
                + "]";
    }
}
