package dev.tulip.benchmarks.servers;

import dev.tulip.net.ListenOptions;
import dev.tulip.net.TlsOptions;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * What a server is told.
 *
 * @param bufferSize of a connection's buffer, in bytes
 * @param keyStore with its certificate, for TLS; null for plain connections
 */
record ServerArguments(int bufferSize, @Nullable Path keyStore) {
    /** Of the key store, which is made for one run. */
    private static final char[] PASSWORD = "secret".toCharArray();

    static final String PROTOCOL = "TLSv1.3";
    static final String HOST = "127.0.0.1";
    static final int BACKLOG = 1024;

    static ServerArguments of(String[] args) {
        return new ServerArguments(Integer.parseInt(args[0]), args.length > 1 ? Path.of(args[1]) : null);
    }

    /** Tells the harness that the server is ready, and where. */
    static void announce(SocketAddress address) {
        System.out.println("listening on " + ((InetSocketAddress) address).getPort());
    }

    ListenOptions listenOptions() throws IOException {
        ListenOptions options = ListenOptions.defaults().withBacklog(BACKLOG);
        return keyStore == null
                ? options
                : options.withTls(
                        TlsOptions.defaults().withIdentity(keyStore, PASSWORD).withProtocols(PROTOCOL));
    }

    KeyManagerFactory keyManagers() throws IOException, GeneralSecurityException {
        if (keyStore == null) {
            throw new IllegalStateException("no key store was given");
        }
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(keyStore)) {
            keys.load(in, PASSWORD);
        }
        KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(keys, PASSWORD);
        return managers;
    }

    SSLContext sslContext() throws IOException, GeneralSecurityException {
        SSLContext context = SSLContext.getInstance(PROTOCOL);
        context.init(keyManagers().getKeyManagers(), null, null);
        return context;
    }
}
