/*  reached.c: see reached.h. */
#include "tests/simulation/reached.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *text;
    int level;
} s_states[] = {
#define _(name, text, level) {text, level},
    REACHED_LIST (_)
#undef _
};

const char *reached_text (reached_t state)
{
    return s_states[state].text;
}

int reached_level (reached_t state)
{
    return s_states[state].level;
}

static void breaker (uint64_t *counts, const breaker_changed_t *breaker)
{
    switch (breaker->state) {
    case BREAKER_CHANGED_STATE_OPEN: counts[REACHED_BREAKER_OPEN]++; break;
    case BREAKER_CHANGED_STATE_HALF_OPEN: counts[REACHED_BREAKER_HALF_OPEN]++; break;
    default: counts[REACHED_BREAKER_CLOSED]++; break;
    }
}

static void stream (uint64_t *counts, const stream_state_t *state)
{
    counts[REACHED_LISTENER_CONNECTING] += state->state == STREAM_STATE_STATE_CONNECTING;
    counts[REACHED_LISTENER_LISTENING] += state->state == STREAM_STATE_STATE_LISTENING;
    counts[REACHED_LISTENER_DOWN] += state->state == STREAM_STATE_STATE_DOWN;
}

static void shard (uint64_t *counts, shard_state_state_t state)
{
    counts[REACHED_SHARD_LEAVING] += state == SHARD_STATE_STATE_LEAVING;
    counts[REACHED_SHARD_SILENT] += state == SHARD_STATE_STATE_SILENT;
    counts[REACHED_SHARD_GONE] += state == SHARD_STATE_STATE_GONE;
}

void reached_message (uint64_t *counts, const message_t *message)
{
    switch (message->kind) {
    case MSG_COPY_COMMAND:
        counts[message->copy_command.walk ? REACHED_COMMAND_WALK : REACHED_COMMAND]++;
        break;
    case MSG_REPLICATION_COMPLETED: counts[REACHED_COMPLETED]++; break;
    case MSG_REPLICATION_STORED:
        counts[message->replication_stored.missing > 0 ? REACHED_STORED_MISSING : REACHED_STORED]++;
        break;
    case MSG_MASTER_ACK: counts[message->master_ack.final ? REACHED_ACK_FINAL : REACHED_ACK]++; break;
    case MSG_CLIENT_RELEASE: counts[REACHED_RELEASE]++; break;
    case MSG_CLIENT_RELEASED: counts[REACHED_RELEASED]++; break;
    case MSG_SHARD_ASSIGNED: counts[REACHED_ASSIGNED]++; break;
    case MSG_SHARD_DISMISSED: counts[REACHED_DISMISSED]++; break;
    case MSG_SHARD_STATE: shard (counts, message->shard_state.state); break;
    case MSG_SHARD_LEASE: counts[REACHED_LEASE]++; break;
    case MSG_HISTORY_REQUEST: counts[REACHED_HISTORY_ASKED]++; break;
    case MSG_COPY_HISTORY:
        counts[message->copy_history.readable ? REACHED_HISTORY_TOLD : REACHED_HISTORY_UNREADABLE]++;
        break;
    case MSG_CONFIG_LOADED: counts[REACHED_CONFIG_LOADED]++; break;
    case MSG_STATE_MARK: counts[REACHED_MARK]++; break;
    case MSG_LISTENER_CURSOR:
        counts[message->listener_cursor.since_ns > 0 ? REACHED_CURSOR_KNOWN : REACHED_CURSOR]++;
        break;
    case MSG_BREAKER_CHANGED: breaker (counts, &message->breaker_changed); break;
    case MSG_STREAM_STATE: stream (counts, &message->stream_state); break;
    case MSG_ALERT_RAISED: counts[REACHED_ALERT]++; break;
    default: break;
    }
}

static void skipped (uint64_t *counts, const char *reason)
{
    char text[REASON_MAX + 16];
    (void) snprintf (text, sizeof text, "skipped %s", reason);
    for (int at = REACHED_SKIPPED_DIRECTION; at <= REACHED_SKIPPED_SCALED_POSITION; at++)
        counts[at] += strcmp (text, s_states[at].text) == 0;
}

void reached_outcome (uint64_t *counts, const outcome_t *outcome)
{
    switch (outcome->kind) {
    case OUTCOME_KIND_FILLED: counts[REACHED_OUTCOME_FILLED]++; break;
    case OUTCOME_KIND_ACCEPTED:
        counts[outcome->final ? REACHED_OUTCOME_SHORT : REACHED_OUTCOME_ACCEPTED]++;
        break;
    case OUTCOME_KIND_REJECTED: counts[REACHED_OUTCOME_REJECTED]++; break;
    case OUTCOME_KIND_EXPIRED: counts[REACHED_OUTCOME_EXPIRED]++; break;
    case OUTCOME_KIND_FAILED: counts[REACHED_OUTCOME_FAILED]++; break;
    case OUTCOME_KIND_SKIPPED: skipped (counts, outcome->reason); break;
    }
    bool opens = outcome->leg == OUTCOME_LEG_OPEN;
    counts[REACHED_DECIDED_ENTRY] += opens;
    counts[REACHED_DECIDED_EXIT] += outcome->leg == OUTCOME_LEG_CLOSE;
}

static void submitted (uint64_t *counts, answer_kind_t kind)
{
    counts[REACHED_SLOT_TAKEN] += kind == ANSWER_TAKEN;
    counts[REACHED_SLOT_REFUSED] += kind == ANSWER_REJECTED;
    counts[REACHED_SLOT_LIMITED] += kind == ANSWER_LIMITED;
    counts[REACHED_SLOT_NOT_SENT] += kind == ANSWER_NOT_SENT;
    counts[REACHED_SLOT_UNKNOWN] += kind == ANSWER_UNKNOWN;
    counts[REACHED_SLOT_AUTH] += kind == ANSWER_AUTH;
}

static void listener_asked (uint64_t *counts, call_kind_t call)
{
    counts[REACHED_LISTENER_ASKS_FILLS] += call == CALL_FILLS;
    counts[REACHED_LISTENER_ASKS_OPEN] += call == CALL_OPEN_ORDERS;
    counts[REACHED_LISTENER_ASKS_ORDER] += call == CALL_ORDER;
}

void reached_answer (uint64_t *counts, bool of_listener, const broker_answer_t *answer)
{
    if (of_listener) {
        listener_asked (counts, answer->call);
        return;
    }
    switch (answer->call) {
    case CALL_SUBMIT: submitted (counts, answer->kind); break;
    case CALL_ORDER_BY_CLIENT_ID:
        counts[REACHED_SLOT_ASKED_FOUND] += answer->kind == ANSWER_OK;
        counts[REACHED_SLOT_ASKED_MISSING] += answer->kind == ANSWER_NOT_FOUND;
        break;
    case CALL_ORDER: counts[REACHED_SLOT_WORKING] += answer->kind == ANSWER_OK; break;
    case CALL_CANCEL: counts[REACHED_SLOT_CANCELED]++; break;
    default: break;
    }
}
