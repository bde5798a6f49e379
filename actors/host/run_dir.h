/*  run_dir.h: the files of a run outside the database: its lock, its private directory, where its tap is.
 *
 *  Everything stands under RUN_DIR (or XDG_RUNTIME_DIR, or /tmp) in a directory trade-copier-UID of mode 0700 that
 *  must be ours: run-XXXXXX/ with the sockets, removed at the end; <hash of the database's path>.json with pid, base and
 *  tap. The
 *  lock stands next to the database: DATABASE_URL's file + ".run"; for PostgreSQL beside the JSON file.
 */
#ifndef RUN_DIR_H
#define RUN_DIR_H

#include "messages/error.h"

#include <stddef.h>

#define RUN_PATH_MAX 256
#define RUN_FILE_MAX 4224

typedef struct {
    char home[RUN_PATH_MAX];      /*  …/trade-copier-UID */
    char base[RUN_PATH_MAX];      /*  the private directory; "" = none */
    char state[RUN_PATH_MAX];     /*  the JSON file; "" = not written */
    char lock_path[RUN_FILE_MAX]; /*  next to the database */
    int lock;                     /*  descriptor; -1 = none */
} run_dir_t;

/*  Finds and makes home, names the state file and the lock. setting: RUN_DIR, "" = unset; database: path of its file,
 *  which need not exist, but its directory must; or postgresql://…. -ERR_IO, -ERR_NOT_FOUND, -ERR_RANGE (path too long). */
int run_dir_open (run_dir_t *self, const char *setting, const char *database, problem_t *problem);
/*  -ERR_BUSY: "already running (pid N)". */
int run_dir_lock (run_dir_t *self, problem_t *problem);
/*  Makes the private directory. */
int run_dir_make (run_dir_t *self, problem_t *problem);
/*  Writes {"pid", "dir", "tap"} for `trade-copier tap` and `trade-copier health`; tap_endpoint "": switched off. */
int run_dir_announce (run_dir_t *self, const char *tap_endpoint, problem_t *problem);
/*  Reads it: -ERR_NOT_FOUND: no copier runs on this database; -ERR_CORRUPT: the tap is off. */
int run_dir_find_tap (const run_dir_t *self, char *endpoint, size_t size, problem_t *problem);
int run_dir_find_base (const run_dir_t *self, char *base, size_t size, problem_t *problem);
/*  Removes what was made (sockets too) and lets go of the lock. */
void run_dir_close (run_dir_t *self);

#endif
