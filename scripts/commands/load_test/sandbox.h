/*  sandbox.h: the private directory of a load test: database, key, settings, logs, sockets. */
#ifndef SANDBOX_H
#define SANDBOX_H

#include "messages/error.h"

#include <stdbool.h>
#include <stdint.h>

#define SANDBOX_DIR_MAX 64 /*  sockets stand below it, and their paths are short */
#define SANDBOX_PATH_MAX 128

typedef struct {
    char dir[SANDBOX_DIR_MAX];
    char env[SANDBOX_PATH_MAX];
    char key[SANDBOX_PATH_MAX];
    char database[SANDBOX_PATH_MAX];
    char certificate[SANDBOX_PATH_MAX];
    char simulator_log[SANDBOX_PATH_MAX];
    char copier_log[SANDBOX_PATH_MAX];
    char tap[SANDBOX_PATH_MAX]; /*  endpoint */
    int gateway_port;           /*  0 = no gateway */
    bool made;                  /*  by us: may be removed */
} sandbox_t;

/*  wanted: a directory to use (made when it is not there, must be empty), or NULL. -ERR_IO, -ERR_EXISTS, -ERR_RANGE. */
int sandbox_open (sandbox_t *self, const char *wanted, problem_t *problem);
/*  The gateway's own port if it is free, else any free one. */
void sandbox_take_gateway_port (sandbox_t *self);
/*  Writes a new key and the copier's settings. */
typedef struct {
    const char *url; /*  of the simulator */
    bool tls;
    int64_t shards; /*  0 = the default */
    uint64_t clients;
    bool one_wave;      /*  for measuring: places for all at once */
    size_t connections; /*  MAX_CONNECTIONS; 0 = the default */
} sandbox_settings_t;
int sandbox_write (const sandbox_t *self, const sandbox_settings_t *settings, problem_t *problem);
/*  Removes the directory with all in it, if we made it. */
void sandbox_remove (sandbox_t *self);

/*  The person's own settings must not reach the copier under test: takes their names out of the environment. */
void sandbox_forget_environment (void);

#endif
