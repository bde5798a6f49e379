/*  channel.c: why it exists: the one request that must be fast, and those of which there are so many that they may not
 *  cost much (libcurl's transfers take ten times the CPU).
 *
 *  A turn of the loop: sockets are read (answers are only put aside) and the actor's messages handled (requests queue);
 *  then what is queued is written; then the answers are given out. A queue that is long is written a batch at a time
 *  while it grows: the broker works on the first orders while the last are still being decided.
 */
#include "broker/alpaca/channel.h"

#include "broker/alpaca/channel_clock.h"
#include "broker/alpaca/channel_pool.h"
#include "messages/stage.h"

#include <uv.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define BATCH 64      /*  requests that go to a connection in one write */
#define FIRST_BATCH 1 /*  the first one of a turn: the broker begins, and the next ones grow */
#define BATCH_GROWS 4
#define TICK_MS 1000
#define SLOW_NS (NS_PER_S / 2)
#define KEEP_REPLY_MAX (64u * 1024) /*  a larger buffer is given back after the reply */
#define HANDLES 4
#define TURNS_MAX 8
#define NEVER_MS (UINT64_C (1) << 40)

struct channel {
    uv_check_t check;
    uv_prepare_t prepare;
    uv_timer_t tick;
    uv_timer_t alarm;
    int handles; /*  not yet closed */
    rest_options_t options;
    bool patient;
    channel_pool_t *pool;
    channel_call_t **all; /*  made when first needed; max_requests, and one whose reply is being given out */
    size_t count;
    channel_calls_t free;
    channel_calls_t urgent;
    channel_calls_t queue;
    channel_calls_t finished;
    size_t gathered; /*  queued since it was written last */
    int64_t now_ns;  /*  of the first of these */
    size_t batch;    /*  of this turn: so many are written at once */
    size_t pending;
    size_t slow; /*  unanswered for SLOW_NS at the last tick; half as many a tick later */
    size_t accounts;
    bool awake; /*  the end of this turn has work */
    bool giving_out;
    int64_t alarm_at_ns; /*  INT64_MAX = not set */
    uint64_t requests;
    uint64_t allocations;
};

static void alarm_set (channel_t *self, int64_t at_ns)
{
    if (at_ns >= self->alarm_at_ns)
        return;
    self->alarm_at_ns = at_ns;
    int64_t wait_ns = at_ns - channel_clock (CLOCK_MONOTONIC);
    uv_update_time (self->alarm.loop);
    uv_timer_set_repeat (&self->alarm, wait_ns > 0 ? (uint64_t) (wait_ns / NS_PER_MS) + 1 : 1);
    (void) uv_timer_again (&self->alarm); /*  on_alarm stops it */
}

static size_t queued (const channel_t *self)
{
    return self->urgent.count + self->queue.count;
}

static void channel_tell_pool (channel_t *self)
{
    size_t expected = self->accounts + self->slow;
    if (self->pending > expected)
        expected = self->pending;
    channel_pool_expect (self->pool, expected, queued (self));
    int64_t retry_at_ns = channel_pool_retry_at (self->pool);
    if (retry_at_ns != INT64_MAX)
        alarm_set (self, retry_at_ns);
}

/*  From a connection, or because it was never given to one. */
static void on_finished (void *context, channel_call_t *call)
{
    channel_t *self = context;
    call->state = CALL_STATE_FINISHED;
    call->link = NULL;
    call->answered_at_ns = self->options.utc_now ();
    channel_calls_append (&self->finished, call);
    self->awake = true;
}

static void channel_refuse (channel_t *self, channel_call_t *call, const char *reason)
{
    call->started = false;
    call->whole = false;
    channel_call_say (call, reason);
    on_finished (self, call);
}

static void on_room (void *context)
{
    channel_t *self = context;
    self->awake = true;
}

/*  No connection, and none in the making: whoever waits would wait for nothing. */
static void on_stuck (void *context, const char *reason)
{
    channel_t *self = context;
    channel_call_t *call;
    while ((call = channel_calls_pop (&self->urgent)) || (call = channel_calls_pop (&self->queue)))
        channel_refuse (self, call, reason);
}

/*  Up to `room` requests onto a connection, as one write. */
static void channel_write_batch (channel_t *self, channel_link_t *link, size_t room)
{
    int64_t now_ns = channel_clock (CLOCK_MONOTONIC);
    int64_t boot_ns = channel_clock (CLOCK_BOOTTIME);
    int64_t utc_ns = self->options.utc_now ();
    size_t taken = 0;
    bool orders = false;
    channel_call_t *call;
    while (taken < room &&
           ((call = channel_calls_pop (&self->urgent)) || (call = channel_calls_pop (&self->queue)))) {
        if (now_ns >= call->deadline_ns) {
            channel_refuse (self, call, "no connection became free in time");
        } else if (call->not_after_ns > 0 && boot_ns >= call->not_after_ns) {
            /*  the sender's lease is over: whoever has the account now may send for it (P6) */
            channel_refuse (self, call, "it was too late to begin it");
        } else {
            call->sent_at_ns = utc_ns;
            call->taken_at_ns = now_ns;
            call->state = CALL_STATE_TAKEN;
            orders = !call->path;
            if (channel_link_take (link, call) != 0)
                channel_refuse (self, call, "the connection did not take it");
            else
                taken++;
        }
    }
    if (taken == 0)
        return;
    channel_link_flush (link);
    if (orders)
        stage_mark (STAGE_WRITTEN);
}

static void channel_write (channel_t *self)
{
    channel_link_t *link;
    size_t room = 0;
    self->gathered = 0;
    while (queued (self) > 0 && (link = channel_pool_pick (self->pool, &room)))
        channel_write_batch (self, link, room < BATCH ? room : BATCH);
    channel_tell_pool (self);
}

static void call_release (channel_t *self, channel_call_t *call)
{
    keys_release (&call->keys);
    if (call->reply_capacity > KEEP_REPLY_MAX) {
        free (call->reply);
        call->reply = NULL;
        call->reply_capacity = 0;
    }
    self->allocations += call->allocations;
    call->allocations = 0;
    call->state = CALL_STATE_FREE;
    channel_calls_push (&self->free, call); /*  the next one finds it in the cache */
}

static int64_t seconds_to_ns (int64_t seconds)
{
    return seconds > 0 && seconds < INT64_MAX / NS_PER_S ? seconds * NS_PER_S : 0;
}

static void call_answer (channel_t *self, channel_call_t *call)
{
    const reply_head_t *head = &call->head;
    rest_reply_t reply = {.started = call->started,
        .complete = call->started && call->whole && head->status >= 200,
        .status = head->status,
        .reason = call->reason,
        .body = call->reply,
        .body_size = call->reply_size,
        .sent_at_ns = call->started ? call->sent_at_ns : 0,
        .answered_at_ns = call->answered_at_ns,
        .date_ns = head->date_ns,
        .limit = head->limit,
        .remaining = head->remaining,
        .limit_reset_ns = seconds_to_ns (head->reset_s),
        .retry_after_ns = head->retry_after_ns};
    /*  Retry-After: seconds from now, or a date */
    if (head->retry_after_s >= 0 && head->retry_after_s < 86400)
        reply.retry_after_ns = reply.answered_at_ns + head->retry_after_s * NS_PER_S;
    self->pending--;
    call->on_reply (call->context, &reply); /*  it may send the next request */
    call_release (self, call);
}

static void channel_give_out (channel_t *self)
{
    if (self->giving_out)
        return;
    self->giving_out = true;
    size_t count = self->finished.count; /*  what is finished by a reply waits for the next turn */
    channel_call_t *call;
    while (count-- > 0 && (call = channel_calls_pop (&self->finished)))
        call_answer (self, call);
    self->giving_out = false;
}

static void channel_end_turn (channel_t *self)
{
    self->awake = false;
    self->batch = FIRST_BATCH;
    channel_write (self);
    channel_give_out (self);
    if (self->finished.count > 0)
        self->awake = true;
}

static void on_check (uv_check_t *check)
{
    channel_t *self = check->data;
    if (self->awake)
        channel_end_turn (self);
}

static void on_prepare (uv_prepare_t *prepare)
{
    channel_t *self = prepare->data;
    /*  answers may give new work: not after the poll that comes now, which may be long */
    for (int i = 0; self->awake && i < TURNS_MAX; i++)
        channel_end_turn (self);
    if (self->awake)
        alarm_set (self, channel_clock (CLOCK_MONOTONIC));
}

/*  Requests whose time is over; the earliest of the others sets the alarm. */
static void channel_expire (channel_t *self, int64_t now_ns)
{
    int64_t next_ns = INT64_MAX;
    for (size_t i = 0; i < self->count; i++) {
        channel_call_t *call = self->all[i];
        if (call->state != CALL_STATE_QUEUED && call->state != CALL_STATE_TAKEN)
            continue;
        if (now_ns < call->deadline_ns) {
            next_ns = call->deadline_ns < next_ns ? call->deadline_ns : next_ns;
        } else if (call->state == CALL_STATE_QUEUED) {
            channel_calls_remove (call->urgent ? &self->urgent : &self->queue, call);
            channel_refuse (self, call, "no connection became free in time");
        } else {
            channel_link_cancel (call->link, call);
            call->whole = false;
            channel_call_say (call, "no answer came in time");
            on_finished (self, call);
        }
    }
    if (next_ns != INT64_MAX)
        alarm_set (self, next_ns);
}

static void on_alarm (uv_timer_t *timer)
{
    channel_t *self = timer->data;
    self->alarm_at_ns = INT64_MAX;
    (void) uv_timer_stop (timer);
    channel_expire (self, channel_clock (CLOCK_MONOTONIC));
    self->awake = true;
}

/*  What is not answered by now may long not be: the next fan-out needs room beside it. */
static size_t channel_count_slow (const channel_t *self)
{
    int64_t before_ns = channel_clock (CLOCK_MONOTONIC) - SLOW_NS;
    size_t count = 0;
    for (size_t i = 0; self->pending > 0 && i < self->count; i++)
        count += self->all[i]->state == CALL_STATE_TAKEN && self->all[i]->taken_at_ns <= before_ns;
    return count;
}

static void on_tick (uv_timer_t *timer)
{
    channel_t *self = timer->data;
    size_t slow = channel_count_slow (self);
    self->slow = slow > self->slow / 2 ? slow : self->slow / 2;
    channel_pool_tick (self->pool);
    channel_tell_pool (self);
}

static void on_closed (uv_handle_t *handle)
{
    channel_t *self = handle->data;
    if (--self->handles == 0)
        free (self);
}

static void handles_start (channel_t *self, uv_loop_t *loop)
{
    (void) uv_check_init (loop, &self->check);
    (void) uv_prepare_init (loop, &self->prepare);
    (void) uv_timer_init (loop, &self->tick);
    (void) uv_timer_init (loop, &self->alarm);
    uv_handle_t *const handles[HANDLES] = {(uv_handle_t *) &self->check, (uv_handle_t *) &self->prepare,
        (uv_handle_t *) &self->tick, (uv_handle_t *) &self->alarm};
    for (size_t i = 0; i < HANDLES; i++)
        handles[i]->data = self;
    self->handles = HANDLES;
    (void) uv_check_start (&self->check, on_check);
    (void) uv_prepare_start (&self->prepare, on_prepare);
    (void) uv_timer_start (&self->tick, on_tick, TICK_MS, TICK_MS);
    (void) uv_timer_start (&self->alarm, on_alarm, NEVER_MS, NEVER_MS);
    for (size_t i = 0; i < HANDLES; i++) /*  they keep no loop alive that has nothing else to do */
        uv_unref (handles[i]);
}

channel_t *channel_new (const channel_options_t *options, problem_t *problem)
{
    assert (options && options->uv_loop && options->url && options->rest.utc_now &&
            options->rest.max_requests > 0 && options->rest.max_connections > 0);
    channel_t *self = calloc (1, sizeof *self);
    if (self)
        self->all = calloc ((size_t) options->rest.max_requests + 1, sizeof *self->all);
    if (!self || !self->all) {
        (void) problem_set (problem, ERR_MEMORY, "max_calls", "no room for %u", options->rest.max_requests);
        free (self);
        return NULL;
    }
    self->options = options->rest;
    self->patient = options->patient;
    self->alarm_at_ns = INT64_MAX;
    self->batch = FIRST_BATCH;
    const channel_pool_options_t pool = {.uv_loop = options->uv_loop,
        .url = options->url,
        .ca_file = options->rest.ca_file,
        .max_connections = options->rest.max_connections,
        .connect_timeout_ns = options->rest.connect_timeout_ns,
        .user_timeout_ns = options->rest.user_timeout_ns,
        .on_finished = on_finished,
        .on_room = on_room,
        .on_stuck = on_stuck,
        .context = self};
    self->pool = channel_pool_new (&pool, problem);
    if (!self->pool) {
        free (self->all);
        free (self);
        return NULL;
    }
    handles_start (self, options->uv_loop);
    return self;
}

void channel_destroy (channel_t **self_p)
{
    assert (self_p);
    channel_t *self = *self_p;
    if (!self)
        return;
    *self_p = NULL;
    assert (!self->giving_out);
    channel_pool_destroy (&self->pool);
    for (size_t i = 0; i < self->count; i++)
        channel_call_destroy (&self->all[i]);
    free (self->all);
    uv_close ((uv_handle_t *) &self->check, on_closed);
    uv_close ((uv_handle_t *) &self->prepare, on_closed);
    uv_close ((uv_handle_t *) &self->tick, on_closed);
    uv_close ((uv_handle_t *) &self->alarm, on_closed);
}

static channel_call_t *channel_make_call (channel_t *self)
{
    channel_call_t *call = channel_call_new ();
    if (call) {
        self->all[self->count++] = call;
        self->allocations++;
    }
    return call;
}

void channel_expect (channel_t *self, size_t accounts)
{
    assert (self);
    self->accounts = accounts;
    channel_call_t *call;
    while (self->count < accounts && self->count < self->options.max_requests &&
           (call = channel_make_call (self)))
        channel_calls_push (&self->free, call);
    channel_tell_pool (self);
}

static channel_call_t *channel_take_free (channel_t *self)
{
    channel_call_t *call = channel_calls_pop (&self->free);
    return call ? call : channel_make_call (self);
}

/*  What follows scheme and authority; NULL: nothing. */
static const char *path_of (const char *url)
{
    const char *authority = strstr (url, "://");
    return authority ? strchr (authority + 3, '/') : NULL;
}

static bool is_whole (const rest_request_t *request)
{
    bool reads = request->method == REST_GET && request->url && path_of (request->url);
    bool orders = request->method == REST_POST && request->body && request->body_size > 0;
    return (reads || orders) && request->keys && request->timeout_ns > 0;
}

/*  now_ns: when the batch was begun. */
static void call_fill (channel_call_t *call, const rest_request_t *request, bool urgent, int64_t now_ns)
{
    call->keys = keys_hold (request->keys);
    bool is_order = request->method == REST_POST;
    call->path = is_order ? NULL : path_of (request->url);
    call->body = request->body;
    call->body_size = is_order ? request->body_size : 0;
    call->body_sent = 0;
    call->reply_max = request->reply_max;
    call->deadline_ns = now_ns + request->timeout_ns;
    call->not_after_ns = request->not_after_ns;
    call->urgent = urgent;
    call->link = NULL;
    call->started = call->whole = call->head_done = false;
    call->reply_size = 0;
    call->reason[0] = 0;
    reply_head_clear (&call->head);
}

int channel_send (
    channel_t *self, const rest_request_t *request, bool urgent, rest_reply_fn *on_reply, void *context)
{
    assert (self && request && is_whole (request) && on_reply);
    if (self->pending == self->options.max_requests)
        return -ERR_FULL;
    channel_call_t *call = channel_take_free (self);
    if (!call)
        return -ERR_MEMORY;
    if (self->gathered == 0)
        self->now_ns = channel_clock (CLOCK_MONOTONIC);
    call_fill (call, request, urgent, self->now_ns);
    call->on_reply = on_reply;
    call->context = context;
    call->state = CALL_STATE_QUEUED;
    channel_calls_append (urgent ? &self->urgent : &self->queue, call);
    self->pending++;
    self->requests++;
    alarm_set (self, call->deadline_ns);
    self->awake = true;
    if (++self->gathered >= self->batch && !self->patient) {
        channel_flush (self);
        self->batch = self->batch * BATCH_GROWS < BATCH ? self->batch * BATCH_GROWS : BATCH;
    }
    return 0;
}

void channel_flush (channel_t *self)
{
    assert (self);
    channel_write (self);
}

size_t channel_pending (const channel_t *self)
{
    assert (self);
    return self->pending;
}

void channel_counts (const channel_t *self, channel_counts_t *counts)
{
    assert (self && counts);
    *counts = (channel_counts_t){.requests = self->requests,
        .connections = channel_pool_connections (self->pool),
        .ready = channel_pool_ready (self->pool),
        .allocations = self->allocations + channel_pool_allocations (self->pool)};
}
