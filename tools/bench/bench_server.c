#include "bench.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

_Noreturn static void be_server(const char *program, const char *db, const char *log, int out) {
    int err = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (err < 0 || dup2(out, STDOUT_FILENO) < 0 || dup2(err, STDERR_FILENO) < 0)
        bench_fail("the log %s cannot be written", log);
    execl(program, program, "serve", "--db", db, "--listen", "127.0.0.1:0", (char *)NULL);
    bench_fail("%s cannot be started", program);
}

void bench_server_start(const char *program, const char *db, const char *log, struct bench_server *out) {
    int pipe_ends[2];
    char line[BENCH_PATH];
    if (pipe(pipe_ends) != 0) bench_fail("no pipe");
    out->pid = fork();
    if (out->pid == 0) be_server(program, db, log, pipe_ends[1]);
    close(pipe_ends[1]);
    FILE *said = fdopen(pipe_ends[0], "r");
    if (out->pid < 0 || !said) bench_fail("the server cannot be started");
    if (!fgets(line, sizeof line, said) || !strrchr(line, ':'))
        bench_fail("the server did not start: see %s", log);
    out->port = atoi(strrchr(line, ':') + 1);
    fclose(said);
}

void bench_server_stop(struct bench_server *server) {
    int status;
    kill(server->pid, SIGTERM);
    if (waitpid(server->pid, &status, 0) != server->pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        bench_fail("the server did not end well (status %d)", status);
}
