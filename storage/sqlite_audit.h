/*  sqlite_audit.h: single records of the audit trail, used by sqlite_audit.c and sqlite_state.c. All within the
 *  caller's transaction.
 */
#ifndef SQLITE_AUDIT_H
#define SQLITE_AUDIT_H

#include "storage/sqlite_database.h"

/*  Insert, or replace what was said before (kept in outcome_history); the same again changes nothing. */
int sqlite_outcome_put (
    storage_t *self, const copy_result_t *from, const outcome_t *outcome, int64_t now_ns, problem_t *problem);
/*  As state.h says: the larger Q stays, the newer breaker; stored_at_ns 0 = now. */
int sqlite_mark_put (storage_t *self, const state_mark_t *mark, int64_t stored_at_ns, problem_t *problem);
int sqlite_breaker_put (
    storage_t *self, const breaker_changed_t *breaker, int64_t stored_at_ns, problem_t *problem);

#endif
