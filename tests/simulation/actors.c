/*  actors.c: what actors/host does for real: makes cores, steps them, carries out their effects; and kills them.
 *
 *  Messages cross as bytes, over links that are FIFO (as ZeroMQ's are) unless a fault says otherwise.
 */
#include "tests/simulation/world.h"

#include "actors/audit/audit.h"
#include "actors/dispatcher/dispatcher.h"
#include "actors/listener/listener.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int executor_step_any (void *core, const event_t *event, effects_t *effects)
{
    return executor_step ((executor_t *) core, event, effects);
}

static void executor_destroy_any (void **core_p)
{
    executor_destroy ((executor_t **) core_p);
}

static const actor_ops_t s_executor_ops = {
    .role = "executor", .step = executor_step_any, .destroy = executor_destroy_any};

/*  The core only needs that different names give different hashes, always the same ones. */
void world_hash16 (const void *bytes, size_t size, uint8_t digest[16])
{
    const uint8_t *at = bytes;
    uint64_t lanes[2] = {UINT64_C (14695981039346656037), UINT64_C (0x6c62272e07bb0142)};
    for (size_t n = 0; n < size; n++)
        for (int lane = 0; lane < 2; lane++)
            lanes[lane] = (lanes[lane] ^ (uint64_t) (at[n] + lane)) * UINT64_C (1099511628211);
    for (int lane = 0; lane < 2; lane++) {
        dice_t mixer = {.state = lanes[lane]};
        lanes[lane] = dice_next (&mixer);
    }
    memcpy (digest, lanes, 16);
}

static void build_listener (world_t *self, node_t *node)
{
    listener_config_t config = {.name = node->name,
        .max_orders = 512,
        .max_links = 1024,
        .max_executions = 4096,
        .max_positions = 64,
        .max_held = 1024,
        .overlap_ns =
            45 *
            SEC_NS, /*  three readings of a settled listener; less than in earnest: a cursor that is wrong
                                       must not hide behind it */
        .seed = dice_next (&self->chance)};
    node->ops = &listener_ops;
    node->core = listener_new (&config);
    if (!node->effects)
        node->effects = effects_new (listener_effects_limit (&config), listener_arena_limit (&config));
}

static void build_dispatcher (world_t *self, node_t *node)
{
    fleet_dispatcher (self);
    const char *shards[SHARDS_MAX];
    for (uint32_t at = 0; at < self->shard_count; at++)
        shards[at] = self->nodes[ACTOR_SHARD + at].name;
    dispatcher_config_t config = {.shards = shards,
        .shard_count = self->any_shard ? 0 : self->shard_count,
        .max_shards = self->any_shard ? SHARDS_MAX + 1 : 0,
        .grace_ns = 3 * SEC_NS,
        .request_timeout_ns = 10 * SEC_NS,
        .max_clients = CLIENTS_MAX * 2,
        .max_replications = 128,
        .max_completed = 256,
        .max_marks = 1024};
    node->ops = &dispatcher_ops;
    node->core = dispatcher_new (&config);
    if (!node->effects)
        node->effects = effects_new (dispatcher_effects_limit (&config), dispatcher_arena_limit (&config));
}

static void build_audit (node_t *node)
{
    audit_config_t config = {.max_records = 4096, .max_bytes = (size_t) 4 << 20};
    node->ops = &audit_ops;
    node->core = audit_new (&config);
    if (!node->effects)
        node->effects = effects_new (audit_effects_limit (&config), audit_arena_limit (&config));
}

/*  As actors/host/roles.c with the defaults of settings_list.h, only smaller tables. */
static void build_executor (world_t *self, node_t *node)
{
    executor_config_t config = {.name = node->name,
        .weight = self->any_shard ? 50 * (1 + node->life % 3) : 0,
        .max_clients = CLIENTS_MAX,
        .max_parents = 512,
        .max_symbols = 16,
        .max_copies = CLIENTS_MAX * 128,
        .seed = dice_next (&self->chance),
        .min_notional_e9 = MIN_NOTIONAL_E9,
        .fractional = true,
        .max_event_age_ns = MAX_AGE_NS,
        .refresh_ns = 30 * SEC_NS,
        .request_timeout_ns = 10 * SEC_NS,
        .retry_initial_ns = SEC_NS / 2,
        .retry_max_ns = 10 * SEC_NS,
        .max_attempts = 4,
        .max_concurrent = 8, /*  less than there are clients: they wait for places */
        .batch_size = 4,
        .failure_threshold = 5,
        .circuit_timeout_ns = 60 * SEC_NS,
        .hash = world_hash16};
    node->ops = &s_executor_ops;
    node->core = executor_new (&config);
    if (!node->effects)
        node->effects = effects_new (executor_effects_limit (&config), executor_arena_limit (&config));
}

void node_start (world_t *self, uint32_t at)
{
    node_t *node = &self->nodes[at];
    assert (!node->core);
    switch (at) {
    case ACTOR_LISTENER: build_listener (self, node); break;
    case ACTOR_DISPATCHER: build_dispatcher (self, node); break;
    case ACTOR_AUDIT: build_audit (node); break;
    default: build_executor (self, node); break;
    }
    assert (node->core && node->effects);
    node->wake_at_ns = INT64_MAX;
    node->rest_from = SIZE_MAX;
    node->leased_until_ns = 0;
    node->beats_count = 0;
    memset (node->accounts, 0xff, sizeof node->accounts);
    story (self, "%s starts (life %u)", node->name, node->life);
    event_t event = {.kind = EVENT_START};
    links_start (self, at);
    node_event (self, at, &event);
}

void node_destroy (world_t *self, uint32_t at)
{
    node_t *node = &self->nodes[at];
    node->life++;
    node->wake_at_ns = INT64_MAX;
    node->rest_from = SIZE_MAX;
    fleet_death (self, at);
    if (node->core)
        node->ops->destroy (&node->core);
    if (at == ACTOR_LISTENER)
        stream_close (self);
    if (at == ACTOR_AUDIT)
        store_crashed (self);
}

void node_crash (world_t *self, uint32_t at)
{
    bool forgetful = at == ACTOR_DISPATCHER || at == ACTOR_AUDIT;
    int64_t pause_ns = dice_between (&self->chance, 20 * MS_NS, 3 * SEC_NS);
    story (self, "%s CRASHES, back in %lld ms", self->nodes[at].name, (long long) (pause_ns / MS_NS));
    self->crashed |= at >= ACTOR_SHARD;
    /*  the last words of a shard that let go of a client may be lost with it */
    self->crashed |=
        at == ACTOR_DISPATCHER && self->released_ns > 0 && self->now_ns - self->released_ns < 5 * SEC_NS;
    node_destroy (self, at);
    if (forgetful && self->deletions < DELETIONS_MAX &&
        faults_strike (&self->faults, FAULT_PROGRESS_DELETED, &self->chance))
        store_delete_progress (self);
    due_put (&self->due, (due_t){.at_ns = self->now_ns + pause_ns, .kind = DUE_START, .actor = at});
}

void node_deliver (world_t *self, const due_t *due)
{
    const letter_t *letter = due->payload;
    if (links_lost (self, due))
        return;
    problem_t problem = {0};
    int rc = message_decode (letter->kind, letter->bytes, letter->size, &self->scratch, &problem);
    assert (rc == 0);
    if (self->options.trace && letter->kind != MSG_SHARD_BEAT && letter->kind != MSG_SHARD_STATE) {
        static char text[MESSAGE_TEXT_MAX];
        (void) message_dump (&self->scratch, text, sizeof text);
        story (self, "%s -> %s %s %s", self->nodes[letter->from].name, self->nodes[due->actor].name,
            message_subject (letter->kind), text);
    }
    if (due->actor != ACTOR_AUDIT || letter->kind != MSG_BREAKER_CHANGED) /*  the dispatcher passes it on */
        reached_message (self->tally.reached, &self->scratch);
    if (letter->kind == MSG_CLIENT_CONFIG && due->actor == ACTOR_DISPATCHER)
        people_known (self, &self->scratch.client_config);
    if (letter->kind == MSG_SHARD_LEASE)
        promise_lease (self, due->actor, &self->scratch.shard_lease);
    if (letter->kind == MSG_COPY_HISTORY && self->scratch.copy_history.last)
        self->asked_ns[due->actor] = 0;
    self->crashed |= letter->kind == MSG_COPY_HISTORY && !self->scratch.copy_history.readable;
    if (letter->kind == MSG_SHARD_BEAT)
        fleet_beat (self, &self->scratch.shard_beat);
    if (letter->kind == MSG_CLIENT_CONFIG)
        fleet_config (self, due->actor, &self->scratch.client_config);
    event_t event = {
        .kind = (int) letter->kind, .message = &self->scratch, .from = self->nodes[letter->from].name};
    node_event (self, due->actor, &event);
}

static void open_account (world_t *self, uint32_t at, const effect_t *effect)
{
    assert (effect->account <= CLIENTS_MAX);
    uint32_t account = UINT32_MAX;
    if (at == ACTOR_LISTENER)
        account = self->master;
    for (uint32_t n = 0; n < self->follower_count; n++)
        if (strcmp (self->followers[n].config.client_id, effect->account_id) == 0)
            account = self->followers[n].account;
    self->nodes[at].accounts[effect->account] = account;
}

static void note_jump (world_t *self, const char *text)
{
    char begin[80];
    for (uint32_t symbol = 0; symbol < self->symbol_count; symbol++) {
        (void) snprintf (
            begin, sizeof begin, "the master's position in %s went from ", self->symbols[symbol]);
        self->jumped[symbol] |= strncmp (text, begin, strlen (begin)) == 0;
    }
}

static void publish (world_t *self, uint32_t at, const effect_t *effect, const uint8_t *bytes)
{
    bool counts = effect->message == MSG_STREAM_STATE || effect->message == MSG_ALERT_RAISED;
    if (!self->options.trace && !counts)
        return;
    static char text[2048];
    int rc = message_decode (effect->message, bytes, effect->size, &self->scratch, NULL);
    assert (rc == 0);
    reached_message (self->tally.reached, &self->scratch);
    if (effect->message == MSG_ALERT_RAISED)
        note_jump (self, self->scratch.alert_raised.text);
    if (!self->options.trace)
        return;
    (void) message_dump (&self->scratch, text, sizeof text);
    story (self, "%s says %s %s", self->nodes[at].name, message_subject (effect->message), text);
}

void node_carry (world_t *self, uint32_t at, const effect_t *effect)
{
    node_t *node = &self->nodes[at];
    const uint8_t *bytes = node->effects->arena + effect->offset;
    switch (effect->kind) {
    case EFFECT_SEND: node_send (self, at, effect->to, bytes, effect->size, effect->message); break;
    case EFFECT_PUBLISH: publish (self, at, effect, bytes); break;
    case EFFECT_CALL: desk_call (self, at, &effect->call); break;
    case EFFECT_OPEN_ACCOUNT: open_account (self, at, effect); break;
    case EFFECT_CLOSE_ACCOUNT: node->accounts[effect->account] = UINT32_MAX; break;
    case EFFECT_OPEN_STREAM: stream_open (self); break;
    case EFFECT_CLOSE_STREAM: stream_close (self); break;
    case EFFECT_STORE: store_append (self, effect->message, bytes, effect->size); break;
    case EFFECT_SHOW: break;
    case EFFECT_COMMIT: store_commit (self, effect->token); break;
    case EFFECT_LOAD: store_load (self, effect->to, effect->token); break;
    case EFFECT_WORKING: store_working (self); break;
    case EFFECT_HISTORY: store_history (self, effect->to, effect->account_id); break;
    case EFFECT_STOPPED: fleet_ended (self, at); break;
    default: assert (0);
    }
}

/*  true: it dies in this step. */
static bool strike (world_t *self, uint32_t at)
{
    static const fault_t crashes[] = {FAULT_LISTENER_CRASH, FAULT_DISPATCHER_CRASH, FAULT_AUDIT_CRASH};
    node_t *node = &self->nodes[at];
    if (at == ACTOR_AUDIT && self->deletions < DELETIONS_MAX &&
        faults_strike (&self->faults, FAULT_PROGRESS_DELETED_LIVE, &self->chance))
        store_delete_progress (self);
    fault_t fault = at < ACTOR_SHARD ? crashes[at] : FAULT_EXECUTOR_CRASH;
    if (faults_strike (&self->faults, FAULT_PAUSE, &self->chance))
        node->paused_until_ns = self->now_ns + dice_between (&self->chance, 1, SEC_NS);
    if (faults_strike (&self->faults, FAULT_CLOCK_JUMP, &self->chance)) {
        node->skew_ns = dice_between (&self->chance, -3 * SEC_NS, 3 * SEC_NS);
        node->skew_until_ns = self->now_ns + dice_between (&self->chance, 0, 5 * SEC_NS);
    }
    return at < ACTORS_MAX && faults_strike (&self->faults, fault, &self->chance);
}

void node_event (world_t *self, uint32_t at, event_t *event)
{
    node_t *node = &self->nodes[at];
    assert (node->core);
    event->now_ns = self->now_ns;
    event->utc_ns = world_utc_ns (self) + (self->now_ns < node->skew_until_ns ? node->skew_ns : 0);
    self->tally.steps++;
    if (at == ACTOR_DISPATCHER && event->kind == MSG_COPY_RESULT)
        store_heard (self, &event->message->copy_result);
    uint64_t mixed =
        self->hash ^ (uint64_t) self->now_ns ^ ((uint64_t) event->kind << 48) ^ ((uint64_t) at << 40);
    dice_t mixer = {.state = mixed};
    effects_clear (node->effects);
    (void) node->ops->step (node->core, event, node->effects);
    buggify_wake (self, at);
    /*  A crash can come between any two effects: the rest was never done. */
    size_t done = node->effects->count;
    fleet_part (self, at);
    bool dies = strike (self, at);
    if (dies)
        done = (size_t) dice_between (&self->chance, 0, (int64_t) done);
    self->hash = dice_next (&mixer) + done + (uint64_t) node->effects->used;
    buggify_carry (self, at, 0, done);
    if (dies)
        node_crash (self, at);
    else if (at >= ACTOR_SHARD && at < ACTORS_MAX &&
             faults_strike (&self->faults, FAULT_EXECUTOR_ZOMBIE, &self->chance))
        zombie_rise (self, at);
}
