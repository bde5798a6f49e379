/*  certificate.h: CURVE certificates of the actors: files of CZMQ's format (zcert), one pair a role or an actor.
 *
 *      DIR/secret/NAME.key_secret    both keys, 0600: for the actor itself
 *      DIR/public/NAME.key           the public key: for those who talk to it
 *      DIR/public/NAME~WORD.key      another one of the same NAME: the one before, while it is being replaced
 *
 *  NAME is a role ("executor": for every executor) or ROLE-SOMETHING ("executor-7": for the actor called so and no
 *  other, to be revoked alone). Read by a scanner of our own: zconfig prints the lines that it cannot read, and one of
 *  them could be a secret.
 */
#ifndef CERTIFICATE_H
#define CERTIFICATE_H

#include "actors/actor.h"

#include <stdbool.h>

#define CERTIFICATE_TEXT 41       /*  a key in Z85, with its NUL */
#define CERTIFICATE_FILE_MAX 4096 /*  bytes */
#define CERTIFICATE_PATH_MAX 768  /*  of a file, with its NUL */
#define CERTIFICATE_LABEL_MAX 64  /*  NAME~WORD, with its NUL */

typedef enum {
    CERTIFICATE_DISPATCHER,
    CERTIFICATE_LISTENER,
    CERTIFICATE_EXECUTOR,
    CERTIFICATE_AUDIT,
    CERTIFICATE_ALERT,
    CERTIFICATE_GATEWAY,
    CERTIFICATE_TAP,
    CERTIFICATE_MONITOR, /*  reads the tap, is no actor */
    CERTIFICATE_ROLES
} certificate_role_t;

typedef struct {
    char label[CERTIFICATE_LABEL_MAX]; /*  of its file: NAME or NAME~WORD */
    char name[ACTOR_NAME_MAX];
    certificate_role_t role;
    char key[CERTIFICATE_TEXT]; /*  public */
} certificate_t;

const char *certificate_role_text (certificate_role_t role);
/*  Label, name and role by a label; the key becomes "". False: no certificate is called so. */
bool certificate_name (certificate_t *self, const char *label);
/*  May whoever holds it say that it is the actor `name`? What is called like no other role is an executor. */
bool certificate_covers (const certificate_t *self, const char *name);

/*  The keys of a file's text; secret NULL: a public file, which must not hold one. -ERR_SYNTAX, -ERR_MISSING,
 *  -ERR_CORRUPT (the keys are no pair), -ERR_RANGE (too long); *problem names the file and its line. Wipes nothing. */
int certificate_parse (const char *file, const char *text, size_t size, char key[CERTIFICATE_TEXT],
    char *secret, problem_t *problem);
/*  Both keys of a secret file; the caller wipes `secret` (CERTIFICATE_TEXT bytes). Also -ERR_NOT_FOUND, -ERR_IO. */
int certificate_load_secret (
    const char *path, char key[CERTIFICATE_TEXT], char secret[CERTIFICATE_TEXT], problem_t *problem);
/*  The public file of self->label in a directory. */
int certificate_load_public (certificate_t *self, const char *directory, problem_t *problem);

/*  Makes the pair of files of `name`, and the directories when they are missing. Without `force` never over a file:
 *  -ERR_EXISTS. Never a half-written file. For a process that ends soon: CZMQ's copies of the secret are not wiped. */
int certificate_make (const char *directory, const char *name, bool force, problem_t *problem);
/*  DIRECTORY/secret/NAME.key_secret, DIRECTORY/public/NAME.key; -ERR_RANGE: longer than CERTIFICATE_PATH_MAX. */
int certificate_secret_path (
    char path[CERTIFICATE_PATH_MAX], const char *directory, const char *name, problem_t *problem);
int certificate_public_path (
    char path[CERTIFICATE_PATH_MAX], const char *directory, const char *name, problem_t *problem);

#endif
