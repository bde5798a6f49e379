/*  watch.c: plain SUB; a message that is not understood is passed over. */
#include "scripts/commands/load_test/watch.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

typedef struct {
    char shard[32];
    uint64_t clients;
    uint64_t warm;
    uint64_t under_way;
} beat_t;

struct watch {
    void *context;
    void *socket;
    size_t clients;
    beat_t shards[WATCH_SHARDS_MAX];
    size_t shards_count;
    uint64_t beats;
    watch_trade_t trades[WATCH_TRADES_MAX];
    size_t trades_count;
    size_t alerts;
    size_t closed;
    char last_alert[512];
    message_t message;
};

static const char *const subjects[] = {"copy.result", "shard.beat", "replication.completed", "alert.raised"};

int watch_new (watch_t **self_p, const char *endpoint, size_t clients, problem_t *problem)
{
    assert (self_p && endpoint);
    watch_t *self = calloc (1, sizeof *self);
    *self_p = self;
    if (self)
        self->context = zmq_ctx_new ();
    if (self && self->context)
        self->socket = zmq_socket (self->context, ZMQ_SUB);
    if (!self || !self->socket) {
        watch_destroy (self_p);
        return problem_set (problem, ERR_MEMORY, "load-test", "no memory");
    }
    int none = 0;
    self->clients = clients;
    (void) zmq_setsockopt (self->socket, ZMQ_RCVHWM, &none, sizeof none);
    (void) zmq_setsockopt (self->socket, ZMQ_LINGER, &none, sizeof none);
    for (size_t i = clients > 0 ? 0 : 1; i < sizeof subjects / sizeof *subjects; i++)
        (void) zmq_setsockopt (self->socket, ZMQ_SUBSCRIBE, subjects[i], strlen (subjects[i]));
    if (zmq_connect (self->socket, endpoint) == 0)
        return 0;
    watch_destroy (self_p);
    return problem_set (problem, ERR_SETTING, endpoint, "%s", zmq_strerror (zmq_errno ()));
}

void watch_destroy (watch_t **self_p)
{
    assert (self_p);
    watch_t *self = *self_p;
    if (!self)
        return;
    for (size_t i = 0; i < self->trades_count; i++)
        free (self->trades[i].copied);
    if (self->socket)
        (void) zmq_close (self->socket);
    if (self->context)
        (void) zmq_ctx_term (self->context);
    free (self);
    *self_p = NULL;
}

static watch_trade_t *trade_of (watch_t *self, const char *x)
{
    for (size_t i = self->trades_count; i-- > 0;)
        if (strcmp (self->trades[i].x, x) == 0)
            return &self->trades[i];
    if (self->trades_count == WATCH_TRADES_MAX)
        return NULL;
    watch_trade_t *trade = &self->trades[self->trades_count];
    trade->copied = calloc (self->clients + 1, 1);
    if (!trade->copied)
        return NULL;
    trade->closed_q_e9 = -1;
    (void) snprintf (trade->x, sizeof trade->x, "%s", x);
    self->trades_count++;
    return trade;
}

static void on_beat (watch_t *self, const shard_beat_t *message)
{
    size_t at = 0;
    while (at < self->shards_count && strcmp (self->shards[at].shard, message->shard) != 0)
        at++;
    if (at == WATCH_SHARDS_MAX)
        return;
    self->shards_count += at == self->shards_count;
    self->beats++;
    beat_t *beat = &self->shards[at];
    (void) snprintf (beat->shard, sizeof beat->shard, "%s", message->shard);
    beat->clients = message->clients;
    beat->warm = message->warm;
    beat->under_way = message->working + message->unanswered;
}

/*  Clients are called client-0001 and so on. */
static void on_result (watch_t *self, const copy_result_t *message)
{
    for (size_t i = 0; i < message->outcomes_count; i++) {
        const outcome_t *outcome = &message->outcomes[i];
        const char *digits = strrchr (outcome->client_id, '-');
        size_t number = digits ? (size_t) strtoul (digits + 1, NULL, 10) : 0;
        watch_trade_t *trade = trade_of (self, outcome->x);
        if (!trade || number == 0 || number > self->clients)
            continue;
        trade->copied_count += !trade->copied[number - 1];
        trade->copied[number - 1] = 1;
    }
}

static void on_completed (watch_t *self, const replication_completed_t *message)
{
    self->closed++;
    watch_trade_t *trade = self->clients > 0 ? trade_of (self, message->master_order_id) : NULL;
    bool again = trade && message->qty_e9 == trade->closed_q_e9; /*  its end, with nothing more executed */
    if (!trade || message->qty_e9 < trade->closed_q_e9 ||
        (again && message->success_count < trade->success_count))
        return;
    trade->closed_q_e9 = message->qty_e9;
    trade->success_count = message->success_count;
    trade->failure_count = message->failure_count;
    trade->skipped_count = message->skipped_count;
    trade->total_ns = message->total_time_ns;
    trade->p50_ns = message->p50_ns;
    trade->p95_ns = message->p95_ns;
    trade->p99_ns = message->p99_ns;
}

static void on_alert (watch_t *self, const alert_raised_t *message)
{
    if (message->severity == ALERT_RAISED_SEVERITY_INFO)
        return;
    self->alerts++;
    (void) snprintf (self->last_alert, sizeof self->last_alert, "%s %s: %s",
        alert_raised_kind_text (message->kind), message->subject, message->text);
}

static void on_message (watch_t *self)
{
    const message_t *message = &self->message;
    switch (message->kind) {
    case MSG_SHARD_BEAT: on_beat (self, &message->shard_beat); break;
    case MSG_COPY_RESULT: on_result (self, &message->copy_result); break;
    case MSG_REPLICATION_COMPLETED: on_completed (self, &message->replication_completed); break;
    case MSG_ALERT_RAISED: on_alert (self, &message->alert_raised); break;
    default: break;
    }
}

/*  false: nothing is there. */
static bool take (watch_t *self)
{
    char subject[64];
    uint8_t body[MESSAGE_BYTES_MAX];
    int more = 0;
    size_t more_size = sizeof more;
    int size = zmq_recv (self->socket, subject, sizeof subject - 1, ZMQ_DONTWAIT);
    if (size < 0)
        return false;
    subject[(size_t) size < sizeof subject ? size : 0] = '\0';
    (void) zmq_getsockopt (self->socket, ZMQ_RCVMORE, &more, &more_size);
    size = more ? zmq_recv (self->socket, body, sizeof body, 0) : -1;
    if (size >= 0 && (size_t) size <= sizeof body &&
        message_decode (message_kind_of (subject), body, (size_t) size, &self->message, NULL) == 0)
        on_message (self);
    return true;
}

static int64_t now_ms (void)
{
    struct timespec now;
    (void) clock_gettime (CLOCK_MONOTONIC, &now);
    return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void watch_for (watch_t *self, int ms)
{
    assert (self && ms >= 0);
    int64_t end_ms = now_ms () + ms;
    for (int64_t left_ms = ms; left_ms >= 0; left_ms = end_ms - now_ms ()) {
        zmq_pollitem_t item = {.socket = self->socket, .events = ZMQ_POLLIN};
        if (zmq_poll (&item, 1, (long) left_ms) <= 0)
            return;
        while (take (self))
            ;
    }
}

watch_beats_t watch_beats (const watch_t *self)
{
    assert (self);
    watch_beats_t sum = {.shards = self->shards_count, .beats = self->beats};
    for (size_t i = 0; i < self->shards_count; i++) {
        sum.clients += self->shards[i].clients;
        sum.warm += self->shards[i].warm;
        sum.under_way += self->shards[i].under_way;
    }
    return sum;
}

const watch_trade_t *watch_trade (const watch_t *self, const char *x)
{
    assert (self && x);
    for (size_t i = self->trades_count; i-- > 0;)
        if (strcmp (self->trades[i].x, x) == 0)
            return &self->trades[i];
    return NULL;
}

size_t watch_closed (const watch_t *self)
{
    assert (self);
    return self->closed;
}

size_t watch_alerts (const watch_t *self)
{
    assert (self);
    return self->alerts;
}

const char *watch_last_alert (const watch_t *self)
{
    assert (self);
    return self->last_alert;
}
