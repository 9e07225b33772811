// A producer: it yields "start" and returns "stop". Plain code, no loop.

import dev.tulip.loop.Generator;

void main() {
    Generator<String, Void, String> producer = Generator.returning(out -> {
        out.yield("start");
        return "stop";
    });
    for (String value : producer) {
        IO.println("yielded " + value);
    }
    IO.println("returned " + producer.result());
}
