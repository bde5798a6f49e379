/*  sqlite_migration.h: brings the schema to the version this program was built with.
 */
#ifndef SQLITE_MIGRATION_H
#define SQLITE_MIGRATION_H

#include "storage/sqlite_driver.h"

/*  Applies what is missing (when `create`), each in its own transaction; safe when two processes do it at once.
 *  -ERR_STORAGE: newer than the program, or another program's database; -ERR_NOT_FOUND: not set up and not `create`. */
int sqlite_migrate (sqlite_t *self, bool create, problem_t *problem);

#endif
