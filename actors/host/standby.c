/*  standby.c: why it exists: the nomination (nomination.h) meets Redis, a loop, a clock and the actor that it is about.
 *
 *  One loop from the first question to the last: the actor's own, once it leads.
 */
#include "actors/host/standby.h"

#include "actors/host/clock.h"
#include "actors/host/health.h"
#include "actors/host/log.h"
#include "actors/host/nomination.h"
#include "actors/host/redis_loop.h"
#include "messages/text.h"

#include <assert.h>
#include <hiredis/async.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RELEASE_MS 500 /*  Redis is asked to forget us, and not waited for longer */
#define LOOK_MS 500
#define MS_NS INT64_C (1000000)

/*  Who leads, after this question. Claimed: renewed, or taken when nobody does. */
#define QUESTION                                                                                             \
    "local holder = redis.call('GET', KEYS[1]) "                                                             \
    "if holder == ARGV[1] or (not holder and ARGV[3] == '1') then "                                          \
    "redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) return ARGV[1] end "                                 \
    "return holder"
#define RELEASE "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"

typedef struct {
    const runner_config_t *config; /*  borrowed */
    const char *key;
    uv_loop_t loop;
    uv_timer_t timer;
    uv_timer_t look; /*  is anybody there? */
    uv_signal_t term;
    redis_loop_t *redis;
    redisAsyncContext *connection; /*  borrowed from it; NULL = away */
    nomination_t nomination;
    health_t *health;   /*  while it stands by */
    runner_t *runner;   /*  once it leads */
    int64_t company_ns; /*  when somebody was there last */
    bool alone;         /*  it ends for that */
    bool alerted;
    bool asked_to_stop;
    bool released;
    bool away_told;
    bool fault_told;
    char leader_told[NOMINATION_ID_MAX];
    char before[NOMINATION_ID_MAX]; /*  who led last, while we stood by; "" = nobody */
} standby_t;

static const char *name_of (const standby_t *self)
{
    return self->config->actor->name;
}

/*  ---- what is told ---- */

static void tell_leader (standby_t *self)
{
    const nomination_t *nomination = &self->nomination;
    if (nomination->phase != NOMINATION_STANDBY || strcmp (nomination->leader, self->leader_told) == 0)
        return;
    TEXT_SET (self->leader_told, nomination->leader);
    if (*nomination->leader)
        TEXT_SET (self->before, nomination->leader);
    log_event (LOG_LEVEL_INFO, name_of (self), "standby", "%s; this is %s",
        *nomination->leader ? nomination->leader : "nobody leads", nomination->id);
}

static void tell_phase (const standby_t *self)
{
    const nomination_t *nomination = &self->nomination;
    if (nomination->phase == NOMINATION_LEADS)
        log_event (LOG_LEVEL_WARNING, name_of (self), "leads", "%s is nominated%s%s", nomination->id,
            *self->before ? ", before it " : "", self->before);
    else
        log_event (LOG_LEVEL_WARNING, name_of (self), "superseded", "%s leads; this was %s",
            nomination->leader, nomination->id);
}

static void on_lost (void *context, const char *why)
{
    standby_t *self = context;
    self->connection = NULL;
    nomination_lost (&self->nomination);
    if (!self->away_told)
        log_event (LOG_LEVEL_WARNING, name_of (self), "redis_away", "%s; it %s", why,
            self->nomination.phase == NOMINATION_LEADS ? "leads on, and who stands by cannot take over"
                                                       : "stands by, and cannot take over");
    self->away_told = true;
}

/*  NULL = ready to take over. */
static const char *lack (void *context)
{
    const standby_t *self = context;
    return self->connection ? NULL : "stands by, and Redis does not answer";
}

/*  ---- question and answer ---- */

static void on_due (uv_timer_t *timer);

static void arm (standby_t *self)
{
    int64_t wake_ns = nomination_wake_ns (&self->nomination);
    if (wake_ns == INT64_MAX) {
        (void) uv_timer_stop (&self->timer);
        return;
    }
    int64_t wait_ns = wake_ns - clock_now_ns ();
    uv_update_time (&self->loop);
    (void) uv_timer_start (
        &self->timer, on_due, wait_ns <= 0 ? 0 : (uint64_t) ((wait_ns + MS_NS - 1) / MS_NS), 0);
}

static void on_phase (standby_t *self)
{
    tell_phase (self);
    if (self->nomination.phase == NOMINATION_SUPERSEDED && self->runner)
        runner_leave (self->runner);
    uv_stop (&self->loop);
}

/*  Somebody else's value under our key, or a user who may not: Redis' code, once. */
static void tell_fault (standby_t *self, const redisReply *reply)
{
    if (!self->fault_told)
        log_event (LOG_LEVEL_ERROR, name_of (self), "redis_key", "%s: %.*s", self->key,
            reply->type == REDIS_REPLY_ERROR ? (int) strcspn (reply->str, " \r\n") : 14,
            reply->type == REDIS_REPLY_ERROR ? reply->str : "something else");
    self->fault_told = true;
}

static void on_answer (redisAsyncContext *redis, void *answer, void *context)
{
    standby_t *self = context;
    const redisReply *reply = answer;
    if (!reply || redis != self->connection || !self->nomination.asking)
        return; /*  the connection is ending */
    bool text = reply->type == REDIS_REPLY_STRING;
    bool changed = false;
    if (text || reply->type == REDIS_REPLY_NIL) {
        self->fault_told = false;
        changed = nomination_answered (
            &self->nomination, clock_now_ns (), text ? reply->str : NULL, text ? reply->len : 0);
        tell_leader (self);
    } else {
        tell_fault (self, reply);
        nomination_failed (&self->nomination, clock_now_ns ());
    }
    if (changed)
        on_phase (self);
    arm (self);
}

static void on_due (uv_timer_t *timer)
{
    standby_t *self = timer->data;
    nomination_question_t question = nomination_due (&self->nomination, clock_now_ns ());
    if (question != NOMINATION_NO_QUESTION &&
        redisAsyncCommand (self->connection, on_answer, self, "EVAL %s 1 %s %s %d %d", QUESTION, self->key,
            self->nomination.id, NOMINATION_LIFE_MS, question == NOMINATION_CLAIM) != REDIS_OK)
        nomination_failed (&self->nomination, clock_now_ns ()); /*  it is ending: `lost` will come */
    arm (self);
}

static void on_connected (void *context, struct redisAsyncContext *redis)
{
    standby_t *self = context;
    self->connection = redis;
    if (self->away_told)
        log_event (LOG_LEVEL_INFO, name_of (self), "redis_well", "it answers again");
    self->away_told = false;
    nomination_connected (&self->nomination, clock_now_ns ());
    arm (self);
}

static void on_tick (void *context)
{
    (void) context;
}

static void on_term (uv_signal_t *handle, int number)
{
    standby_t *self = handle->data;
    (void) number;
    self->asked_to_stop = true;
    if (self->runner)
        runner_ask_stop (self->runner);
    else
        uv_stop (&self->loop);
}

/*  People, once its sockets reach somebody: one of two is gone now. */
static void tell_people (standby_t *self)
{
    char text[300];
    if (self->alerted || !*self->before)
        return;
    self->alerted = true;
    (void) snprintf (text, sizeof text,
        "the %s was taken over: %s leads, before it %s; see that one stands by again", name_of (self),
        self->nomination.id, self->before);
    runner_alert (self->runner, text);
}

static void on_look (uv_timer_t *timer)
{
    standby_t *self = timer->data;
    int64_t now_ns = clock_now_ns ();
    if (!runner_is_alone (self->runner)) {
        self->company_ns = now_ns;
        tell_people (self);
    }
    if (now_ns - self->company_ns < STANDBY_ALONE_NS)
        return;
    self->alone = true;
    (void) uv_timer_stop (timer);
    runner_leave (self->runner);
}

/*  ---- its life ---- */

int standby_check (const runner_config_t *config, problem_t *problem)
{
    assert (config);
    const topology_actor_t *actor = config->actor;
    if (actor->role != ROLE_DISPATCHER && actor->role != ROLE_LISTENER)
        return problem_set (problem, ERR_SETTING, "--standby", "%s: only dispatcher and listener stand by",
            role_text (actor->role));
    if (config->topology->transport != TRANSPORT_TCP)
        return problem_set (problem, ERR_SETTING, "--standby", "the topology: expected transport tcp");
    if (!settings_given (config->settings, SETTING_REDIS_URL))
        return problem_set (problem, ERR_SETTING, "REDIS_URL", "--standby asks Redis who leads: expected it");
    return 0;
}

/*  libsodium is there since the settings were read. */
static void make_id (char id[NOMINATION_ID_MAX])
{
    char host[40] = "";
    (void) gethostname (host, sizeof host - 1);
    for (char *at = host; *at; at++)
        if (*at <= 0x20 || *at >= 0x7f)
            *at = '?';
    (void) snprintf (id, NOMINATION_ID_MAX, "%s:%ld:%08x%08x", *host ? host : "?", (long) getpid (),
        randombytes_random (), randombytes_random ());
}

static int open_redis (standby_t *self, problem_t *problem)
{
    char url[SETTING_TEXT_MAX];
    const redis_loop_events_t events = {
        .context = self, .connected = on_connected, .lost = on_lost, .tick = on_tick};
    int rc = settings_secret (self->config->settings, SETTING_REDIS_URL, url, sizeof url);
    if (rc == 0)
        rc = redis_loop_new (&self->redis, &self->loop, url, &events, problem);
    sodium_memzero (url, sizeof url);
    return rc;
}

static int begin (standby_t *self, problem_t *problem)
{
    char id[NOMINATION_ID_MAX];
    health_config_t health = {.loop = &self->loop,
        .dir = self->config->outside,
        .name = name_of (self),
        .role = role_text (self->config->actor->role),
        .lack = lack,
        .context = self};
    make_id (id);
    nomination_init (&self->nomination, id);
    self->key = self->config->actor->role == ROLE_LISTENER ? "tc:leader:listener" : "tc:leader";
    (void) uv_timer_init (&self->loop, &self->timer);
    (void) uv_timer_init (&self->loop, &self->look);
    (void) uv_signal_init (&self->loop, &self->term);
    self->timer.data = self->look.data = self->term.data = self;
    (void) uv_signal_start (&self->term, on_term, SIGTERM);
    int rc = health_new (&self->health, &health, problem);
    if (rc != 0)
        return rc;
    health_tell_manager (self->health);
    return open_redis (self, problem);
}

static void on_released (redisAsyncContext *redis, void *answer, void *context)
{
    standby_t *self = context;
    (void) redis;
    (void) answer;
    self->released = true;
    uv_stop (&self->loop);
}

static void on_patience (uv_timer_t *timer)
{
    on_released (NULL, NULL, timer->data);
}

/*  A clean end: who stands by need not wait until the key has expired. */
static void release (standby_t *self)
{
    if (self->nomination.phase != NOMINATION_LEADS || !self->connection)
        return;
    nomination_lost (&self->nomination); /*  nothing is asked any more */
    uv_update_time (&self->loop);
    uv_ref ((uv_handle_t *) &self->timer);
    (void) uv_timer_start (&self->timer, on_patience, RELEASE_MS, 0);
    if (redisAsyncCommand (self->connection, on_released, self, "EVAL %s 1 %s %s", RELEASE, self->key,
            self->nomination.id) != REDIS_OK)
        return;
    while (!self->released)
        (void) uv_run (&self->loop, UV_RUN_DEFAULT);
}

static void end (standby_t *self)
{
    health_close (&self->health);
    redis_loop_destroy (&self->redis);
    uv_close ((uv_handle_t *) &self->timer, NULL);
    uv_close ((uv_handle_t *) &self->look, NULL);
    uv_close ((uv_handle_t *) &self->term, NULL);
    while (uv_run (&self->loop, UV_RUN_DEFAULT) != 0)
        ;
    int rc = uv_loop_close (&self->loop);
    assert (rc == 0);
    (void) rc;
}

static int lead (standby_t *self, problem_t *problem)
{
    health_close (
        &self->health); /*  the actor answers for itself now, and keeps the loop alive, or ends it */
    uv_unref ((uv_handle_t *) &self->timer);
    uv_unref ((uv_handle_t *) &self->look);
    uv_unref ((uv_handle_t *) &self->term);
    int rc = runner_new (&self->runner, self->config, &self->loop, problem);
    settings_scrub_environment ();
    if (rc != 0)
        return rc;
    runner_tell_manager (self->runner);
    self->company_ns = clock_now_ns ();
    (void) uv_timer_start (&self->look, on_look, LOOK_MS, LOOK_MS);
    rc = runner_run (self->runner, problem);
    (void) uv_timer_stop (&self->look);
    runner_destroy (&self->runner); /*  its sockets go before the nomination */
    if (self->nomination.phase == NOMINATION_SUPERSEDED)
        rc = problem_set (problem, ERR_BUSY, name_of (self), "%s leads now", self->nomination.leader);
    else if (self->alone)
        rc = problem_set (problem, ERR_BUSY, name_of (self),
            "it led and nobody was there for %d s: another one may try",
            (int) (STANDBY_ALONE_NS / 1000 / MS_NS));
    return rc;
}

int standby_run (const runner_config_t *config, problem_t *problem)
{
    static standby_t self; /*  one a process */
    assert (config);
    memset (&self, 0, sizeof self);
    self.config = config;
    if (uv_loop_init (&self.loop) != 0)
        return problem_set (problem, ERR_MEMORY, config->actor->name, "no memory for its loop");
    int rc = begin (&self, problem);
    while (rc == 0 && !self.asked_to_stop && self.nomination.phase == NOMINATION_STANDBY)
        (void) uv_run (&self.loop, UV_RUN_DEFAULT);
    if (rc == 0 && !self.asked_to_stop)
        rc = lead (&self, problem);
    release (&self);
    end (&self);
    return rc;
}
