package dev.tulip.benchmarks.servers;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.GeneralSecurityException;
import javax.net.ServerSocketFactory;

/** The JDK's blocking sockets, and a virtual thread for each connection. */
final class VirtualThreadsServer {
    private VirtualThreadsServer() {}

    static void main(String[] args) throws IOException, GeneralSecurityException {
        ServerArguments arguments = ServerArguments.of(args);
        ServerSocketFactory factory = arguments.keyStore() == null
                ? ServerSocketFactory.getDefault()
                : arguments.sslContext().getServerSocketFactory();
        try (ServerSocket listener =
                factory.createServerSocket(0, ServerArguments.BACKLOG, InetAddress.getByName(ServerArguments.HOST))) {
            ServerArguments.announce(listener.getLocalSocketAddress());
            while (true) {
                Socket client = listener.accept();
                Thread.startVirtualThread(() -> echo(client, arguments.bufferSize()));
            }
        }
    }

    private static void echo(Socket client, int bufferSize) {
        try (client) {
            client.setTcpNoDelay(true);
            InputStream in = client.getInputStream();
            OutputStream out = client.getOutputStream();
            byte[] buffer = new byte[bufferSize];
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                out.write(buffer, 0, count);
            }
        } catch (IOException e) {
            e.printStackTrace();
        }
    }
}
