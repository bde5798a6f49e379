/*  storage.h: the port to the database: configuration (precious) and the audit trail. Implementations: SQLite, PostgreSQL.
 *
 *  Calls block; only the audit actor and the commands use them, never the hot path. One thread at a time.
 *  Errors: 0 or -ERR_*, with *problem (may be NULL) naming file, table or row. Every write is one transaction:
 *  after an error nothing of it is there.
 *
 *  Configuration: masters, clients, settings. Each change gets the next revision; missing or unreadable = no start.
 *  Progress: events, outcomes, replications, marks, breakers. Deleting it at any moment is safe (P2).
 */
#ifndef STORAGE_H
#define STORAGE_H

#include "messages/error.h"
#include "messages/gen/messages.h"

typedef struct storage storage_t;

/*  DATABASE_URL: "sqlite:///relative.db", "sqlite:////absolute.db" (the Python copier's "sqlite+aiosqlite:///..." too), or
 *  "postgresql://user:password@host:port/dbname" (postgres_url.h).
 *  Creates the file (0600) and migrates when `create`; else -ERR_NOT_FOUND. A damaged file: -ERR_CORRUPT. Written by
 *  a newer version, or another program's: -ERR_STORAGE. Any other kind of URL: -ERR_SETTING. A server that does not
 *  answer: -ERR_UNREACHABLE. */
int storage_open (storage_t **self_p, const char *url, bool create, problem_t *problem);
/*  As without `create`, for who goes on without it: a server need not answer now. Until it does, and whenever it is away later,
 *  every call fails at once (-ERR_UNREACHABLE; the call that finds it gone within 10 s), and what follows finds it back. */
int storage_open_later (storage_t **self_p, const char *url, problem_t *problem);
void storage_close (storage_t **self_p);
/*  Which one, for people: a path or postgresql://host/dbname; the schema version that this program makes. */
const char *storage_place (const storage_t *self);
int storage_version (void);

/*  Revision of the configuration; grows with every change, also by other processes (cheap: meant for polling). */
int storage_revision (storage_t *self, uint64_t *revision_p, problem_t *problem);

/*  Masters and clients as messages, with sealed credentials. put inserts or replaces (revision and, at first,
 *  follow_since_ns and follow_until_ns are set by the store). -ERR_NOT_FOUND, -ERR_EXISTS. */
int storage_master_put (storage_t *self, const master_config_t *master, problem_t *problem);
int storage_master_get (storage_t *self, master_config_t *master, problem_t *problem); /*  the one there is */
int storage_client_put (storage_t *self, const client_config_t *client, bool must_be_new, problem_t *problem);
/*  All or none: a CSV import is one transaction. */
int storage_client_put_all (
    storage_t *self, const client_config_t *clients, size_t count, problem_t *problem);
int storage_client_get (storage_t *self, const char *client_id, client_config_t *client, problem_t *problem);
int storage_client_remove (
    storage_t *self, const char *client_id, problem_t *problem); /*  leaves a tombstone */
/*  The same configuration under a new revision: its shard takes it anew and closes its breaker. -ERR_NOT_FOUND. */
int storage_client_touch (storage_t *self, const char *client_id, problem_t *problem);
/*  Every client whose revision is above `since`, in order of revision, tombstones (removed) too when since > 0;
 *  each() != 0 ends it with that value. */
typedef int (storage_client_fn) (void *context, const client_config_t *client);
int storage_client_each (
    storage_t *self, uint64_t since, storage_client_fn *each, void *context, problem_t *problem);

/*  A strategy.change: the named clients (none: every one) are scaled so, and a row of strategy_changes says who wanted it,
 *  in one transaction. A request that is there already is only answered. answer: clients, changed, revision.
 *  -ERR_NOT_FOUND: a named client is not there; problem->where = parameters.clients. */
int storage_strategy_change (
    storage_t *self, const strategy_change_t *change, strategy_changed_t *answer, problem_t *problem);

/*  Small texts by name: fingerprints, key ids, kill switch. get of an unknown name: -ERR_NOT_FOUND. */
int storage_setting_put (storage_t *self, const char *name, const char *value, problem_t *problem);
int storage_setting_get (storage_t *self, const char *name, char *value, size_t size, problem_t *problem);

/*  Audit: append between begin and commit: master.order, copy.result (each outcome: insert or replace by client,
 *  X, leg, slot; history kept), replication.completed (also the dedup mark), breaker.changed, alert.raised.
 *  A replication.completed is stored only when the outcomes of `answered` clients leave no hole from 0 to its Q,
 *  those of the same transaction included: else storage_missing says how many lack, and nothing of it is there. */
int storage_begin (storage_t *self, problem_t *problem);
int storage_append (
    storage_t *self, const message_t *record, problem_t *problem); /*  may fail as late as the commit */
uint64_t storage_missing (const storage_t *self);         /*  of the last append; 0 = it was stored */
int storage_commit (storage_t *self, problem_t *problem); /*  durable after 0; else rolled back */
/*  A failed append has rolled everything back; commit then returns -ERR_STORAGE, and begin starts afresh. Giving up
 *  without an error: rollback. */
void storage_rollback (storage_t *self);

/*  Read back, each() != 0 ends it with that value. The outcomes of X: the latest of every client, leg and slot. */
typedef int (storage_outcome_fn) (void *context, const outcome_t *outcome);
int storage_history_each (
    storage_t *self, const char *x, storage_outcome_fn *each, void *context, problem_t *problem);
/*  When the oldest master order that is there was stored (UTC, ns), to *at_ns_p; 0 = there is none. */
int storage_known_since (storage_t *self, int64_t *at_ns_p, problem_t *problem);
/*  The latest state of every X with an accepted copy that is not at its end; the newest 256, oldest first. */
typedef int (storage_trade_fn) (void *context, const trade_t *trade);
int storage_working_each (storage_t *self, storage_trade_fn *each, void *context, problem_t *problem);

#endif
