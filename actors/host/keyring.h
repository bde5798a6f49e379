/*  keyring.h: the public certificates of a directory, in one table.
 *
 *  Every file NAME.key of it counts, others are left alone. What stands in the table may talk to us: a certificate is
 *  revoked by deleting its file. (zcertstore asks the disk at every look-up, and says nothing of files it cannot read.)
 */
#ifndef KEYRING_H
#define KEYRING_H

#include "actors/host/certificate.h"

#define KEYRING_MAX 256 /*  certificates */

typedef struct {
    size_t count;
    certificate_t list[KEYRING_MAX]; /*  by label */
} keyring_t;

/*  Reads the directory; blocks. What is no certificate is left out and counted in *bad_p, and the last such file is in
 *  *problem; bad_p NULL: then the first one is an error. -ERR_NOT_FOUND, -ERR_IO: the directory; -ERR_RANGE: more than
 *  KEYRING_MAX. After an error the table is as it was. */
int keyring_read (keyring_t *self, const char *directory, size_t *bad_p, problem_t *problem);
/*  By the public key's text; NULL: nobody's. */
const certificate_t *keyring_find (const keyring_t *self, const char *key);
/*  The one whose file is NAME.key. */
const certificate_t *keyring_label (const keyring_t *self, const char *label);
bool keyring_same (const keyring_t *self, const keyring_t *other);

#endif
