package dev.tulip.tests.net;

import static dev.tulip.Tulip.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tulip.net.ClientAuth;
import dev.tulip.net.ExtraInfo;
import dev.tulip.net.TlsCredentials;
import dev.tulip.net.TlsOptions;
import dev.tulip.tests.support.Certificates;
import dev.tulip.tests.support.Program;
import dev.tulip.tests.support.Recorder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Certificates and keys from files and key stores, and what is wrong with them. */
class TlsOptionsTest {
    @TempDir
    Path folder;

    private static void assertServes(TlsOptions server, TlsOptions client) throws Exception {
        run(() -> {
            try (Tls tls = Tls.echo(server)) {
                Tls.assertEchoes(tls.connect(new Recorder(), client), "hello");
            }
        });
    }

    private Path file(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }

    // -- PEM ------------------------------------------------------------------------------------------------------

    @Test
    void chainAndKeyMayBeInOneFileAmongOtherThings() throws Exception {
        Certificates localhost = Certificates.LOCALHOST;
        Path both = file(
                "both.pem",
                "Subject: somebody\n" + Files.readString(localhost.keyFile()) + "some text\n"
                        + Files.readString(localhost.chainFile()) + Files.readString(Certificates.ROOT.chainFile()));
        assertServes(TlsOptions.defaults().withIdentity(both, both), Tls.CLIENT);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256",
                "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384",
                "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048",
                "genpkey -algorithm ED25519",
                "genrsa -traditional 2048",
                "ecparam -name prime256v1 -genkey",
                "ecparam -name secp521r1 -genkey -noout"
            })
    void keysThatOpensslMakes(String command) throws Exception {
        assumeTrue(Program.isInstalled("openssl", "version"), "openssl is not installed");
        assumeTrue(
                !command.contains("-traditional")
                        || Program.isInstalled("sh", "-c", "openssl version | grep -q '^OpenSSL [3-9]'"),
                "this openssl is older than 3.0");
        Path key = folder.resolve("key.pem");
        openssl(command.split(" ")[0] + " -out " + key + command.substring(command.indexOf(' ')));
        Path certificate = selfSigned(key);
        assertServes(
                TlsOptions.defaults().withIdentity(certificate, key),
                TlsOptions.defaults().withTrusted(certificate));
    }

    @ParameterizedTest
    @ValueSource(strings = {"-v2 aes-256-cbc", "-v2 aes-128-cbc -v2prf hmacWithSHA512", "-v1 PBE-SHA1-3DES"})
    void keysThatAreEncrypted(String how) throws Exception {
        assumeTrue(Program.isInstalled("openssl", "version"), "openssl is not installed");
        Path key = folder.resolve("key.pem");
        openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out " + key);
        Path certificate = selfSigned(key);
        Path encrypted = folder.resolve("encrypted.pem");
        openssl("pkcs8 -topk8 -in " + key + " -out " + encrypted + " -passout pass:secret " + how);
        TlsCredentials credentials = TlsCredentials.none().withIdentity(certificate, encrypted, "secret".toCharArray());
        assertServes(
                TlsOptions.defaults().withCredentials(credentials),
                TlsOptions.defaults().withTrusted(certificate));
        assertThatThrownBy(() -> TlsCredentials.none().withIdentity(certificate, encrypted, "wrong".toCharArray()))
                .isInstanceOf(IOException.class)
                .hasMessage("the password does not open the private key in " + encrypted);
        assertThatThrownBy(() -> TlsCredentials.none().withIdentity(certificate, encrypted))
                .isInstanceOf(IOException.class)
                .hasMessage("the private key in " + encrypted + " is encrypted: give its password, too");
    }

    @Test
    void aKeyThatIsEncryptedInOpensslsOldWay() throws Exception {
        Path key = file(
                "old.pem",
                "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: DES-EDE3-CBC,00\n\nAAAA\n"
                        + "-----END RSA PRIVATE KEY-----\n");
        assertThatThrownBy(() -> TlsOptions.defaults().withIdentity(Certificates.LOCALHOST.chainFile(), key))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("openssl pkcs8 -topk8 -in old.pem");
    }

    private static void openssl(String arguments) {
        String[] command = ("openssl " + arguments).split(" ");
        assertThat(Program.isInstalled(command)).as(String.join(" ", command)).isTrue();
    }

    private Path selfSigned(Path key) {
        Path certificate = folder.resolve("certificate.pem");
        openssl("req -new -x509 -key " + key + " -out " + certificate
                + " -days 10 -subj /CN=localhost -addext subjectAltName=DNS:localhost");
        return certificate;
    }

    @Test
    void filesThatAreNotWhatTheyShouldBe() throws Exception {
        Certificates localhost = Certificates.LOCALHOST;
        Path chain = localhost.chainFile();
        Path key = localhost.keyFile();
        TlsOptions options = TlsOptions.defaults();
        assertThatThrownBy(() -> options.withIdentity(chain, chain))
                .isInstanceOf(IOException.class)
                .hasMessage("there is no private key in " + chain + ": it has CERTIFICATE");
        assertThatThrownBy(() -> options.withIdentity(key, key))
                .isInstanceOf(IOException.class)
                .hasMessage("there is no certificate in " + key + ": it has PRIVATE KEY");
        assertThatThrownBy(() -> options.withTrusted(key))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("there is no certificate in " + key);
        Path text = file("text.txt", "hello");
        assertThatThrownBy(() -> options.withTrusted(text))
                .isInstanceOf(IOException.class)
                .hasMessage("there is no certificate in " + text + ": it is no PEM file");
        assertThatThrownBy(() -> options.withIdentity(chain, Certificates.OTHER.keyFile()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("does not belong to the first certificate in " + chain);
        assertThatThrownBy(() -> options.withIdentity(chain, Certificates.RSA.keyFile()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("does not belong to the first certificate in " + chain);
        assertThatThrownBy(() -> options.withTrusted(folder.resolve("missing.pem")))
                .isInstanceOf(NoSuchFileException.class);
        Path damaged = file("damaged.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        assertThatThrownBy(() -> options.withTrusted(damaged))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("a certificate in " + damaged + " is damaged");
        for (String label : List.of("PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY")) {
            for (byte[] content :
                    new byte[][] {{}, {0x30}, {0x30, 2, 1, 1}, {0x30, (byte) 0x84, 1, 1, 1, 1}, new byte[99]}) {
                Path bad = file("bad.pem", Certificates.pem(label, content));
                assertThatThrownBy(() -> TlsCredentials.none().withIdentity(chain, bad, new char[1]))
                        .as(label)
                        .isInstanceOf(IOException.class)
                        .hasMessageContaining(bad.toString());
            }
        }
    }

    // -- key stores -----------------------------------------------------------------------------------------------

    @Test
    void aKeyStoreThatKeytoolMakes() throws Exception {
        Path file = folder.resolve("store.p12");
        String keytool =
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
        assertThat(Program.isInstalled(
                        keytool,
                        "-genkeypair",
                        "-alias",
                        "server",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=localhost",
                        "-ext",
                        "san=dns:localhost",
                        "-keystore",
                        file.toString(),
                        "-storepass",
                        "secret"))
                .isTrue();
        char[] password = "secret".toCharArray();
        KeyStore store = KeyStore.getInstance(file.toFile(), password);
        TlsOptions server = TlsOptions.defaults().withIdentity(store, password);
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        assertThatThrownBy(() -> TlsOptions.defaults().withTrusted(trusted))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("the trust store is empty");
        trusted.setCertificateEntry("server", store.getCertificate("server"));
        assertServes(server, TlsOptions.defaults().withTrusted(trusted));
        assertServes(
                TlsOptions.defaults().withIdentity(file, password),
                TlsOptions.defaults().withTrusted(trusted));
        assertThatThrownBy(() -> TlsOptions.defaults().withIdentity(file, "wrong".toCharArray()))
                .isInstanceOf(IOException.class)
                .hasMessage("the password does not open the key store " + file);
        Path text = file("text.txt", "hello");
        assertThatThrownBy(() -> TlsOptions.defaults().withIdentity(text, password))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(text + " is not a key store");
        assertThatThrownBy(() -> TlsOptions.defaults().withIdentity(store, "wrong".toCharArray()))
                .isInstanceOf(IOException.class)
                .hasMessage("the password does not open the key in the key store");
        assertThatThrownBy(() -> TlsOptions.defaults().withIdentity(trusted, password))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("has no private key in it")
                .hasMessageContaining("withTrusted");
    }

    // -- several certificates -------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void aServerShowsTheCertificateForTheNameThatTheClientAsksFor(String version) throws Exception {
        TlsOptions server = Certificates.LOCALHOST
                .identity()
                .withIdentity(Certificates.OTHER.chainFile(), Certificates.OTHER.keyFile());
        TlsOptions client = Tls.CLIENT.withProtocols(version);
        assertThat(shownTo(client, server)).isEqualTo(Certificates.LOCALHOST.certificate());
        assertThat(shownTo(client.withServerName("other.example"), server)).isEqualTo(Certificates.OTHER.certificate());
        assertThat(shownTo(client.withServerName("127.0.0.1"), server)) // which is not asked for
                .isEqualTo(Certificates.LOCALHOST.certificate());
        TlsOptions nameless = client.withServerName("third.example").withoutServerNameCheck();
        assertThat(shownTo(nameless, server)).isEqualTo(Certificates.LOCALHOST.certificate());
    }

    private static Certificate shownTo(TlsOptions client, TlsOptions server) throws Exception {
        return run(() -> {
            try (Tls tls = Tls.echo(server)) {
                Recorder protocol = tls.connect(new Recorder(), client);
                Tls.assertEchoes(protocol, "hello");
                return protocol.transport().getExtraInfo(ExtraInfo.SSL_SESSION).getPeerCertificates()[0];
            }
        });
    }

    // -- options --------------------------------------------------------------------------------------------------

    @Test
    void aContextMadeElsewhereServesButCannotBeChanged() throws Exception {
        SSLContext context = Tls.SERVER.credentials().context();
        TlsOptions server = TlsOptions.of(context);
        assertThat(server.credentials().context()).isSameAs(context);
        assertServes(server, Tls.CLIENT);
        assertThatThrownBy(() -> server.withTrusted(Certificates.ROOT.chainFile()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("TlsCredentials.none()");
        assertThatThrownBy(server::withInsecureTrustInEverybody).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void theDefaultsAreSafe() {
        TlsOptions options = TlsOptions.defaults();
        assertThat(options.checksServerName()).isTrue();
        assertThat(options.serverName()).isNull();
        assertThat(options.clientAuth()).isEqualTo(ClientAuth.NONE);
        assertThat(options.handshakeTimeout()).isEqualTo(Duration.ofSeconds(60));
        assertThat(options.shutdownTimeout()).isEqualTo(Duration.ofSeconds(30));
        assertThat(options.toString()).contains("no certificate of our own, the JVM's trust");
        assertThat(Tls.SERVER.toString()).contains("a certificate of our own").doesNotContain("PRIVATE");
        assertThat(options.withInsecureTrustInEverybody().toString()).contains("INSECURE");
    }

    @Test
    void numbersAndNamesThatMakeNoSense() {
        TlsOptions options = TlsOptions.defaults();
        for (Duration bad : List.of(Duration.ZERO, Duration.ofMillis(-1))) {
            assertThatThrownBy(() -> options.withHandshakeTimeout(bad))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("handshakeTimeout must be positive");
            assertThatThrownBy(() -> options.withShutdownTimeout(bad))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("shutdownTimeout must be positive");
        }
        assertThatThrownBy(() -> options.withServerName(""))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("withoutServerNameCheck");
    }

    @Test
    void everyOptionIsKeptByTheOthers() {
        TlsOptions options = TlsOptions.defaults()
                .withServerName("name")
                .withoutServerNameCheck()
                .withApplicationProtocols("h2")
                .withClientAuth(ClientAuth.WANT)
                .withProtocols("TLSv1.3")
                .withCipherSuites("TLS_AES_128_GCM_SHA256")
                .withHandshakeTimeout(Duration.ofSeconds(1))
                .withShutdownTimeout(Duration.ofSeconds(2))
                .withExecutor(Runnable::run);
        TlsOptions same = options.withCredentials(options.credentials())
                .withServerName("name")
                .withoutServerNameCheck()
                .withApplicationProtocols("h2")
                .withClientAuth(ClientAuth.WANT)
                .withProtocols("TLSv1.3")
                .withCipherSuites("TLS_AES_128_GCM_SHA256")
                .withHandshakeTimeout(Duration.ofSeconds(1))
                .withShutdownTimeout(Duration.ofSeconds(2))
                .withExecutor(options.executor());
        assertThat(same).isEqualTo(options);
        assertThat(options.serverName()).isEqualTo("name");
        assertThat(options.checksServerName()).isFalse();
        assertThat(options.applicationProtocols()).containsExactly("h2");
        assertThat(options.protocols()).containsExactly("TLSv1.3");
        assertThat(options.cipherSuites()).containsExactly("TLS_AES_128_GCM_SHA256");
    }

    @Test
    void aCipherSuiteIsTakenFromTheOptions() throws Exception {
        run(() -> {
            try (Tls tls = Tls.echo(Tls.SERVER)) {
                Recorder client = tls.connect(new Recorder(), Tls.CLIENT.withCipherSuites("TLS_AES_128_GCM_SHA256"));
                assertThat(client.transport().getExtraInfo(ExtraInfo.CIPHER)).isEqualTo("TLS_AES_128_GCM_SHA256");
            }
        });
    }
}
