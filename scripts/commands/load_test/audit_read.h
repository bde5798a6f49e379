/*  audit_read.h: the audit trail of a run, read from its database file: the inputs of each decision. */
#ifndef AUDIT_READ_H
#define AUDIT_READ_H

#include "scripts/commands/load_test/evidence.h"

/*  Fills outcomes (what was replaced too), states and closings. -ERR_STORAGE, -ERR_MEMORY. */
int audit_read (evidence_t *evidence, const char *file, problem_t *problem);

#endif
