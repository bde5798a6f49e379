/*  processes.h: what a child and its children cost: from /proc. */
#ifndef PROCESSES_H
#define PROCESSES_H

#include <stdint.h>
#include <sys/types.h>

typedef struct {
    int64_t cpu_ns;    /*  of all of them, since their start */
    int64_t shards_ns; /*  of those called executor-… */
    long resident_kb;
    long shards_kb;
} processes_t;

processes_t processes_of (pid_t parent);

#endif
