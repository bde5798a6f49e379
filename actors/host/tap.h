/*  tap.h: the role `tap`: everybody's messages for whoever listens, read only.
 *
 *  XSUB (actors publish here) -> XPUB (listeners subscribe here). What a listener sends is taken as a subscription or
 *  thrown away; nothing reaches an actor. A slow listener loses messages at its high water mark and delays nobody.
 */
#ifndef TAP_H
#define TAP_H

#include "messages/error.h"

#include <stdbool.h>
#include <stddef.h>

#define TAP_ENDPOINTS_MAX 4
#define TAP_SUBSCRIPTION_MAX 64 /*  bytes of a subject prefix; longer ones are thrown away */

typedef struct tap tap_t;
typedef struct curve curve_t; /*  curve.h */

/*  in: where actors publish; outs: where listeners subscribe; curve: keys for those of transport tcp, NULL = plain.
 *  -ERR_BUSY (in use), -ERR_IO; the endpoint is named. */
int tap_new (tap_t **self_p, const char *in, const char *const *outs, size_t outs_count, curve_t *curve,
    problem_t *problem);
void tap_destroy (tap_t **self_p);
struct uv_loop_s *tap_loop (
    tap_t *self); /*  uv_loop_t: others may add handles, and close them before the end */
/*  Until asked to stop: 0. */
int tap_run (tap_t *self);
/*  From any thread, also before the run. */
void tap_ask_stop (tap_t *self);

#endif
