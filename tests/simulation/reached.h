/*  reached.h: which states the cores were in, and how often, read from what crosses their borders. */
#ifndef SIMULATION_REACHED_H
#define SIMULATION_REACHED_H

#include "messages/call.h"
#include "messages/gen/messages.h"

/*      name                 area, state                               from which level of faults on; 4 = not in this model, in
 *                                                                     which no order of the master turns its position around */
#define REACHED_LIST(_)                                                                                      \
    _ (SLOT_SENT, "slot sent", 0)                                                                            \
    _ (SLOT_AGAIN, "slot sent again", 1)                                                                     \
    _ (SLOT_TAKEN, "slot taken", 1)                                                                          \
    _ (SLOT_ASKED_FOUND, "slot asked, found", 1)                                                             \
    _ (SLOT_ASKED_MISSING, "slot asked, not found", 1)                                                       \
    _ (SLOT_WORKING, "slot followed", 0)                                                                     \
    _ (SLOT_REFUSED, "slot refused", 1)                                                                      \
    _ (SLOT_LIMITED, "slot rate limited", 1)                                                                 \
    _ (SLOT_NOT_SENT, "slot not sent", 1)                                                                    \
    _ (SLOT_UNKNOWN, "slot unknown", 1)                                                                      \
    _ (SLOT_AUTH, "slot auth", 1)                                                                            \
    _ (SLOT_CANCELED, "slot canceled by us", 1)                                                              \
    _ (SLOT_LEASE_OVER, "slot not begun, lease over", 1)                                                     \
    _ (OUTCOME_FILLED, "outcome filled", 0)                                                                  \
    _ (OUTCOME_ACCEPTED, "outcome accepted", 0)                                                              \
    _ (OUTCOME_SHORT, "outcome ended with less", 1)                                                          \
    _ (OUTCOME_REJECTED, "outcome rejected", 1)                                                              \
    _ (OUTCOME_EXPIRED, "outcome expired", 1)                                                                \
    _ (OUTCOME_FAILED, "outcome failed", 1)                                                                  \
    _ (DECIDED_ENTRY, "decided entry", 0)                                                                    \
    _ (DECIDED_EXIT, "decided exit", 0)                                                                      \
    _ (DECIDED_FLIP, "decided entry after the exit of the same X", 4)                                        \
    _ (SKIPPED_DIRECTION, "skipped direction", 0)                                                            \
    _ (SKIPPED_SYMBOL_DENIED, "skipped symbol_denied", 0)                                                    \
    _ (SKIPPED_SYMBOL_NOT_ALLOWED, "skipped symbol_not_allowed", 0)                                          \
    _ (SKIPPED_OPPOSITE_POSITION, "skipped opposite_position", 4)                                            \
    _ (SKIPPED_BREAKER_OPEN, "skipped breaker_open", 1)                                                      \
    _ (SKIPPED_INACTIVE, "skipped inactive", 1)                                                              \
    _ (SKIPPED_JOINED_LATER, "skipped joined_later", 1)                                                      \
    _ (SKIPPED_BELOW_MINIMUM, "skipped below_minimum", 0)                                                    \
    _ (SKIPPED_COVERED, "skipped covered", 0)                                                                \
    _ (SKIPPED_NO_POSITION, "skipped no_position", 0)                                                        \
    _ (SKIPPED_DRIFT, "skipped drift", 3)                                                                    \
    _ (SKIPPED_SCALED_POSITION, "skipped scaled_position", 3)                                                \
    _ (COMMAND, "dispatcher command", 0)                                                                     \
    _ (COMMAND_WALK, "dispatcher command to walk", 2)                                                        \
    _ (COMPLETED, "dispatcher replication completed", 0)                                                     \
    _ (STORED, "audit replication stored", 0)                                                                \
    _ (STORED_MISSING, "audit replication with outcomes missing", 3)                                         \
    _ (ACK, "dispatcher ack", 0)                                                                             \
    _ (ACK_FINAL, "dispatcher ack, X at its end", 0)                                                         \
    _ (LEASE, "dispatcher lease", 0)                                                                         \
    _ (RELEASE, "dispatcher asks for a client", 1)                                                           \
    _ (RELEASED, "executor has released a client", 1)                                                        \
    _ (ASSIGNED, "dispatcher says which clients there are", 0)                                               \
    _ (DISMISSED, "dispatcher dismisses a shard", 1)                                                         \
    _ (SHARD_LEAVING, "shard leaving", 1)                                                                    \
    _ (SHARD_SILENT, "shard silent", 2)                                                                      \
    _ (SHARD_GONE, "shard gone", 2)                                                                          \
    _ (HISTORY_ASKED, "executor asks for history", 2)                                                        \
    _ (HISTORY_TOLD, "audit history", 2)                                                                     \
    _ (HISTORY_UNREADABLE, "audit history unreadable", 3)                                                    \
    _ (CONFIG_LOADED, "audit configuration loaded", 0)                                                       \
    _ (MARK, "audit mark", 3)                                                                                \
    _ (COMMITTED, "audit commit", 0)                                                                         \
    _ (COMMIT_FAILED, "audit commit failed", 1)                                                              \
    _ (CURSOR, "dispatcher cursor", 0)                                                                       \
    _ (CURSOR_KNOWN, "dispatcher cursor of an open X", 3)                                                    \
    _ (BREAKER_OPEN, "breaker open", 1)                                                                      \
    _ (BREAKER_HALF_OPEN, "breaker half open", 1)                                                            \
    _ (BREAKER_CLOSED, "breaker closed", 1)                                                                  \
    _ (LISTENER_CONNECTING, "listener connecting", 0)                                                        \
    _ (LISTENER_LISTENING, "listener listening", 0)                                                          \
    _ (LISTENER_DOWN, "listener down", 1)                                                                    \
    _ (LISTENER_ASKS_FILLS, "listener asks for executions", 0)                                               \
    _ (LISTENER_ASKS_OPEN, "listener asks for open orders", 0)                                               \
    _ (LISTENER_ASKS_ORDER, "listener asks for an order", 0)                                                 \
    _ (ALERT, "alert", 1)

typedef enum {
#define _(name, text, level) REACHED_##name,
    REACHED_LIST (_)
#undef _
        REACHED_COUNT
} reached_t;

const char *reached_text (reached_t state);
int reached_level (reached_t state);

void reached_message (uint64_t *counts, const message_t *message);
void reached_outcome (uint64_t *counts, const outcome_t *outcome);
void reached_answer (uint64_t *counts, bool of_listener, const broker_answer_t *answer);

#endif
