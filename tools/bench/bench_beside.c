/* What runs beside the drops: a manager who reads the twelve-month report again and again, or a processor
 * that is kept busy as much by nothing. Each is a process of its own, which ends with this one. */
#include "bench.h"
#include "base/date.h"
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ANSWER_MAX = 1 << 20 };

struct bench_beside {
    int pid;
    struct bench_reads *reads; /* shared with the process */
};

/* ---- the reader ---- */

static int connect_to(int port) {
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
        bench_fail("no connection for a reader");
    return fd;
}

/* One answer, to the end of its body: the report, or that it takes longer than a read may. */
static void read_report(int fd, const char *request, char *answer, struct bench_reads *reads) {
    size_t got = 0, whole = 0;
    if (send(fd, request, strlen(request), MSG_NOSIGNAL) < 0) bench_fail("the server takes no request");
    while (whole == 0 || got < whole) {
        ssize_t n = recv(fd, answer + got, ANSWER_MAX - 1 - got, 0);
        if (n <= 0) bench_fail("the report was not answered");
        got += (size_t)n;
        answer[got] = 0;
        const char *end = strstr(answer, "\r\n\r\n"), *length = strcasestr(answer, "\r\nContent-Length:");
        if (end && length) whole = (size_t)(end - answer) + 4 + strtoul(length + 17, NULL, 10);
    }
    if (strncmp(answer, "HTTP/1.1 200 ", 13) == 0)
        atomic_fetch_add(&reads->whole, 1);
    else if (strstr(answer, "read.too-long"))
        atomic_fetch_add(&reads->cut, 1);
    else
        bench_fail("the report: %.400s", answer);
}

_Noreturn static void be_reader(int port, int64_t last_day, struct bench_reads *reads) {
    static char answer[ANSWER_MAX];
    char request[512], token[32], from[DATE_TEXT_SIZE], to[DATE_TEXT_SIZE];
    snprintf(request, sizeof request,
             "GET /v1/reports/delivery-errors?from=%s&to=%s&group_by=customer HTTP/1.1\r\nHost: 127.0.0.1\r\n"
             "Authorization: Bearer %s\r\n\r\n",
             date_format(date_add_months(last_day, -12) + 1, from), date_format(last_day, to),
             bench_token(BENCH_MANAGER, token));
    for (int fd = connect_to(port);;)
        read_report(fd, request, answer, reads);
}

/* ---- the loop ---- */

_Noreturn static void be_loop(void) {
    for (volatile uint64_t i = 0;; i++) {
    }
}

/* ---- either ---- */

struct bench_beside *bench_beside_start(enum bench_beside_what what, int port, int64_t last_day) {
    struct bench_beside *beside = calloc(1, sizeof *beside);
    if (!beside) bench_fail("no memory");
    beside->reads =
        mmap(NULL, sizeof *beside->reads, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (beside->reads == MAP_FAILED) bench_fail("no memory");
    if (what == BESIDE_NOTHING) return beside;
    beside->pid = fork();
    if (beside->pid < 0) bench_fail("no process");
    if (beside->pid > 0) return beside;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (what == BESIDE_LOOP) be_loop();
    be_reader(port, last_day, beside->reads);
}

void bench_beside_stop(struct bench_beside *beside, struct bench_reads *sum) {
    int status = 0;
    sum->whole += beside->reads->whole;
    sum->cut += beside->reads->cut;
    if (beside->pid) kill(beside->pid, SIGKILL);
    if (beside->pid) waitpid(beside->pid, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0) bench_fail("the reader ended");
    munmap(beside->reads, sizeof *beside->reads);
    free(beside);
}
