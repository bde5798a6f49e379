/*  curve_watch.c: what the porter does for one actor: answers at its doors, looks at its directory, tells the log.
 *
 *  libzmq tells of a connection that it was accepted, and then how its handshake ended, but nothing when the first bytes
 *  were no ZMTP at all. Those are found by counting: a handshake is over within CURVE_HANDSHAKE_MS, so of what was opened
 *  two looks ago everything has ended; what told nothing by now was nonsense.
 */
#include "actors/host/clock.h"
#include "actors/host/curve_parts.h"
#include "actors/host/log.h"
#include "messages/text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define TELL_NS INT64_C (60000000000) /*  one line a door and reason */

static bool may_enter (curve_t *self, curve_door_t door, const char *key, const char *address)
{
    door_t *at = &self->doors[door];
    const certificate_t *known = keyring_find (&self->ring, key);
    if (known && (at->roles & 1U << known->role)) {
        self->seen[known - self->ring.list] |= (uint8_t) (1U << door);
        return true;
    }
    at->counts.refused[known ? REFUSED_ROLE : REFUSED_UNKNOWN]++;
    TEXT_SET (at->last, address);
    return false;
}

bool curve_accepts (curve_t *self, const char *domain, const char *key, const char *address)
{
    bool good = false;
    uv_mutex_lock (&self->lock);
    for (int door = 0; door < DOOR_COUNT; door++)
        if (self->doors[door].socket && strcmp (self->doors[door].domain, domain) == 0)
            good = may_enter (self, (curve_door_t) door, key, address);
    uv_mutex_unlock (&self->lock);
    return good;
}

void curve_event (curve_t *self, curve_door_t door, unsigned event, unsigned value)
{
    uv_mutex_lock (&self->lock);
    door_t *at = &self->doors[door];
    at->opened += event == ZMQ_EVENT_ACCEPTED;
    at->ended += event != ZMQ_EVENT_ACCEPTED;
    switch (event) {
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED: at->counts.accepted++; break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
        at->counts.refused[value == ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH ? REFUSED_NO_KEY
                                                                               : REFUSED_HANDSHAKE]++;
        break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL: at->counts.refused[REFUSED_NONSENSE]++; break;
    default: break; /*  AUTH: curve_accepts has counted it */
    }
    uv_mutex_unlock (&self->lock);
}

/*  Under the lock. */
static void find_silent (door_t *door)
{
    uint64_t over = door->opened_before[1];
    if (over > door->ended + door->silent) {
        uint64_t more = over - door->ended - door->silent;
        door->silent += more;
        door->counts.refused[REFUSED_NONSENSE] += more;
    }
    door->opened_before[1] = door->opened_before[0];
    door->opened_before[0] = door->opened;
}

/*  Under the lock: the next line that is due of this door, false = none. */
static bool to_tell (door_t *door, int64_t now_ns, refusal_t *reason_p, uint64_t *count_p)
{
    for (int reason = 0; reason < REFUSED_COUNT; reason++) {
        uint64_t count = door->counts.refused[reason] - door->told[reason];
        if (count == 0 || (door->told_ns[reason] != 0 && now_ns - door->told_ns[reason] < TELL_NS))
            continue;
        door->told[reason] = door->counts.refused[reason];
        door->told_ns[reason] = now_ns;
        *reason_p = (refusal_t) reason;
        *count_p = count;
        return true;
    }
    return false;
}

static void tell (curve_t *self)
{
    refusal_t reason = REFUSED_NO_KEY;
    uint64_t count = 0;
    char last[sizeof self->doors->last];
    for (int door = 0; door < DOOR_COUNT; door++) {
        bool due = true;
        while (due) {
            uv_mutex_lock (&self->lock);
            due = to_tell (&self->doors[door], clock_now_ns (), &reason, &count);
            memcpy (last, self->doors[door].last, sizeof last);
            uv_mutex_unlock (&self->lock);
            bool known = due && *last && (reason == REFUSED_UNKNOWN || reason == REFUSED_ROLE);
            if (due)
                log_event (LOG_LEVEL_WARNING, self->actor, "peer_refused",
                    "%s: %s, %llu since the last such line%s%s", curve_door_text ((curve_door_t) door),
                    curve_refusal_text (reason), (unsigned long long) count, known ? ", last from " : "",
                    known ? last : "");
        }
    }
}

/*  ---- the directory ---- */

static void complain (curve_t *self, const problem_t *problem)
{
    char line[512];
    int64_t now_ns = clock_now_ns ();
    if (self->complained_ns != 0 && now_ns - self->complained_ns < TELL_NS)
        return;
    self->complained_ns = now_ns;
    log_event (LOG_LEVEL_ERROR, self->actor, "certificates_unreadable", "%s",
        problem_line (problem, line, sizeof line));
}

/*  Under the lock: who came in with a certificate that is not there any more has to go. */
static void take_over (curve_t *self, const keyring_t *fresh)
{
    uint8_t seen[KEYRING_MAX] = {0};
    for (size_t n = 0; n < self->ring.count; n++) {
        const certificate_t *still = keyring_find (fresh, self->ring.list[n].key);
        if (still)
            seen[still - fresh->list] = self->seen[n];
        for (int door = 0; !still && door < DOOR_COUNT; door++)
            self->doors[door].evicts |= (self->seen[n] & 1U << door) != 0;
    }
    self->ring = *fresh;
    memcpy (self->seen, seen, sizeof seen);
    atomic_fetch_add (&self->generation, 1);
}

static void believe (curve_t *self, const keyring_t *fresh)
{
    if (keyring_same (fresh, &self->ring)) /*  only this thread changes the ring */
        return;
    uv_mutex_lock (&self->lock);
    take_over (self, fresh);
    uv_mutex_unlock (&self->lock);
    log_event (
        LOG_LEVEL_INFO, self->actor, "certificates_changed", "%zu in %s", fresh->count, self->directory);
}

/*  A directory that cannot be read changes nothing: only a file that is gone from it revokes. */
static void look_at_directory (curve_t *self)
{
    problem_t problem = {0};
    size_t bad = 0;
    keyring_t *fresh = calloc (1, sizeof *fresh);
    if (!fresh)
        return; /*  at the next look, then */
    int rc = keyring_read (fresh, self->directory, &bad, &problem);
    bool doubtful = bad > 0 && !self->doubted; /*  a file that is being written? */
    self->doubted = bad > 0;
    if (rc != 0 || (bad > 0 && !doubtful))
        complain (self, &problem);
    if (rc == 0 && !doubtful)
        believe (self, fresh);
    free (fresh);
}

void curve_look (curve_t *self)
{
    look_at_directory (self);
    uv_mutex_lock (&self->lock);
    for (int door = 0; door < DOOR_COUNT; door++)
        find_silent (&self->doors[door]);
    uv_mutex_unlock (&self->lock);
    tell (self);
}
