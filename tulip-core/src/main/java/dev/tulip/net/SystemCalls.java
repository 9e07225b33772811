package dev.tulip.net;

import java.io.IOException;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.VarHandle;
import java.lang.ref.Reference;
import java.lang.reflect.Method;
import java.net.SocketException;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.List;

/**
 * {@code recv} and {@code send} of the system, for sockets that a loop's selector watches: what
 * {@link SocketChannel#read(ByteBuffer)} and {@code write} do, for less. One for each loop; loop thread only.
 */
final class SystemCalls {
    /*
     * What is saved: the JDK calls read(2) and write(2), which go through the file system's layer (0.3 microseconds a
     * request), takes a lock for each, and changes the thread's state on the way into C and back.
     *
     * Where: on Linux, if java.lang is open to Tulip, as the mounted engine needs it, too. With that this opens what it
     * needs besides, through java.lang.Module, for Tulip's module; for the whole class path if Tulip stands there:
     *
     *   sun.nio.ch.SelChImpl.getFDVal()          the descriptor of a channel
     *   java.nio.Buffer.address, .segment        where a buffer's memory is, and whether it belongs to an arena
     *   access to native functions               else the JDK prints a warning
     *
     * Everywhere else, for buffers on the heap, and with -Dtulip.systemcalls=false, the channel's own methods are called.
     *
     * The descriptor is that of the channel as long as the loop's selector watches it: the JDK gives one that is closed
     * back only in a select, by whichever thread it was closed (SocketChannelImpl.implCloseNonBlockingMode). So a caller
     * needs a channel that is registered, and asks on the loop's thread whether it is open.
     *
     * The calls are "critical": the thread does not tell the JVM that it is in C. They never wait (MSG_DONTWAIT), so a
     * garbage collection that wants to begin meanwhile is held up by microseconds.
     */
    private static final String PROPERTY = "tulip.systemcalls";

    private static final List<String> PROCESSORS = List.of("amd64", "aarch64"); // whose numbers are those below

    // <sys/socket.h> and <errno.h> of Linux
    private static final int MSG_DONTWAIT = 0x40;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final int EINTR = 4;
    private static final int EAGAIN = 11;
    private static final int ECONNRESET = 104;

    private static final Functions FUNCTIONS = Functions.find();

    // static and final by themselves, because the compiler sees through such handles
    private static final MethodHandle RECV = FUNCTIONS.recv;
    private static final MethodHandle SEND = FUNCTIONS.send;
    private static final MethodHandle DESCRIPTOR = FUNCTIONS.descriptor;
    private static final MethodHandle ADDRESS = FUNCTIONS.address;
    private static final MethodHandle SEGMENT = FUNCTIONS.segment;
    private static final VarHandle ERRNO =
            Linker.Option.captureStateLayout().varHandle(MemoryLayout.PathElement.groupElement("errno"));

    /** What {@link #descriptor} returns for a channel for which there are no calls. */
    static final int NONE = -1;

    // loop thread only: where a call leaves errno
    private final MemorySegment state = Arena.ofAuto().allocate(Linker.Option.captureStateLayout());

    /** {@return the descriptor of {@code channel}, or {@link #NONE} if its own methods must be called} */
    static int descriptor(SocketChannel channel) {
        if (!FUNCTIONS.channels.isInstance(channel)) {
            return NONE;
        }
        try {
            return (int) DESCRIPTOR.invokeExact(channel);
        } catch (Throwable e) {
            throw new LinkageError("no descriptor of " + channel, e);
        }
    }

    /** {@return whether these calls can use the memory of {@code buffer}: direct, and not an arena's, which may be closed} */
    static boolean canUse(ByteBuffer buffer) {
        try {
            return buffer.isDirect() && (Object) SEGMENT.invokeExact((Buffer) buffer) == null;
        } catch (Throwable e) {
            throw new LinkageError("no segment of " + buffer, e);
        }
    }

    /**
     * Receives what is there, as {@link SocketChannel#read(ByteBuffer)}.
     *
     * @param buffer one that can be {@linkplain #canUse used}, with room, and not read-only
     */
    int receive(int descriptor, ByteBuffer buffer) throws IOException {
        int position = buffer.position();
        long count;
        try {
            long address = (long) ADDRESS.invokeExact((Buffer) buffer) + position;
            count = (long) RECV.invokeExact(state, descriptor, address, (long) buffer.remaining(), MSG_DONTWAIT);
        } catch (Throwable e) {
            throw new LinkageError("recv cannot be called", e);
        } finally {
            Reference.reachabilityFence(buffer);
        }
        if (count > 0) {
            buffer.position(position + (int) count);
            return (int) count;
        }
        return count == 0 ? -1 : noneOrFailure("Connection reset");
    }

    /**
     * Sends what the socket takes, as {@link SocketChannel#write(ByteBuffer)}.
     *
     * @param buffer one that can be {@linkplain #canUse used}
     */
    int send(int descriptor, ByteBuffer buffer) throws IOException {
        int position = buffer.position();
        long count;
        try {
            long address = (long) ADDRESS.invokeExact((Buffer) buffer) + position;
            count = (long) SEND.invokeExact(
                    state, descriptor, address, (long) buffer.remaining(), MSG_DONTWAIT | MSG_NOSIGNAL);
        } catch (Throwable e) {
            throw new LinkageError("send cannot be called", e);
        } finally {
            Reference.reachabilityFence(buffer);
        }
        if (count >= 0) {
            buffer.position(position + (int) count);
            return (int) count;
        }
        return noneOrFailure("Connection reset by peer");
    }

    /** {@return 0 if the socket was not ready} Throws what the JDK's channels throw otherwise. */
    private int noneOrFailure(String reset) throws IOException {
        int errno = (int) ERRNO.get(state, 0L);
        if (errno == EAGAIN || errno == EINTR) {
            return 0;
        }
        throw errno == ECONNRESET ? new SocketException(reset) : new IOException(text(errno));
    }

    /** {@return what the system says about {@code errno}} */
    private static String text(int errno) {
        try {
            return ((MemorySegment) FUNCTIONS.strerror.invokeExact(errno)).getString(0);
        } catch (Throwable e) {
            throw new LinkageError("no text for errno " + errno, e);
        }
    }

    /**
     * What is found outside Tulip, once per process.
     *
     * @param channels the class of the channels that have a descriptor; if nothing was found, one that none has
     */
    private record Functions(
            Class<?> channels,
            MethodHandle descriptor,
            MethodHandle address,
            MethodHandle segment,
            MethodHandle recv,
            MethodHandle send,
            MethodHandle strerror) {
        static Functions find() {
            boolean wanted = !System.getProperty(PROPERTY, "").equals("false");
            boolean known = System.getProperty("os.name").equals("Linux")
                    && PROCESSORS.contains(System.getProperty("os.arch"))
                    && Object.class.getModule().isOpen("java.lang", SystemCalls.class.getModule());
            try {
                return wanted && known ? findAll() : none();
            } catch (ReflectiveOperationException | RuntimeException | LinkageError e) {
                return none(); // another JDK
            }
        }

        private static Functions none() {
            MethodHandle missing = MethodHandles.throwException(Object.class, AssertionError.class);
            return new Functions(Void.class, missing, missing, missing, missing, missing, missing);
        }

        private static Functions findAll() throws ReflectiveOperationException {
            Module ours = SystemCalls.class.getModule();
            Method open = ofModule("implAddOpens", String.class, Module.class);
            open.invoke(Object.class.getModule(), "sun.nio.ch", ours);
            open.invoke(Object.class.getModule(), "java.nio", ours);
            if (ours.isNamed()) {
                ofModule("implAddEnableNativeAccess").invoke(ours);
            } else {
                ofModule("implAddEnableNativeAccessToAllUnnamed").invoke(null);
            }

            MethodHandles.Lookup lookup = MethodHandles.lookup();
            Class<?> channels = Class.forName("sun.nio.ch.SelChImpl");
            MethodHandles.Lookup buffers = MethodHandles.privateLookupIn(Buffer.class, lookup);
            FunctionDescriptor transfer = FunctionDescriptor.of(
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_LONG, // an address: a pointer and a long are passed in the same way
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_INT);
            return new Functions(
                    channels,
                    MethodHandles.privateLookupIn(channels, lookup)
                            .findVirtual(channels, "getFDVal", MethodType.methodType(int.class))
                            .asType(MethodType.methodType(int.class, SocketChannel.class)),
                    buffers.findGetter(Buffer.class, "address", long.class),
                    buffers.findGetter(Buffer.class, "segment", MemorySegment.class)
                            .asType(MethodType.methodType(Object.class, Buffer.class)),
                    function("recv", transfer, Linker.Option.captureCallState("errno"), Linker.Option.critical(false)),
                    function("send", transfer, Linker.Option.captureCallState("errno"), Linker.Option.critical(false)),
                    function("strerror", FunctionDescriptor.of(textLayout(), ValueLayout.JAVA_INT)));
        }

        private static Method ofModule(String name, Class<?>... parameters) throws ReflectiveOperationException {
            Method method = Module.class.getDeclaredMethod(name, parameters);
            method.setAccessible(true);
            return method;
        }

        @SuppressWarnings("restricted")
        private static MethodHandle function(String name, FunctionDescriptor type, Linker.Option... options) {
            Linker linker = Linker.nativeLinker();
            return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), type, options);
        }

        @SuppressWarnings("restricted")
        private static AddressLayout textLayout() {
            return ValueLayout.ADDRESS.withTargetLayout(
                    MemoryLayout.sequenceLayout(Long.MAX_VALUE, ValueLayout.JAVA_BYTE));
        }
    }
}
