/*  pit.h: the master at the simulator: blocking HTTP requests, by the driver only (never the copier's path). */
#ifndef PIT_H
#define PIT_H

#include "messages/error.h"

#include <jansson.h>

typedef struct pit pit_t;

/*  url: "http://127.0.0.1:PORT"; ca_file: NULL, or the certificate to trust. -ERR_MEMORY. */
int pit_new (pit_t **self_p, const char *url, const char *ca_file, problem_t *problem);
void pit_destroy (pit_t **self_p);
/*  The master's keys for /v2. */
void pit_keys (pit_t *self, const char *key_id, const char *secret);

/*  method GET, POST, PATCH or DELETE; body: NULL or borrowed. *answer_p (may be NULL): the JSON, owned by the caller,
 *  NULL when it was empty. -ERR_UNREACHABLE; -ERR_BROKER with status and message; -ERR_SYNTAX. */
int pit_call (pit_t *self, const char *method, const char *path, const json_t *body, json_t **answer_p,
    problem_t *problem);

/*  GET whose body is borrowed until the next call: NUL-terminated. */
int pit_read (pit_t *self, const char *path, const char **text_p, problem_t *problem);

#endif
