/*  server_faults.c: two levels of fault sets: an account's own comes before the one for all. */
#include "broker/simulator/server_faults.h"

#include <assert.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#define PPM 1000000

struct faults {
    fault_set_t all;
    fault_set_t **own; /*  by account, NULL = none */
    size_t own_count;
    uint64_t random;
};

static void set_clear (fault_set_t *set)
{
    memset (set, 0, sizeof (*set));
    set->status_method = FAULT_METHOD_ANY;
    set->lost_method = HTTP_POST;
    (void) snprintf (set->lost_path, sizeof set->lost_path, "/v2/orders");
}

int faults_new (faults_t **self_p, uint64_t seed)
{
    assert (self_p);
    faults_t *self = calloc (1, sizeof (*self));
    *self_p = self;
    if (!self)
        return -ERR_MEMORY;
    self->random = seed * UINT64_C (0x9e3779b97f4a7c15) + 1;
    set_clear (&self->all);
    return 0;
}

static void own_clear (faults_t *self)
{
    for (size_t i = 0; i < self->own_count; i++)
        free (self->own[i]);
    free (self->own);
    self->own = NULL;
    self->own_count = 0;
}

void faults_destroy (faults_t **self_p)
{
    assert (self_p);
    if (*self_p) {
        own_clear (*self_p);
        free (*self_p);
        *self_p = NULL;
    }
}

fault_set_t *faults_edit (faults_t *self, uint32_t account)
{
    assert (self);
    if (account == UINT32_MAX)
        return &self->all;
    if (account >= self->own_count) {
        size_t count = (size_t) account + 64;
        fault_set_t **own = realloc (self->own, count * sizeof (*own));
        if (!own)
            return NULL;
        memset (own + self->own_count, 0, (count - self->own_count) * sizeof (*own));
        self->own = own;
        self->own_count = count;
    }
    if (!self->own[account]) {
        self->own[account] = malloc (sizeof (fault_set_t));
        if (self->own[account])
            set_clear (self->own[account]);
    }
    return self->own[account];
}

void faults_clear (faults_t *self, uint32_t account)
{
    assert (self);
    if (account == UINT32_MAX) {
        set_clear (&self->all);
        own_clear (self);
    } else if (account < self->own_count) {
        free (self->own[account]);
        self->own[account] = NULL;
    }
}

static fault_set_t *own_of (const faults_t *self, uint32_t account)
{
    return account < self->own_count ? self->own[account] : NULL;
}

/*  The sets that count for an account, its own first. */
static size_t sets_of (faults_t *self, uint32_t account, fault_set_t *sets[2])
{
    size_t count = 0;
    sets[count] = own_of (self, account);
    count += sets[count] != NULL;
    sets[count++] = &self->all;
    return count;
}

static uint64_t next_random (faults_t *self)
{
    self->random ^= self->random << 13;
    self->random ^= self->random >> 7;
    self->random ^= self->random << 17;
    return self->random;
}

static uint32_t account_of (const exchange_t *exchange)
{
    return exchange->has_account ? exchange->account : UINT32_MAX;
}

static bool is_trading (const exchange_t *exchange)
{
    return strncmp (exchange->request.path, "/v2/", 4) == 0;
}

int64_t faults_latency (faults_t *self, const exchange_t *exchange)
{
    assert (self && exchange);
    if (!is_trading (exchange))
        return 0;
    fault_set_t *sets[2];
    size_t count = sets_of (self, account_of (exchange), sets);
    for (size_t i = 0; i < count; i++) {
        if (sets[i]->has_latency) {
            uint64_t jitter = sets[i]->jitter_ns ? next_random (self) % (uint64_t) sets[i]->jitter_ns : 0;
            return sets[i]->latency_ns + (int64_t) jitter;
        }
    }
    return 0;
}

static bool matches (const exchange_t *exchange, const char *path, http_method_t method)
{
    return strncmp (exchange->request.path, path, strlen (path)) == 0 &&
           (method == FAULT_METHOD_ANY || method == exchange->request.method);
}

int faults_status (faults_t *self, const exchange_t *exchange, bool *html_p)
{
    assert (self && exchange && html_p);
    fault_set_t *sets[2];
    size_t count = sets_of (self, account_of (exchange), sets);
    for (size_t i = 0; i < count; i++) {
        fault_set_t *set = sets[i];
        if (!set->status || !matches (exchange, set->status_path, set->status_method))
            continue;
        bool hit =
            set->status_count > 0 || (set->status_ppm > 0 && next_random (self) % PPM < set->status_ppm);
        set->status_count -= set->status_count > 0;
        *html_p = set->status_html;
        if (hit)
            return set->status;
    }
    return 0;
}

fault_lost_t faults_lost (faults_t *self, const exchange_t *exchange)
{
    assert (self && exchange);
    fault_set_t *sets[2];
    size_t count = sets_of (self, account_of (exchange), sets);
    for (size_t i = 0; i < count; i++) {
        fault_set_t *set = sets[i];
        if (set->answer_lost > 0 && matches (exchange, set->lost_path, set->lost_method)) {
            set->answer_lost--;
            return set->lost_before ? FAULT_LOST_BEFORE : FAULT_LOST_AFTER;
        }
    }
    return FAULT_ANSWERED;
}

void faults_before_submit (faults_t *self, engine_t *engine, uint32_t account)
{
    assert (self && engine);
    fault_set_t *sets[2];
    size_t count = sets_of (self, account, sets);
    for (size_t i = 0; i < count; i++) {
        fault_set_t *set = sets[i];
        if (set->reject > 0) {
            set->reject--;
            int64_t code = set->reject_code ? set->reject_code : 40310000;
            engine_fault_reject (engine, account, (int) (code / 100000), code, set->reject_message);
            return;
        }
        if (set->script_count > 0) {
            set->script_count--;
            engine_fault_script (engine, account, &set->script);
            return;
        }
    }
}

int faults_event_times (faults_t *self, uint32_t account, int64_t utc_ns)
{
    assert (self);
    if (faults_mute (self, account, utc_ns))
        return 0;
    fault_set_t *sets[2];
    size_t count = sets_of (self, account, sets);
    for (size_t i = 0; i < count; i++) {
        fault_set_t *set = sets[i];
        if (set->events_dropped > 0) {
            set->events_dropped--;
            return 0;
        }
        if (set->events_doubled > 0) {
            set->events_doubled--;
            return 2;
        }
    }
    return 1;
}

bool faults_mute (const faults_t *self, uint32_t account, int64_t utc_ns)
{
    assert (self);
    const fault_set_t *own = own_of (self, account);
    return utc_ns < self->all.mute_until_ns || (own && utc_ns < own->mute_until_ns);
}

bool faults_refuse (const faults_t *self, uint32_t account, int64_t utc_ns)
{
    assert (self);
    const fault_set_t *own = own_of (self, account);
    return utc_ns < self->all.refuse_until_ns || (own && utc_ns < own->refuse_until_ns);
}
