#include "chaos.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

_Noreturn static void be_server(const struct chaos_server *server, int out) {
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a harness that gives up leaves none behind */
    int err = open(server->log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (err < 0 || dup2(out, STDOUT_FILENO) < 0 || dup2(err, STDERR_FILENO) < 0)
        bench_fail("the log %s cannot be written", server->log);
    execl(server->options->program, server->options->program, "serve", "--db", server->db, "--listen",
          "127.0.0.1:0", (char *)NULL);
    bench_fail("%s cannot be started", server->options->program);
}

static int port_said(const struct chaos_server *server, int from) {
    char line[BENCH_PATH];
    FILE *said = fdopen(from, "r");
    if (!said || !fgets(line, sizeof line, said) || !strrchr(line, ':'))
        bench_fail("the server did not start: see %s", server->log);
    fclose(said);
    return atoi(strrchr(line, ':') + 1);
}

static bool is_ready(int port) {
    static const char ASK[] = "GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
    char answer[4096];
    int fd = wire_connect(port);
    bool ready = fd >= 0 && wire_send(fd, ASK, sizeof ASK - 1) && wire_read(fd, answer, sizeof answer) &&
                 wire_status(answer) == 200;
    if (fd >= 0) close(fd);
    return ready;
}

void chaos_server_start(struct chaos_server *server) {
    int pipe_ends[2];
    double started = bench_seconds();
    if (pipe2(pipe_ends, O_CLOEXEC) != 0) bench_fail("no pipe");
    server->pid = fork();
    if (server->pid == 0) be_server(server, pipe_ends[1]);
    close(pipe_ends[1]);
    if (server->pid < 0) bench_fail("the server cannot be started");
    int port = port_said(server, pipe_ends[0]);
    while (!is_ready(port)) {
        usleep(1000);
        if (bench_seconds() > started + 60) bench_fail("the server is not ready after a minute");
    }
    server->ready_ms[server->starts++] = (bench_seconds() - started) * 1000;
    atomic_store(&server->port, port);
}

void chaos_server_kill(struct chaos_server *server) {
    int status;
    kill(server->pid, SIGKILL);
    atomic_store(&server->port, 0);
    if (waitpid(server->pid, &status, 0) != server->pid || !WIFSIGNALED(status) ||
        WTERMSIG(status) != SIGKILL)
        bench_fail("the server had ended by itself (status %d): see %s", status, server->log);
}

void chaos_server_stop(struct chaos_server *server) {
    int status;
    kill(server->pid, SIGTERM);
    if (waitpid(server->pid, &status, 0) != server->pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        bench_fail("the server did not end well (status %d): see %s", status, server->log);
}
