/*  command.h: what a command of the binary is, and what its exit code means. */
#ifndef COMMAND_H
#define COMMAND_H

#include "messages/error.h"

#include <stdbool.h>

/*  After sysexits.h, as actors/host/run.h; docs/commands.md lists them for people, scripts may rely on them. */
enum {
    EXIT_OK = 0,
    EXIT_FAILED = 70,      /*  EX_SOFTWARE: anything without a number of its own */
    EXIT_USAGE = 64,       /*  EX_USAGE: an option or argument is wrong or missing */
    EXIT_DAMAGED = 65,     /*  EX_DATAERR: the database is damaged */
    EXIT_NOT_FOUND = 66,   /*  EX_NOINPUT: no such client or master */
    EXIT_UNREACHABLE = 69, /*  EX_UNAVAILABLE: the broker, or whoever was asked, did not answer */
    EXIT_MEMORY = 71,      /*  EX_OSERR: memory cannot be locked */
    EXIT_EXISTS = 73,      /*  EX_CANTCREAT: there is one of that name already */
    EXIT_IO = 74,          /*  EX_IOERR: a file or the database is missing, or could not be read or written */
    EXIT_BUSY = 75,        /*  EX_TEMPFAIL: in use */
    EXIT_REFUSED = 77,     /*  EX_NOPERM: the broker refused: wrong keys, blocked account */
    EXIT_SETTING = 78 /*  EX_CONFIG: .env, the environment, ENCRYPTION_KEY, or the content of a file given */
};

typedef struct {
    const char *name;                   /*  "client add" is one command: its words, one space between */
    const char *summary;                /*  one line; NULL = not shown */
    int (*run) (int argc, char **argv); /*  argv[0] = the last word of the name; returns the exit code */
} command_t;

/*  "trade-copier: error: where: detail (hint)" to stderr; returns the exit code of problem->code (EXIT_USAGE when `where` is
 *  an option: "--name"). */
int command_fail (const problem_t *problem);
int command_exit_code (int error);

extern const command_t command_run;
extern const command_t command_preflight;
extern const command_t command_actor;
extern const command_t command_simulator;
extern const command_t command_tap;
extern const command_t command_health;
extern const command_t command_shards;
extern const command_t command_keygen;
extern const command_t command_settings;
extern const command_t command_test_connection;
extern const command_t command_master_set;
extern const command_t command_master_show;
extern const command_t command_client_add;
extern const command_t command_client_update;
extern const command_t command_client_list;
extern const command_t command_client_remove;
extern const command_t command_client_import;
extern const command_t command_breaker_list;
extern const command_t command_breaker_reset;
extern const command_t command_db_migrate;
extern const command_t command_db_export;
extern const command_t command_db_import;
/*  in scripts/commands/load_test/, when it is there */
extern const command_t command_load_test __attribute__ ((weak));

#endif
