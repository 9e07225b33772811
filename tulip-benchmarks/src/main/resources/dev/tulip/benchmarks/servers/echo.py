"""asyncio's echo server. Arguments: protocol or streams, asyncio or uvloop, the size of a read in bytes."""

import asyncio
import sys

BACKLOG = 1024


class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)


async def main(style, size):
    async def echo(reader, writer):
        while data := await reader.read(size):
            writer.write(data)
            await writer.drain()
        writer.close()

    if style == "protocol":
        loop = asyncio.get_running_loop()
        server = await loop.create_server(Echo, "127.0.0.1", 0, backlog=BACKLOG)
    else:
        # The reader pauses at twice its limit, and a whole message should come in one read.
        server = await asyncio.start_server(echo, "127.0.0.1", 0, backlog=BACKLOG, limit=size)
    print("listening on", server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


_, style, loop, size = sys.argv
if loop == "uvloop":
    import uvloop

    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
asyncio.run(main(style, int(size)))
