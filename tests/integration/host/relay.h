/*  relay.h: somebody between two actors: passes every byte on and keeps a copy.
 */
#ifndef RELAY_H
#define RELAY_H

#include <stdbool.h>
#include <uv.h>

typedef struct relay relay_t;

/*  Listens at a port of its own and connects on to `port` of this machine. */
relay_t *relay_new (int port);
int relay_port (const relay_t *self);
/*  Whether this text went through, in either direction. */
bool relay_saw (relay_t *self, const char *text);

void relay_destroy (relay_t **self_p);

#endif
