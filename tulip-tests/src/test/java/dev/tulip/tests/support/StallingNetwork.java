package dev.tulip.tests.support;

import dev.tulip.loop.EventLoop;
import dev.tulip.loop.LoopOptions;
import dev.tulip.loop.RunnerOptions;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.ProtocolFamily;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.MembershipKey;
import java.nio.channels.Pipe;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.AbstractSelectableChannel;
import java.nio.channels.spi.AbstractSelectionKey;
import java.nio.channels.spi.AbstractSelector;
import java.nio.channels.spi.SelectorProvider;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;

/**
 * The system's network, in which sending datagrams stalls when a test wants it to, or fails: the loopback interface
 * never does. For datagrams only. To be used on the thread of the loop that has it.
 */
public final class StallingNetwork extends SelectorProvider {
    private final SelectorProvider system = SelectorProvider.provider();
    private final Queue<IOException> failures = new ArrayDeque<>();
    private int room = Integer.MAX_VALUE;

    /** {@return options to run a program on a loop with this network} */
    public RunnerOptions options(Errors errors) {
        return RunnerOptions.defaults().withPolicy(() -> {
            EventLoop loop = EventLoop.create(LoopOptions.defaults().withSelectorProvider(this));
            loop.setExceptionHandler(errors);
            return loop;
        });
    }

    /** Takes so many datagrams from now on, then no more. */
    public void takes(int datagrams) {
        room = datagrams;
    }

    /** Fails the next datagrams, one with each of {@code errors}. */
    public void fails(IOException... errors) {
        failures.addAll(List.of(errors));
    }

    @Override
    public DatagramChannel openDatagramChannel() throws IOException {
        return new StallingChannel(system.openDatagramChannel());
    }

    @Override
    public DatagramChannel openDatagramChannel(ProtocolFamily family) throws IOException {
        return new StallingChannel(system.openDatagramChannel(family));
    }

    @Override
    public AbstractSelector openSelector() throws IOException {
        return new StallingSelector(system.openSelector());
    }

    @Override
    public Pipe openPipe() {
        throw new UnsupportedOperationException();
    }

    @Override
    public ServerSocketChannel openServerSocketChannel() {
        throw new UnsupportedOperationException();
    }

    @Override
    public SocketChannel openSocketChannel() {
        throw new UnsupportedOperationException();
    }

    /** A channel of the system's, but for sending. */
    private final class StallingChannel extends DatagramChannel {
        private final DatagramChannel channel;

        private StallingChannel(DatagramChannel channel) {
            super(StallingNetwork.this);
            this.channel = channel;
        }

        @Override
        public int send(ByteBuffer data, SocketAddress target) throws IOException {
            if (room == 0) {
                return 0;
            }
            room--;
            IOException failure = failures.poll();
            if (failure != null) {
                throw failure;
            }
            return channel.send(data, target);
        }

        @Override
        public SocketAddress receive(ByteBuffer data) throws IOException {
            return channel.receive(data);
        }

        @Override
        public DatagramChannel bind(SocketAddress local) throws IOException {
            channel.bind(local);
            return this;
        }

        @Override
        public <T> DatagramChannel setOption(SocketOption<T> name, T value) throws IOException {
            channel.setOption(name, value);
            return this;
        }

        @Override
        public <T> T getOption(SocketOption<T> name) throws IOException {
            return channel.getOption(name);
        }

        @Override
        public Set<SocketOption<?>> supportedOptions() {
            return channel.supportedOptions();
        }

        @Override
        public DatagramSocket socket() {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean isConnected() {
            return channel.isConnected();
        }

        @Override
        public DatagramChannel connect(SocketAddress remote) throws IOException {
            channel.connect(remote);
            return this;
        }

        @Override
        public DatagramChannel disconnect() {
            throw new UnsupportedOperationException();
        }

        @Override
        public SocketAddress getRemoteAddress() throws IOException {
            return channel.getRemoteAddress();
        }

        @Override
        public SocketAddress getLocalAddress() throws IOException {
            return channel.getLocalAddress();
        }

        @Override
        public int read(ByteBuffer data) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long read(ByteBuffer[] data, int offset, int length) {
            throw new UnsupportedOperationException();
        }

        @Override
        public int write(ByteBuffer data) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long write(ByteBuffer[] data, int offset, int length) {
            throw new UnsupportedOperationException();
        }

        @Override
        public MembershipKey join(InetAddress group, NetworkInterface network) {
            throw new UnsupportedOperationException();
        }

        @Override
        public MembershipKey join(InetAddress group, NetworkInterface network, InetAddress source) {
            throw new UnsupportedOperationException();
        }

        @Override
        protected void implCloseSelectableChannel() throws IOException {
            channel.close();
        }

        @Override
        protected void implConfigureBlocking(boolean block) throws IOException {
            channel.configureBlocking(block);
        }
    }

    /** A key that hides from the system who waits to send while sending stalls. */
    private final class StallingKey extends AbstractSelectionKey {
        private final StallingSelector selector;
        private final StallingChannel channel;
        private final SelectionKey key;
        private int interest;
        private int ready;

        private StallingKey(StallingSelector selector, StallingChannel channel) throws IOException {
            this.selector = selector;
            this.channel = channel;
            this.key = channel.channel.register(selector.selector, 0);
        }

        private void prepare() {
            if (key.isValid()) {
                key.interestOps(room == 0 ? interest & ~OP_WRITE : interest);
            }
        }

        @Override
        public SelectableChannel channel() {
            return channel;
        }

        @Override
        public Selector selector() {
            return selector;
        }

        @Override
        public int interestOps() {
            return interest;
        }

        @Override
        public SelectionKey interestOps(int ops) {
            interest = ops;
            return this;
        }

        @Override
        public int readyOps() {
            return ready;
        }
    }

    /** A selector of the system's, with keys of ours. */
    private final class StallingSelector extends AbstractSelector {
        private final Selector selector;
        private final Set<SelectionKey> keys = new HashSet<>();
        private final Set<SelectionKey> selected = new HashSet<>();

        private StallingSelector(Selector selector) {
            super(StallingNetwork.this);
            this.selector = selector;
        }

        @Override
        protected SelectionKey register(AbstractSelectableChannel channel, int ops, Object attachment) {
            try {
                StallingKey key = new StallingKey(this, (StallingChannel) channel);
                key.attach(attachment);
                key.interestOps(ops);
                key.key.attach(key);
                keys.add(key);
                return key;
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public int selectNow() throws IOException {
            return select(-1);
        }

        @Override
        public int select() throws IOException {
            return select(0);
        }

        @Override
        public int select(long millis) throws IOException {
            forgetCancelled();
            keys.forEach(key -> ((StallingKey) key).prepare());
            if (millis < 0) {
                selector.selectNow(this::select);
            } else {
                selector.select(this::select, millis);
            }
            forgetCancelled();
            return selected.size();
        }

        private void select(SelectionKey system) {
            StallingKey key = (StallingKey) system.attachment();
            key.ready = system.readyOps();
            selected.add(key);
        }

        private void forgetCancelled() {
            synchronized (cancelledKeys()) {
                for (SelectionKey key : cancelledKeys()) {
                    keys.remove(key);
                    selected.remove(key);
                    ((StallingKey) key).key.cancel();
                    deregister((StallingKey) key);
                }
                cancelledKeys().clear();
            }
        }

        @Override
        public Set<SelectionKey> keys() {
            return keys;
        }

        @Override
        public Set<SelectionKey> selectedKeys() {
            return selected;
        }

        @Override
        public Selector wakeup() {
            selector.wakeup();
            return this;
        }

        @Override
        protected void implCloseSelector() throws IOException {
            keys.forEach(key -> deregister((StallingKey) key));
            selector.close();
        }
    }
}
