package dev.tulip.benchmarks.echo;

import java.util.Arrays;

/**
 * The figures of one run.
 *
 * @param cpuMicros CPU time of the server process for one request, all its threads, user and system
 * @param requestsPerSecond of all clients
 * @param p50Micros half of the requests took less
 * @param p99Micros all but one in a hundred
 * @param p999Micros all but one in a thousand
 * @param residentMiB the server's memory at the end
 */
record Sample(
        double cpuMicros,
        double requestsPerSecond,
        double p50Micros,
        double p99Micros,
        double p999Micros,
        double residentMiB) {

    /** {@return a line for {@link #parse}} */
    String line() {
        return cpuMicros + " " + requestsPerSecond + " " + p50Micros + " " + p99Micros + " " + p999Micros + " "
                + residentMiB;
    }

    static Sample parse(String line) {
        double[] numbers =
                Arrays.stream(line.split(" ")).mapToDouble(Double::parseDouble).toArray();
        return new Sample(numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5]);
    }
}
