/*  actor_host_parts.h: what actor_host.c and actor_host_say.c share. */
#ifndef ACTOR_HOST_PARTS_H
#define ACTOR_HOST_PARTS_H

#include "actors/host/actor_host.h"
#include "actors/host/readiness.h"

/*  An event that waits. */
typedef struct {
    int kind;
    uint64_t token;
    uint64_t count;
    stream_phase_t stream;
    char reason[REASON_MAX];
    call_kind_t call;
    answer_kind_t answer;
    uint32_t account;
} posted_t;

struct actor_host {
    char name[ACTOR_NAME_MAX];
    char role[ACTOR_NAME_MAX];
    uv_loop_t *loop; /*  its own, or that of the thread which it shares */
    uv_loop_t own;
    uv_timer_t wake;
    uv_timer_t deadline;
    uv_timer_t stats;
    int64_t started_utc_ns;
    uv_async_t stop;
    wire_t *wire;
    readiness_t readiness;
    actor_parts_t parts;
    bool started;
    bool stopping; /*  EVENT_STOP was stepped */
    bool stopped;  /*  EFFECT_STOPPED came, or the deadline */
    bool busy;     /*  in a step or carrying out its effects */
    int result;
    uint64_t refusals;
    uint64_t unsent_told;
    posted_t *posted;
    size_t carried; /*  effects of the step, from the first on */
    size_t posted_head;
    size_t posted_count;
    size_t posted_max;
    message_t scratch;                /*  decoded for the log */
    uint8_t bytes[MESSAGE_BYTES_MAX]; /*  encoded by actor_host_send */
};

void actor_host_on_stats (uv_timer_t *handle);

#endif
