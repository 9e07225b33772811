package dev.tulip.net;

import dev.tulip.loop.EventLoop;
import dev.tulip.loop.KeyboardInterrupt;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.MembershipKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Datagrams over one UDP socket, as callbacks. Loop thread only. */
final class DatagramSocketTransport extends ChannelTransport implements DatagramTransport {
    /*
     * Sending tries the socket first; only while that takes no more, the loop watches it for writing, and datagrams
     * wait in the DatagramQueue.
     *
     * Errors are kept, and told from a callback of their own: errorReceived may send again, and sendTo may be called
     * while the protocol is. What is left of them is told before connectionLost.
     */

    // set once
    private final DatagramChannel channel;
    private final @Nullable SocketAddress sockName;
    private final @Nullable SocketAddress peerName;
    private final DatagramQueue out = new DatagramQueue();
    private final List<IOException> errors = new ArrayList<>(0);

    // loop thread only
    private DatagramProtocol protocol;
    private boolean tellingSoon;
    private int untold; // errors that were not kept
    private int dropped;

    /**
     * A transport that owns {@code channel} from here on; {@link #start} must follow.
     *
     * @param channel bound, in non-blocking mode
     * @throws IOException if the channel is closed; then it is still the caller's
     */
    DatagramSocketTransport(EventLoop loop, DatagramChannel channel, DatagramProtocol protocol) throws IOException {
        this(loop, channel, protocol, channel.getLocalAddress(), channel.getRemoteAddress());
    }

    private DatagramSocketTransport(
            EventLoop loop,
            DatagramChannel channel,
            DatagramProtocol protocol,
            @Nullable SocketAddress sockName,
            @Nullable SocketAddress peerName) {
        super(loop, channel, null);
        this.channel = channel;
        this.protocol = protocol;
        this.sockName = sockName;
        this.peerName = peerName;
    }

    // -- protocol -------------------------------------------------------------------------------------------------

    @Override
    public void setProtocol(DatagramProtocol protocol) {
        loop.checkThread();
        this.protocol = Objects.requireNonNull(protocol, "protocol");
    }

    @Override
    public DatagramProtocol getProtocol() {
        return protocol;
    }

    @Override
    BaseProtocol protocol() {
        return protocol;
    }

    @Override
    void callConnectionMade() {
        protocol.connectionMade(this);
    }

    @Override
    void callConnectionLost(@Nullable Exception cause) {
        try {
            callErrorReceived();
        } finally {
            super.callConnectionLost(cause);
        }
    }

    // -- receiving ------------------------------------------------------------------------------------------------

    /** Some datagrams, or as many bytes as one read of a stream; then the others have their turn. */
    @Override
    void read() {
        // Taken from the pool, not a field: the protocol may wait in a call of the JDK, and others read meanwhile.
        ByteBuffer buffer = resources.buffers.take();
        try {
            int bytes = 0;
            for (int i = 0; i < Defaults.DATAGRAMS && bytes < Defaults.READ_SIZE && isReadingWanted(); i++) {
                SocketAddress sender = channel.receive(buffer.clear().order(ByteOrder.BIG_ENDIAN));
                if (sender == null) {
                    return;
                }
                bytes += buffer.flip().remaining();
                callDatagramReceived(buffer, sender);
            }
        } catch (ClosedChannelException e) { // by its user, who had no right to do so
            lose(e);
        } catch (IOException e) {
            failed(e);
        } finally {
            resources.buffers.give(buffer);
        }
    }

    private void callDatagramReceived(ByteBuffer data, SocketAddress sender) {
        try {
            protocol.datagramReceived(data, sender);
        } catch (KeyboardInterrupt e) {
            throw e;
        } catch (Throwable e) {
            report("protocol.datagramReceived() failed; the endpoint goes on", e);
        }
    }

    @Override
    public MembershipKey join(InetAddress group, NetworkInterface network, @Nullable InetAddress source)
            throws IOException {
        loop.checkThread();
        return DatagramSockets.join(channel, group, network, source);
    }

    // -- sending --------------------------------------------------------------------------------------------------

    @Override
    public void sendTo(ByteBuffer data) {
        send(data, DatagramSockets.checkConnected(peerName, this));
    }

    @Override
    public void sendTo(ByteBuffer data, SocketAddress target) {
        send(data, DatagramSockets.checkTarget(target, peerName, this));
    }

    private void send(ByteBuffer data, SocketAddress target) {
        loop.checkThread();
        if (isLost()) {
            drop(data);
            return;
        }
        if (out.isEmpty()) {
            try {
                if (DatagramSockets.send(channel, data, target)) {
                    return;
                }
            } catch (IOException e) {
                data.position(data.limit());
                failedToSend(e);
                return;
            }
        }
        out.append(data, target);
        armWriter();
        checkFlow();
    }

    /** The endpoint is closed: drops {@code data}; says so, if that happens again and again. */
    private void drop(ByteBuffer data) {
        data.position(data.limit());
        if (++dropped == Defaults.DROPPED_WRITES_BEFORE_WARNING) {
            Log.warn(
                    loop,
                    dropped + " datagrams were dropped because the endpoint is closed: " + this
                            + "; stop sending at connectionLost, or when isClosing() says so");
        }
    }

    @Override
    void flush() {
        DatagramQueue.Outgoing first;
        while ((first = out.first()) != null) {
            try {
                if (!DatagramSockets.send(channel, first.data(), first.target())) {
                    break;
                }
            } catch (IOException e) {
                failedToSend(e);
                if (isLost()) {
                    return;
                }
            }
            out.removeFirst();
        }
        checkFlowAfterFlush();
        if (out.isEmpty() && !isLost()) {
            disarmWriter();
            if (isClosing()) {
                lose(null);
            }
        }
    }

    @Override
    long pending() {
        return out.size();
    }

    @Override
    void forgetPending() {
        out.clear();
    }

    // -- errors ---------------------------------------------------------------------------------------------------

    private void failedToSend(IOException error) {
        if (error instanceof ClosedChannelException) { // by its user, who had no right to do so
            lose(error);
        } else {
            failed(error);
        }
    }

    private void failed(IOException error) {
        if (errors.size() == Defaults.ERRORS_KEPT) {
            untold++;
            return;
        }
        errors.add(error);
        tellSoon();
    }

    private void tellSoon() {
        if (tellingSoon) {
            return;
        }
        try {
            loop.callSoon(this::tell);
            tellingSoon = true;
        } catch (IllegalStateException e) { // the loop is closed: nobody is told any more
            errors.clear();
        }
    }

    private void tell() {
        tellingSoon = false;
        if (isLost() || !enter()) { // then callConnectionLost does it, or settleReading calls this again
            return;
        }
        try {
            callErrorReceived();
        } finally {
            leave();
        }
    }

    @Override
    void settleReading() {
        super.settleReading();
        if (!errors.isEmpty() && !isLost()) {
            tellSoon();
        }
    }

    private void callErrorReceived() {
        List<IOException> told = List.copyOf(errors); // errorReceived may send, and cause more
        errors.clear();
        for (IOException error : told) {
            try {
                protocol.errorReceived(error);
            } catch (KeyboardInterrupt e) {
                throw e;
            } catch (Throwable e) {
                report("protocol.errorReceived() failed; the endpoint goes on", e);
            }
        }
        if (untold > 0) {
            Log.warn(
                    loop,
                    untold + " errors were not told, because more than " + Defaults.ERRORS_KEPT + " came at a time: "
                            + this);
            untold = 0;
        }
    }

    // -- what it is -----------------------------------------------------------------------------------------------

    @Override
    public @Nullable Object getExtraInfo(String name) {
        return switch (name) {
            case "peername" -> peerName;
            case "sockname" -> sockName;
            case "socket" -> channel;
            default -> null;
        };
    }

    /** {@return its state and addresses, what is to be sent, whether it reads} */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("DatagramTransport[")
                .append(describeState())
                .append(", ")
                .append(sockName);
        if (peerName != null) {
            text.append(" -> ").append(peerName);
        }
        if (!out.isEmpty()) {
            text.append(", ").append(out.count()).append(" datagrams to send");
        }
        if (isOpen()) {
            text.append(isReading() ? ", reading" : ", reading paused");
        }
        return text.append(']').toString();
    }
}
