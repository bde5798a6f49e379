/*  keys.h: certificates of a test's actors, and sockets of strangers that use or misuse them.
 */
#ifndef KEYS_H
#define KEYS_H

#include "actors/host/curve.h"

/*  One of every role, below `directory`. */
void keys_make (const char *directory);
void keys_make_one (const char *directory, const char *name);
/*  What actor `name` has when it uses the certificate `label`. */
curve_t *keys_of (const char *directory, const char *name, const char *label);
/*  A raw socket gets the keys of `label` (NULL: fresh ones that nobody knows) and expects `server`. */
void keys_give (zsock_t *socket, const char *directory, const char *label, const char *server);
void keys_delete_public (const char *directory, const char *label);
/*  The text of the public key. */
void keys_public (const char *directory, const char *label, char key[CERTIFICATE_TEXT]);
uint64_t keys_refused (curve_t *curve, curve_door_t door, refusal_t reason);

#endif
