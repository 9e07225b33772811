package dev.tulip.tests.net;

import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.newEventLoop;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.EventLoop;
import dev.tulip.loop.ExceptionContext;
import dev.tulip.loop.KeyboardInterrupt;
import dev.tulip.net.ExtraInfo;
import dev.tulip.net.Network;
import dev.tulip.net.Protocol;
import dev.tulip.net.Server;
import dev.tulip.net.Transport;
import dev.tulip.tests.support.Errors;
import dev.tulip.tests.support.Peer;
import dev.tulip.tests.support.Recorder;
import dev.tulip.tests.support.SocketPair;
import dev.tulip.tests.support.Spawn;
import dev.tulip.tests.support.Until;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** From connectionMade to connectionLost: behaviours 46, 50 and 51 of asyncio, rows A1 to A4, A13, P1. */
class TransportLifeTest {
    /** Behaviour 46. */
    @Test
    void connectionMadeComesBeforeDataAndBeforeCreateConnectionReturns() throws Exception {
        run(() -> {
            SocketPair pair = SocketPair.open();
            pair.send("early");
            Recorder protocol = new Recorder();
            Transport transport =
                    Network.createConnection(() -> protocol, pair.here()).transport();
            assertThat(protocol.events).containsExactly("made");
            assertThat(protocol.transport()).isSameAs(transport);
            Until.holds("data", () -> protocol.events.size() == 2);
            assertThat(protocol.events).containsExactly("made", "data early");
            pair.there().close();
            assertThat(protocol.awaitLost()).isNull();
            assertThat(protocol.events).containsExactly("made", "data early", "end", "lost");
        });
    }

    @Test
    void connectionMadeIsNotCalledFromWithinTheCallThatMakesTheTransport() throws Exception {
        run(() -> {
            SocketPair pair = SocketPair.open();
            List<String> order = new ArrayList<>();
            runningLoop().callSoon(() -> order.add("callback"));
            Transport transport = Network.createConnection(
                            () -> {
                                order.add("factory");
                                return new Recorder() {
                                    @Override
                                    public void connectionMade(Transport transport) {
                                        order.add("made");
                                    }
                                };
                            },
                            pair.here())
                    .transport();
            order.add("returned");
            assertThat(order).containsExactly("factory", "callback", "made", "returned");
            transport.abort();
            pair.there().close();
        });
    }

    /** Behaviour 46. */
    @Test
    void closeAbortCloseIsOneConnectionLostAndNeverFromWithin() throws Exception {
        run(() -> {
            Connected<Recorder> c = Connected.with(new Recorder());
            c.transport().close();
            c.transport().abort();
            c.transport().close();
            assertThat(c.protocol().events).containsExactly("made");
            assertThat(c.transport().isClosing()).isTrue();
            assertThat(c.protocol().awaitLost()).isNull();
            Until.settled();
            c.transport().close();
            c.transport().abort();
            Until.settled();
            assertThat(c.protocol().events).containsExactly("made", "lost");
            assertThat(c.peer().receiveAll()).isEmpty();
            c.peer().close();
        });
    }

    @Test
    void closingInConnectionMadeEndsTheConnectionWithoutData() throws Exception {
        run(() -> {
            SocketPair pair = SocketPair.open();
            pair.send("never seen");
            Recorder protocol = new Recorder() {
                @Override
                public void connectionMade(Transport transport) {
                    super.connectionMade(transport);
                    transport.write("bye".getBytes());
                    transport.close();
                }
            };
            Transport transport =
                    Network.createConnection(() -> protocol, pair.here()).transport();
            assertThat(transport.isClosing()).isTrue();
            protocol.awaitLost();
            assertThat(protocol.events).containsExactly("made", "lost");
            pair.there().close();
        });
    }

    /** Behaviour 50. */
    @Test
    void thePeersEndClosesTheConnectionUnlessTheProtocolKeepsIt() throws Exception {
        run(() -> {
            try (Connected<Recorder> c = Connected.with(new Recorder())) {
                c.peer().sendEnd();
                assertThat(c.protocol().awaitLost()).isNull();
                assertThat(c.protocol().events).containsExactly("made", "end", "lost");
            }
            try (Connected<Recorder> c = Connected.with(new Recorder().keepingOpen())) {
                c.peer().send("last");
                c.peer().sendEnd();
                Until.holds("end", () -> c.protocol().events.contains("end"));
                Until.settled();
                assertThat(c.transport().isClosing()).isFalse();
                c.transport().write("later".getBytes());
                assertThat(c.peer().receive(5)).isEqualTo("later");
                c.transport().pauseReading();
                c.transport().resumeReading(); // must not tell of the end a second time
                Until.settled();
                assertThat(c.protocol().events).containsExactly("made", "data last", "end");
                c.transport().close();
                assertThat(c.protocol().awaitLost()).isNull();
                assertThat(c.peer().receiveAll()).isEmpty();
            }
        });
    }

    @Test
    void aConnectionWhoseBothDirectionsHaveEndedStaysUntilItIsClosed() throws Exception {
        run(() -> {
            for (boolean keep : new boolean[] {true, false}) {
                Recorder protocol = keep ? new Recorder().keepingOpen() : new Recorder();
                try (Connected<Recorder> c = Connected.with(protocol)) {
                    c.transport().write("last".getBytes());
                    c.transport().writeEof();
                    assertThat(c.peer().receiveAll()).asString().isEqualTo("last");
                    c.peer().sendEnd();
                    Until.holds("end", () -> protocol.events.contains("end"));
                    Until.settled();
                    assertThat(c.transport().isClosing()).isEqualTo(!keep);
                    c.transport().close();
                    assertThat(protocol.awaitLost()).isNull();
                    assertThat(protocol.events).containsExactly("made", "end", "lost");
                }
            }
        });
    }

    /** Behaviour 50. */
    @Test
    void aResetIsAnErrorWithoutAnEnd() throws Exception {
        run(() -> {
            try (Connected<Recorder> c = Connected.with(new Recorder())) {
                c.peer().reset();
                assertThat(c.protocol().awaitLost())
                        .isInstanceOf(IOException.class)
                        .hasMessageContaining("reset");
                assertThat(c.protocol().events).hasSize(2).doesNotContain("end");
                assertThat(c.transport().isClosing()).isTrue();
            }
        });
    }

    @Test
    void aResetBeforeConnectionMadeIsToldAfterIt() throws Exception {
        run(() -> {
            SocketPair pair = SocketPair.open();
            new Peer(pair.there()).reset();
            Recorder protocol = new Recorder();
            Network.createConnection(() -> protocol, pair.here());
            assertThat(protocol.awaitLost()).isInstanceOf(IOException.class);
            assertThat(protocol.events.getFirst()).isEqualTo("made");
        });
    }

    @Test
    void aResetWhileItIsPausedIsNoticedByAWrite() throws Exception {
        run(() -> {
            try (Connected<Recorder> c = Connected.with(new Recorder())) {
                c.transport().pauseReading();
                c.peer().reset();
                Until.holds("the reset was noticed", () -> {
                    c.transport().write(new byte[1]);
                    return c.transport().isClosing();
                });
                assertThat(c.protocol().events).containsExactly("made");
                assertThat(c.protocol().awaitLost()).isInstanceOf(IOException.class);
            }
        });
    }

    @Test
    void aResetWhileMuchIsToBeSentDropsIt() throws Exception {
        run(() -> {
            try (Connected<Recorder> c = Connected.with(new Recorder())) {
                c.transport().pauseReading();
                c.transport().write(new byte[20_000_000]);
                assertThat(c.transport().getWriteBufferSize()).isPositive();
                c.peer().reset();
                assertThat(c.protocol().awaitLost()).isInstanceOf(IOException.class);
                assertThat(c.transport().getWriteBufferSize()).isZero();
                assertThat(c.protocol().events).startsWith("made", "pause").doesNotContain("resume");
            }
        });
    }

    @Test
    void aResetWhileItClosesIsToldAsTheReason() throws Exception {
        run(() -> {
            try (Connected<Recorder> c = Connected.with(new Recorder())) {
                c.transport().write(new byte[20_000_000]);
                c.transport().close();
                c.peer().reset();
                assertThat(c.protocol().awaitLost()).isInstanceOf(IOException.class);
            }
        });
    }

    // -- a protocol that fails ------------------------------------------------------------------------------------

    /** Behaviour 51. */
    @Test
    void whatDataReceivedThrowsIsReportedAndEndsTheConnection(Errors errors) throws Exception {
        run(() -> {
            IllegalStateException failure = new IllegalStateException("deliberate");
            Recorder protocol = new Recorder() {
                @Override
                public void dataReceived(ByteBuffer data) {
                    throw failure;
                }
            };
            try (Connected<Recorder> c = Connected.with(protocol)) {
                c.peer().send("x");
                assertThat(protocol.awaitLost()).isSameAs(failure);
                ExceptionContext context = errors.takeOnly();
                assertThat(context.message()).isEqualTo("Fatal error: protocol.dataReceived() call failed.");
                assertThat(context.exception()).isSameAs(failure);
                assertThat(context.get("transport")).isSameAs(c.transport());
                assertThat(context.get("protocol")).isSameAs(protocol);
                assertThat(c.peer().receiveAll()).isEmpty();
            }
        });
    }

    @Test
    void anErrorThatDataReceivedThrowsIsTheCauseOfAnException(Errors errors) throws Exception {
        run(() -> {
            AssertionError failure = new AssertionError("deliberate");
            Recorder protocol = new Recorder() {
                @Override
                public void dataReceived(ByteBuffer data) {
                    throw failure;
                }
            };
            try (Connected<Recorder> c = Connected.with(protocol)) {
                c.peer().send("x");
                assertThat(protocol.awaitLost())
                        .isInstanceOf(IOException.class)
                        .hasCause(failure)
                        .hasMessageContaining("dataReceived");
                assertThat(errors.takeOnly().exception()).isSameAs(failure);
            }
        });
    }

    @Test
    void whatEofReceivedThrowsEndsTheConnection(Errors errors) throws Exception {
        run(() -> {
            Recorder protocol = new Recorder() {
                @Override
                public boolean eofReceived() {
                    throw new IllegalStateException("deliberate");
                }
            };
            try (Connected<Recorder> c = Connected.with(protocol)) {
                c.peer().sendEnd();
                assertThat(protocol.awaitLost()).hasMessage("deliberate");
                assertThat(errors.takeOnly().message()).contains("eofReceived");
            }
        });
    }

    /** Behaviour 51. */
    @Test
    void whatConnectionMadeThrowsIsReportedAndTheConnectionGoesOn(Errors errors) throws Exception {
        run(() -> {
            Recorder protocol = new Recorder() {
                @Override
                public void connectionMade(Transport transport) {
                    super.connectionMade(transport);
                    throw new IllegalStateException("deliberate");
                }
            };
            try (Connected<Recorder> c = Connected.with(protocol)) {
                c.peer().send("flows");
                Until.holds("data", () -> protocol.text().equals("flows"));
                assertThat(errors.takeOnly().message()).contains("connectionMade");
            }
        });
    }

    @Test
    void whatConnectionLostThrowsIsReported(Errors errors) throws Exception {
        run(() -> {
            Recorder protocol = new Recorder() {
                @Override
                public void connectionLost(Exception exception) {
                    super.connectionLost(exception);
                    throw new IllegalStateException("deliberate");
                }
            };
            try (Connected<Recorder> c = Connected.with(protocol)) {
                c.transport().close();
                protocol.awaitLost();
                Until.settled();
                assertThat(errors.takeOnly().message()).contains("connectionLost");
            }
        });
    }

    @Test
    void aKeyboardInterruptInAProtocolLeavesTheLoopAndIsNoErrorOfTheConnection() throws Exception {
        SocketPair pair = SocketPair.open();
        try (EventLoop loop = newEventLoop()) {
            Recorder[] protocol = new Recorder[1];
            loop.runUntilComplete(() -> {
                protocol[0] = new Recorder() {
                    private boolean interrupted;

                    @Override
                    public void dataReceived(ByteBuffer data) {
                        if (!interrupted) {
                            interrupted = true;
                            throw new KeyboardInterrupt();
                        }
                        super.dataReceived(data);
                    }
                };
                Network.createConnection(() -> protocol[0], pair.here());
            });
            pair.send("x");
            assertThatThrownBy(loop::runForever).isInstanceOf(KeyboardInterrupt.class);
            pair.send("y");
            loop.runUntilComplete(() -> {
                Until.holds("data", () -> protocol[0].text().equals("y"));
                protocol[0].transport().close();
                protocol[0].awaitLost();
            });
        }
        pair.close();
    }

    // -- facts ----------------------------------------------------------------------------------------------------

    @Test
    void itKnowsItsAddressesAndItsSocketAlsoWhenItIsClosed() throws Exception {
        run(() -> {
            try (Connected<Recorder> c = Connected.with(new Recorder())) {
                InetSocketAddress peer = (InetSocketAddress) c.peer().socket().getLocalAddress();
                InetSocketAddress own = (InetSocketAddress) c.peer().socket().getRemoteAddress();
                assertThat(c.transport().getExtraInfo("peername")).isEqualTo(peer);
                assertThat(c.transport().getExtraInfo(ExtraInfo.SOCKNAME)).isEqualTo(own);
                assertThat(c.transport().getExtraInfo(ExtraInfo.SOCKET).getOption(StandardSocketOptions.TCP_NODELAY))
                        .isTrue();
                assertThat(c.transport().getExtraInfo("no such thing")).isNull();
                assertThat(c.transport().getLoop()).isSameAs(runningLoop());
                assertThat(c.transport().toString()).contains("open", own.toString(), peer.toString(), "reading");
                c.transport().abort();
                c.protocol().awaitLost();
                Until.settled();
                assertThat(c.transport().getExtraInfo(ExtraInfo.PEERNAME)).isEqualTo(peer);
                assertThat(c.transport().getExtraInfo("socket")).isInstanceOf(SocketChannel.class);
                assertThat(c.transport().toString()).contains("closed").doesNotContain("reading");
            }
        });
    }

    @Test
    void anotherThreadIsRefused() throws Exception {
        run(() -> {
            try (Connected<Recorder> c = Connected.with(new Recorder())) {
                Transport transport = c.transport();
                Protocol other = new Recorder();
                List<Runnable> calls = List.of(
                        transport::close,
                        transport::abort,
                        transport::pauseReading,
                        transport::resumeReading,
                        transport::writeEof,
                        () -> transport.write(new byte[1]),
                        () -> transport.writeLines(List.of()),
                        () -> transport.setProtocol(other),
                        () -> transport.setWriteBufferLimits(10, 5));
                List<Throwable> thrown = new ArrayList<>();
                Thread thread = Spawn.platform("other", () -> {
                    for (Runnable call : calls) {
                        try {
                            call.run();
                        } catch (Throwable e) {
                            thrown.add(e);
                        }
                    }
                });
                Until.holds("the thread has ended", () -> !thread.isAlive());
                assertThat(thrown).hasSize(calls.size()).allMatch(WrongThreadException.class::isInstance);
                assertThat(transport.isClosing()).isFalse();
            }
        });
    }

    // -- the loop's end -------------------------------------------------------------------------------------------

    /** The guard of all tests counts the descriptors. */
    @Test
    void aLoopThatIsClosedClosesTheSocketsOfItsTransportsAndServers() throws Exception {
        SocketPair pair = SocketPair.open();
        Recorder[] protocol = new Recorder[1];
        Transport[] transport = new Transport[1];
        Server[] server = new Server[1];
        run(() -> {
            protocol[0] = new Recorder();
            transport[0] =
                    Network.createConnection(() -> protocol[0], pair.here()).transport();
            server[0] = Network.createServer(Recorder::new, "127.0.0.1", 0);
        });
        assertThat(pair.here().isOpen()).isFalse();
        assertThat(protocol[0].events).containsExactly("made"); // nobody runs connectionLost any more
        transport[0].close();
        transport[0].abort();
        transport[0].write(new byte[1]);
        server[0].close();
        assertThat(server[0].sockets()).isEmpty();
        pair.there().close();
    }

    @Test
    void closingInATaskThatIsUnwoundIsHarmless(Errors errors) throws Exception {
        SocketPair pair = SocketPair.open();
        try (EventLoop loop = newEventLoop()) {
            loop.createTask(() -> {
                Transport transport =
                        Network.createConnection(Recorder::new, pair.here()).transport();
                try (Server server = Network.createServer(Recorder::new, "127.0.0.1", 0)) {
                    server.serveForever();
                } finally {
                    transport.close();
                }
            });
            loop.callLater(Duration.ofMillis(10), loop::stop);
            loop.runForever();
        }
        assertThat(errors.takeOnly().message()).contains("destroyed but it is pending");
        assertThat(pair.here().isOpen()).isFalse();
        pair.there().close();
    }

    @Test
    void aTransportMayBeClosedWhileItsLoopDoesNotRun() throws Exception {
        SocketPair pair = SocketPair.open();
        try (EventLoop loop = newEventLoop()) {
            Recorder protocol = loop.runUntilComplete(() -> {
                Recorder made = new Recorder();
                Network.createConnection(() -> made, pair.here());
                return made;
            });
            protocol.transport().close();
            assertThat(protocol.events).containsExactly("made");
            loop.runUntilComplete(() -> {
                protocol.awaitLost();
            });
            assertThat(protocol.events).containsExactly("made", "lost");
        }
        pair.close();
    }

    @Test
    void debugModeTellsWhatWasLeftOpen(Errors errors) throws Exception {
        SocketPair pair = SocketPair.open();
        try (EventLoop loop = newEventLoop()) {
            loop.setDebug(true);
            loop.setSlowCallbackDuration(Duration.ofHours(1));
            loop.runUntilComplete(() -> {
                Network.createConnection(Recorder::new, pair.here());
            });
        }
        assertThat(errors.takeOnly().toString()).contains("left open", "Transport[open");
        pair.there().close();
    }

    @Test
    void aSocketThatIsClosedBehindItsBackIsAnError() throws Exception {
        run(() -> {
            try (Connected<Recorder> c = Connected.with(new Recorder())) {
                c.transport().getExtraInfo(ExtraInfo.SOCKET).close();
                c.transport().write(new byte[1]);
                assertThat(c.protocol().awaitLost()).isInstanceOf(ClosedChannelException.class);
            }
        });
    }

    @Test
    void aSocketThatIsNotConnectedOrClosedIsRefused() throws Exception {
        run(() -> {
            SocketChannel unconnected = SocketChannel.open();
            assertThatThrownBy(() -> Network.createConnection(Recorder::new, unconnected))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("not connected");
            assertThat(unconnected.isOpen()).isFalse();
            assertThatThrownBy(() -> Network.createConnection(Recorder::new, unconnected))
                    .isInstanceOf(ClosedChannelException.class);
        });
    }

    @Test
    void aFactoryThatFailsClosesTheSocket() throws Exception {
        run(() -> {
            SocketPair pair = SocketPair.open();
            assertThatThrownBy(() -> Network.createConnection(
                            () -> {
                                throw new IllegalStateException("deliberate");
                            },
                            pair.here()))
                    .hasMessage("deliberate");
            assertThat(pair.here().isOpen()).isFalse();
            SocketPair second = SocketPair.open();
            assertThatThrownBy(() -> Network.createConnection(() -> (Protocol) null, second.here()))
                    .isInstanceOf(NullPointerException.class)
                    .hasMessageContaining("factory");
            pair.there().close();
            second.there().close();
        });
    }

    @Test
    void aTaskThatIsCancelledBeforeConnectionMadeAbortsTheConnection() throws Exception {
        run(() -> {
            SocketPair pair = SocketPair.open();
            Recorder protocol = new Recorder();
            var task = createTask(() -> Network.createConnection(() -> protocol, pair.here()));
            sleep(Duration.ZERO); // the transport is made, connectionMade comes next
            task.cancel();
            Until.holds("closed", () -> !pair.here().isOpen());
            assertThat(task.cancelled()).isTrue();
            assertThat(protocol.events).isIn(List.of(), List.of("made", "lost"));
            pair.there().close();
        });
    }

    @Test
    void aTransportNeedsATaskToBeMade() throws Exception {
        try (SocketPair pair = SocketPair.open();
                EventLoop loop = newEventLoop()) {
            List<Throwable> thrown = new ArrayList<>();
            loop.callSoon(() -> {
                try {
                    Network.createConnection(Recorder::new, pair.here());
                } catch (IllegalStateException | IOException e) {
                    thrown.add(e);
                }
                loop.stop();
            });
            loop.runForever();
            assertThat(thrown.getFirst()).hasMessageContaining("createConnection suspends, so it needs a task");
            assertThatThrownBy(() -> Network.createConnection(Recorder::new, pair.here()))
                    .hasMessageContaining("no running event loop");
        }
    }
}
