/*  trail.h: single records of the audit trail, used by trail.c and database_state.c. All within the
 *  caller's transaction.
 */
#ifndef TRAIL_H
#define TRAIL_H

#include "storage/database.h"

/*  Insert, or replace what was said before (kept in outcome_history); the same again changes nothing. */
int outcome_put (
    storage_t *self, const copy_result_t *from, const outcome_t *outcome, int64_t now_ns, problem_t *problem);
/*  As state.h says: the larger Q stays, the newer breaker; stored_at_ns 0 = now. */
int mark_put (storage_t *self, const state_mark_t *mark, int64_t stored_at_ns, problem_t *problem);
int breaker_put (storage_t *self, const breaker_changed_t *breaker, int64_t stored_at_ns, problem_t *problem);

#endif
