/*  redis_part.h: what redis_state.c, redis_read.c and redis_write.c share. Nobody else includes it.
 */
#ifndef REDIS_PART_H
#define REDIS_PART_H

#include "storage/redis_state.h"
#include "storage/redis_table.h"

#include <hiredis/async.h>
#include <time.h>

#define SECOND_NS INT64_C (1000000000)
#define FAULTS_TOLD 20
#define WORD_MAX 24
#define ARGUMENTS_MAX (2 + 2 * REDIS_FIELDS)

typedef enum { PHASE_AWAY, PHASE_READING, PHASE_READY } redis_phase_t;

struct redis_state {
    state_t state; /*  first: the port's pointer */
    redis_state_config_t config;
    char writer[64];
    redisAsyncContext *redis; /*  borrowed; NULL = away */
    redis_phase_t phase;
    bool failed;    /*  the last attempt, or the connection before: a refresh has nothing to wait for */
    bool told;      /*  health was */
    bool well;      /*  what it was */
    bool signed_in; /*  tc:writer was set over this connection */
    bool strange;   /*  somebody else has set it since, and that was told */
    redis_table_t marks;
    redis_table_t breakers;
    int64_t last_stamp_ns;
    state_done_fn *done; /*  of the refresh under way, NULL = none */
    void *done_context;
    int64_t done_until_ns; /*  monotonic, as those below */
    int64_t read_until_ns;
    int64_t paused_until_ns;
    int64_t beat_at_ns;
    uint32_t reading;   /*  HMGETs without an answer */
    uint32_t in_flight; /*  writes without an answer */
    uint32_t found;     /*  keys of ours in this reading */
    uint64_t faults;    /*  over this connection */
    uint64_t written;
    char cursor[WORD_MAX]; /*  of SCAN */
};

/*  One command under way; freed in its callback, which hiredis always calls. */
typedef struct {
    redis_state_t *self;
    size_t key_size;
    char key[REDIS_KEY_MAX];
} redis_request_t;

redis_state_t *redis_state_of (state_t *self);
int64_t redis_clock_ns (clockid_t clock);
redis_table_t *redis_state_table (redis_state_t *self, redis_kind_t kind);
void redis_state_settle (redis_state_t *self); /*  says that all is well when nothing is left to write */
void redis_state_unwell (redis_state_t *self, const char *text);
void redis_state_refused (redis_state_t *self, const char *what);
void redis_state_fault (redis_state_t *self, const problem_t *problem);
void redis_state_refreshed (redis_state_t *self, int result);

/*  redis_read.c */
void redis_state_read (redis_state_t *self);
void redis_state_read_done (redis_state_t *self, const char *why_early); /*  NULL = all was read */

/*  redis_write.c */
void redis_state_write (redis_state_t *self); /*  what is dirty, as far as it may */
void redis_state_beat (redis_state_t *self);
/*  The first word of an error ("OOM", "WRONGTYPE"): the rest may repeat what we sent. Returns word. */
const char *redis_error_word (const redisReply *reply, char word[WORD_MAX]);
/*  NULL: out of memory */
redis_request_t *redis_request_new (redis_state_t *self, const char *key, size_t size);

#endif
