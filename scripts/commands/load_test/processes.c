/*  processes.c: see processes.h. Who ended meanwhile counts nothing. */
#include "scripts/commands/load_test/processes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int64_t cpu_of (pid_t pid)
{
    clockid_t clock;
    struct timespec used = {0};
    if (clock_getcpuclockid (pid, &clock) == 0)
        (void) clock_gettime (clock, &used);
    return (int64_t) used.tv_sec * 1000000000 + used.tv_nsec;
}

/*  The first line of a file; empty: there is none. */
static void read_line (const char *path, char *text, int size)
{
    FILE *file = fopen (path, "r");
    if (!file || !fgets (text, size, file))
        text[0] = '\0';
    if (file)
        (void) fclose (file);
}

static long resident_of (pid_t pid)
{
    char text[256];
    char path[64];
    (void) snprintf (path, sizeof path, "/proc/%d/statm", (int) pid);
    read_line (path, text, sizeof text);
    char *resident = text;
    (void) strtol (text, &resident, 10); /*  the whole size comes first */
    return strtol (resident, NULL, 10) * (sysconf (_SC_PAGESIZE) / 1024);
}

static int is_shard (pid_t pid)
{
    char text[256];
    char path[64];
    (void) snprintf (path, sizeof path, "/proc/%d/comm", (int) pid);
    read_line (path, text, sizeof text);
    return strstr (text, "executor") != NULL;
}

static void add (processes_t *sum, pid_t pid)
{
    int64_t cpu_ns = cpu_of (pid);
    long kb = resident_of (pid);
    sum->cpu_ns += cpu_ns;
    sum->resident_kb += kb;
    if (!is_shard (pid))
        return;
    sum->shards_ns += cpu_ns;
    sum->shards_kb += kb;
}

processes_t processes_of (pid_t parent)
{
    processes_t sum = {0};
    char text[4096];
    char path[64];
    add (&sum, parent);
    (void) snprintf (path, sizeof path, "/proc/%d/task/%d/children", (int) parent, (int) parent);
    read_line (path, text, sizeof text);
    char *end = text;
    for (long pid; (pid = strtol (end, &end, 10)) > 0;)
        add (&sum, (pid_t) pid);
    return sum;
}
