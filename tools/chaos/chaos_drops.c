/* Plain drops on the database of the storm, before and after it: what its rate is compared with. They are
 * those of make bench: 64 connections, each event once, in the order of the runs, nothing cut. */
#include "chaos.h"
#include <stdlib.h>
#include <string.h>

/* The runs that the storm leaves, of every third device. */
static struct bench_plan part_of(const struct chaos_options *options, const struct bench_plan *plan,
                                 enum chaos_part part) {
    struct bench_plan of = *plan;
    size_t taken = (size_t)chaos_runs(options) * BENCH_STOPS;
    of.first = malloc(plan->drivers * sizeof *of.first);
    if (!of.first) bench_fail("no memory for the drops");
    for (size_t i = 0; i < plan->drivers; i++)
        of.first[i] = i % CHAOS_PARTS == part ? plan->first[i] + taken : plan->end[i];
    return of;
}

void chaos_drops(const struct chaos_options *options, const struct bench_plan *plan,
                 const struct chaos_server *server, enum chaos_part part, struct chaos_cost *cost) {
    struct bench_plan of = part_of(options, plan, part);
    struct bench_load *load = bench_load_open(&of, atomic_load(&server->port));
    double cpu = bench_cpu_seconds(server->pid), own = bench_cpu_seconds(0),
           bytes = bench_bytes_written(server->pid);
    size_t drops;
    cost->seconds += bench_load_run(load, BENCH_DRIVERS, 3600, &drops);
    cost->server += bench_cpu_seconds(server->pid) - cpu;
    cost->devices += bench_cpu_seconds(0) - own;
    cost->written += bench_bytes_written(server->pid) - bytes;
    cost->events += (long)drops;
    bench_load_close(load);
    free(of.first);
}
