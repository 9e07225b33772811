package dev.tulip.tests.loop;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Task;
import dev.tulip.tests.support.Deadline;
import dev.tulip.tests.support.Errors;
import dev.tulip.tests.support.Logs;
import dev.tulip.tests.support.NameServer;
import dev.tulip.tests.support.SocketPair;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnknownHostException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

/** Host names: row O1 of asyncio. */
class ResolverTest {
    private static InetSocketAddress address(String literal, int port) {
        return new InetSocketAddress(InetAddress.ofLiteral(literal), port);
    }

    @Test
    void aNameHasItsAddressesInTheResolversOrder() throws Exception {
        String name = NameServer.name("192.0.2.7", "2001:db8::1", "192.0.2.3");
        run(() -> assertThat(runningLoop().getaddrinfo(name, 80))
                .containsExactly(address("192.0.2.7", 80), address("2001:db8::1", 80), address("192.0.2.3", 80)));
    }

    @Test
    void addressesCanBeOfOneFamilyOnly() throws Exception {
        String name = NameServer.name("2001:db8::1", "192.0.2.3");
        String old = NameServer.name("192.0.2.4");
        run(() -> {
            EventLoop loop = runningLoop();
            assertThat(loop.getaddrinfo(name, 80, StandardProtocolFamily.INET))
                    .containsExactly(address("192.0.2.3", 80));
            assertThat(loop.getaddrinfo(name, 80, StandardProtocolFamily.INET6))
                    .containsExactly(address("2001:db8::1", 80));
            assertThatThrownBy(() -> loop.getaddrinfo(old, 80, StandardProtocolFamily.INET6))
                    .isInstanceOf(UnknownHostException.class)
                    .hasMessageContaining(old)
                    .hasMessageContaining("INET6");
        });
    }

    @Test
    void anAddressThatIsSpeltOutDoesNotSuspend() throws Exception {
        run(() -> {
            EventLoop loop = runningLoop();
            boolean[] othersRan = {false};
            loop.callSoon(() -> othersRan[0] = true);
            assertThat(loop.getaddrinfo("192.0.2.1", 80)).containsExactly(address("192.0.2.1", 80));
            assertThat(loop.getaddrinfo("::1", 443)).containsExactly(address("::1", 443));
            assertThat(othersRan[0]).isFalse();
        });
    }

    @Test
    void noHostIsThisHost() throws Exception {
        run(() -> assertThat(runningLoop().getaddrinfo(null, 7))
                .allMatch(address -> address.getAddress().isLoopbackAddress() && address.getPort() == 7)
                .isNotEmpty());
    }

    @Test
    void aNameWithoutAnAddressIsUnknown() throws Exception {
        run(() -> assertThatThrownBy(() -> runningLoop().getaddrinfo("nobody.tulip.test", 80))
                .isInstanceOf(UnknownHostException.class)
                .hasMessageContaining("nobody.tulip.test"));
    }

    @Test
    void aNameInAnotherScriptIsAskedForAsNameServersKnowIt() throws Exception {
        NameServer.name("xn--bcher-kva", new CountDownLatch(0), "192.0.2.9");
        run(() -> {
            assertThat(runningLoop().getaddrinfo("b\u00fccher.tulip.test", 80))
                    .containsExactly(address("192.0.2.9", 80));
            assertThatThrownBy(() -> runningLoop().getaddrinfo("b\u00fccher..tulip.test", 80))
                    .isInstanceOf(UnknownHostException.class)
                    .hasMessageContaining("not a host name");
        });
    }

    @Test
    void aPortThatIsNoneIsRefused() {
        run(() -> assertThatThrownBy(() -> runningLoop().getaddrinfo("192.0.2.1", 70_000))
                .isInstanceOf(IllegalArgumentException.class));
    }

    @Test
    void anAddressHasAName() throws Exception {
        String name = NameServer.name("192.0.2.77");
        run(() -> {
            EventLoop loop = runningLoop();
            assertThat(loop.getnameinfo(address("192.0.2.77", 80))).isEqualTo(name);
            InetSocketAddress otherwiseNamed =
                    new InetSocketAddress(InetAddress.getByAddress("alias", new byte[] {(byte) 192, 0, 2, 77}), 80);
            assertThat(loop.getnameinfo(otherwiseNamed)).isEqualTo(name); // it asks, and does not believe the object
            assertThat(loop.getnameinfo(InetSocketAddress.createUnresolved("a.name", 80)))
                    .isEqualTo("a.name");
        });
    }

    /** The complaint about asyncio: jobs that fill the default executor look like a network that is down. */
    @Test
    void aDefaultExecutorThatIsFullDoesNotHoldUpNames() throws Exception {
        String name = NameServer.name("127.0.0.1");
        CountDownLatch goOn = new CountDownLatch(1);
        try (ServerSocketChannel listener = SocketPair.listener()) {
            int port = listener.socket().getLocalPort();
            run(() -> {
                EventLoop loop = runningLoop();
                for (int i = 0; i < 100; i++) {
                    loop.runInExecutor(null, () -> {
                        goOn.await();
                        return null;
                    });
                }
                assertThat(loop.getaddrinfo(name, 80)).containsExactly(address("127.0.0.1", 80));
                try (SocketChannel channel = SocketChannel.open()) {
                    channel.configureBlocking(false);
                    loop.sockConnect(channel, InetSocketAddress.createUnresolved(NameServer.name("127.0.0.1"), port));
                    assertThat(channel.isConnected()).isTrue();
                }
                goOn.countDown();
            });
        }
    }

    @Test
    void aNameThatHangsHoldsUpNobodyElse() throws Exception {
        CountDownLatch answered = new CountDownLatch(1);
        String slow = NameServer.slowName(answered, "192.0.2.1");
        run(() -> {
            EventLoop loop = runningLoop();
            Task<List<InetSocketAddress>> hanging = createTask(() -> loop.getaddrinfo(slow, 80));
            while (!NameServer.wasAsked(slow)) {
                sleep(Duration.ofMillis(1));
            }
            assertThat(loop.getaddrinfo(NameServer.name("192.0.2.2"), 80)).hasSize(1);
            assertThat(await(loop.runInExecutor(null, () -> "a job"))).isEqualTo("a job");
            answered.countDown();
            assertThat(await(hanging)).containsExactly(address("192.0.2.1", 80));
        });
    }

    @Test
    void cancellingALookUpTakesEffectAtOnceAndDropsItsAnswer() throws Exception {
        CountDownLatch answered = new CountDownLatch(1);
        String slow = NameServer.slowName(answered, "192.0.2.1");
        String unknown = NameServer.slowName(answered);
        run(() -> {
            EventLoop loop = runningLoop();
            List<Task<?>> tasks = new ArrayList<>();
            for (String name : List.of(slow, unknown)) {
                Task<?> task = createTask(() -> loop.getaddrinfo(name, 80));
                while (!NameServer.wasAsked(name)) {
                    sleep(Duration.ofMillis(1));
                }
                task.cancel();
                tasks.add(task);
            }
            for (Task<?> task : tasks) {
                assertThatThrownBy(() -> await(task)).isInstanceOf(CancelledError.class);
            }
            answered.countDown();
            assertThat(loop.getaddrinfo(NameServer.name("192.0.2.2"), 80)).hasSize(1);
        });
    }

    @Test
    void aNameThatHangsDoesNotKeepRunFromEnding() throws Exception {
        CountDownLatch answered = new CountDownLatch(1);
        String slow = NameServer.slowName(answered, "192.0.2.1");
        run(() -> {
            EventLoop loop = runningLoop();
            createTask(() -> loop.getaddrinfo(slow, 80));
            while (!NameServer.wasAsked(slow)) {
                sleep(Duration.ofMillis(1));
            }
        });
        assertThat(answered.getCount()).isOne(); // it still hangs, and we are here
        answered.countDown();
    }

    @Test
    void namesAreForTasks(Errors errors) {
        run(() -> {
            EventLoop loop = runningLoop();
            loop.callSoon(() -> loop.getnameinfo(address("192.0.2.1", 80)));
            sleep(Duration.ZERO);
        });
        assertThat(errors.takeOnly().exception())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("getnameinfo suspends, so it needs a task");
    }

    /** Row O4. */
    @Test
    void debugModeSaysWhichNameTookLong(Logs logs) throws Exception {
        CountDownLatch answered = new CountDownLatch(1);
        String slow = NameServer.slowName(answered, "192.0.2.1");
        List<String> messages = new CopyOnWriteArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord record) {
                messages.add(record.getMessage());
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger logger = Logger.getLogger("dev.tulip");
        logger.addHandler(handler);
        try {
            run(() -> {
                EventLoop loop = runningLoop();
                loop.setDebug(true);
                loop.setSlowCallbackDuration(Duration.ofMillis(5));
                createTask(() -> {
                    while (!NameServer.wasAsked(slow)) {
                        sleep(Duration.ofMillis(1));
                    }
                    sleep(Duration.ofMillis(5));
                    answered.countDown();
                });
                assertThat(loop.getaddrinfo(slow, 80)).hasSize(1);
            });
        } finally {
            logger.removeHandler(handler);
        }
        assertThat(messages)
                .anySatisfy(message -> assertThat(message)
                        .contains("looking up addresses of " + slow)
                        .containsPattern("took \\d+ ms"));
        // On a busy machine the steps of this test may take long, too.
        assertThat(logs.take())
                .allSatisfy(record -> assertThat(record.getMessage()).containsAnyOf("Executing ", "held for "));
        Deadline.until("it is over", () -> answered.getCount() == 0);
    }
}
