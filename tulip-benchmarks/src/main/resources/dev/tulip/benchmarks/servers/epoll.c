// The floor: an echo server in C on bare epoll. One thread, one buffer for all connections, no timeouts, no queues: what
// a socket does not take is written again at once, which only an echo server with well-behaved clients can afford.
//   cc -O2 -o epoll epoll.c && ./epoll
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 512, BUFFER = 256 * 1024, BACKLOG = 1024 };

static char buffer[BUFFER];

static void check(int result, const char *what) {
    if (result < 0) {
        perror(what);
        exit(1);
    }
}

static void watch(int poll, int fd) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    check(epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}

static void echo(int fd) {
    ssize_t count = read(fd, buffer, sizeof buffer);
    if (count <= 0) {
        close(fd);
        return;
    }
    for (ssize_t sent = 0; sent < count;) {
        ssize_t written = write(fd, buffer + sent, count - sent);
        if (written >= 0) {
            sent += written;
        } else if (errno != EAGAIN) {
            close(fd);
            return;
        }
    }
}

int main(void) {
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    check(bind(listener, (struct sockaddr *) &address, length), "bind");
    check(listen(listener, BACKLOG), "listen");
    check(getsockname(listener, (struct sockaddr *) &address, &length), "getsockname");
    printf("listening on %d\n", ntohs(address.sin_port));
    fflush(stdout);

    int poll = epoll_create1(0);
    check(poll, "epoll_create1");
    watch(poll, listener);
    struct epoll_event events[EVENTS];
    for (;;) {
        int count = epoll_wait(poll, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;
            if (fd != listener) {
                echo(fd);
                continue;
            }
            int client = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
            check(client, "accept4");
            setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &(int) {1}, sizeof(int));
            watch(poll, client);
        }
    }
}
