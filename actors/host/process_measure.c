/*  process_measure.c: from /proc and getrusage. */
#include "actors/host/process_measure.h"

#include "actors/host/log.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define FILES_EVERY 10 /*  a process with thousands of connections has a long list */

static int64_t resident_bytes (void)
{
    char line[128] = "";
    char *rest = NULL;
    FILE *file = fopen ("/proc/self/statm", "re");
    if (!file)
        return 0;
    (void) !fgets (line, sizeof line, file);
    (void) fclose (file);
    (void) strtol (line, &rest, 10); /*  all of its address space; then what is in memory */
    return (int64_t) strtol (rest, NULL, 10) * sysconf (_SC_PAGESIZE);
}

static int64_t cpu_ns (void)
{
    struct rusage usage;
    if (getrusage (RUSAGE_SELF, &usage) != 0)
        return 0;
    return (int64_t) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * INT64_C (1000000000) +
           (int64_t) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000;
}

static int64_t open_files (void)
{
    int64_t count = 0;
    DIR *directory = opendir ("/proc/self/fd");
    if (!directory)
        return 0;
    for (const struct dirent *entry; (entry = readdir (directory));)
        count += entry->d_name[0] != '.';
    (void) closedir (directory);
    return count - 1; /*  the directory itself */
}

void process_measure (actor_stats_t *stats)
{
    static _Thread_local unsigned calls;
    static _Thread_local int64_t files;
    if (calls++ % FILES_EVERY == 0)
        files = open_files ();
    measure_put (stats, "process.resident", resident_bytes ());
    measure_put (stats, "process.cpu", cpu_ns ());
    measure_put (stats, "process.files", files);
    measure_put (stats, "log.dropped", (int64_t) log_dropped ());
}
