// An echo server with TLS and a certificate that it makes itself, and a client that trusts just that one.
//   ./tulip run examples/TlsEcho.java [PORT]           the server: prints where it listens, and its certificate's file
//   ./tulip run examples/TlsEcho.java PORT CERTIFICATE  the client: sends its input line by line, prints the answers
//   openssl s_client -quiet -connect localhost:PORT -CAfile CERTIFICATE

import static dev.tulip.Tulip.*;

import dev.tulip.loop.*;
import dev.tulip.net.*;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.*;

import static java.nio.charset.StandardCharsets.UTF_8;

void main(String[] args) throws IOException, InterruptedException {
    int port = args.length > 0 ? Integer.parseInt(args[0]) : 0;
    if (args.length < 2) {
        serve(port);
    } else {
        talk(port, Path.of(args[1]));
    }
}

// -- the server ---------------------------------------------------------------------------------------------------

class Echo implements Protocol {
    Transport transport;

    @Override
    public void connectionMade(Transport transport) {
        this.transport = transport;
        IO.println("connection from " + transport.getExtraInfo(ExtraInfo.PEERNAME) + ", "
                + transport.getExtraInfo(ExtraInfo.SSL_SESSION).getProtocol());
    }

    @Override
    public void dataReceived(ByteBuffer data) {
        transport.write(data);
    }
}

void serve(int port) throws IOException, InterruptedException {
    Path folder = Files.createTempDirectory("tls-echo");
    Path keys = folder.resolve("keys.p12");
    Path certificate = folder.resolve("certificate.pem");
    // A server of yours has files from its authority: withIdentity(Path.of("chain.pem"), Path.of("key.pem")).
    keytool("-genkeypair", "-alias", "echo", "-keyalg", "EC", "-dname", "CN=localhost", "-validity", "30",
            "-ext", "san=dns:localhost,ip:127.0.0.1", "-keystore", keys, "-storepass", "secret");
    keytool("-exportcert", "-rfc", "-alias", "echo", "-keystore", keys, "-storepass", "secret", "-file", certificate);

    TlsOptions tls = TlsOptions.defaults().withIdentity(keys, "secret".toCharArray());
    run(() -> {
        Server server = createServer(Echo::new, "127.0.0.1", port, ListenOptions.defaults().withTls(tls));
        IO.println("certificate in " + certificate);
        IO.println("TLS echo server on " + server.sockets().getFirst().getLocalAddress());
        server.serveForever();
    });
}

void keytool(Object... arguments) throws IOException, InterruptedException {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    for (Object argument : arguments) {
        command.add(argument.toString());
    }
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    if (process.waitFor() != 0) {
        throw new IOException("keytool failed: " + output);
    }
}

// -- the client ---------------------------------------------------------------------------------------------------

record Answers(Future<Boolean> lost) implements Protocol {
    @Override
    public void dataReceived(ByteBuffer data) {
        IO.print(UTF_8.decode(data));
    }

    @Override
    public void connectionLost(Exception exception) {
        IO.println(exception == null ? "The connection has ended in order" : "The connection is lost: " + exception);
        lost.setResult(true);
    }
}

void talk(int port, Path certificate) throws IOException {
    TlsOptions tls = TlsOptions.defaults().withTrusted(certificate);
    run(() -> {
        EventLoop loop = runningLoop();
        Future<Boolean> lost = loop.createFuture();
        var connection =
                createConnection(() -> new Answers(lost), "localhost", port, ConnectOptions.defaults().withTls(tls));
        Transport transport = connection.transport();
        IO.println("connected with " + transport.getExtraInfo(ExtraInfo.CIPHER));
        while (true) {
            String line = loop.runInExecutor(null, () -> IO.readln()).await(); // it blocks its thread
            if (line == null) {
                break;
            }
            transport.write((line + "\n").getBytes(UTF_8));
        }
        transport.close();
        await(lost);
    });
}
